#ifndef DIALPLANE_AUDIO_RING_H
#define DIALPLANE_AUDIO_RING_H
/*
 * Audio between two that tick at different moments or in frames of different length, converted to
 * the rate of the taker. Holds 128 ms at 8 and 16 kHz and 170 ms at 48 kHz; what is too old is
 * dropped. Counts in [samples].
 */
#include "rate_converter.h"
#include <stdbool.h>
#include <stdint.h>

enum { AUDIO_RING_SAMPLES = 8192 };

struct audio_ring {
    uint32_t head, tail;
    uint32_t rate_hz; /* of what it holds */
    struct rate_converter converter;
    int16_t samples[AUDIO_RING_SAMPLES]; /* a low rate uses only the first of them */
};

void audio_ring_clear(struct audio_ring *ring);
void audio_ring_push(
    struct audio_ring *ring, const int16_t *frame, uint32_t count, uint32_t from_hz,
    uint32_t to_hz);
/* All of `count`, or nothing. */
bool audio_ring_take(struct audio_ring *ring, int16_t *dst, uint32_t count);

#endif
