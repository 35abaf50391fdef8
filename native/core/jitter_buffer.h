#ifndef DIALPLANE_JITTER_BUFFER_H
#define DIALPLANE_JITTER_BUFFER_H
/*
 * Turns packets that arrive early, late, twice, out of order or never into frames of audio on time.
 * Waits as long as `jitter_delay` finds cheapest, and gets there by stretching speech a pitch
 * period at a time, or at no cost where something is missing or silent. What is missing is
 * concealed, by the codec when it can. Packets are kept encoded and decoded in order. Does not know
 * SSRCs (the caller restarts it for a new stream), does not allocate, and is told the time [ms].
 * Counts in [samples] of the PCM rate; `_8k`: in samples of 8 kHz, whatever the rate.
 */
#include "codec.h"
#include "comfort_noise.h"
#include "jitter_delay.h"
#include "jitter_store.h"
#include "plc.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    /* History for concealment, a frame, a packet, what stretching looks at and adds, and room to
     * move. */
    JITTER_BUFFER_PCM_MS = PLC_HISTORY_MS + 2 * CODEC_PTIME_MS_MAX + 25 + 15 + 51,
    JITTER_BUFFER_PCM_SAMPLES = JITTER_BUFFER_PCM_MS * (CODEC_RATE_HZ_MAX / 1000),
};

/* Off: a fixed delay of 20 ms. The others adapt between nothing and 60, 200 or 500 ms, beginning
 * with 20, 40 and 60. */
enum jitter_buffer_mode {
    JITTER_BUFFER_OFF,
    JITTER_BUFFER_SMALL,
    JITTER_BUFFER_MEDIUM,
    JITTER_BUFFER_LARGE,
};

enum jitter_buffer_put { JB_STORED, JB_DUPLICATE, JB_LATE, JB_RESYNCED, JB_REFUSED };

struct jitter_buffer_config {
    const struct codec *codec;
    void *decoder;    /* decoder_bytes of memory, or NULL; begun by the buffer when it decodes */
    uint32_t rate_hz; /* of the PCM: 8000, 16000 or 48000 */
    enum jitter_buffer_mode mode;
};

struct jitter_buffer_stats {
    uint32_t late; /* packets that came after their turn */
    uint32_t duplicates;
    uint32_t discarded; /* packets without room, or passed over when starting afresh */
    uint32_t resyncs;
    uint64_t concealed_samples;
    uint64_t shortened_samples, lengthened_samples; /* by stretching */
    uint32_t delay_ms; /* of what is played now, above the path's minimum */
    uint32_t target_ms;
};

/* What is touched lies together: the end of the store's blocks, the fields, the beginning of `pcm`.
 * `wave` is only touched by losses. */
struct jitter_buffer {
    struct jitter_store store;
    struct jitter_buffer_config config;
    uint32_t per_8k; /* samples per sample of 8 kHz */
    uint32_t clock_hz;
    bool started;           /* a packet has come */
    bool skips_quiet;       /* set by its owner: packets noted as quiet are silence, undecoded */
    bool decoder_begun;     /* it is dear, so not with each new stream that a peer makes up */
    bool primed;            /* audio was played */
    bool interrupted;       /* what was written last was not received */
    bool silent;            /* comfort noise until the next audio */
    bool event;             /* an event takes the place of audio until the next */
    bool last_missing;      /* the last chunk that is pending was not received */
    uint16_t next_sequence; /* everything below is played or gone */
    uint16_t highest_sequence;
    uint32_t late_run, stale_run;
    uint32_t known_timestamp; /* stands at known_position */
    int64_t known_position;
    int64_t position;                     /* of the end of what is pending */
    uint64_t clock_ms;                    /* when the next frame is due */
    uint32_t clock_late_ms, clock_frames; /* how late the last frames were at least */
    uint32_t head;                        /* of what is pending, in `pcm` */
    uint32_t pending_samples;
    uint32_t missing_samples;  /* of them not received */
    uint32_t packet_samples;   /* of the packet decoded last */
    uint32_t frame_samples;    /* of the last one asked for */
    int64_t settled_target_8k; /* when the delay was changed last */
    uint32_t stretch_wait_samples;
    uint32_t stretch_failures;
    struct jitter_buffer_stats stats;
    struct comfort_noise noise;
    struct jitter_delay delay;
    struct plc plc;
    int16_t pcm[JITTER_BUFFER_PCM_SAMPLES];
    struct plc_wave wave;
};

/* Begins with nothing known and all counters at zero; also for another codec or rate. */
void jitter_buffer_init(struct jitter_buffer *jb, const struct jitter_buffer_config *config);
/* A new stream from the same peer: keeps the counters and what was learnt of the path. */
void jitter_buffer_restart(struct jitter_buffer *jb);
enum jitter_buffer_put jitter_buffer_put(
    struct jitter_buffer *jb, uint16_t sequence, uint32_t timestamp, const uint8_t *payload,
    uint32_t bytes, uint64_t now_ms);
/* A packet of RFC 3389: noise of that kind from its turn on, until the next audio. */
void jitter_buffer_put_comfort_noise(
    struct jitter_buffer *jb, uint16_t sequence, uint32_t timestamp, const uint8_t *payload,
    uint32_t bytes, uint64_t now_ms);
/* The packet just put is one that nobody would hear, as its sender says. */
void jitter_buffer_note_quiet(struct jitter_buffer *jb, uint16_t sequence);
/* A packet that is not audio took this sequence number: it is not a loss. */
void jitter_buffer_note_event(struct jitter_buffer *jb, uint16_t sequence);
/* Writes exactly `count` samples, at most 60 ms; returns how many were received, or are the silence
 * that the sender meant (the rest is concealed). */
uint32_t jitter_buffer_get(struct jitter_buffer *jb, int16_t *dst, uint32_t count, uint64_t now_ms);
struct jitter_buffer_stats jitter_buffer_stats(const struct jitter_buffer *jb);

#endif
