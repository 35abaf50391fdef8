#include "../core/bytes.h"
#include "../core/tone.h"
#include "machine_score.h"
#include "test.h"
#include <string.h>

/* A part of the labelled calls (bench/quality has them all), and the limits one by one. */
enum { CALLS = 160, SEED = 7, FRAME = 160 };

static void test_labelled_calls(void) {
    static struct machine_score score;
    static struct call call;
    uint32_t right = 0, right_end = 0, late = 0, late_speech = 0, beeps = 0, beeps_in_time = 0;
    for (uint32_t i = 0; i < CALLS; i++) {
        call_make(&call, SEED, i, NULL);
        machine_score_add(&score, &call, NULL);
    }
    for (uint32_t i = 0; i < CALL_LABELS; i++) {
        right += score.labels[i].right;
        right_end += score.labels[i].right_end;
        late += score.labels[i].late;
        late_speech += score.labels[i].late_speech;
    }
    beeps = score.labels[CALL_MACHINE_BEEP].right_end;
    beeps_in_time = score.labels[CALL_MACHINE_BEEP].beeps_in_time;
    CHECK(right * 100 >= CALLS * 95 && right_end * 100 >= CALLS * 95);
    CHECK(
        score.labels[CALL_HUMAN].late == 0 && late * 100 <= CALLS * 5 &&
        late_speech * 100 <= CALLS);
    CHECK(beeps > 20 && beeps_in_time == beeps);
}

/* Sound of one level for a while, as words would be: 60 ms on, 20 ms softer. */
static enum answered_by
say(struct machine_detector *detector, uint32_t ms, int32_t amplitude, uint32_t *done_ms) {
    int16_t frame[FRAME];
    uint32_t seed = 9;
    for (uint32_t at = 0; at < ms; at += 20) {
        int32_t loud = at % 80 == 60 ? amplitude / 8 : amplitude;
        for (uint32_t i = 0; i < FRAME; i++) {
            seed = seed * 1664525u + 1013904223u;
            frame[i] = (int16_t)(((int32_t)(seed >> 16) - 32768) * loud / 32768);
        }
        enum answered_by by = machine_detector_feed(detector, frame, FRAME);
        if (by != ANSWERED_BY_NOBODY) {
            *done_ms = machine_detector_ms(detector);
            return by;
        }
    }
    return ANSWERED_BY_NOBODY;
}

static enum answered_by beep(struct machine_detector *detector, uint32_t hz, uint32_t ms) {
    struct tone tone;
    int16_t frame[FRAME];
    enum answered_by by = ANSWERED_BY_NOBODY;
    tone_init(&tone, hz, 0, -12, ms * 8, 0, 1);
    for (uint32_t filled = FRAME; filled == FRAME && by == ANSWERED_BY_NOBODY;) {
        filled = tone_fill(&tone, frame, FRAME);
        by = machine_detector_feed(detector, frame, filled);
    }
    return by;
}

static const struct machine_settings enable = {30000, 2400, 1200, 5000, false};
static const struct machine_settings until_end = {30000, 2400, 1200, 5000, true};

static void test_limits(void) {
    struct machine_detector detector;
    uint32_t ms = 0;
    machine_detector_init(&detector, &enable);
    CHECK(say(&detector, 6000, 0, &ms) == ANSWERED_BY_UNKNOWN && ms == 5000);
    CHECK(say(&detector, 6000, 9000, &ms) == ANSWERED_BY_NOBODY); /* told once */
    machine_detector_init(&detector, &enable);
    CHECK(say(&detector, 800, 9000, &ms) == ANSWERED_BY_NOBODY);
    CHECK(say(&detector, 3000, 0, &ms) == ANSWERED_BY_HUMAN && ms >= 1940 && ms <= 2040);
    machine_detector_init(&detector, &enable);
    CHECK(say(&detector, 800, 9000, &ms) == ANSWERED_BY_NOBODY);
    CHECK(say(&detector, 1100, 0, &ms) == ANSWERED_BY_NOBODY); /* a pause */
    CHECK(say(&detector, 3000, 9000, &ms) == ANSWERED_BY_MACHINE && ms >= 2380 && ms <= 2480);
    struct machine_settings patient = {30000, 4000, 3000, 9000, false};
    machine_detector_init(&detector, &patient);
    CHECK(say(&detector, 3500, 9000, &ms) == ANSWERED_BY_NOBODY);
    CHECK(say(&detector, 5000, 0, &ms) == ANSWERED_BY_HUMAN && ms >= 6400 && ms <= 6540);
    machine_detector_init(&detector, &enable);
    CHECK(beep(&detector, 2100, 2000) == ANSWERED_BY_FAX);
    machine_detector_init(&detector, &enable);
    CHECK(beep(&detector, 1100, 500) == ANSWERED_BY_NOBODY);
    CHECK(say(&detector, 100, 0, &ms) == ANSWERED_BY_FAX);
}

static void test_ends_of_greetings(void) {
    struct machine_detector detector;
    uint32_t ms = 0;
    machine_detector_init(&detector, &until_end);
    CHECK(say(&detector, 8000, 9000, &ms) == ANSWERED_BY_NOBODY);
    CHECK(say(&detector, 3000, 0, &ms) == ANSWERED_BY_END_SILENCE && ms >= 9180 && ms <= 9240);
    machine_detector_init(&detector, &until_end);
    CHECK(say(&detector, 5000, 9000, &ms) == ANSWERED_BY_NOBODY);
    CHECK(say(&detector, 500, 0, &ms) == ANSWERED_BY_NOBODY);
    CHECK(beep(&detector, 1400, 1000) == ANSWERED_BY_NOBODY); /* however long it is */
    CHECK(say(&detector, 3000, 0, &ms) == ANSWERED_BY_END_BEEP && ms > 6500 && ms <= 6550);
    machine_detector_init(&detector, &until_end);
    CHECK(say(&detector, 60000, 9000, &ms) == ANSWERED_BY_END_OTHER && ms == 30000);
}

/* However the samples come, the outcome is the same. */
static void test_pieces(void) {
    static struct call call;
    call_make(&call, SEED, 3, NULL);
    for (uint32_t piece = 1; piece < 400; piece += 37) {
        struct machine_detector detector;
        enum answered_by by = ANSWERED_BY_NOBODY;
        machine_detector_init(&detector, &until_end);
        for (uint32_t at = 0; at + piece <= call.count && by == ANSWERED_BY_NOBODY; at += piece)
            by = machine_detector_feed(&detector, call.samples + at, piece);
        CHECK(by == ANSWERED_BY_END_BEEP);
    }
}

void test_machine_detector(void) {
    test_labelled_calls();
    test_limits();
    test_ends_of_greetings();
    test_pieces();
}
