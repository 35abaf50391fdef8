#include "resampler.h"
#include "bytes.h"
#include "resampler_table.h"

enum { TABLE_BITS = 22 };

bool resampler_supports(uint32_t from_hz, uint32_t to_hz) {
    static const uint32_t rates_hz[] = {8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000};
    for (uint32_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++) {
        if (rates_hz[i] == from_hz)
            return (to_hz == 8000 || to_hz == 16000) && to_hz <= from_hz;
    }
    return false;
}

uint32_t resampler_output_count(uint32_t count, uint32_t from_hz, uint32_t to_hz) {
    return (uint32_t)(((uint64_t)count * to_hz + from_hz - 1) / from_hz);
}

/* The filter at a distance [output samples, Q32] from its middle. */
static int32_t filter_at(uint64_t distance_q32) {
    uint64_t point_q32 = distance_q32 * RESAMPLER_POINTS;
    uint32_t index = (uint32_t)(point_q32 >> 32);
    if (index >= RESAMPLER_POINTS * RESAMPLER_SIDE)
        return 0;
    int64_t fraction = (int64_t)((point_q32 >> 16) & 0xFFFF);
    int64_t here = resampler_table[index], next = resampler_table[index + 1];
    return (int32_t)(here + (((next - here) * fraction) >> 16));
}

static int16_t sample_at(
    uint64_t middle, uint64_t middle_fraction, const int16_t *src, uint32_t src_count,
    uint32_t from_hz, uint32_t to_hz) {
    /* Positions in input samples: `middle` whole ones and `middle_fraction` / to_hz. */
    uint64_t step_q32 = ((uint64_t)to_hz << 32) / from_hz;
    uint64_t reach = (uint64_t)RESAMPLER_SIDE * from_hz / to_hz + 1;
    uint64_t begin = middle > reach ? middle - reach : 0;
    uint64_t end = middle + reach + 1 < src_count ? middle + reach + 1 : src_count;
    uint64_t offset_q32 = (middle_fraction << 32) / from_hz; /* of the middle after `middle` */
    int64_t sum = 0;
    for (uint64_t i = begin; i < end; i++) {
        uint64_t distance = i <= middle ? (middle - i) * step_q32 + offset_q32
                                        : (i - middle) * step_q32 - offset_q32;
        sum += (int64_t)src[i] * filter_at(distance);
    }
    /* The filter has unit gain at the output rate; the input has from_hz / to_hz as many
     * samples. */
    int64_t scaled = (sum >> 8) * to_hz / from_hz;
    return saturate16((int32_t)((scaled + (1 << (TABLE_BITS - 9))) >> (TABLE_BITS - 8)));
}

void resampler_run(
    int16_t *restrict dst, uint32_t first, uint32_t dst_count, const int16_t *restrict src,
    uint32_t src_count, uint32_t from_hz, uint32_t to_hz) {
    if (from_hz == to_hz) {
        memcpy(dst, src + first, dst_count * sizeof *dst);
        return;
    }
    for (uint32_t i = 0; i < dst_count; i++) {
        uint64_t position = ((uint64_t)first + i) * from_hz; /* [input samples / to_hz] */
        dst[i] = sample_at(position / to_hz, position % to_hz, src, src_count, from_hz, to_hz);
    }
}
