#ifndef DIALPLANE_RATE_CONVERTER_H
#define DIALPLANE_RATE_CONVERTER_H
/*
 * Live audio between 8, 16 and 48 kHz, frame by frame, in integers: a linear-phase filter that is
 * flat to 0.85 of the lower Nyquist frequency and delays by 2.5 ms (20 samples of the lower rate).
 * For whole files see resampler.h. Counts in [samples], rates in [Hz].
 */
#include <stdbool.h>
#include <stdint.h>

enum {
    RATE_TAPS = 40,
    RATE_FACTOR_MAX = 6,
    RATE_HISTORY_MAX = RATE_TAPS * RATE_FACTOR_MAX,
    RATE_FRAME_MAX = 2880, /* 60 ms at 48 kHz */
};

/* Downwards by up to RATE_FACTOR_MAX: phase 0 has nothing but its middle. */
struct rate_down_filter {
    int16_t middle[2]; /* and a zero */
    int16_t phases[RATE_FACTOR_MAX - 1][RATE_TAPS];
};

struct rate_converter {
    uint32_t from_hz, to_hz;
    int16_t history[RATE_HISTORY_MAX]; /* the input before this frame */
};

bool rate_is_supported(uint32_t rate_hz);
/* Both must be supported. Forgets what it heard. */
void rate_converter_init(struct rate_converter *converter, uint32_t from_hz, uint32_t to_hz);
/* Begins anew only when the rates differ from those before. */
void rate_converter_set(struct rate_converter *converter, uint32_t from_hz, uint32_t to_hz);
/* Returns how many samples it wrote: count * to / from, rounded down (a count that does not divide
 * loses its last samples). `dst` and `src` do not overlap; at most 60 ms at a time. */
uint32_t rate_converter_run(
    struct rate_converter *converter, int16_t *restrict dst, const int16_t *restrict src,
    uint32_t count);

#endif
