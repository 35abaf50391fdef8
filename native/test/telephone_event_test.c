#include "../core/telephone_event.h"
#include "test.h"
#include <string.h>

/* What a sequence of packets told: '+' a digit began, then the digit when it ended. */
struct story {
    uint32_t clock_hz; /* 0: 8000 */
    struct telephone_event_receiver receiver;
    char text[128];
    uint32_t duration; /* of the last digit that ended */
    uint64_t now_ms;
};

static void tell(struct story *story, struct telephone_event_outcome outcome) {
    size_t at = strlen(story->text);
    if (outcome.ended_before) {
        story->text[at++] = outcome.digit_before;
        story->duration = outcome.duration_before;
    }
    if (outcome.started)
        story->text[at++] = '+';
    if (outcome.ended) {
        story->text[at++] = outcome.digit;
        story->duration = outcome.duration;
    }
}

static void packet(
    struct story *story, uint16_t sequence, uint32_t timestamp, uint8_t event, int end,
    uint32_t duration) {
    uint8_t payload[4];
    telephone_event_write(payload, event, end != 0, duration);
    story->now_ms += 20;
    tell(
        story, telephone_event_receive(
                   &story->receiver, sequence, timestamp, payload, 4,
                   story->clock_hz ? story->clock_hz : 8000, story->now_ms));
}

#define EXPECT(story, expected) CHECK(strcmp((story).text, expected) == 0)

static void test_usual(void) {
    struct story story = {0};
    packet(&story, 1, 1000, 5, 0, 160);
    packet(&story, 2, 1000, 5, 0, 320);
    packet(&story, 3, 1000, 5, 1, 480);
    packet(&story, 4, 1000, 5, 1, 480);
    packet(&story, 5, 1000, 5, 1, 480);
    EXPECT(story, "+5");
    CHECK(story.duration == 480);
    packet(&story, 6, 2000, 5, 0, 160); /* the same digit again */
    packet(&story, 7, 2000, 5, 1, 320);
    EXPECT(story, "+5+5");
    tell(
        &story,
        telephone_event_receive(&story.receiver, 8, 0, (const uint8_t *)"\x05", 1, 8000, 0));
    EXPECT(story, "+5+5");
}

static void test_losses(void) {
    struct story lost_end = {0};
    packet(&lost_end, 1, 1000, 1, 0, 160);
    packet(&lost_end, 9, 3000, 2, 0, 160);
    packet(&lost_end, 10, 3000, 2, 1, 320);
    EXPECT(lost_end, "+1+2");
    struct story expired = {0};
    packet(&expired, 1, 1000, 11, 0, 800);
    tell(&expired, telephone_event_expire(&expired.receiver, expired.now_ms + 100));
    EXPECT(expired, "+");
    tell(&expired, telephone_event_expire(&expired.receiver, expired.now_ms + 1000));
    EXPECT(expired, "+#");
    packet(&expired, 2, 1000, 11, 1, 960); /* the end, after all */
    EXPECT(expired, "+#");
    struct story lost_start = {0};
    packet(&lost_start, 4, 1000, 3, 1, 480);
    packet(&lost_start, 5, 1000, 3, 1, 480);
    EXPECT(lost_start, "+3");
}

static void test_disorder(void) {
    struct story story = {0};
    packet(&story, 2, 1000, 7, 0, 320);
    packet(&story, 1, 1000, 7, 0, 160);
    packet(&story, 4, 1000, 7, 1, 480);
    packet(&story, 3, 1000, 7, 0, 400); /* after the end */
    EXPECT(story, "+7");
    packet(&story, 8, 3000, 8, 1, 160);
    packet(&story, 5, 1000, 7, 1, 480); /* an old end, after the next digit */
    EXPECT(story, "+7+8");
    struct story shrinking = {0};
    packet(&shrinking, 1, 1000, 4, 0, 800);
    packet(&shrinking, 2, 1000, 4, 1, 0);
    EXPECT(shrinking, "+4");
    CHECK(shrinking.duration == 800);
    struct story rewritten = {0}; /* middle boxes that give repeated ends new timestamps */
    packet(&rewritten, 1, 1000, 6, 0, 160);
    packet(&rewritten, 2, 1000, 6, 1, 480);
    packet(&rewritten, 3, 1160, 6, 1, 480);
    packet(&rewritten, 4, 1320, 6, 1, 480);
    EXPECT(rewritten, "+6");
}

