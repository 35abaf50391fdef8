#include "rate_converter.h"
#include "bytes.h"
#include "kernels.h"
#include "rate_converter_table.h"

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

static void convert(
    int16_t *restrict dst, const int16_t *restrict src, uint32_t count, uint32_t from_hz,
    uint32_t to_hz) {
    if (to_hz > from_hz) {
        uint32_t factor = to_hz / from_hz;
        const int16_t(*filters)[RATE_TAPS] = factor == 2   ? rate_up_2
                                             : factor == 3 ? rate_up_3
                                                           : rate_up_6;
        kernels->rate_up(dst, src, count, filters, factor);
    } else {
        uint32_t factor = from_hz / to_hz;
        const struct rate_down_filter *filter = factor == 2   ? &rate_down_2
                                                : factor == 3 ? &rate_down_3
                                                              : &rate_down_6;
        kernels->rate_down(dst, src, count / factor, filter, factor);
    }
}

uint32_t rate_converter_run(
    struct rate_converter *converter, int16_t *restrict dst, const int16_t *restrict src,
    uint32_t count) {
    uint32_t from_hz = converter->from_hz, to_hz = converter->to_hz;
    if (from_hz == to_hz) {
        memcpy(dst, src, count * sizeof *dst);
        return count;
    }
    int16_t all[RATE_HISTORY_MAX + RATE_FRAME_MAX];
    uint32_t kept = to_hz > from_hz ? RATE_TAPS : RATE_TAPS * (from_hz / to_hz);
    count = count < RATE_FRAME_MAX ? count : RATE_FRAME_MAX;
    memcpy(all, converter->history, kept * sizeof *all);
    memcpy(all + kept, src, count * sizeof *all);
    convert(dst, all, count, from_hz, to_hz);
    memcpy(converter->history, all + count, kept * sizeof *all);
    return (uint32_t)((uint64_t)count * to_hz / from_hz);
}
