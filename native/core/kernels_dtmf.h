/*
 * A half window of dtmf_detector.h, folded and projected; without a guard: included by
 * kernels_loops.h. Seen from the middle of the half, cosines are even and sines odd, so half the
 * products do. Samples are quartered first, so that no sum overflows.
 */

enum {
    DTMF_MIDDLE = DTMF_HALF_SAMPLES / 2,
    DTMF_LAST_AT = DTMF_MIDDLE - 7, /* of the last group; all but two are in the others, too */
};

static inline int32_t quarter_square(int16_t sample) {
    return (sample >> 2) * (sample >> 2);
}

/* Of both(): where in the half a group begins, counted from the middle. */
static inline uint32_t group_at(uint32_t group) {
    return group < DTMF_GROUPS_FOLDED - 1 ? 8 * group : DTMF_LAST_AT;
}

#if defined(VECTOR_SAMPLES)

static uint32_t dtmf_fold(int16_t (*restrict folded)[2][8], const int16_t *restrict samples) {
    both squares = both_zero();
    for (uint32_t group = 0; group < DTMF_GROUPS_FOLDED; group++) {
        const int16_t *after = samples + DTMF_MIDDLE + group_at(group);
        both pairs = both_fold(after, samples + DTMF_LAST_AT - group_at(group));
        both_store(folded[group], pairs);
        if (group == DTMF_GROUPS_FOLDED - 1)
            pairs = both_last(pairs);
        squares = both_add32(squares, both_dot(pairs, pairs));
    }
    /* (a + b)^2 and (a - b)^2 are twice what a and b have, and the one in the middle is there
     * twice. */
    return both_half_total(squares) - (uint32_t)quarter_square(samples[DTMF_MIDDLE]);
}

#define PROJECT_PAIR(group, pair, row)                                                             \
    sums = both_add32(sums, both_dot(both_pair(both_load(folded[group]), pair), both_load(row)))

static void dtmf_project(
    int16_t *restrict spectrum, const int16_t (*restrict folded)[2][8],
    const int16_t (*restrict table)[2][8]) {
    both sums = both_zero();
    for (uint32_t group = 0; group < DTMF_GROUPS_FOLDED - 1; group++) {
        PROJECT_PAIR(group, 0, table[4 * group]);
        PROJECT_PAIR(group, 1, table[4 * group + 1]);
        PROJECT_PAIR(group, 2, table[4 * group + 2]);
        PROJECT_PAIR(group, 3, table[4 * group + 3]);
    }
    PROJECT_PAIR(DTMF_GROUPS_FOLDED - 1, 3, table[DTMF_PAIRS - 1]);
    both_spectrum(spectrum, sums);
}

#else

static uint32_t dtmf_fold(int16_t (*restrict folded)[2][8], const int16_t *restrict samples) {
    uint32_t energy = 0;
    for (uint32_t i = 0; i < DTMF_HALF_SAMPLES; i++)
        energy += (uint32_t)quarter_square(samples[i]);
    for (uint32_t i = 0; i < 8 * DTMF_GROUPS_FOLDED; i++) {
        uint32_t away = group_at(i / 8) + i % 8;
        int32_t after = samples[DTMF_MIDDLE + away] >> 2, before = samples[DTMF_MIDDLE - away] >> 2;
        folded[i / 8][0][i % 8] = (int16_t)(after + before);
        folded[i / 8][1][i % 8] = (int16_t)(after - before);
    }
    return energy;
}

static void dtmf_project(
    int16_t *restrict spectrum, const int16_t (*restrict folded)[2][8],
    const int16_t (*restrict table)[2][8]) {
    int32_t sums[2][4] = {{0}};
    for (uint32_t pair = 0; pair < DTMF_PAIRS; pair++) {
        uint32_t at = pair < DTMF_PAIRS - 1 ? 2 * pair : 8 * DTMF_GROUPS_FOLDED - 2;
        for (uint32_t i = 0; i < 8; i++) {
            const int16_t *samples = folded[at / 8][i / 4] + at % 8, *row = table[pair][i / 4];
            sums[i / 4][i % 4] += samples[0] * row[i % 4 * 2] + samples[1] * row[i % 4 * 2 + 1];
        }
    }
    for (uint32_t i = 0; i < 8; i++)
        spectrum[i] = (int16_t)(sums[i % 2][i / 2] >> 15);
}

#endif