static void test_segments(void) {
    struct story story = {0};
    packet(&story, 1, 1000, 9, 0, 65000);
    packet(&story, 2, 1000, 9, 0, 65535);
    packet(&story, 3, 1000 + 65535, 9, 0, 160);
    packet(&story, 4, 1000 + 65535, 9, 1, 320);
    EXPECT(story, "+9");
    CHECK(story.duration == 65535 + 320);
    struct story wrapped = {0};
    packet(&wrapped, 65535, 0xFFFFFF00u, 10, 0, 160);
    packet(&wrapped, 0, 0xFFFFFF00u, 10, 1, 320);
    packet(&wrapped, 1, 0x500u, 15, 1, 320);
    EXPECT(wrapped, "+*+D");
}

static void test_all_ends_lost(void) {
    struct story next = {0}; /* the next event ends it */
    packet(&next, 1, 1000, 5, 0, 160);
    packet(&next, 2, 1000, 5, 0, 320);
    packet(&next, 6, 2600, 5, 0, 160); /* the same key again */
    EXPECT(next, "+5+");
    CHECK(next.duration == 320);
    packet(&next, 7, 2600, 5, 1, 320);
    EXPECT(next, "+5+5");
    struct story quiet = {0}; /* nothing comes any more, or only audio */
    packet(&quiet, 1, 1000, 5, 0, 160);
    tell(&quiet, telephone_event_expire(&quiet.receiver, quiet.now_ms + 499));
    EXPECT(quiet, "+");
    tell(&quiet, telephone_event_expire(&quiet.receiver, quiet.now_ms + 500));
    tell(&quiet, telephone_event_expire(&quiet.receiver, quiet.now_ms + 1000));
    EXPECT(quiet, "+5");
}

/* Only the last of three ends came, and it is no later digit's business. */
static void test_start_lost(void) {
    struct story story = {0};
    packet(&story, 9, 1000, 3, 1, 800);
    EXPECT(story, "+3");
    CHECK(story.duration == 800);
    packet(&story, 10, 3000, 3, 1, 640);
    EXPECT(story, "+3+3");
}

/* What begins an event is its timestamp: the marker is not even handed over. */
static void test_marker_missing(void) {
    struct story story = {0};
    packet(&story, 1, 1000, 1, 0, 160);
    packet(&story, 2, 1000, 1, 1, 320);
    packet(&story, 3, 1000, 1, 1, 320);
    packet(&story, 4, 1640, 1, 0, 160);
    packet(&story, 5, 1640, 1, 1, 320);
    EXPECT(story, "+1+1");
}

static void test_copies_after_reorder(void) {
    struct story story = {0};
    packet(&story, 1, 1000, 1, 0, 160);
    packet(&story, 4, 2000, 2, 0, 160); /* overtakes the ends of the one before */
    packet(&story, 2, 1000, 1, 1, 320);
    packet(&story, 3, 1000, 1, 1, 320);
    packet(&story, 4, 2000, 2, 0, 160); /* doubled by the network */
    packet(&story, 6, 2000, 2, 1, 480);
    packet(&story, 5, 2000, 2, 0, 320);
    packet(&story, 7, 2000, 2, 1, 480);
    EXPECT(story, "+1+2");
    CHECK(story.receiver.merged == 4);
}

/* A key held down for seconds: segments of 0xFFFF ticks at most, at either clock. */
static uint32_t hold(struct story *story, uint32_t ms, uint32_t ptime_ms, uint32_t lost_every) {
    uint32_t ticks = story->clock_hz / 1000 * ptime_ms, start = 0xFFFFF000u, duration = 0;
    uint16_t sequence = 65500;
    for (uint32_t at = 0; at < ms; at += ptime_ms) {
        if (duration + ticks > 0xFFFF) {
            start += duration;
            duration = 0;
        }
        duration += ticks;
        sequence++;
        if (lost_every == 0 || sequence % lost_every != 0 || at + ptime_ms >= ms)
            packet(story, sequence, start, 8, at + ptime_ms >= ms, duration);
    }
    return ms * (story->clock_hz / 1000);
}

