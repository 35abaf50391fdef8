#ifndef DIALPLANE_G722_GROUP_H
#define DIALPLANE_G722_GROUP_H
/*
 * The sub-bands of up to eight encoders of G.722 (ITU-T G.722, section 6.2), in step: one lane
 * each. The chain from signal to signal, which is what a single one waits for, is gone through once
 * for all of them. Gives the bits of `g722_bands.h`, whose states are brought in and back. Needs
 * LANES.
 */
#include "g722_bands.h"

#if LANES

/* One band of all. Names are those of `struct g722_bands`. */
struct g722_group_band {
    lanes16 difference[G722_ZEROS], zero[G722_ZEROS];
    lanes16 pole[2], reconstructed, sign[2], zero_prediction, prediction;
    lanes16 log, scale; /* NB, DET */
};

enum { G722_GROUP_WORDS = sizeof(struct g722_group_band) / sizeof(lanes16) };

/* Where the values of a band are in `struct g722_bands`: its lanes of the lower band, in the order
 * above; and how far from there those of the higher band are. */
enum { G722_BANDS_WORDS = sizeof(struct g722_bands) / sizeof(int16_t), G722_STATE_WORDS = 19 };
static const uint8_t g722_places[G722_STATE_WORDS] = {
    0, 1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 21, 32, 40, 48, 56, 64, 72, 80,
};
_Static_assert(G722_BANDS_WORDS == 88, "g722_places is of this layout");
_Static_assert(G722_STATE_WORDS + 2 == G722_GROUP_WORDS, "a state, and the scale");

static inline uint32_t g722_place(uint32_t word, uint32_t band) {
    return g722_places[word] + band * (word < 2 * G722_ZEROS ? G722_LANES : 1);
}

/* All of both bands, a row of lanes for each value. */
struct g722_group_words {
    int16_t of[G722_BANDS][G722_GROUP_WORDS][G722_LANES];
};

static inline void g722_group_bring(
    struct g722_group_words *group, uint32_t lane, const struct g722_bands *bands,
    const struct g722_scale scales[G722_BANDS]) {
    int16_t words[G722_BANDS_WORDS];
    memcpy(words, bands, sizeof words);
    for (uint32_t band = 0; band < G722_BANDS; band++) {
        for (uint32_t i = 0; i < G722_STATE_WORDS; i++)
            group->of[band][i][lane] = words[g722_place(i, band)];
        group->of[band][G722_STATE_WORDS][lane] = (int16_t)scales[band].log;
        group->of[band][G722_STATE_WORDS + 1][lane] = (int16_t)scales[band].value;
    }
}

static inline void g722_group_return(
    const struct g722_group_words *group, uint32_t lane, struct g722_bands *bands,
    struct g722_scale scales[G722_BANDS]) {
    int16_t words[G722_BANDS_WORDS];
    memcpy(words, bands, sizeof words);
    for (uint32_t band = 0; band < G722_BANDS; band++) {
        for (uint32_t i = 0; i < G722_STATE_WORDS; i++)
            words[g722_place(i, band)] = group->of[band][i][lane];
        scales[band].log = group->of[band][G722_STATE_WORDS][lane];
        scales[band].value = group->of[band][G722_STATE_WORDS + 1][lane];
    }
    memcpy(bands, words, sizeof words);
}

/* Products, less `bits` of their 32. */
static inline lanes16 g722_scaled(lanes16 a, lanes16 b, int bits) {
    return lanes32_join(
        lanes32_shift_right(lanes16_products_low(a, b), bits),
        lanes32_shift_right(lanes16_products_high(a, b), bits));
}

/* LOGSCL or LOGSCH, and the scales. */
static inline void
g722_group_rescale(struct g722_group_band *band, lanes16 step, int32_t limit, uint32_t first) {
    int16_t places[G722_LANES];
    lanes16 log = lanes16_add(g722_leak(band->log, 7), step);
    log = lanes16_min(lanes16_max(log, lanes16_zero()), lanes16_all(limit));
    band->log = log;
    lanes16_store(places, lanes16_shift_right(log, 6));
    for (uint32_t i = 0; i < G722_LANES; i++)
        places[i] = g722_scales[(uint32_t)places[i] + first];
    band->scale = lanes16_load(places);
}

