/* Compiled with -O2, as distributions compile them (gcc 12 then makes no vectors of these). */
#include "softswitch_mix.h"

static int16_t limited(int32_t value) {
    if (value > 32767)
        return 32767;
    if (value < -32768)
        return -32768;
    return (int16_t)value;
}

void softswitch_add(int16_t *sum, const int16_t *frame, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        sum[i] = limited(sum[i] + frame[i]);
}

void softswitch_subtract(int16_t *dst, const int16_t *sum, const int16_t *own, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        dst[i] = limited(sum[i] - own[i]);
}
