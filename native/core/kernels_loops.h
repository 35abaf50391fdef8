/*
 * The bodies of kernels.h, without a guard: included by each file that compiles them. That defines
 * KERNELS_NAME and KERNELS_TABLE; COLUMNS, its dot_columns4; the vectors of kernels_vectors.h, if
 * there are any; and WIDE where it has G.711 in them. What compilers make vectors of by
 * themselves is left to them.
 */
#include "bytes.h"
#include "g711.h"
#include "kernels.h"
#include "rate_converter.h"

static void encode_ulaw(uint8_t *restrict dst, const int16_t *restrict src, uint32_t count) {
    uint32_t i = 0;
#if defined(WIDE)
    i = wide_encode_ulaw(dst, src, count);
#endif
    for (; i < count; i++)
        dst[i] = g711_ulaw_encode(src[i]);
}

static void encode_alaw(uint8_t *restrict dst, const int16_t *restrict src, uint32_t count) {
    uint32_t i = 0;
#if defined(WIDE)
    i = wide_encode_alaw(dst, src, count);
#endif
    for (; i < count; i++)
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

#include "kernels_dtmf.h"
#include "kernels_mix.h"
#include "kernels_rates.h"

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
    .dtmf_fold = dtmf_fold,
    .dtmf_project = dtmf_project,
};
