#ifndef DIALPLANE_RECORDER_H
#define DIALPLANE_RECORDER_H
/*
 * Takes what an endpoint receives (and sends), decides when a recording begins and ends, and hands
 * blocks to the shell. Its ring holds at least 500 ms; what finds no room there is recorded as
 * silence and counted. Does not know files. Counts in [frames]: one sample per channel, at the rate
 * of the recording (8 or 16 kHz), to which it converts what it is fed.
 */
#include "host.h"
#include "rate_converter.h"
#include "records.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    RECORDER_RING_SAMPLES = 16384,
    /* half of it at 8 kHz */ RECORDER_RATE_HZ_MAX = 16000,
    RECORDER_BLOCK_SAMPLES = 2048,
    RECORDER_NO_REASON = 255,
    RECORDERS_MAX = 4, /* of one endpoint or mixer */
};

struct recorder_config {
    uint32_t id;
    uint32_t endpoint_id;
    uint32_t channels; /* 1: received; 2: received left, sent right */
    bool both;         /* one channel: the sum of received and sent */
    bool sent;         /* one channel: sent alone */
    uint32_t rate_hz;
    uint32_t frames_max;     /* 0: without limit */
    uint32_t silence_frames; /* 0: never ends for silence */
    bool trim_silence;
};

static inline bool recorder_wants_sent(const struct recorder_config *config) {
    return config->channels == 2 || config->both || config->sent;
}

/* What becomes of what is fed. While it is skipped, no time passes for the recording. */
enum recorder_pause { RECORDER_RUNS, RECORDER_SKIPS, RECORDER_SILENCES };

struct recorder {
    struct recorder *next;
    uint32_t slot;
    struct recorder_config config;
    uint32_t head, tail;    /* samples ever put into and taken out of the ring */
    uint32_t frames;        /* recorded */
    uint32_t frames_heard;  /* up to the last that is not silent */
    uint32_t silent_frames; /* received in a row */
    uint32_t absent_frames; /* since anything was received */
    bool fell_silent;       /* what was received last was silent */
    uint32_t overrun_samples;
    uint32_t missing_samples; /* overrun, still to be made up as silence */
    uint8_t reason;           /* RECORDER_NO_REASON while it records */
    uint8_t pause;            /* enum recorder_pause */
    uint32_t ring_samples;
    int16_t ring[RECORDER_RING_SAMPLES];
    struct rate_converter converters[2]; /* last: untouched without conversion */
};

void recorder_init(struct recorder *recorder, uint32_t slot, const struct recorder_config *config);
/* A frame of what is recorded, at `rate_hz`. */
struct recorder_frame {
    const int16_t *received, *sent;
    uint32_t count;
    uint32_t received_count; /* of `received`: not concealed */
    uint32_t rate_hz;
};

/* Returns whether it goes on. */
bool recorder_feed(struct recorder *recorder, const struct recorder_frame *frame);
void recorder_stop(struct recorder *recorder, enum recorder_reason reason);
/* Hands full blocks to the shell, and the rest when stopped. True: all is done, the object is free.
 */
bool recorder_drain(struct recorder *recorder, const struct plane_host *host);

#endif
