#ifndef DIALPLANE_G722_BANDS_H
#define DIALPLANE_G722_BANDS_H
/*
 * The two sub-bands of G.722 (ITU-T G.722, section 6.2), side by side: the scale factors of their
 * quantizers, and their predictors of two poles and six zeros, which are the same in encoder and
 * decoder. Knows no codes and no filter banks. Signals are 15-bit linear, coefficients Q14; fixed
 * memory, no division. Every signal leads to the next through a chain of operations, so what counts
 * is how long that is: a pair of bands goes through it at once, in lanes where there are any.
 */
#include "bytes.h"
#include "g722_tables.h"
#include "lanes.h"

enum { G722_LOWER, G722_HIGHER, G722_BANDS, G722_ZEROS = 6, G722_LANES = 8 };

static inline int32_t g722_clamp(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

/* Of one band. */
struct g722_scale {
    int32_t log, value; /* NB, DET */
};

/* Blocks LOGSCL and SCALEL, or LOGSCH and SCALEH: `step` of table W, `limit` of NB, and where in
 * the table of scales the band's begin. */
static inline void
g722_rescale(struct g722_scale *scale, int32_t step, int32_t limit, uint32_t first) {
    int32_t log = g722_clamp(((scale->log * 127) >> 7) + step, 0, limit);
    scale->log = log;
    scale->value = g722_scales[((uint32_t)log >> 6) + first];
}

/* Two signals, one of each band; as a number, the lower band is in the lower half. */
static inline uint32_t g722_pair(int32_t lower, int32_t higher) {
    return (uint32_t)(lower & 0xFFFF) | (uint32_t)higher << 16;
}

#if LANES

/* Of vectors that are not lists of a band's own, the first lane is the lower band's and the second
 * the higher band's; the others mean nothing. */
struct g722_bands {
    lanes16 difference[G722_BANDS]; /* quantized, newest first; the last two are past */
    lanes16 zero[G722_BANDS];       /* coefficients B1 to B6 */
    lanes16 pole[2];                /* A1, A2 */
    lanes16 reconstructed;          /* the signals before, RLT1 */
    lanes16 sign[2];                /* of the partly reconstructed signals; 0 or -1, newest first */
    lanes16 zero_prediction, prediction; /* SZ, S */
};

/* `when` is 0 or -1: keeps or negates. */
static inline lanes16 g722_negate(lanes16 value, lanes16 when) {
    return lanes16_sub_saturated(lanes16_xor(value, when), when);
}

/* A coefficient less a part of it. */
static inline lanes16 g722_leak(lanes16 value, int bits) {
    return lanes16_add(value, lanes16_shift_right(lanes16_sub(lanes16_zero(), value), bits));
}

/* UPPOL2 and UPPOL1: moves the poles by the signs of the last three signals. */
static inline void g722_move_poles(lanes16 pole[2], lanes16 signs[2], lanes16 sign) {
    lanes16 unlike_last = lanes16_xor(sign, signs[0]); /* -1: other, 0: same */
    lanes16 unlike_before = lanes16_xor(sign, signs[1]);
    lanes16 first = pole[0], second = pole[1];
    lanes16 slope = lanes16_add_saturated(first, first);
    slope = lanes16_add_saturated(slope, slope);
    slope = g722_negate(slope, lanes16_xor(unlike_last, lanes16_all(-1)));
    second = lanes16_add(g722_leak(second, 7), lanes16_shift_right(slope, 7));
    second = lanes16_add(second, g722_negate(lanes16_all(128), unlike_before));
    second = lanes16_min(lanes16_max(second, lanes16_all(-12288)), lanes16_all(12288));
    lanes16 limit = lanes16_sub(lanes16_all(15360), second);
    first = lanes16_add(g722_leak(first, 8), g722_negate(lanes16_all(192), unlike_last));
    first = lanes16_max(first, lanes16_sub(lanes16_zero(), limit));
    pole[0] = lanes16_min(first, limit);
    pole[1] = second;
    signs[1] = signs[0];
    signs[0] = sign;
}

/* UPZERO: moves the zeros of one band, `newest` in every lane; then that is the newest difference.
 * No coefficient can leave 16 bits: 1/256 of it leaks before 1/256 of their range is added. */
static inline void
g722_move_zeros(struct g722_bands *bands, uint32_t band, lanes16 newest, uint32_t newest_bits) {
    static const int16_t steps[G722_LANES] = {128, 128, 128, 128, 128, 128, 0, 0};
    lanes16 unlike = lanes16_shift_right(lanes16_xor(bands->difference[band], newest), 15);
    lanes16 step = lanes16_without(lanes16_load(steps), lanes16_equal(newest, lanes16_zero()));
    bands->zero[band] = lanes16_add(g722_leak(bands->zero[band], 8), g722_negate(step, unlike));
    bands->difference[band] = lanes16_push(bands->difference[band], (int16_t)newest_bits);
}

/* FILTEZ of both bands. */
static inline lanes16 g722_filter_zeros(const struct g722_bands *bands) {
    lanes32 sums[G722_BANDS];
    for (uint32_t band = 0; band < G722_BANDS; band++) {
        lanes16 zero = bands->zero[band], difference = bands->difference[band];
        lanes32 low = lanes32_shift_right(lanes16_products_low(zero, difference), 14);
        lanes32 high = lanes32_shift_right(lanes16_products_high(zero, difference), 14);
        sums[band] = lanes32_add(low, high);
    }
    lanes32 both = lanes32_add(
        lanes32_interleave_low(sums[G722_LOWER], sums[G722_HIGHER]),
        lanes32_interleave_high(sums[G722_LOWER], sums[G722_HIGHER]));
    return lanes32_saturate(lanes32_add(both, lanes32_upper_half(both)));
}

/* Block 4: takes the quantized differences in and predicts the next signals. */
static inline void g722_adapt(struct g722_bands *bands, uint32_t differences) {
    lanes16 difference = lanes16_of_two(differences);
    lanes16 reconstructed = lanes16_add_saturated(bands->prediction, difference);
    lanes16 partly = lanes16_add_saturated(bands->zero_prediction, difference);
    g722_move_poles(bands->pole, bands->sign, lanes16_shift_right(partly, 15));
    g722_move_zeros(bands, G722_LOWER, lanes16_spread_first(difference), differences);
    g722_move_zeros(bands, G722_HIGHER, lanes16_spread_second(difference), differences >> 16);
    bands->zero_prediction = g722_filter_zeros(bands);
    lanes16 signals = lanes16_first_pairs(reconstructed, bands->reconstructed);
    lanes32 poles = lanes16_products_low(
        lanes16_first_pairs(bands->pole[0], bands->pole[1]),
        lanes16_add_saturated(signals, signals));
    poles = lanes32_shift_right(poles, 15);
    poles = lanes32_saturate(lanes32_add(poles, lanes32_upper_half(poles)));
    bands->reconstructed = reconstructed;
    bands->prediction = lanes16_add_saturated(poles, bands->zero_prediction);
}

/* Signals less their predictions; and QUANTL without the sign: how many decision levels of the
 * lower band the magnitude reaches, up to 29, with this scale. */
static inline uint32_t g722_differences(
    const struct g722_bands *bands, uint32_t signals, int32_t lower_scale, uint32_t *lower_level) {
    lanes16 factor = lanes16_all(lower_scale), above[4];
    lanes16 differences = lanes16_sub_saturated(lanes16_of_two(signals), bands->prediction);
    lanes16 reached = lanes16_xor(differences, lanes16_shift_right(differences, 15));
    reached = lanes16_spread_first(reached);
    for (uint32_t i = 0; i < 4; i++) {
        lanes16 level = lanes16_multiply_upper(lanes16_load(g722_q10 + 8 * i), factor);
        above[i] = lanes16_greater(level, reached);
    }
    uint32_t bits = lanes16_bits(above[0], above[1]) | lanes16_bits(above[2], above[3]) << 16;
    *lower_level = (uint32_t)__builtin_ctz(bits | 1u << 30) - 1;
    return lanes16_first_two(differences);
}

/* Predictions and the differences that codes stand for; 15 bits. */
static inline uint32_t g722_signals(const struct g722_bands *bands, uint32_t differences) {
    lanes16 signals = lanes16_add_saturated(lanes16_of_two(differences), bands->prediction);
    signals = lanes16_min(lanes16_max(signals, lanes16_all(-16384)), lanes16_all(16383));
    return lanes16_first_two(signals);
}

#else

struct g722_bands {
    int16_t difference[G722_BANDS][G722_LANES]; /* quantized, newest first */
    int16_t zero[G722_BANDS][G722_LANES];       /* coefficients B1 to B6 */
    int32_t pole[G722_BANDS][2];                /* A1, A2 */
    int32_t reconstructed[G722_BANDS];          /* the signals before, RLT1 */
    int32_t sign[G722_BANDS][2]; /* of the partly reconstructed signals; 0 or -1, newest first */
    int32_t zero_prediction[G722_BANDS], prediction[G722_BANDS]; /* SZ, S */
};

/* UPPOL2 and UPPOL1: moves the poles by the signs of the last three signals. */
static inline void g722_move_poles(int32_t pole[2], int32_t signs[2], int32_t sign) {
    int32_t same_as_last = ~(sign ^ signs[0]); /* -1: same, 0: other */
    int32_t same_as_before = ~(sign ^ signs[1]);
    int32_t first = pole[0], second = pole[1];
    int32_t slope = saturate16(first * 4);
    slope = same_as_last ? saturate16(-slope) : slope;
    second = (same_as_before ? 128 : -128) + (slope >> 7) + ((second * 32512) >> 15);
    second = g722_clamp(second, -12288, 12288);
    first = (same_as_last ? 192 : -192) + ((first * 32640) >> 15);
    pole[0] = g722_clamp(first, second - 15360, 15360 - second);
    pole[1] = second;
    signs[1] = signs[0];
    signs[0] = sign;
}

/* UPZERO and FILTEZ, after which `newest` is the newest difference. No coefficient can leave 16
 * bits: 1/256 of it leaks before 1/256 of their range is added. Returns SZ. */
static inline int32_t g722_move_zeros(int16_t *zero, int16_t *difference, int32_t newest) {
    int16_t delayed[G722_LANES] = {0};
    int16_t step = newest ? 128 : 0, sign = (int16_t)(newest >> 15);
    for (uint32_t i = 0; i < G722_LANES; i++) {
        int16_t other = (int16_t)((difference[i] >> 15) ^ sign); /* -1: signs differ */
        int16_t leak = (int16_t)(-zero[i] >> 8);
        zero[i] = (int16_t)(zero[i] + leak + ((step ^ other) - other));
    }
    memcpy(delayed + 1, difference, (G722_ZEROS - 1) * sizeof *delayed);
    delayed[0] = (int16_t)newest;
    memcpy(difference, delayed, sizeof delayed);
    int32_t sum = 0;
    for (uint32_t i = 0; i < G722_LANES; i++)
        sum += (zero[i] * delayed[i]) >> 14;
    return saturate16(sum);
}

/* Block 4: takes the quantized differences in and predicts the next signals. */
static inline void g722_adapt(struct g722_bands *bands, uint32_t differences) {
    for (uint32_t band = 0; band < G722_BANDS; band++) {
        int32_t difference = (int16_t)(differences >> 16 * band);
        int32_t reconstructed = saturate16(bands->prediction[band] + difference);
        int32_t partly = saturate16(bands->zero_prediction[band] + difference);
        g722_move_poles(bands->pole[band], bands->sign[band], partly >> 31);
        int32_t zeros = g722_move_zeros(bands->zero[band], bands->difference[band], difference);
        int32_t poles = (bands->pole[band][0] * saturate16(reconstructed * 2)) >> 15;
        poles += (bands->pole[band][1] * saturate16(bands->reconstructed[band] * 2)) >> 15;
        bands->reconstructed[band] = reconstructed;
        bands->zero_prediction[band] = zeros;
        bands->prediction[band] = saturate16(saturate16(poles) + zeros);
    }
}

/* Signals less their predictions; and QUANTL without the sign: how many decision levels of the
 * lower band the magnitude reaches, up to 29, with this scale. */
static inline uint32_t g722_differences(
    const struct g722_bands *bands, uint32_t signals, int32_t lower_scale, uint32_t *lower_level) {
    int32_t lower = saturate16((int16_t)signals - bands->prediction[G722_LOWER]);
    int32_t higher = saturate16((int16_t)(signals >> 16) - bands->prediction[G722_HIGHER]);
    int32_t magnitude = lower ^ (lower >> 31);
    uint32_t level = 0;
    for (uint32_t step = 16; step; step >>= 1)
        level += magnitude >= ((g722_q10[level + step] * lower_scale) >> 16) ? step : 0;
    *lower_level = level < 29 ? level : 29;
    return g722_pair(lower, higher);
}

/* Predictions and the differences that codes stand for; 15 bits. */
static inline uint32_t g722_signals(const struct g722_bands *bands, uint32_t differences) {
    int32_t lower = bands->prediction[G722_LOWER] + (int16_t)differences;
    int32_t higher = bands->prediction[G722_HIGHER] + (int16_t)(differences >> 16);
    return g722_pair(g722_clamp(lower, -16384, 16383), g722_clamp(higher, -16384, 16383));
}

#endif
#endif
