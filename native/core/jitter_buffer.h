#ifndef DIALPLANE_JITTER_BUFFER_H
#define DIALPLANE_JITTER_BUFFER_H
/*
 * Turns packets that arrive early, late, twice, out of order or never into frames of audio on time.
 * Playout follows the RTP timestamps: a packet that comes after its turn raises the delay, a
 * stretch of packets that all come too early lowers it. What is missing is concealed. Packets are
 * kept encoded. Does not know SSRCs (the caller resets it for a new stream) or the time. Counts in
 * [samples] of 8 kHz.
 */
#include "g711.h"
#include "plc.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    JITTER_BUFFER_SLOTS = 64, /* a power of two */
    JITTER_BUFFER_BYTES = 8192,
    JITTER_BUFFER_PACKET_BYTES_MAX = 960,
    JITTER_BUFFER_DELAY_START = 320,
};

enum jitter_buffer_put { JB_STORED, JB_DUPLICATE, JB_LATE, JB_RESYNCED, JB_REFUSED };

struct jitter_buffer_slot {
    uint32_t timestamp;
    uint32_t position; /* of the payload, in bytes ever written */
    uint16_t sequence;
    uint16_t bytes;
    uint8_t codec;
    bool waiting;
    bool used; /* `sequence` is one that was put */
};

struct jitter_buffer {
    bool started;
    uint16_t next_sequence;    /* everything below is played or gone */
    uint16_t highest_sequence; /* put so far */
    uint32_t playout;          /* timestamp of the next sample to play */
    uint32_t written;          /* bytes ever written to `bytes` */
    uint32_t expand_samples;   /* wanted: more delay */
    uint32_t shrink_samples;   /* wanted: less delay */
    int32_t spare_min;         /* earliness of the latest packet in this window */
    uint32_t window_packets;
    uint32_t margin_samples; /* earliness that is kept; rises with each late packet */
    uint32_t late_run;
    uint32_t empty_samples; /* played since the last packet was */
    uint32_t late;
    uint32_t duplicates;
    struct jitter_buffer_slot slots[JITTER_BUFFER_SLOTS];
    uint8_t bytes[JITTER_BUFFER_BYTES];
    struct plc plc;
};

void jitter_buffer_reset(struct jitter_buffer *jb);
enum jitter_buffer_put jitter_buffer_put(
    struct jitter_buffer *jb, uint16_t sequence, uint32_t timestamp, enum codec_id codec,
    const uint8_t *payload, uint32_t bytes);
/* Writes exactly `count` samples; returns how many of them were received (the rest is concealed).
 */
uint32_t jitter_buffer_get(struct jitter_buffer *jb, int16_t *dst, uint32_t count);

#endif
