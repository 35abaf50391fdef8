#include "resampler.h"
#include "bytes.h"
#include "resampler_table.h"

enum { TABLE_BITS = 22, RATIO_MAX = 6, TAPS_MAX = 2 * (RESAMPLER_SIDE * RATIO_MAX + 2) };

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

/* The taps of a phase: the filter at each input sample around an output that lies `offset_q32` of
 * an output sample after one of the input; `reach` to either side and one more. */
static void make_taps(int32_t *taps, uint32_t reach, uint64_t offset_q32, uint64_t step_q32) {
    for (uint32_t i = 0; i <= 2 * reach + 1; i++) {
        uint64_t distance =
            i <= reach ? (reach - i) * step_q32 + offset_q32 : (i - reach) * step_q32 - offset_q32;
        taps[i] = filter_at(distance);
    }
}

/* Around `middle`, as far as there is input. */
static int64_t
dot(const int32_t *taps, uint32_t reach, const int16_t *src, uint32_t src_count, uint64_t middle) {
    uint64_t begin = middle > reach ? middle - reach : 0;
    uint64_t end = middle + reach + 2 < src_count ? middle + reach + 2 : src_count;
    taps += begin + reach - middle;
    int64_t sum = 0;
    for (uint64_t i = begin; i < end; i++)
        sum += (int64_t)src[i] * *taps++;
    return sum;
}

static uint32_t common_divisor(uint32_t a, uint32_t b) {
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void resampler_run(
    int16_t *restrict dst, uint32_t first, uint32_t dst_count, const int16_t *restrict src,
    uint32_t src_count, uint32_t from_hz, uint32_t to_hz) {
    if (from_hz == to_hz) {
        memcpy(dst, src + first, dst_count * sizeof *dst);
        return;
    }
    int32_t taps[TAPS_MAX];
    uint64_t step_q32 = ((uint64_t)to_hz << 32) / from_hz;
    uint32_t reach = RESAMPLER_SIDE * from_hz / to_hz + 1;
    uint32_t phases = to_hz / common_divisor(from_hz, to_hz);
    /* By phases: all outputs of one have the same taps, which take longer to make than to use. */
    for (uint32_t phase = 0; phase < phases && phase < dst_count; phase++) {
        uint64_t fraction = ((uint64_t)first + phase) * from_hz % to_hz; /* [input / to_hz] */
        make_taps(taps, reach, (fraction << 32) / from_hz, step_q32);
        for (uint32_t i = phase; i < dst_count; i += phases) {
            uint64_t middle = ((uint64_t)first + i) * from_hz / to_hz;
            int64_t sum = dot(taps, reach, src, src_count, middle);
            /* The filter has unit gain at the output rate; the input has from_hz / to_hz as many
             * samples. */
            int64_t scaled = (sum >> 8) * to_hz / from_hz;
            dst[i] = saturate16((int32_t)((scaled + (1 << (TABLE_BITS - 9))) >> (TABLE_BITS - 8)));
        }
    }
}
