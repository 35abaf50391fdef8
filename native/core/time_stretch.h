#ifndef DIALPLANE_TIME_STRETCH_H
#define DIALPLANE_TIME_STRETCH_H
/*
 * Takes a pitch period out of speech, or puts one in, by overlapping it with itself one period on
 * (WSOLA). Declines where the sound does not repeat; in silence any length fits. Counts in
 * [samples] of the rate.
 */
#include <stdint.h>

enum {
    STRETCH_LAG_MS_MAX = 15,
    STRETCH_OVERLAP_MS = 5,
};

/* How alike the two parts must be. */
enum stretch_care { STRETCH_CAREFUL, STRETCH_FORCED };

/* Takes out at most `most` samples (and at least 2.5 ms) from the beginning of `at`, where `count`
 * samples lie, which move up. Returns how many are gone; 0: none. */
uint32_t time_stretch_shorten(
    int16_t *at, uint32_t count, uint32_t most, uint32_t rate_hz, enum stretch_care care);
/* Puts up to 15 ms in before the `count` samples at `at`, which have room to move; before `at`
 * lies what was played. Returns how many; 0: none. */
uint32_t time_stretch_lengthen(
    int16_t *at, uint32_t count, uint32_t wanted, uint32_t rate_hz, enum stretch_care care);

#endif
