/* The parts of the native shell that need no threads: rings, outboxes, places, load. */
#include "../core/bytes.h"
#include "../core/records.h"
#include "../io/load.h"
#include "../io/outbox.h"
#include "../io/places.h"
#include <stdio.h>

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition) && ++failures)                                                            \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
    } while (0)

static void test_ring(void) {
    struct ring ring = {0};
    uint8_t bytes[24], back[24];
    uint8_t pushed = 0, dropped = 0;
    CHECK(ring_init(&ring, 64));
    for (int round = 0; round < 100; round++) { /* 24 does not divide 64: it wraps everywhere */
        while (ring_room(&ring) >= sizeof bytes) {
            memset(bytes, pushed++, sizeof bytes);
            CHECK(ring_push(&ring, bytes, sizeof bytes));
        }
        CHECK(!ring_push(&ring, bytes, sizeof bytes));
        CHECK(ring_waiting(&ring) == 48);
        CHECK(ring_peek(&ring, back, sizeof back));
        CHECK(back[0] == dropped && back[23] == dropped);
        ring_drop(&ring, sizeof back);
        dropped++;
    }
    CHECK(ring_taken(&ring) == 2400);
    ring_destroy(&ring);
}

/* Far more than the ring holds; all of it comes out, in order, but for live audio. */
static void test_outbox(void) {
    enum { RECORDS = 40000 };
    struct outbox outbox = {0};
    uint8_t record[64];
    uint32_t fields[] = {0, 0, 0, 0};
    CHECK(outbox_init(&outbox, RECORDS * 20, false));
    for (uint32_t i = 0; i < RECORDS; i++) {
        fields[0] = i;
        outbox_put(&outbox, record, record_write(record, EVENT_DIGIT, 0, fields, 4));
    }
    CHECK(outbox_kept(&outbox) > 0);
    outbox_put(&outbox, record, record_write(record, EVENT_AUDIO, 1, fields, 4));
    CHECK(outbox.audio_lost == 1 && outbox.lost == 0);
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint32_t bytes = outbox_peek(&outbox, record, sizeof record);
        if (bytes == 0) {
            CHECK(outbox_flush(&outbox));
            bytes = outbox_peek(&outbox, record, sizeof record);
        }
        CHECK(bytes == 20 && read_le32(record + RECORD_HEADER_BYTES) == i);
        ring_drop(&outbox.ring, bytes);
    }
    CHECK(outbox_peek(&outbox, record, sizeof record) == 0 && outbox_kept(&outbox) == 0);
    CHECK(outbox.emitted == RECORDS * 20 && ring_taken(&outbox.ring) == outbox.emitted);
    outbox_destroy(&outbox);
}

static void test_places(void) {
    struct places places = {0};
    CHECK(places_init(&places, 3, 2, 65535));
    uint32_t first = places_take(&places, 0), second = places_take(&places, 1);
    uint32_t third = places_take(&places, 0);
    CHECK(first && second && third && places_take(&places, 0) == 0);
    CHECK((first & 0xFFFF) != (second & 0xFFFF) && (second & 0xFFFF) != (third & 0xFFFF));
    places_give_back(&places, 1, second);
    places_give_back(&places, 0, first);
    CHECK(!places_hold(&places, second) && places_hold(&places, third));
    uint32_t again = places_take(&places, 1); /* where it was before */
    CHECK((again & 0xFFFF) == (second & 0xFFFF) && again != second);
    CHECK((places_take(&places, 1) & 0xFFFF) == (first & 0xFFFF)); /* from the other list */
    CHECK(places.used == 3);
    places_destroy(&places);
}

/* A second of turns of which each `period`-th is late, and the verdict on it. */
static void turns(
    struct load *load, uint64_t from_ms, uint32_t period, uint32_t late_ms, uint32_t cpu_percent) {
    uint64_t until_ms = from_ms + 1000;
    for (uint64_t ms = from_ms; ms < until_ms; ms += 10)
        load_note(load, ms, (ms + (ms / 10 % period == 0 ? late_ms : 0)) * 1000000);
    CHECK(load_is_due(load, until_ms * 1000000));
    load_judge(load, load->cpu_ns + cpu_percent * 10000000u, until_ms * 1000000);
    CHECK(!load_is_due(load, until_ms * 1000000));
}

static void test_load(void) {
    struct load load = {0};
    load_expect(&load, UINT64_MAX);
    CHECK(!load_is_over(&load, 1000));
    turns(&load, 1000, 1, 1, 90);
    CHECK(!load_is_over(&load, 2001));
    turns(&load, 2000, 1, 30, 90);
    CHECK(load_is_over(&load, 3031));
    turns(&load, 4000, 1, 3, 90);
    CHECK(!load_is_over(&load, 5004));
    CHECK(load.lateness[1] == 0 && load.lateness[2] == 100 && load.lateness[5] == 100);
    load_expect(&load, 6000); /* and it does not come */
    CHECK(!load_is_over(&load, 6100));
    CHECK(load_is_over(&load, 6300));
}

/* What others do to a thread that hardly works itself. */
static void test_load_of_others(void) {
    struct load load = {.judged_ns = 1000000000};
    load_expect(&load, UINT64_MAX);
    turns(&load, 1000, 20, 30, 50);
    CHECK(load_is_over(&load, 2001));
    turns(&load, 2000, 20, 30, 10);
    CHECK(!load_is_over(&load, 3001));
    turns(&load, 3000, 5, 30, 10);
    CHECK(load_is_over(&load, 4001));
    turns(&load, 4000, 100, 30, 90); /* a hiccup */
    CHECK(!load_is_over(&load, 5001));
}

/* A second at 90 % of a processor, then seconds at a fifth. */
static void test_effort(void) {
    struct load load = {.effort = 5};
    uint64_t second_ns = 1000000000, cpu_ns = second_ns * 9 / 10, now_ns = second_ns;
    CHECK(load_judge(&load, cpu_ns, now_ns) == 3);
    CHECK(load_judge(&load, cpu_ns += second_ns * 9 / 10, now_ns += second_ns) == 1);
    CHECK(load_judge(&load, cpu_ns += second_ns * 9 / 10, now_ns += second_ns) == 0);
    CHECK(load_judge(&load, cpu_ns += second_ns * 6 / 10, now_ns += second_ns) == 0);
    for (uint32_t i = 1; i <= 5; i++)
        CHECK(load_judge(&load, cpu_ns += second_ns / 5, now_ns += second_ns) == i);
    CHECK(load_judge(&load, cpu_ns += second_ns / 5, now_ns += second_ns) == 5);
}

int main(void) {
    test_ring();
    test_outbox();
    test_places();
    test_load();
    test_load_of_others();
    test_effort();
    printf("parts of the shell: %d failures\n", failures);
    return failures != 0;
}
