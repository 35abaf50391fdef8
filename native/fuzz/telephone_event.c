/*
 * libFuzzer: packets of telephone-event in any order, with any timestamps and durations, and time
 * that passes. Each digit must begin once and end once, in turn.
 */
#include "../core/bytes.h"
#include "../core/telephone_event.h"
#include "input.h"

enum { STEPS_MAX = 96, SEGMENT_MAX = 0xFFFF, SLACK_MS = 200, CLOSING_MS = 500 };

/* What a peer sent last, and what a listener knows of it. */
struct listener {
    uint16_t sequence;
    uint32_t timestamp;
    char digit; /* that sounds, or 0 */
    uint32_t started, ended;
    uint32_t packets; /* since it began */
    uint32_t clock_hz;
};

static void end(struct listener *listener, char digit, uint32_t duration) {
    uint32_t segment = SEGMENT_MAX + listener->clock_hz / 1000 * SLACK_MS;
    MUST(listener->digit != 0 && digit == listener->digit);
    MUST(duration <= (uint64_t)segment * (listener->packets + 1));
    listener->digit = 0;
    listener->ended++;
}

static void listen(struct listener *listener, const struct telephone_event_outcome *outcome) {
    if (outcome->ended_before)
        end(listener, outcome->digit_before, outcome->duration_before);
    if (outcome->started) {
        MUST(listener->digit == 0);
        MUST(outcome->digit != 0 && strchr("0123456789*#ABCD", outcome->digit));
        listener->digit = outcome->digit;
        listener->packets = 0;
        listener->started++;
    }
    if (outcome->ended)
        end(listener, outcome->digit, outcome->duration);
}

/* Most packets continue what was: a step of nothing, one, or a frame. */
static void receive(
    struct input *input, struct telephone_event_receiver *receiver, struct listener *listener,
    uint64_t now_ms) {
    static uint8_t payload[TELEPHONE_EVENT_BYTES];
    uint8_t how = take_u8(input), event = take_u8(input);
    uint32_t bytes = how & 64 ? take_u8(input) % (TELEPHONE_EVENT_BYTES + 1) : sizeof payload;
    int32_t step = how & 1 ? 1 : how & 2 ? (int8_t)take_u8(input) : 0;
    listener->sequence = (uint16_t)(listener->sequence + step);
    if (how & 4)
        listener->timestamp += (uint32_t)(int32_t)(int16_t)take_u16(input);
    else if (how & 8)
        listener->timestamp += take_u32(input);
    telephone_event_write(payload, event % 20, (how & 16) != 0, take_u16(input));
    if (how & 32)
        payload[0] = receiver->event;
    listener->packets++;
    const uint8_t *at = payload + sizeof payload - bytes;
    struct telephone_event_receiver before = *receiver;
    struct telephone_event_outcome outcome = telephone_event_receive(
        receiver, listener->sequence, listener->timestamp, at, bytes, listener->clock_hz, now_ms);
    bool passed_over = bytes < TELEPHONE_EVENT_BYTES || at[0] >= TELEPHONE_EVENT_COUNT;
    MUST(!passed_over || memcmp(receiver, &before, sizeof before) == 0);
    listen(listener, &outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct input input = {data, data + bytes};
    struct telephone_event_receiver receiver;
    struct listener listener = {
        .sequence = 0xFFF0,
        .timestamp = 0xFFFFFF00,
        .clock_hz = take_u8(&input) & 1 ? 48000 : 8000};
    uint32_t packets = 0;
    uint64_t now_ms = 0;
    telephone_event_receiver_init(&receiver);
    for (uint32_t step = 0; step < STEPS_MAX && input_left(&input) > 0; step++) {
        uint8_t passed = take_u8(&input);
        now_ms += passed & 128 ? 8 * (passed & 127u) : 20;
        struct telephone_event_outcome outcome = telephone_event_expire(&receiver, now_ms);
        MUST(!outcome.started && !outcome.ended);
        listen(&listener, &outcome);
        receive(&input, &receiver, &listener, now_ms);
        packets++;
        MUST(listener.started <= packets && receiver.active == (listener.digit != 0));
        MUST(listener.started - listener.ended == (receiver.active ? 1 : 0));
    }
    struct telephone_event_outcome outcome = telephone_event_expire(&receiver, now_ms + CLOSING_MS);
    listen(&listener, &outcome);
    MUST(listener.digit == 0 && listener.started == listener.ended);
    return 0;
}
