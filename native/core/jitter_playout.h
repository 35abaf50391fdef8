#ifndef DIALPLANE_JITTER_PLAYOUT_H
#define DIALPLANE_JITTER_PLAYOUT_H
/*
 * The half of the jitter buffer that makes frames: takes packets in turn, conceals what is missing
 * and steers the delay to its target. Internal to the jitter buffer.
 */
#include "jitter_buffer.h"

/* A frame of `count` samples is due now. */
void jitter_playout_clock(struct jitter_buffer *jb, uint32_t count, uint64_t now_ms);
/* Makes at least `count` samples pending. */
void jitter_playout_fill(struct jitter_buffer *jb, uint32_t count);
/* Arrival minus timestamp at which a packet would come just in time for the next frame. */
int64_t jitter_playout_delay_8k(const struct jitter_buffer *jb);

#endif
