/*
 * The bodies of kernels.h, without a guard: included by each file that compiles them. That defines
 * KERNELS_NAME and KERNELS_TABLE; SUMS and COLUMNS, its dot_sums4 and dot_columns4; and WIDE where
 * it has wide forms. What compilers make vectors of by themselves is left to them.
 */
#include "bytes.h"
#include "g711.h"
#include "kernels.h"
#include "rate_converter.h"

static void encode_ulaw(uint8_t *restrict dst, const int16_t *restrict src, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        dst[i] = g711_ulaw_encode(src[i]);
}

static void encode_alaw(uint8_t *restrict dst, const int16_t *restrict src, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        dst[i] = g711_alaw_encode(src[i]);
}

static void decode_ulaw(int16_t *restrict dst, const uint8_t *restrict src, uint32_t count) {
    uint32_t i = 0;
#if defined(WIDE)
    i = wide_decode_ulaw(dst, src, count);
#endif
    for (; i < count; i++)
        dst[i] = g711_ulaw_decode(src[i]);
}

static void decode_alaw(int16_t *restrict dst, const uint8_t *restrict src, uint32_t count) {
    uint32_t i = 0;
#if defined(WIDE)
    i = wide_decode_alaw(dst, src, count);
#endif
    for (; i < count; i++)
        dst[i] = g711_alaw_decode(src[i]);
}

static void mix_add(int32_t *restrict sum, const int16_t *restrict frame, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        sum[i] += frame[i];
}

static void mix_all(int16_t *restrict dst, const int32_t *restrict sum, uint32_t count) {
    uint32_t i = 0;
#if defined(WIDE)
    i = wide_mix_all(dst, sum, count);
#endif
    for (; i < count; i += 8)
        saturate8(dst + i, sum + i);
}

static void mix_minus(
    int16_t *restrict dst, const int32_t *restrict sum, const int16_t *restrict own,
    uint32_t count) {
    uint32_t i = 0;
#if defined(WIDE)
    i = wide_mix_minus(dst, sum, own, count);
#endif
    for (; i < count; i += 8) {
        int32_t others[8];
        for (uint32_t j = 0; j < 8; j++)
            others[j] = sum[i + j] - own[i + j];
        saturate8(dst + i, others);
    }
}

static uint32_t mix_level(const int16_t *frame, uint32_t count) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += frame[i] < 0 ? -frame[i] : frame[i];
    return (uint32_t)sum / count;
}

/* A quarter of the sum. The magnitudes of a filter are spread over the four sums so that none
 * overflows, whatever the input. */
static inline int32_t filtered(const int16_t *filter, const int16_t *src, uint32_t taps) {
    struct sums4 sums = SUMS(filter, src, taps);
    return (sums.at[0] >> 2) + (sums.at[1] >> 2) + (sums.at[2] >> 2) + (sums.at[3] >> 2);
}

static inline void
up(int16_t *restrict dst, const int16_t *restrict src, uint32_t count,
   const int16_t (*restrict filters)[RATE_TAPS], uint32_t factor) {
    for (uint32_t i = 0; i < count; i++) {
        const int16_t *window = src + i + 1, *middle = window + RATE_TAPS / 2 - 1;
        dst[i * factor] = middle[0];
        for (uint32_t phase = 1; phase < factor; phase++) {
            int32_t near = middle[2 * phase > factor] + middle[2 * phase >= factor];
            int32_t sum = filtered(filters[phase - 1], window, RATE_TAPS);
            dst[i * factor + phase] = saturate16((sum + near * (1 << 13) + (1 << 13)) >> 14);
        }
    }
}

static inline void down(
    int16_t *restrict dst, const int16_t *restrict src, uint32_t count,
    const int16_t *restrict filter, uint32_t factor) {
    for (uint32_t i = 0; i < count; i++) {
        int32_t sum = filtered(filter, src + i * factor, RATE_TAPS * factor);
        dst[i] = saturate16((sum + (1 << 12)) >> 13);
    }
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
    const int16_t *restrict filter, uint32_t factor) {
    if (factor == 2)
        down(dst, src, count, filter, 2);
    else if (factor == 3)
        down(dst, src, count, filter, 3);
    else
        down(dst, src, count, filter, 6);
}

static struct sums4 dot_columns(const int16_t *samples, const int16_t (*table)[8], uint32_t count) {
    return COLUMNS(samples, table, count);
}

const struct kernels KERNELS_TABLE = {
    .name = KERNELS_NAME,
    .encode_ulaw = encode_ulaw,
    .encode_alaw = encode_alaw,
    .decode_ulaw = decode_ulaw,
    .decode_alaw = decode_alaw,
    .mix_add = mix_add,
    .mix_all = mix_all,
    .mix_minus = mix_minus,
    .mix_level = mix_level,
    .rate_up = rate_up,
    .rate_down = rate_down,
    .dot_columns = dot_columns,
};
