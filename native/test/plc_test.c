#include "../core/plc.h"
#include "../core/pitch.h"
#include "../core/time_stretch.h"
#include "../core/tone.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

static int16_t sound[48000];

/* A tone with an overtone, whose period is `period` samples. */
static void make(uint32_t period, uint32_t count) {
    uint32_t step = UINT32_MAX / period;
    for (uint32_t i = 0; i < count; i++)
        sound[i] = (int16_t)(tone_sine(i * step) / 4 + tone_sine(i * step * 3) / 8);
}

static int64_t energy(const int16_t *src, uint32_t count) {
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += (int64_t)src[i] * src[i];
    return sum;
}

static void check_rate(uint32_t rate_hz) {
    static struct plc plc;
    static struct plc_wave wave;
    static int16_t wanted[48000];
    uint32_t per_ms = rate_hz / 1000, frame = 20 * per_ms, period = 7 * per_ms;
    make(period, 500 * per_ms);
    memcpy(wanted, sound, sizeof sound);
    plc_init(&plc, rate_hz);
    int16_t *at = sound + 200 * per_ms;
    plc_conceal(&plc, &wave, at, at, frame);
    /* The first 10 ms go on as before; no step at either end. */
    int64_t error = 0, limit = 0;
    for (uint32_t i = 0; i < 10 * per_ms; i++) {
        int64_t difference = at[i] - wanted[200 * per_ms + i];
        error += difference * difference;
        limit += (int64_t)wanted[200 * per_ms + i] * wanted[200 * per_ms + i];
    }
    CHECK(error < limit / 100);
    plc_resume(&plc, &wave, at + frame, frame);
    CHECK(plc.concealed_samples == 0);
    CHECK(memcmp(at + 2 * frame, wanted + 200 * per_ms + 2 * frame, frame * 2) == 0);
    /* 20 % less per 10 ms from the second on, and silent after 60 ms, in whatever portions. */
    make(period, 500 * per_ms);
    for (uint32_t done = 0; done < 100 * per_ms; done += per_ms)
        plc_conceal(&plc, &wave, at + done, at + done, per_ms);
    int64_t full = energy(wanted + 200 * per_ms, 7 * per_ms);
    int64_t later = energy(at + 32 * per_ms, 7 * per_ms);
    CHECK(later > full / 5 && later < full * 2 / 5);
    CHECK(energy(at + 60 * per_ms, 40 * per_ms) == 0);
}

static void check_pitch(uint32_t rate_hz, int32_t direction) {
    for (uint32_t tenths = 32; tenths < 58; tenths += 3) {
        uint32_t per_ms = rate_hz / 1000, period = tenths * per_ms / 10;
        make(period, 100 * per_ms);
        struct pitch_search search = {
            .at = sound + 40 * per_ms,
            .direction = direction,
            .window_samples = 10 * per_ms,
            .lag_min_samples = 3 * per_ms,
            .lag_max_samples = 6 * per_ms,
            .rate_hz = rate_hz,
        };
        struct pitch_match match = pitch_find(&search);
        CHECK(abs((int)match.lag_samples - (int)period) <= 1 + (int)per_ms / 16);
        CHECK(match.likeness_q8 > 250);
    }
}

/* A period more or less of a periodic sound is that sound. */
static void check_stretch(uint32_t rate_hz) {
    static int16_t wanted[48000];
    uint32_t per_ms = rate_hz / 1000, period = 6 * per_ms, count = 60 * per_ms;
    make(period, 200 * per_ms);
    memcpy(wanted, sound, sizeof sound);
    int16_t *at = sound + 50 * per_ms;
    uint32_t gone = time_stretch_shorten(at, count, 10 * per_ms, rate_hz, STRETCH_CAREFUL);
    CHECK(gone == period);
    CHECK(energy(at, count - gone) > 0);
    for (uint32_t i = 0; i < count - gone; i++)
        CHECK(abs(at[i] - wanted[50 * per_ms + i]) < 400);
    CHECK(time_stretch_shorten(at, count, 2 * per_ms, rate_hz, STRETCH_CAREFUL) == 0);
    memcpy(sound, wanted, sizeof sound);
    uint32_t more = time_stretch_lengthen(at, count, per_ms, rate_hz, STRETCH_CAREFUL);
    CHECK(more > 0 && more % period == 0);
    for (uint32_t i = 0; i < count; i++)
        CHECK(abs(at[i] - wanted[50 * per_ms + i]) < 400);
    /* Noise is left alone unless it is forced; silence gives exactly what is asked for. */
    uint32_t seed = 1;
    for (uint32_t i = 0; i < 200 * per_ms; i++)
        sound[i] = (int16_t)((seed = seed * 1664525u + 1013904223u) >> 18);
    CHECK(time_stretch_shorten(at, count, 3 * per_ms, rate_hz, STRETCH_FORCED) > 0);
    memset(sound, 0, sizeof sound);
    CHECK(time_stretch_shorten(at, count, 4 * per_ms, rate_hz, STRETCH_CAREFUL) == 4 * per_ms);
    CHECK(time_stretch_lengthen(at, count, 3 * per_ms, rate_hz, STRETCH_CAREFUL) == 3 * per_ms);
}

void test_plc(void) {
    static const uint32_t rates_hz[] = {8000, 16000, 48000};
    for (uint32_t i = 0; i < 3; i++) {
        check_rate(rates_hz[i]);
        check_pitch(rates_hz[i], -1);
        check_pitch(rates_hz[i], 1);
        check_stretch(rates_hz[i]);
    }
    /* Full-scale noise and square waves stay within bounds. */
    static struct plc plc;
    static struct plc_wave wave;
    for (uint32_t i = 0; i < 48000; i++)
        sound[i] = i % 100 < 50 ? 32767 : -32768;
    plc_init(&plc, 48000);
    plc_conceal(&plc, &wave, sound + 10000, sound + 10000, 2880);
    plc_resume(&plc, &wave, sound + 12880, 2880);
    CHECK(plc.concealed_samples == 0);
}
