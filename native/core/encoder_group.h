#ifndef DIALPLANE_ENCODER_GROUP_H
#define DIALPLANE_ENCODER_GROUP_H
/*
 * Frames of one millisecond's ticks that wait to be encoded together, by a codec that is cheaper
 * so. They leave with the last tick of that millisecond at the latest; the packets are those that
 * each endpoint would have sent by itself. Fixed memory.
 */
#include "codec.h"

struct plane;
struct endpoint;

enum { ENCODER_GROUP_SAMPLES_MAX = CODEC_PTIME_MS_MAX * 16 };

struct waiting_frame {
    struct endpoint *endpoint;
    uint32_t timestamp;
    bool marker;
    int16_t pcm[ENCODER_GROUP_SAMPLES_MAX];
};

struct encoder_group {
    bool open; /* ticks are under way, and a flush follows */
    const struct codec *codec;
    uint32_t members, count; /* count: samples of each */
    struct waiting_frame frames[CODEC_GROUP_MAX];
};

/* Takes a frame of an endpoint whose encoder has begun. False: it must be encoded now. */
bool encoder_group_take(
    struct plane *plane, struct endpoint *endpoint, const int16_t *pcm, uint32_t count,
    bool marker);
/* Encodes and sends all that wait. */
void encoder_group_flush(struct plane *plane);

#endif
