#ifndef DIALPLANE_KERNELS_H
#define DIALPLANE_KERNELS_H
/*
 * The loops over samples that most of the processor's time goes to, in the widest form that it
 * has: kernels_loops.h says them once and is compiled for each. All forms give the same bits (the
 * conformance suite runs each), and none keeps a state. Frames do not overlap; any alignment.
 */
#include "dtmf_detector.h"
#include "rate_converter.h"
#include "simd.h"
#include <stdbool.h>

struct kernels {
    const char *name;
    /* G.711: one code per sample; see g711.h. */
    void (*encode_ulaw)(uint8_t *restrict dst, const int16_t *restrict src, uint32_t count);
    void (*encode_alaw)(uint8_t *restrict dst, const int16_t *restrict src, uint32_t count);
    void (*decode_ulaw)(int16_t *restrict dst, const uint8_t *restrict src, uint32_t count);
    void (*decode_alaw)(int16_t *restrict dst, const uint8_t *restrict src, uint32_t count);
    /* Conferences: `count` is a multiple of 8; see mix.h. */
    void (*mix_add)(int32_t *restrict sum, const int16_t *restrict frame, uint32_t count);
    void (*mix_all)(int16_t *restrict dst, const int32_t *restrict sum, uint32_t count);
    void (*mix_minus)(
        int16_t *restrict dst, const int32_t *restrict sum, const int16_t *restrict own,
        uint32_t count);
    uint32_t (*mix_level)(const int16_t *frame, uint32_t count);
    /* Filters of rate_converter.h. `src` begins with the history. Up: `filters` are those of the
     * samples between two of the input, factor - 1 of them; `count` of the input. Down: `count` of
     * the output. */
    void (*rate_up)(
        int16_t *restrict dst, const int16_t *restrict src, uint32_t count,
        const int16_t (*restrict filters)[RATE_TAPS], uint32_t factor);
    void (*rate_down)(
        int16_t *restrict dst, const int16_t *restrict src, uint32_t count,
        const struct rate_down_filter *restrict filter, uint32_t factor);
    /* Projections on four columns of a table; see simd.h. */
    struct sums4 (*dot_columns)(const int16_t *samples, const int16_t (*table)[8], uint32_t count);
    /* A half window of dtmf_detector.h: sums (0) and differences (1) of the samples beside its
     * middle, over 4; returns its energy, over 16. */
    uint32_t (*dtmf_fold)(int16_t (*restrict folded)[2][8], const int16_t *restrict samples);
    /* Real and imaginary part of the four frequencies of a table of dtmf_tables.h. */
    void (*dtmf_project)(
        int16_t *restrict spectrum, const int16_t (*restrict folded)[2][8],
        const int16_t (*restrict table)[2][8]);
};

/* What the processor can do best; chosen when the program is loaded. */
extern const struct kernels *kernels;

/* For tests: takes another form by its name, "portable" or "avx2". False: this processor, or this
 * build, has none of that name. Not while a plane runs. */
bool kernels_take(const char *name);

#endif
