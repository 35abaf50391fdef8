#include "pitch.h"
#include <stdbool.h>

enum {
    COARSE_PER_MS = 4,
    COARSE_MAX = (PITCH_WINDOW_MS_MAX + PITCH_LAG_MS_MAX) * COARSE_PER_MS + 4,
    HEADROOM_BITS = 11, /* 80 or 160 products of such samples fit 31 bits */
    FINE_WINDOW = 160,
};

static int32_t dot(const int16_t *restrict a, const int16_t *restrict b, uint32_t count) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static int32_t
dot_shifted(const int16_t *restrict a, const int16_t *restrict b, uint32_t count, uint32_t shift) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += (a[i] >> shift) * (b[i] >> shift);
    return sum;
}

static uint32_t bits(uint32_t value) {
    return value ? 32 - (uint32_t)__builtin_clz(value) : 0;
}

static int32_t peak_of(const int16_t *src, uint32_t count) {
    int32_t peak = 0;
    for (uint32_t i = 0; i < count; i++) {
        int32_t magnitude = src[i] < 0 ? -src[i] : src[i];
        peak = magnitude > peak ? magnitude : peak;
    }
    return peak;
}

static void decimate(
    int16_t *restrict dst, const int16_t *restrict src, uint32_t count, uint32_t factor,
    uint32_t shift) {
    if (factor == 2) {
        for (uint32_t i = 0; i < count; i++)
            dst[i] = (int16_t)((src[2 * i] + src[2 * i + 1]) >> (shift + 1));
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        int32_t sum = 0;
        for (uint32_t j = 0; j < factor; j++)
            sum += src[i * factor + j];
        dst[i] = (int16_t)(sum / (int32_t)factor >> shift);
    }
}

/* Candidates are compared by correlation² / energy, as fractions of 20-bit numbers. */
struct best {
    uint32_t lag;
    int64_t square;
    int64_t energy;
};

static bool improve(struct best *best, uint32_t lag, int32_t correlation, int32_t energy) {
    if (correlation <= 0)
        return false;
    int64_t reduced = correlation >> 11, square = reduced * reduced, floor = (energy >> 11) + 1;
    if (best->lag != 0 && square * best->energy <= best->square * floor)
        return false;
    *best = (struct best){lag, square, floor};
    return true;
}

static uint32_t
find_coarse(const int16_t *coarse, const int16_t *at, const struct pitch_search *s) {
    uint32_t factor = s->rate_hz / (COARSE_PER_MS * 1000);
    uint32_t window = s->window_samples / factor;
    uint32_t first = s->lag_min_samples / factor, last = s->lag_max_samples / factor;
    struct best best = {0};
    const int16_t *other = at + s->direction * (int32_t)first;
    int32_t energy = dot(other, other, window);
    for (uint32_t lag = first; lag <= last; lag++) {
        improve(&best, lag, dot(at, other, window), energy);
        int32_t in = s->direction > 0 ? other[window] : other == coarse ? 0 : other[-1];
        int32_t out = s->direction > 0 ? other[0] : other[window - 1];
        energy += in * in - out * out;
        other += s->direction;
    }
    return best.lag * factor;
}

static uint32_t root(uint64_t value) {
    uint64_t low = 0;
    for (uint64_t bit = 1u << 31; bit; bit >>= 1) {
        uint64_t next = low | bit;
        if (next * next <= value)
            low = next;
    }
    return (uint32_t)low;
}

/* To the sample, by the end of the window, which is next to where sounds are joined. */
static void find_fine(struct pitch_match *match, const struct pitch_search *s, uint32_t shift) {
    uint32_t factor = s->rate_hz / (COARSE_PER_MS * 1000);
    uint32_t window = s->window_samples < FINE_WINDOW ? s->window_samples : FINE_WINDOW;
    const int16_t *at = s->at + s->window_samples - window;
    uint32_t first = match->lag_samples - (factor - 1), last = match->lag_samples + factor - 1;
    first = first < s->lag_min_samples ? s->lag_min_samples : first;
    last = last > s->lag_max_samples ? s->lag_max_samples : last;
    struct best best = {0};
    int32_t best_correlation = 0, best_energy = 0;
    for (uint32_t lag = first; lag <= last; lag++) {
        const int16_t *other = at + s->direction * (int32_t)lag;
        int32_t correlation = dot_shifted(at, other, window, shift);
        int32_t energy = dot_shifted(other, other, window, shift);
        if (improve(&best, lag, correlation, energy)) {
            best_correlation = correlation;
            best_energy = energy;
        }
    }
    if (best.lag == 0)
        return;
    match->lag_samples = best.lag;
    uint64_t own = (uint64_t)dot_shifted(at, at, window, shift);
    uint32_t norm = root(own * (uint64_t)best_energy);
    match->likeness_q8 = norm ? (int32_t)((int64_t)best_correlation * 256 / norm) : 0;
}

struct pitch_match pitch_find(const struct pitch_search *search) {
    struct pitch_search s = *search;
    int16_t coarse[COARSE_MAX];
    uint32_t factor = s.rate_hz / (COARSE_PER_MS * 1000);
    s.lag_max_samples -= s.lag_max_samples % factor;
    s.lag_min_samples += (factor - s.lag_min_samples % factor) % factor;
    s.window_samples -= s.window_samples % factor;
    uint32_t span = s.window_samples + s.lag_max_samples;
    const int16_t *from = s.direction > 0 ? s.at : s.at - s.lag_max_samples;
    struct pitch_match match = {.lag_samples = s.lag_max_samples, .peak = peak_of(from, span)};
    uint32_t used = bits((uint32_t)match.peak);
    uint32_t shift = used > HEADROOM_BITS ? used - HEADROOM_BITS : 0;
    decimate(coarse, from, span / factor, factor, shift);
    coarse[span / factor] = 0;
    const int16_t *at = s.direction > 0 ? coarse : coarse + s.lag_max_samples / factor;
    uint32_t lag = find_coarse(coarse, at, &s);
    if (lag == 0)
        return match;
    match.lag_samples = lag;
    find_fine(&match, &s, shift);
    return match;
}
