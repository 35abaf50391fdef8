#ifndef DIALPLANE_TELEPHONE_EVENT_H
#define DIALPLANE_TELEPHONE_EVENT_H
/*
 * Telephone events (RFC 4733), one digit per event whatever happens to its packets: end packets
 * come three times, or never; the start may be lost; packets come out of order; long events come in
 * segments; middle boxes rewrite the timestamps of repeated end packets. Also makes the packets of
 * a sent digit. Knows digits only: events 0 to 15, others are passed over (16 is flash). Durations
 * and timestamps in ticks of the event clock, times [ms].
 */
#include <stdbool.h>
#include <stdint.h>

enum { TELEPHONE_EVENT_BYTES = 4, TELEPHONE_EVENT_END_PACKETS = 3, TELEPHONE_EVENT_COUNT = 16 };

/* '0'-'9', '*', '#', 'A'-'D' for events 0 to 15; telephone_event_of returns -1 for anything else.
 */
char telephone_event_digit(uint8_t event);
int telephone_event_of(char digit);

struct telephone_event_receiver {
    bool known;  /* there was an event; the fields below tell of the latest one */
    bool active; /* begun, not ended */
    uint8_t event;
    uint16_t sequence;         /* of its latest packet */
    uint32_t timestamp;        /* of its latest segment */
    uint32_t duration;         /* of its latest segment */
    uint32_t segments_samples; /* duration of the segments before */
    uint64_t updated_ms;
    uint32_t merged; /* packets that told nothing new */
};

/* What a packet (or the passing of time) means: up to one end, then up to one start, then up to one
 * end. */
struct telephone_event_outcome {
    bool ended_before, started, ended;
    char digit_before, digit;
    uint32_t duration_before, duration;
};

void telephone_event_receiver_init(struct telephone_event_receiver *receiver);
struct telephone_event_outcome telephone_event_receive(
    struct telephone_event_receiver *receiver, uint16_t sequence, uint32_t timestamp,
    const uint8_t *payload, uint32_t bytes, uint32_t clock_hz, uint64_t now_ms);
/* Ends an event whose packets stopped coming. */
struct telephone_event_outcome
telephone_event_expire(struct telephone_event_receiver *receiver, uint64_t now_ms);

void telephone_event_write(uint8_t *dst, uint8_t event, bool end, uint32_t duration);

#endif
