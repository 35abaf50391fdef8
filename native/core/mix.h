#ifndef DIALPLANE_MIX_H
#define DIALPLANE_MIX_H
/*
 * The arithmetic of conferences: everything is summed once in 32 bits, each listener's own part is
 * taken off, and the result saturates once, so that it is exact for up to 65535 voices and does not
 * depend on their order. Counts in [samples], multiples of 8.
 */
#include "kernels.h"

static inline void mix_add(int32_t *restrict sum, const int16_t *restrict frame, uint32_t count) {
    kernels->mix_add(sum, frame, count);
}

/* What everybody hears. */
static inline void mix_all(int16_t *restrict dst, const int32_t *restrict sum, uint32_t count) {
    kernels->mix_all(dst, sum, count);
}

/* What a voice hears of the others. */
static inline void mix_minus(
    int16_t *restrict dst, const int32_t *restrict sum, const int16_t *restrict own,
    uint32_t count) {
    kernels->mix_minus(dst, sum, own, count);
}

/* Multiplies with a gain [1/4096] that goes from one value to another in the first `fade` samples
 * and then stays; saturates. */
void mix_gain(int16_t *frame, uint32_t count, uint32_t fade, int32_t from_q12, int32_t to_q12);
/* Mean magnitude, 0 to 32768. */
static inline uint32_t mix_level(const int16_t *frame, uint32_t count) {
    return kernels->mix_level(frame, count);
}

#endif
