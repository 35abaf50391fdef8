#ifndef DIALPLANE_SINE_H
#define DIALPLANE_SINE_H
/*
 * Says of a block of audio whether it is one sine, and which. Its autocorrelation then obeys
 * r(k - 1) + r(k + 1) = 2 cos(w) r(k); lag 0, where noise is, is left out of it. Also the level of
 * a block. 8 kHz, levels [dBFS * 16: 0 is a full-scale sine].
 */
#include <stdint.h>

enum { SINE_LEVEL_MIN = -100 * 16, SINE_BLOCK_MAX = 320 };

struct sine {
    uint32_t hz;
    uint32_t purity_q8; /* share of the energy; about 256 for a sine, 0: not one */
    int32_t level;
};

/* `count` [samples] is a multiple of 8, from 160 to 320. */
struct sine sine_find(const int16_t *block, uint32_t count);
/* Of `count` samples, a multiple of 8. */
int32_t sine_level(const int16_t *block, uint32_t count);

#endif
