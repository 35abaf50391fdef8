#ifndef DIALPLANE_G722_BAND_H
#define DIALPLANE_G722_BAND_H
/*
 * One sub-band of G.722 (ITU-T G.722, section 6.2): the adaptive quantizer's scale factor and the
 * predictor of two poles and six zeros, the same in encoder and decoder. Knows no codes and no
 * filter banks. Signals are 15-bit linear; coefficients Q14; fixed memory, no division.
 */
#include "bytes.h"
#include "g722_tables.h"
#include <stdint.h>
#include <string.h>

enum { G722_ZEROS = 6, G722_LANES = 8 /* the zeros, filled up to a vector */ };

struct g722_band {
    int16_t difference[G722_LANES]; /* quantized, newest first */
    int16_t zero[G722_LANES];       /* coefficients B1 to B6 */
    int32_t pole[2];                /* A1, A2 */
    int32_t reconstructed;          /* the signal before, RLT1 */
    int32_t sign[2]; /* of the partly reconstructed signal, P; 0 or -1, newest first */
    int32_t zero_prediction, prediction; /* SZ, S */
    int32_t log_scale, scale;            /* NB, DET */
};

static inline int32_t g722_clamp(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

/* Blocks LOGSCL and SCALEL, or LOGSCH and SCALEH: `step` of table W, `limit` of NB, and the
 * exponent at which ILB is taken as it is. */
static inline void
g722_band_rescale(struct g722_band *band, int32_t step, int32_t limit, int32_t exponent) {
    int32_t log_scale = g722_clamp(((band->log_scale * 127) >> 7) + step, 0, limit);
    int32_t mantissa = g722_ilb[(log_scale >> 6) & 31];
    band->log_scale = log_scale;
    /* A shift to the right by at most `exponent`, or to the left by one. */
    band->scale = ((mantissa << 1) >> (exponent + 1 - (log_scale >> 11))) << 2;
}

/* UPPOL2 and UPPOL1: moves the poles by the signs of the last three signals. */
static inline void g722_band_move_poles(struct g722_band *band, int32_t sign) {
    int32_t same_as_last = ~(sign ^ band->sign[0]); /* -1: same, 0: other */
    int32_t same_as_before = ~(sign ^ band->sign[1]);
    int32_t first = band->pole[0], second = band->pole[1];
    int32_t slope = saturate16(first * 4);
    slope = same_as_last ? saturate16(-slope) : slope;
    second = (same_as_before ? 128 : -128) + (slope >> 7) + ((second * 32512) >> 15);
    second = g722_clamp(second, -12288, 12288);
    first = (same_as_last ? 192 : -192) + ((first * 32640) >> 15);
    band->pole[0] = g722_clamp(first, second - 15360, 15360 - second);
    band->pole[1] = second;
    band->sign[1] = band->sign[0];
    band->sign[0] = sign;
}

/* UPZERO and FILTEZ, after which `newest` is the newest difference. No coefficient can leave 16
 * bits: 1/256 of it leaks before 1/256 of their range is added. Returns SZ. */
static inline int32_t g722_band_move_zeros(struct g722_band *band, int32_t newest) {
    int16_t delayed[G722_LANES] = {0};
    int16_t step = newest ? 128 : 0, sign = (int16_t)(newest >> 15);
    for (uint32_t i = 0; i < G722_LANES; i++) {
        int16_t other = (int16_t)((band->difference[i] >> 15) ^ sign); /* -1: signs differ */
        int16_t leak = (int16_t)(-band->zero[i] >> 8);
        band->zero[i] = (int16_t)(band->zero[i] + leak + ((step ^ other) - other));
    }
    memcpy(delayed + 1, band->difference, (G722_ZEROS - 1) * sizeof *delayed);
    delayed[0] = (int16_t)newest;
    memcpy(band->difference, delayed, sizeof delayed);
    int32_t sum = 0;
    for (uint32_t i = 0; i < G722_LANES; i++)
        sum += (band->zero[i] * delayed[i]) >> 14;
    return saturate16(sum);
}

/* Block 4: takes the quantized difference in and predicts the next signal. */
static inline void g722_band_adapt(struct g722_band *band, int32_t difference) {
    int32_t reconstructed = saturate16(band->prediction + difference);
    int32_t partly = saturate16(band->zero_prediction + difference);
    g722_band_move_poles(band, partly >> 31);
    band->zero_prediction = g722_band_move_zeros(band, difference);
    int32_t poles = (band->pole[0] * saturate16(reconstructed * 2)) >> 15;
    poles += (band->pole[1] * saturate16(band->reconstructed * 2)) >> 15;
    band->reconstructed = reconstructed;
    band->prediction = saturate16(saturate16(poles) + band->zero_prediction);
}

#endif
