#include "../core/beep_detector.h"
#include "../core/bytes.h"
#include "../core/tone.h"
#include "../core/tone_detector.h"
#include "../core/voice_detector.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

enum { SECONDS_MAX = 20, RATE_HZ = 8000, DETECTORS = 3, TOLD_MAX = 32 };

static const char letters[] = "vpdrbsca"; /* of enum detection_kind; upper case: begun */

/* What the detectors made of some audio: letters, and when. */
struct story {
    int16_t samples[SECONDS_MAX * RATE_HZ];
    uint32_t count;
    char text[TOLD_MAX];
    uint32_t ms[TOLD_MAX];
};

static uint32_t seed = 5;
static int32_t noise(int32_t amplitude) {
    seed = seed * 1664525u + 1013904223u;
    return amplitude ? (int32_t)(seed >> 8) % (2 * amplitude) - amplitude : 0;
}

static void add_noise(struct story *story, uint32_t ms, int32_t amplitude) {
    for (uint32_t i = 0; i < ms * 8; i++)
        story->samples[story->count++] = (int16_t)noise(amplitude);
}

static void
add_tone(struct story *story, uint32_t hz, uint32_t other_hz, int32_t dbfs, uint32_t ms) {
    struct tone tone;
    tone_init(&tone, hz, other_hz, dbfs, ms * 8, 0, 1);
    story->count += tone_fill(&tone, story->samples + story->count, ms * 8);
}

static void disturb(struct story *story, int32_t amplitude) {
    for (uint32_t i = 0; i < story->count; i++)
        story->samples[i] = saturate16(story->samples[i] + noise(amplitude));
}

static void tell(struct story *story, struct detection detection) {
    size_t at = strlen(story->text);
    if (detection.change == DETECTION_NONE || at + 1 >= TOLD_MAX)
        return;
    char letter = letters[detection.kind];
    story->text[at] = (char)(detection.change == DETECTION_BEGUN ? letter - 'a' + 'A' : letter);
    story->ms[at] = (uint32_t)(detection.position / 8);
}

static const char *hear_tones(struct story *story) {
    struct tone_detector detector;
    tone_detector_init(&detector);
    memset(story->text, 0, sizeof story->text);
    for (uint32_t at = 0, used; at < story->count; at += used) {
        uint32_t count = story->count - at < 160 ? story->count - at : 160;
        tell(story, tone_detector_feed(&detector, story->samples + at, count, &used));
    }
    return story->text;
}

static const char *hear_beeps(struct story *story) {
    struct beep_detector detector;
    beep_detector_init(&detector);
    memset(story->text, 0, sizeof story->text);
    for (uint32_t at = 0, used; at < story->count; at += used) {
        uint32_t count = story->count - at < 160 ? story->count - at : 160;
        tell(story, beep_detector_feed(&detector, story->samples + at, count, &used));
    }
    return story->text;
}

static const char *hear_voice(struct story *story) {
    struct voice_detector detector;
    voice_detector_init(&detector);
    memset(story->text, 0, sizeof story->text);
    for (uint32_t at = 0, used; at < story->count; at += used) {
        uint32_t count = story->count - at < 160 ? story->count - at : 160;
        tell(story, voice_detector_feed(&detector, story->samples + at, count, &used));
    }
    return story->text;
}

static void expect(const char *name, const char *heard, const char *wanted) {
    if (strcmp(heard, wanted) != 0) {
        fprintf(stderr, "detectors: %s: heard \"%s\", wanted \"%s\"\n", name, heard, wanted);
        test_failures++;
    }
}

static bool near(uint32_t ms, uint32_t wanted_ms, uint32_t slack_ms) {
    return ms + slack_ms >= wanted_ms && ms <= wanted_ms + slack_ms;
}

/* `bursts` of a tone, and quiet to the end. */
struct cadence {
    uint32_t hz, other_hz, on_ms, off_ms, bursts;
    const char *wanted;
};

static const struct cadence cadences[] = {
    {350, 440, 3000, 1000, 1, "Dd"}, {425, 0, 4000, 1000, 1, "Dd"}, {440, 480, 2000, 4000, 2, "Rr"},
    {425, 0, 1000, 4000, 2, "Rr"},   {480, 620, 500, 500, 4, "Bb"}, {480, 620, 250, 250, 6, "Bb"},
    {425, 0, 500, 500, 5, "Bb"},     {425, 0, 250, 250, 8, "Bb"},   {425, 0, 200, 200, 8, "Bb"},
    {410, 0, 330, 330, 6, "Bb"},     {440, 0, 500, 500, 6, "Bb"},   {1100, 0, 500, 3000, 3, "Cc"},
    {1062, 0, 500, 3000, 3, "Cc"},   {1138, 0, 500, 3000, 3, "Cc"}, {2100, 0, 3000, 1000, 1, "Aa"},
    {2085, 0, 2600, 1000, 1, "Aa"},  {1100, 0, 500, 1000, 6, ""}, /* not fax: too often */
    {1200, 0, 500, 3000, 3, ""},     {2100, 0, 500, 500, 4, ""},    {480, 0, 500, 500, 6, ""},
    {700, 0, 3000, 1000, 1, ""},     {350, 0, 3000, 1000, 1, ""},   {620, 0, 500, 500, 6, ""},
};

