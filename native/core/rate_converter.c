#include "rate_converter.h"
#include "bytes.h"
#include "codec.h"
#include "rate_converter_table.h"
#include "simd.h"

enum { FRAME_MAX = CODEC_FRAME_MAX };

bool rate_is_supported(uint32_t rate_hz) {
    return rate_hz == 8000 || rate_hz == 16000 || rate_hz == 48000;
}

void rate_converter_init(struct rate_converter *converter, uint32_t from_hz, uint32_t to_hz) {
    converter->from_hz = from_hz;
    converter->to_hz = to_hz;
    memset(converter->history, 0, sizeof converter->history);
}

void rate_converter_set(struct rate_converter *converter, uint32_t from_hz, uint32_t to_hz) {
    if (converter->from_hz != from_hz || converter->to_hz != to_hz)
        rate_converter_init(converter, from_hz, to_hz);
}

/* A quarter of the sum. The magnitudes of a filter are spread over the four sums so that none
 * overflows, whatever the input. */
static inline int32_t filtered(const int16_t *filter, const int16_t *src, uint32_t taps) {
    struct sums4 sums = dot_sums4(filter, src, taps);
    return (sums.at[0] >> 2) + (sums.at[1] >> 2) + (sums.at[2] >> 2) + (sums.at[3] >> 2);
}

/* `src` begins with the history: RATE_TAPS samples. */
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

/* `src` begins with the history: RATE_TAPS * factor samples. */
static inline void down(
    int16_t *restrict dst, const int16_t *restrict src, uint32_t count,
    const int16_t *restrict filter, uint32_t factor) {
    uint32_t taps = RATE_TAPS * factor;
    for (uint32_t i = 0; i < count / factor; i++) {
        int32_t sum = filtered(filter, src + i * factor, taps);
        dst[i] = saturate16((sum + (1 << 12)) >> 13);
    }
}

static void convert(
    int16_t *restrict dst, const int16_t *restrict src, uint32_t count, uint32_t from_hz,
    uint32_t to_hz) {
    if (to_hz == 2 * from_hz)
        up(dst, src, count, rate_up_2, 2);
    else if (to_hz == 3 * from_hz)
        up(dst, src, count, rate_up_3, 3);
    else if (to_hz == 6 * from_hz)
        up(dst, src, count, rate_up_6, 6);
    else if (from_hz == 2 * to_hz)
        down(dst, src, count, rate_down_2, 2);
    else if (from_hz == 3 * to_hz)
        down(dst, src, count, rate_down_3, 3);
    else
        down(dst, src, count, rate_down_6, 6);
}

uint32_t rate_converter_run(
    struct rate_converter *converter, int16_t *restrict dst, const int16_t *restrict src,
    uint32_t count) {
    uint32_t from_hz = converter->from_hz, to_hz = converter->to_hz;
    if (from_hz == to_hz) {
        memcpy(dst, src, count * sizeof *dst);
        return count;
    }
    int16_t all[RATE_HISTORY_MAX + FRAME_MAX];
    uint32_t kept = to_hz > from_hz ? RATE_TAPS : RATE_TAPS * (from_hz / to_hz);
    count = count < FRAME_MAX ? count : FRAME_MAX;
    memcpy(all, converter->history, kept * sizeof *all);
    memcpy(all + kept, src, count * sizeof *all);
    convert(dst, all, count, from_hz, to_hz);
    memcpy(converter->history, all + count, kept * sizeof *all);
    return (uint32_t)((uint64_t)count * to_hz / from_hz);
}
