/*
 * The filters of rate_converter.h, without a guard: included by kernels_loops.h. With vectors,
 * lanes are neighbouring outputs: what is loaded at a tap holds its pairs of samples for every
 * second output, and what is loaded one sample later for those between. No sum can overflow,
 * whatever the input; rate_converter_table.h says why.
 */

enum { RATE_HALF = RATE_TAPS / 2 };

static inline int32_t filter_at(const int16_t *filter, const int16_t *src, uint32_t taps) {
    int32_t sum = 0;
    for (size_t tap = 0; tap < taps; tap++)
        sum += filter[tap] * src[tap];
    return sum;
}

/* The nearest samples of the input, times 2^14: of the two in the middle, what the filters lack. */
static inline int32_t nearest(const int16_t *middle, const int16_t *near) {
    return middle[0] * near[0] + middle[1] * near[1];
}

/* One output between two samples of the input. */
static inline int16_t between(const int16_t *filter, const int16_t *near, const int16_t *src) {
    int32_t first = filter_at(filter, src, RATE_HALF);
    int32_t second = filter_at(filter + RATE_HALF, src + RATE_HALF, RATE_HALF);
    int32_t sum = (first >> 2) + (second >> 2) + nearest(src + RATE_HALF - 1, near);
    return saturate16((sum + (1 << 13)) >> 14);
}

#if defined(VECTOR_SAMPLES)

enum { RATE_BLOCK = 2 * VECTOR_SAMPLES }; /* outputs at a time */

/* Of a block: even and odd outputs of its first half, then of its second. */
struct filtered_block {
    vector sums[4];
};

/* Adds two taps of a filter. */
static inline void
add_taps(struct filtered_block *block, const int16_t *filter, const int16_t *src) {
    int32_t two;
    memcpy(&two, filter, sizeof two);
    vector pair = vector_all32(two);
    for (size_t i = 0; i < 4; i++) {
        const int16_t *samples = src + i / 2 * VECTOR_SAMPLES + i % 2;
        block->sums[i] = vector_add32(block->sums[i], vector_dot(vector_load(samples), pair));
    }
}

/* Left to itself, gcc multiplies with all taps before it adds, and runs out of registers. */
#if defined(__clang__)
#define NOT_UNROLLED
#else
#define NOT_UNROLLED _Pragma("GCC unroll 1")
#endif

/* Adds a multiple of four. */
static inline void
filter_block(struct filtered_block *block, const int16_t *filter, const int16_t *src, size_t taps) {
    NOT_UNROLLED
    for (size_t tap = 0; tap < taps; tap += 4) {
        add_taps(block, filter + tap, src + tap);
        add_taps(block, filter + tap + 2, src + tap + 2);
    }
}

/* between(), for a block of outputs. */
static inline void between_block(
    int16_t *restrict dst, const int16_t *filter, const int16_t *near, const int16_t *src) {
    struct filtered_block first = {0}, second = {0}, sum;
    filter_block(&first, filter, src, RATE_HALF);
    filter_block(&second, filter + RATE_HALF, src + RATE_HALF, RATE_HALF);
    for (size_t i = 0; i < 4; i++)
        sum.sums[i] = vector_add32(
            vector_all32(1 << 13),
            vector_add32(
                vector_shift_right32(first.sums[i], 2), vector_shift_right32(second.sums[i], 2)));
    add_taps(&sum, near, src + RATE_HALF - 1);
    for (size_t i = 0; i < 4; i++)
        sum.sums[i] = vector_shift_right32(sum.sums[i], 14);
    vector_store(dst, vector_weave(sum.sums[0], sum.sums[1]));
    vector_store(dst + VECTOR_SAMPLES, vector_weave(sum.sums[2], sum.sums[3]));
}

#endif

/* Whether a phase is nearer to the sample before (0), in the middle (1), or nearer to the next. */
static inline size_t side_of(size_t phase, size_t factor) {
    return 2 * phase < factor ? 0 : 2 * phase == factor ? 1 : 2;
}

