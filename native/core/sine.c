#include "sine.h"
#include "bytes.h"
#include "simd.h"
#include "tone.h"

enum { LAGS = 7, LAG_ROOM = 8, FAR_LAG = 40, FAR_ROOM = 48, SHIFT = 3, Q14 = 1 << 14 };

/* The sum of products of samples divided by 8; no lane can overflow with 320 of them. */
static int64_t products(const int16_t *a, const int16_t *b, uint32_t count) {
    struct sums4 sums = dot_sums4(a, b, count);
    return (int64_t)sums.at[0] + sums.at[1] + sums.at[2] + sums.at[3];
}

static void shift(int16_t *restrict dst, const int16_t *restrict src, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        dst[i] = (int16_t)(src[i] >> SHIFT);
}

/* 16 * 10 log10 of twice the mean square over that of full scale, within 0.3 dB. */
static int32_t level_of(int64_t energy, uint32_t count) {
    uint64_t mean = ((uint64_t)energy << 9) / count; /* 2 * mean square * 2^8 */
    if (mean == 0)
        return SINE_LEVEL_MIN;
    int32_t exponent = 0;
    for (uint64_t rest = mean; rest > 1; rest >>= 1)
        exponent++;
    uint64_t mantissa = exponent > 8 ? mean >> (exponent - 8) : mean << (8 - exponent);
    int32_t log2_q8 = (exponent - 8) * 256 + (int32_t)(mantissa - 256);
    return ((log2_q8 - 24 * 256) * 771) / 4096; /* 2^24: full scale after the shift */
}

int32_t sine_level(const int16_t *block, uint32_t count) {
    int16_t shifted[SINE_BLOCK_MAX];
    shift(shifted, block, count);
    return level_of(products(shifted, shifted, count), count);
}

static uint32_t hz_of(int32_t cosine_q14) {
    uint32_t low = 0, high = 4000;
    while (high - low > 1) {
        uint32_t hz = (low + high) / 2;
        uint32_t phase = (uint32_t)(((uint64_t)hz << 32) / 8000) + (1u << 30);
        if (tone_sine(phase) / 2 > cosine_q14)
            low = hz;
        else
            high = hz;
    }
    return low;
}

/* Whether the autocorrelation is as strong far away as a sine's of this power, three quarters
 * (power 4096: all of the block): r(k)^2 - r(k - d) r(k + d) = power^2 sin(d w)^2. Two sines that
 * look like one between them at short lags beat at long ones. */
static bool lasts(const int16_t *block, uint32_t count, uint32_t hz, int64_t power) {
    uint32_t step = hz < 800 ? 3 : hz < 1500 ? 2 : 1; /* so that the sine is not small */
    uint32_t phase = (uint32_t)(((uint64_t)(hz * step) << 32) / 8000);
    int64_t sine = tone_sine(phase) * power / 32767, lags[3];
    int64_t energy = products(block, block, count - FAR_ROOM);
    for (uint32_t i = 0; i < 3; i++)
        lags[i] = products(block, block + FAR_LAG - step + i * step, count - FAR_ROOM) * 4096;
    if (energy == 0)
        return false;
    for (uint32_t i = 0; i < 3; i++)
        lags[i] /= energy;
    return (lags[1] * lags[1] - lags[0] * lags[2]) * 4 >= sine * sine * 3;
}

struct sine sine_find(const int16_t *block, uint32_t count) {
    int16_t shifted[SINE_BLOCK_MAX];
    int64_t lags[LAGS];
    struct sine sine = {0, 0, SINE_LEVEL_MIN};
    shift(shifted, block, count);
    count -= LAG_ROOM;
    lags[0] = products(shifted, shifted, count);
    sine.level = level_of(lags[0], count);
    if (lags[0] < (int64_t)count * 64)
        return sine;
    for (uint32_t k = 1; k < LAGS; k++)
        lags[k] = products(shifted, shifted + k, count) * 4096 / lags[0];
    lags[0] = 4096;
    int64_t above = 0, below = 0; /* the cosine that fits lags 1 to 6 best, as a fraction */
    for (uint32_t k = 2; k + 1 < LAGS; k++) {
        above += lags[k] * (lags[k - 1] + lags[k + 1]);
        below += 2 * lags[k] * lags[k];
    }
    if (below == 0 || above >= below || above <= -below)
        return sine;
    int64_t cosine = above * Q14 / below, previous = Q14, now = cosine, fit = 0, norm = 0;
    for (uint32_t k = 1; k < LAGS; k++) {
        fit += lags[k] * now;
        norm += now * now / Q14;
        int64_t next = 2 * cosine * now / Q14 - previous;
        previous = now;
        now = next;
    }
    int64_t power = norm > 0 ? fit / norm : 0;
    if (power < 4096 / 2)
        return sine;
    sine.hz = hz_of((int32_t)cosine);
    if (lasts(shifted, count + LAG_ROOM, sine.hz, power))
        sine.purity_q8 = (uint32_t)(power / 16);
    return sine;
}