static void test_cadences(struct story *story) {
    static const int32_t levels[] = {-10, -25, -38};
    for (uint32_t i = 0; i < sizeof cadences / sizeof *cadences * 9; i++) {
        const struct cadence *cadence = &cadences[i / 9];
        char name[64];
        story->count = 0;
        add_noise(story, 500 + i * 7 % 40, 0);
        for (uint32_t j = 0; j < cadence->bursts; j++) {
            add_tone(story, cadence->hz, cadence->other_hz, levels[i % 3], cadence->on_ms);
            add_noise(story, cadence->off_ms, 0);
        }
        add_noise(story, 5200, 0);
        disturb(story, i % 9 / 3 == 0 ? 0 : levels[i % 3] == -10 ? 2000 : 60);
        snprintf(
            name, sizeof name, "%u+%u Hz at %d dBFS, %u/%u ms", cadence->hz, cadence->other_hz,
            levels[i % 3], cadence->on_ms, cadence->off_ms);
        expect(name, hear_tones(story), cadence->wanted);
        if (cadence->wanted[0])
            CHECK(near(story->ms[0], 500 + i * 7 % 40, 80));
    }
}

static void test_sit(struct story *story) {
    static const uint32_t hz[][3] = {{914, 1371, 1777}, {985, 1429, 1777}, {950, 1400, 1800}};
    for (uint32_t i = 0; i < 6; i++) {
        story->count = 0;
        add_noise(story, 300 + 7 * i, 20);
        for (uint32_t j = 0; j < 3; j++)
            add_tone(story, hz[i % 3][j], 0, -20, i < 3 ? 330 : j == 0 ? 276 : 380);
        add_noise(story, 2000, 20);
        expect("SIT", hear_tones(story), "Ss");
        CHECK(near(story->ms[0], 300 + 7 * i, 60));
    }
    story->count = 0;
    add_tone(story, 1400, 0, -20, 330);
    add_tone(story, 950, 0, -20, 330);
    add_tone(story, 1800, 0, -20, 330);
    add_noise(story, 1000, 20);
    expect("another order", hear_tones(story), "");
}

static void test_beeps(struct story *story) {
    for (uint32_t hz = 400; hz <= 2000; hz += 37) {
        for (uint32_t ms = 100; ms < 2000; ms = ms * 3 / 2) {
            uint32_t lead = 400 + hz % 20;
            story->count = 0;
            add_noise(story, lead, hz % 2 ? 0 : 300);
            add_tone(story, hz, 0, hz % 3 ? -12 : -30, ms);
            add_noise(story, 400, hz % 2 ? 0 : 300);
            if (hz % 3)
                disturb(story, 600);
            char name[64];
            snprintf(name, sizeof name, "beep of %u Hz, %u ms", hz, ms);
            expect(name, hear_beeps(story), "Pp");
            CHECK(near(story->ms[0], lead, 50) && near(story->ms[1], lead + ms, 50));
        }
    }
    static const struct cadence others[] = {
        {1000, 0, 50, 300, 3, ""},    {1000, 0, 3000, 300, 1, ""},  {250, 0, 500, 300, 1, ""},
        {2300, 0, 500, 300, 1, ""},   {697, 1209, 200, 300, 2, ""}, {440, 480, 1500, 500, 1, ""},
        {350, 440, 1500, 500, 1, ""}, {480, 620, 500, 500, 3, ""},
    };
    for (uint32_t i = 0; i < sizeof others / sizeof *others; i++) {
        char name[64];
        story->count = 0;
        for (uint32_t j = 0; j < others[i].bursts; j++) {
            add_tone(story, others[i].hz, others[i].other_hz, -15, others[i].on_ms);
            add_noise(story, others[i].off_ms, 30);
        }
        snprintf(name, sizeof name, "no beep: %u+%u Hz", others[i].hz, others[i].other_hz);
        expect(name, hear_beeps(story), "");
    }
}

/* Pulses of 8 ms, as of a voice, over noise. */
static void
add_voice(struct story *story, uint32_t ms, int32_t amplitude, int32_t noise_amplitude) {
    for (uint32_t i = 0; i < ms * 8; i++) {
        int32_t pulse = amplitude - amplitude * (int32_t)(i % 64) / 20;
        story->samples[story->count++] =
            saturate16((i % 64 < 40 ? pulse : 0) + noise(noise_amplitude));
    }
}

static void test_voice(struct story *story) {
    static const int32_t amplitudes[] = {800, 3000, 20000};
    for (uint32_t i = 0; i < 9; i++) {
        int32_t noises[] = {0, 20, i % 3 == 2 ? 600 : amplitudes[i % 3] / 10};
        story->count = 0;
        add_noise(story, 1000, noises[i / 3]);
        add_voice(story, 700, amplitudes[i % 3], noises[i / 3]);
        add_noise(story, 200, noises[i / 3]); /* between words */
        add_voice(story, 600, amplitudes[i % 3], noises[i / 3]);
        add_noise(story, 1000, noises[i / 3]);
        expect("voice", hear_voice(story), "Vv");
        CHECK(near(story->ms[0], 1000, 30) && near(story->ms[1], 2500, 30));
    }
    story->count = 0;
    add_noise(story, 10000, 600); /* of -40 dBFS, from the start */
    expect("noise", hear_voice(story), "");
    story->count = 0;
    add_noise(story, 2000, 3);
    add_voice(story, 2000, 60, 3);
    expect("too quiet", hear_voice(story), "");
    story->count = 0;
    add_noise(story, 1000, 30);
    add_noise(story, 18000, 400); /* a fan comes on: not for long */
    CHECK(strlen(hear_voice(story)) <= 2 && (!story->text[0] || story->ms[1] < 8000));
}

void test_detectors(void) {
    struct story *story = calloc(1, sizeof *story);
    test_cadences(story);
    test_sit(story);
    test_beeps(story);
    test_voice(story);
    free(story);
}