static inline void
up(int16_t *restrict dst, const int16_t *restrict src, uint32_t count,
   const int16_t (*restrict filters)[RATE_TAPS], size_t factor) {
    /* Of the two samples beside it, the one that a phase is nearer to; in the middle half of each.
     */
    static const int16_t near[3][2] = {{1 << 14, 0}, {1 << 13, 1 << 13}, {0, 1 << 14}};
    size_t i = 0;
    src++;
#if defined(VECTOR_SAMPLES)
    for (; i + RATE_BLOCK <= count; i += RATE_BLOCK) {
        int16_t phases[6][RATE_BLOCK];
        memcpy(phases[0], src + i + RATE_HALF - 1, sizeof phases[0]);
        for (size_t phase = 1; phase < factor; phase++) {
            size_t side = side_of(phase, factor);
            between_block(phases[phase], filters[phase - 1], near[side], src + i);
        }
        int16_t *block = dst + i * factor;
        for (size_t j = 0; factor == 2 && j < RATE_BLOCK; j += VECTOR_SAMPLES)
            vector_store_by_turns(
                block + 2 * j, vector_load(phases[0] + j), vector_load(phases[1] + j));
        for (size_t j = 0; factor != 2 && j < RATE_BLOCK; j++) {
            for (size_t phase = 0; phase < factor; phase++)
                block[j * factor + phase] = phases[phase][j];
        }
    }
#endif
    for (; i < count; i++) {
        dst[i * factor] = src[i + RATE_HALF - 1];
        for (size_t phase = 1; phase < factor; phase++) {
            size_t side = side_of(phase, factor);
            dst[i * factor + phase] = between(filters[phase - 1], near[side], src + i);
        }
    }
}

/* Phase 0 has nothing but the middle of the filter. */
static inline int16_t phases_at(
    const int16_t *restrict phases, size_t length, const struct rate_down_filter *filter,
    size_t factor) {
    int32_t sum = (1 << 14) + filter->middle[0] * phases[RATE_HALF];
    for (size_t phase = 1; phase < factor; phase++)
        sum += filter_at(filter->phases[phase - 1], phases + phase * length, RATE_TAPS);
    return saturate16(sum >> 15);
}

static inline void down(
    int16_t *restrict dst, const int16_t *restrict src, uint32_t count,
    const struct rate_down_filter *restrict filter, size_t factor) {
    /* The input, every factor-th sample together. */
    int16_t phases[RATE_HISTORY_MAX + RATE_FRAME_MAX];
    size_t length = sizeof phases / sizeof *phases / factor, i = 0;
    for (size_t j = 0; j < count + RATE_TAPS; j++) {
        for (size_t phase = 0; phase < factor; phase++)
            phases[phase * length + j] = src[j * factor + phase];
    }
#if defined(VECTOR_SAMPLES)
    for (; i + RATE_BLOCK <= count; i += RATE_BLOCK) {
        struct filtered_block sum;
        for (size_t j = 0; j < 4; j++)
            sum.sums[j] = vector_all32(1 << 14);
        add_taps(&sum, filter->middle, phases + i + RATE_HALF);
        for (size_t phase = 1; phase < factor; phase++)
            filter_block(&sum, filter->phases[phase - 1], phases + phase * length + i, RATE_TAPS);
        for (size_t j = 0; j < 4; j++)
            sum.sums[j] = vector_shift_right32(sum.sums[j], 15);
        vector_store(dst + i, vector_weave(sum.sums[0], sum.sums[1]));
        vector_store(dst + i + VECTOR_SAMPLES, vector_weave(sum.sums[2], sum.sums[3]));
    }
#endif
    for (; i < count; i++)
        dst[i] = phases_at(phases + i, length, filter, factor);
}

/* By the factors that there are, so that each is compiled for itself. */
static void rate_up(
    int16_t *restrict dst, const int16_t *restrict src, uint32_t count,
    const int16_t (*restrict filters)[RATE_TAPS], uint32_t factor) {
    if (factor == 2)
        up(dst, src, count, filters, 2);
    else if (factor == 3)
        up(dst, src, count, filters, 3);
    else
        up(dst, src, count, filters, 6);
}

static void rate_down(
    int16_t *restrict dst, const int16_t *restrict src, uint32_t count,
    const struct rate_down_filter *restrict filter, uint32_t factor) {
    if (factor == 2)
        down(dst, src, count, filter, 2);
    else if (factor == 3)
        down(dst, src, count, filter, 3);
    else
        down(dst, src, count, filter, 6);
}
