#ifndef DIALPLANE_PITCH_H
#define DIALPLANE_PITCH_H
/*
 * Finds the lag at which a stretch of sound repeats: coarsely on a copy decimated to 4 kHz, then to
 * the sample. Integers only, so that every build finds the same. Does not decide whether there is a
 * pitch. Lags and windows in [samples] of the rate, a multiple of 8000 up to 48000 Hz.
 */
#include <stdint.h>

enum {
    PITCH_WINDOW_MS_MAX = 20,
    PITCH_LAG_MS_MAX = 15,
};

struct pitch_search {
    const int16_t *at; /* what is compared: `window_samples` from here */
    int32_t direction; /* with what is found this way: -1 earlier, 1 later */
    uint32_t window_samples;
    uint32_t lag_min_samples, lag_max_samples;
    uint32_t rate_hz;
};

struct pitch_match {
    uint32_t lag_samples;
    int32_t likeness_q8; /* normalised correlation, -256 to 256 */
    int32_t peak;        /* the largest magnitude seen */
};

/* Reads up to `lag_max_samples` beyond the window in the direction of the search. */
struct pitch_match pitch_find(const struct pitch_search *search);

#endif