static void test_long_events(void) {
    static const uint32_t clocks_hz[] = {8000, 48000}, ptimes_ms[] = {10, 20, 60};
    for (uint32_t i = 0; i < 18; i++) {
        struct story story = {.clock_hz = clocks_hz[i % 2]};
        uint32_t lost_every = i / 6 == 0 ? 0 : i / 6 == 1 ? 2 : 3;
        uint32_t wanted = hold(&story, 24000, ptimes_ms[i / 2 % 3], lost_every);
        EXPECT(story, "+8");
        CHECK(story.duration == wanted);
    }
    /* Two short presses without ends, a second apart, are two at any clock. */
    struct story presses = {.clock_hz = 48000};
    packet(&presses, 1, 0, 8, 0, 4800);
    packet(&presses, 9, 52800, 8, 0, 960);
    EXPECT(presses, "+8+");
}

static void test_odd_durations(void) {
    struct story zero = {0}; /* the first packet says nothing, nor does the last */
    packet(&zero, 1, 1000, 4, 0, 0);
    packet(&zero, 2, 1000, 4, 0, 0);
    packet(&zero, 3, 1000, 4, 1, 0);
    EXPECT(zero, "+4");
    struct story jumping = {0};
    packet(&jumping, 1, 1000, 4, 0, 160);
    packet(&jumping, 2, 1000, 4, 0, 4000);
    packet(&jumping, 3, 1000, 4, 0, 480);
    packet(&jumping, 4, 1000, 4, 1, 640);
    EXPECT(jumping, "+4");
    CHECK(jumping.duration == 4000);
    struct story shrinking = {0};
    packet(&shrinking, 1, 1000, 4, 0, 800);
    packet(&shrinking, 2, 1000, 4, 1, 160);
    packet(&shrinking, 3, 1000, 4, 1, 160);
    EXPECT(shrinking, "+4");
    CHECK(shrinking.duration == 800);
}

/* An update that comes after the event was given up is not another digit. */
static void test_long_gaps(void) {
    struct story story = {0};
    packet(&story, 1, 1000, 7, 0, 160);
    story.now_ms += 400;
    packet(&story, 2, 1000, 7, 0, 3520);
    tell(&story, telephone_event_expire(&story.receiver, story.now_ms + 400));
    EXPECT(story, "+");
    story.now_ms += 600;
    tell(&story, telephone_event_expire(&story.receiver, story.now_ms));
    packet(&story, 3, 1000, 7, 0, 8160);
    packet(&story, 4, 1000, 7, 1, 8320);
    EXPECT(story, "+7");
}

static void test_rewritten_ends(void) {
    struct story story = {.clock_hz = 48000};
    packet(&story, 1, 1000, 6, 0, 960);
    packet(&story, 2, 1000, 6, 1, 4800);
    packet(&story, 3, 1960, 6, 1, 4800);
    packet(&story, 4, 2920, 6, 1, 4800);
    EXPECT(story, "+6");
    packet(&story, 5, 1000 + 9600, 6, 0, 960); /* pressed again */
    packet(&story, 6, 1000 + 9600, 6, 1, 1920);
    EXPECT(story, "+6+6");
}

static void test_flash(void) {
    struct story story = {0};
    packet(&story, 1, 1000, 16, 0, 160);
    packet(&story, 2, 1000, 16, 1, 320);
    EXPECT(story, "");
    packet(&story, 3, 2000, 2, 0, 160);
    packet(&story, 4, 2500, 16, 1, 320); /* does not end the digit */
    packet(&story, 5, 2000, 2, 1, 480);
    EXPECT(story, "+2");
}

void test_telephone_event(void) {
    test_usual();
    test_losses();
    test_disorder();
    test_segments();
    test_all_ends_lost();
    test_start_lost();
    test_marker_missing();
    test_copies_after_reorder();
    test_long_events();
    test_odd_durations();
    test_long_gaps();
    test_rewritten_ends();
    test_flash();
    CHECK(telephone_event_of('D') == 15 && telephone_event_of('d') == 15);
    CHECK(telephone_event_of('w') < 0 && telephone_event_digit(16) == 0);
}
