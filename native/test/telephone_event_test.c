#include "../core/telephone_event.h"
#include "test.h"
#include <string.h>

/* What a sequence of packets told: '+' a digit began, then the digit when it ended. */
struct story {
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
        story,
        telephone_event_receive(&story->receiver, sequence, timestamp, payload, 4, story->now_ms));
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
    tell(&story, telephone_event_receive(&story.receiver, 8, 0, (const uint8_t *)"\x05", 1, 0));
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

void test_telephone_event(void) {
    test_usual();
    test_losses();
    test_disorder();
    test_segments();
    CHECK(telephone_event_of('D') == 15 && telephone_event_of('d') == 15);
    CHECK(telephone_event_of('w') < 0 && telephone_event_digit(16) == 0);
}
