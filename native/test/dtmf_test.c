#include "../core/bytes.h"
#include "../core/dtmf_detector.h"
#include "../core/telephone_event.h"
#include "../core/tone.h"
#include "test.h"
#include <string.h>

static const uint32_t rows_hz[4] = {697, 770, 852, 941};
static const uint32_t columns_hz[4] = {1209, 1336, 1477, 1633};
static const char keys[] = "123A456B789C*0#D";

static uint32_t seed = 7;
static int32_t noise(int32_t amplitude) {
    seed = seed * 1664525u + 1013904223u;
    return amplitude ? (int32_t)(seed >> 8) % (2 * amplitude) - amplitude : 0;
}

struct sound {
    uint32_t row_millihz, column_millihz;
    int32_t row_db, column_db;      /* [dBFS] */
    uint32_t lead, on, gap_at, gap; /* [samples] */
    int32_t noise;
};

static int32_t level(int32_t db) {
    static const int32_t tenth[10] = {32768, 29205, 26029, 23198, 20675,
                                      18427, 16423, 14637, 13045, 11627};
    int32_t amplitude = tenth[-db % 10];
    for (int32_t i = 0; i < -db / 10; i++)
        amplitude = amplitude * 10362 / 32768;
    return amplitude;
}

/* Plays a sound and half a second of silence; returns the digits that were heard. */
static const char *hear(const struct sound *sound) {
    static char heard[16];
    struct dtmf_detector detector;
    uint32_t phases[2] = {seed, seed * 3}, count = 0;
    uint32_t row_step = (uint32_t)(((uint64_t)sound->row_millihz << 32) / 8000000);
    uint32_t column_step = (uint32_t)(((uint64_t)sound->column_millihz << 32) / 8000000);
    memset(heard, 0, sizeof heard);
    dtmf_detector_init(&detector);
    for (uint32_t i = 0; i < sound->lead + sound->on + 4000; i++) {
        uint32_t at = i - sound->lead;
        int32_t sample = noise(sound->noise);
        int on = i >= sound->lead && at < sound->on;
        if (on && (at < sound->gap_at || at >= sound->gap_at + sound->gap))
            sample += (tone_sine(phases[0]) * level(sound->row_db) >> 15) +
                      (tone_sine(phases[1]) * level(sound->column_db) >> 15);
        phases[0] += row_step;
        phases[1] += column_step;
        int16_t frame = saturate16(sample);
        uint32_t used;
        struct dtmf_outcome outcome = dtmf_detector_feed(&detector, &frame, 1, &used);
        if (outcome.change == DTMF_ENDED && count + 1 < sizeof heard)
            heard[count++] = outcome.digit;
    }
    return heard;
}

static struct sound key_sound(uint32_t key, int32_t per_mille, uint32_t on) {
    uint32_t scale = (uint32_t)(1000 + per_mille);
    return (struct sound){
        rows_hz[key >> 2] * scale, columns_hz[key & 3] * scale, -12, -12, 100, on, 0, 0, 0};
}

/* How many of all keys at many alignments are heard exactly once. */
static uint32_t score(struct sound shape, int32_t per_mille, uint32_t on) {
    uint32_t right = 0;
    for (uint32_t key = 0; key < 16; key++) {
        for (uint32_t lead = 100; lead < 151; lead += 10) {
            struct sound sound = key_sound(key, per_mille, on);
            sound.row_db = shape.row_db;
            sound.column_db = shape.column_db;
            sound.noise = shape.noise;
            sound.gap_at = shape.gap_at;
            sound.gap = shape.gap;
            sound.lead = lead;
            const char *heard = hear(&sound);
            right += heard[0] == keys[key] && heard[1] == 0;
        }
    }
    return right;
}

enum { ALL = 16 * 6 };

static void report(const char *name, uint32_t right, uint32_t wanted) {
    if (right != wanted) {
        fprintf(stderr, "dtmf: %s: %u of %u, wanted %u\n", name, right, (unsigned)ALL, wanted);
        test_failures++;
    }
}

void test_dtmf(void) {
    struct sound level_tone = {.row_db = -12, .column_db = -12};
    struct sound normal_twist = {.row_db = -12, .column_db = -20};
    struct sound reverse_twist = {.row_db = -16, .column_db = -12};
    struct sound noisy = {.row_db = -16, .column_db = -16, .noise = 2500};
    struct sound loud = {.row_db = -6, .column_db = -6}, quiet = {.row_db = -36, .column_db = -36};
    struct sound gap = {.row_db = -12, .column_db = -12, .gap_at = 300, .gap = 80};
    struct sound skewed = {.row_db = -12, .column_db = -26};
    report("40 ms", score(level_tone, 0, 320), ALL);
    report("50 ms, 1.5 % high", score(level_tone, 15, 400), ALL);
    report("50 ms, 1.5 % low", score(level_tone, -15, 400), ALL);
    report("50 ms, 3.5 % high", score(level_tone, 35, 400), 0);
    report("50 ms, 3.5 % low", score(level_tone, -35, 400), 0);
    report("23 ms", score(level_tone, 0, 184), 0);
    report("normal twist 8 dB", score(normal_twist, 0, 400), ALL);
    report("reverse twist 4 dB", score(reverse_twist, 0, 400), ALL);
    report("twist 14 dB", score(skewed, 0, 400), 0);
    report("noise", score(noisy, 0, 400), ALL);
    report("loud", score(loud, 0, 400), ALL);
    report("quiet", score(quiet, 0, 400), ALL);
    report("drop-out of 10 ms", score(gap, 0, 800), ALL);
    /* Talk-off: a minute each of noise and of wandering tones. */
    struct dtmf_detector detector;
    dtmf_detector_init(&detector);
    uint32_t phases[3] = {0}, digits_heard = 0;
    for (uint32_t i = 0; i < 960000; i++) {
        uint32_t used, hz = 200 + i / 120 % 1500;
        int32_t sample = noise(8000);
        for (uint32_t j = 0; i >= 480000 && j < 3; j++) {
            phases[j] += (uint32_t)(((uint64_t)(hz * (j + 1)) << 32) / 8000);
            sample = j == 0 ? 0 : sample;
            sample += tone_sine(phases[j]) / (int32_t)(3 + j);
        }
        int16_t frame = saturate16(sample);
        digits_heard += dtmf_detector_feed(&detector, &frame, 1, &used).change == DTMF_STARTED;
    }
    CHECK(digits_heard == 0);
}
