#include "time_stretch.h"
#include "bytes.h"
#include "pitch.h"

enum {
    LAG_US_MIN = 2500,
    WINDOW_MS = 10,
    QUIET_PEAK = 200,
    LIKENESS_MIN_Q8 = 230,
    ONE_Q15 = 32768,
};

static bool fits(const struct pitch_match *match, enum stretch_care care) {
    return care == STRETCH_FORCED || match->peak < QUIET_PEAK ||
           match->likeness_q8 >= LIKENESS_MIN_Q8;
}

/* dst = from `out` to `in`, over `count` samples. */
static void cross_fade(int16_t *dst, const int16_t *out, const int16_t *in, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        int32_t gain = (int32_t)((i + 1) * ONE_Q15 / (count + 1));
        dst[i] = (int16_t)((out[i] * (ONE_Q15 - gain) + in[i] * gain) >> 15);
    }
}

static struct pitch_match
search(const int16_t *at, int32_t direction, uint32_t window, uint32_t most, uint32_t rate_hz) {
    struct pitch_search terms = {
        .at = at,
        .direction = direction,
        .window_samples = window,
        .lag_min_samples = LAG_US_MIN * (rate_hz / 1000) / 1000,
        .lag_max_samples = most,
        .rate_hz = rate_hz,
    };
    return pitch_find(&terms);
}

uint32_t time_stretch_shorten(
    int16_t *at, uint32_t count, uint32_t most, uint32_t rate_hz, enum stretch_care care) {
    uint32_t per_ms = rate_hz / 1000, least = LAG_US_MIN * per_ms / 1000;
    uint32_t window = WINDOW_MS * per_ms;
    most = most < STRETCH_LAG_MS_MAX * per_ms ? most : STRETCH_LAG_MS_MAX * per_ms;
    if (count < window + least)
        return 0;
    most = most < count - window ? most : count - window;
    if (most < least)
        return 0;
    struct pitch_match match = search(at, 1, window, most, rate_hz);
    if (!fits(&match, care))
        return 0;
    uint32_t lag = match.peak < QUIET_PEAK ? most : match.lag_samples;
    uint32_t overlap = STRETCH_OVERLAP_MS * per_ms;
    cross_fade(at, at, at + lag, overlap);
    memmove(at + overlap, at + overlap + lag, (count - overlap - lag) * sizeof *at);
    return lag;
}

uint32_t time_stretch_lengthen(
    int16_t *at, uint32_t count, uint32_t wanted, uint32_t rate_hz, enum stretch_care care) {
    uint32_t per_ms = rate_hz / 1000, least = LAG_US_MIN * per_ms / 1000;
    uint32_t window = WINDOW_MS * per_ms, most = STRETCH_LAG_MS_MAX * per_ms;
    if (count < window)
        return 0;
    struct pitch_match match = search(at, -1, window, most, rate_hz);
    if (!fits(&match, care))
        return 0;
    wanted = wanted < least ? least : wanted > most ? most : wanted;
    uint32_t lag = match.peak < QUIET_PEAK ? wanted : match.lag_samples;
    uint32_t overlap = STRETCH_OVERLAP_MS * per_ms;
    int16_t joined[STRETCH_OVERLAP_MS * 48];
    cross_fade(joined, at, at - lag, overlap);
    memmove(at + lag, at, count * sizeof *at);
    memcpy(at, joined, overlap * sizeof *at);
    if (lag > overlap) /* the rest of the period that was played before */
        memmove(at + overlap, at + overlap - lag, (lag - overlap) * sizeof *at);
    return lag;
}