/* UPZERO and FILTEZ. */
static inline void g722_group_zeros(struct g722_group_band *band, lanes16 newest) {
    lanes16 step = lanes16_without(lanes16_all(128), lanes16_equal(newest, lanes16_zero()));
    lanes32 low = lanes16_zero(), high = lanes16_zero();
    lanes16 delayed = newest;
    for (uint32_t i = 0; i < G722_ZEROS; i++) {
        lanes16 difference = band->difference[i];
        lanes16 unlike = lanes16_shift_right(lanes16_xor(difference, newest), 15);
        lanes16 zero = lanes16_add(g722_leak(band->zero[i], 8), g722_negate(step, unlike));
        low = lanes32_add(low, lanes32_shift_right(lanes16_products_low(zero, delayed), 14));
        high = lanes32_add(high, lanes32_shift_right(lanes16_products_high(zero, delayed), 14));
        band->zero[i] = zero;
        band->difference[i] = delayed;
        delayed = difference;
    }
    band->zero_prediction = lanes32_join(low, high);
}

/* Block 4, as `g722_adapt` for one. */
static inline void g722_group_adapt(struct g722_group_band *band, lanes16 difference) {
    lanes16 reconstructed = lanes16_add_saturated(band->prediction, difference);
    lanes16 partly = lanes16_add_saturated(band->zero_prediction, difference);
    g722_move_poles(band->pole, band->sign, lanes16_shift_right(partly, 15));
    g722_group_zeros(band, difference);
    lanes16 newer = lanes16_add_saturated(reconstructed, reconstructed);
    lanes16 older = lanes16_add_saturated(band->reconstructed, band->reconstructed);
    lanes32 low = lanes32_add(
        lanes32_shift_right(lanes16_products_low(band->pole[0], newer), 15),
        lanes32_shift_right(lanes16_products_low(band->pole[1], older), 15));
    lanes32 high = lanes32_add(
        lanes32_shift_right(lanes16_products_high(band->pole[0], newer), 15),
        lanes32_shift_right(lanes16_products_high(band->pole[1], older), 15));
    band->reconstructed = reconstructed;
    band->prediction = lanes16_add_saturated(lanes32_join(low, high), band->zero_prediction);
}

/* What the differences in the lower band are quantized to. */
struct g722_group_interval {
    lanes16 level;  /* how many decision levels the magnitude reaches, up to 29 (QUANTL) */
    lanes16 output; /* what it stands for, to the inverse quantizer with 4 bits (QM4) */
    lanes16 step;   /* WL */
};

/* Every fourth level leads to the next output and step: a code with 4 bits has lost the other two.
 */
static inline struct g722_group_interval g722_group_quantize(lanes16 magnitude, lanes16 scale) {
    enum { LEVELS = 29, HIGHEST = 14 };
    struct g722_group_interval found = {
        lanes16_all(LEVELS), lanes16_all(g722_qm4[HIGHEST + 1]), lanes16_all(g722_wl[HIGHEST + 1])};
    LANES_UNROLLED
    for (uint32_t i = 0; i < LEVELS; i++) {
        lanes16 decision = lanes16_multiply_upper(lanes16_load(g722_q10_rows[i]), scale);
        lanes16 above = lanes16_greater(decision, magnitude); /* 0 or -1 */
        found.level = lanes16_add(found.level, above);
        if (i % 4 != 1)
            continue;
        uint32_t code = HIGHEST - i / 4;
        lanes16 output = lanes16_all(g722_qm4[code] - g722_qm4[code + 1]);
        lanes16 step = lanes16_all(g722_wl[code] - g722_wl[code + 1]);
        found.output = lanes16_add(found.output, lanes16_without(output, above));
        found.step = lanes16_add(found.step, lanes16_without(step, above));
    }
    return found;
}

/* The codes with 6 bits (IL); `sign` is 0 or -1. From the third level on those of negative
 * differences are 28 below. Their first two would be zeros, and are 2 above. */
static inline lanes16 g722_group_codes(lanes16 level, lanes16 sign) {
    lanes16 positive = lanes16_xor(sign, lanes16_all(-1));
    lanes16 first = lanes16_without(lanes16_all(30), lanes16_greater(level, lanes16_all(1)));
    lanes16 lower = lanes16_without(lanes16_add(lanes16_all(-28), first), positive);
    return lanes16_add(lanes16_sub(lanes16_all(61), level), lower);
}

#endif
#endif
