#ifndef DIALPLANE_MIXER_H
#define DIALPLANE_MIXER_H
/*
 * A conference: endpoints that hear the sum of all others. Ticks every 20 ms at the highest rate
 * that a member brings. Only who is audible is summed, and those who say nothing share one mix and
 * one encoding per codec, so that a large room costs little more than its packets. Internal to the
 * plane. Levels are mean magnitudes, gains [1/4096].
 */
#include "codec.h"
#include "player_queue.h"
#include "rate_converter.h"
#include "recorder.h"
#include "wheel.h"

enum {
    MIXER_PTIME_MS = 20,
    MIXER_FRAME_MAX = MIXER_PTIME_MS * CODEC_RATE_HZ_MAX / 1000,
    MIXER_RATES = 3,
    MIXER_UNITY_Q12 = 4096,
    MIXER_GAIN_MAX_Q12 = 4 * MIXER_UNITY_Q12,
};

struct endpoint;
struct mixer;
struct plane;

/* What the control plane says about a member. */
struct member_settings {
    bool muted;          /* is not heard */
    bool held;           /* is not heard, and hears only what is played to it */
    int32_t gain_q12;    /* of what it says */
    uint32_t coached_id; /* the only endpoint that hears it; 0: all do */
};

/* The part of an endpoint that a mixer knows. */
struct member {
    struct mixer *mixer; /* NULL: in none */
    struct endpoint *next, *previous;
    struct member_settings settings;
    int32_t gain_q12; /* reached at the end of the last frame */
    uint32_t level;
    uint32_t quiet_ms; /* since it was last audible */
    bool audible;
    bool waits;   /* for the next tick: it has just ticked by itself */
    bool apart;   /* heard a mix of its own last time */
    bool coached; /* somebody speaks to it alone, this time */
    /* Of the frame under way; NULL: it says nothing. */
    int16_t *frame;
    int16_t last; /* sample of the frame before, 0: none */
    /* What its recorders wait for. */
    const int16_t *received;
    uint32_t received_count;
};

/* An encoding that all listeners of a codec share. */
struct shared_encoder {
    void *state;
    bool begun;
    struct encoder_options options;
    uint64_t adapted_ms;
};

/* What is made once for all who hear the same. */
struct shared_mix {
    const int32_t *sum;
    bool converted[MIXER_RATES];
    int16_t pcm[MIXER_RATES][MIXER_FRAME_MAX];
    struct shared_payload {
        uint32_t rate_hz; /* 0: not encoded yet */
        uint32_t bytes;
        uint8_t payload[CODEC_PAYLOAD_BYTES_MAX];
    } payloads[CODECS];
};

struct mixer {
    struct wheel_item wheel;
    struct wheel_item pace; /* when more of the listeners of a large room are served */
    uint32_t id;            /* 0: free */
    uint32_t rate_hz;
    uint32_t rate_hz_wanted; /* 0: the best of the members' */
    uint32_t voices_max;     /* 0: all that are audible */
    bool reports_voices;
    struct endpoint *members;
    uint32_t members_count;
    struct player_queue players;
    struct recorder *recorders;
    int32_t left; /* sum of the last samples of those who have gone since */
    uint64_t opened_ms;
    struct shared_encoder encoders[CODECS];
    struct rate_converter converters[MIXER_RATES];
    struct endpoint *unserved; /* the next of those who hear `paced`; NULL: all were served */
    uint32_t served_at_once;
    struct shared_mix paced; /* untouched in a small room */
};

static inline bool member_may_speak(const struct member *member) {
    return !member->settings.muted && !member->settings.held;
}

void mixer_init(struct mixer *mixer, uint32_t id, uint64_t now_ms);
void mixer_close(struct plane *plane, struct mixer *mixer, uint64_t now_ms);
/* Joins, or changes the settings of one that has. Ends a bridge and leaves another mixer. */
void mixer_join(
    struct plane *plane, struct mixer *mixer, struct endpoint *endpoint,
    const struct member_settings *settings, uint64_t now_ms);
void mixer_leave(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms);
/* After a member has changed its codec, or the mixer its wishes. */
void mixer_choose_rate(struct mixer *mixer);
/* Tells whether a member is audible now, if anybody asked for that. */
void mixer_report_voice(struct plane *plane, const struct endpoint *endpoint, uint64_t now_ms);
/* Puts the mixer into the wheel, or takes it out, as there is something to do. */
void mixer_schedule(struct plane *plane, struct mixer *mixer, uint64_t now_ms);
/* A millisecond after the tick, or after the last time: serves the next fifth of the listeners. */
void mixer_go_on(struct plane *plane, struct mixer *mixer, uint64_t now_ms);
/* Serves all who still wait for the last tick, before something changes. */
void mixer_finish(struct plane *plane, struct mixer *mixer, uint64_t now_ms);
void mixer_tick(struct plane *plane, struct mixer *mixer, uint64_t now_ms);

#endif
