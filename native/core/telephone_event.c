#include "telephone_event.h"
#include "bytes.h"
#include "rtp.h"

enum {
    END_BIT = 0x80,
    VOLUME_DBM0 = 10,       /* of sent events: -10 dBm0 */
    SILENT_MS = 500,        /* an event without news for so long has ended */
    SEGMENT_MAX = 0xFFFF,   /* ticks; a longer event goes on in the next (RFC 4733 §2.5.1.3) */
    SEGMENT_SLACK_MS = 200, /* of it may be missing, or before the next */
};

static const char digits[TELEPHONE_EVENT_COUNT + 1] = "0123456789*#ABCD";

char telephone_event_digit(uint8_t event) {
    return event < TELEPHONE_EVENT_COUNT ? digits[event] : 0;
}

int telephone_event_of(char digit) {
    for (int event = 0; event < TELEPHONE_EVENT_COUNT; event++) {
        if (digits[event] == digit)
            return event;
    }
    return digit >= 'a' && digit <= 'd' ? 12 + (digit - 'a') : -1;
}

void telephone_event_receiver_init(struct telephone_event_receiver *receiver) {
    memset(receiver, 0, sizeof *receiver);
}

static void
end_previous(struct telephone_event_receiver *receiver, struct telephone_event_outcome *outcome) {
    if (!receiver->active)
        return;
    receiver->active = false;
    outcome->ended_before = true;
    outcome->digit_before = telephone_event_digit(receiver->event);
    outcome->duration_before = receiver->segments_samples + receiver->duration;
}

/* Another packet of the same event and segment. */
static void update(
    struct telephone_event_receiver *receiver, bool end, uint32_t duration, uint16_t sequence,
    struct telephone_event_outcome *outcome) {
    if (!receiver->active) {
        receiver->merged++;
        return;
    }
    if (!seq_less(sequence, receiver->sequence))
        receiver->sequence = sequence;
    if (duration > receiver->duration) /* some senders shrink it in the end packet */
        receiver->duration = duration;
    if (end) {
        receiver->active = false;
        outcome->ended = true;
        outcome->digit = telephone_event_digit(receiver->event);
        outcome->duration = receiver->segments_samples + receiver->duration;
    }
}

static bool is_next_segment(
    const struct telephone_event_receiver *receiver, uint8_t event, uint32_t timestamp,
    uint32_t clock_hz) {
    int32_t slack = (int32_t)(clock_hz / 1000 * SEGMENT_SLACK_MS);
    int32_t known = (int32_t)receiver->duration;
    if (!receiver->active || event != receiver->event || known < SEGMENT_MAX - slack)
        return false;
    int32_t step = ts_diff(timestamp, receiver->timestamp);
    return step >= known && step <= SEGMENT_MAX + slack;
}

/* An end packet of the previous event, repeated under a timestamp that moved on. */
static bool is_rewritten_end(
    const struct telephone_event_receiver *receiver, uint8_t event, bool end, uint16_t sequence,
    uint32_t timestamp, uint32_t duration) {
    int32_t step = ts_diff(timestamp, receiver->timestamp);
    int32_t packets = seq_diff(sequence, receiver->sequence);
    return !receiver->active && end && event == receiver->event && packets > 0 &&
           packets < TELEPHONE_EVENT_END_PACKETS && step > 0 &&
           (uint32_t)step <= receiver->duration && duration >= receiver->duration;
}

struct telephone_event_outcome telephone_event_receive(
    struct telephone_event_receiver *receiver, uint16_t sequence, uint32_t timestamp,
    const uint8_t *payload, uint32_t bytes, uint32_t clock_hz, uint64_t now_ms) {
    struct telephone_event_outcome outcome = {0};
    if (bytes < TELEPHONE_EVENT_BYTES || payload[0] >= TELEPHONE_EVENT_COUNT)
        return outcome;
    uint8_t event = payload[0];
    bool end = (payload[1] & END_BIT) != 0;
    uint32_t duration = read_be16(payload + 2);
    if (receiver->known) {
        int32_t step = ts_diff(timestamp, receiver->timestamp);
        bool old = step < 0 && seq_diff(sequence, receiver->sequence) <= 0;
        if (old || is_rewritten_end(receiver, event, end, sequence, timestamp, duration)) {
            receiver->merged++;
            return outcome;
        }
        if (step == 0 && event == receiver->event) {
            receiver->updated_ms = now_ms;
            update(receiver, end, duration, sequence, &outcome);
            return outcome;
        }
        if (is_next_segment(receiver, event, timestamp, clock_hz)) {
            receiver->segments_samples += (uint32_t)step;
            receiver->timestamp = timestamp;
            receiver->duration = 0;
            receiver->updated_ms = now_ms;
            update(receiver, end, duration, sequence, &outcome);
            return outcome;
        }
        end_previous(receiver, &outcome);
    }
    uint32_t merged = receiver->merged;
    *receiver = (struct telephone_event_receiver){
        .known = true,
        .active = true,
        .event = event,
        .sequence = sequence,
        .timestamp = timestamp,
        .updated_ms = now_ms,
        .merged = merged,
    };
    outcome.started = true;
    outcome.digit = telephone_event_digit(event);
    update(receiver, end, duration, sequence, &outcome);
    return outcome;
}

struct telephone_event_outcome
telephone_event_expire(struct telephone_event_receiver *receiver, uint64_t now_ms) {
    struct telephone_event_outcome outcome = {0};
    if (receiver->active && now_ms - receiver->updated_ms >= SILENT_MS)
        end_previous(receiver, &outcome);
    return outcome;
}

void telephone_event_write(uint8_t *dst, uint8_t event, bool end, uint32_t duration) {
    dst[0] = event;
    dst[1] = (uint8_t)((end ? END_BIT : 0) | VOLUME_DBM0);
    write_be16(dst + 2, (uint16_t)(duration > 0xFFFF ? 0xFFFF : duration));
}
