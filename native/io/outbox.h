#ifndef DIALPLANE_OUTBOX_H
#define DIALPLANE_OUTBOX_H
/*
 * Event records on their way from one thread to the control thread: a ring, and behind it, where
 * the control thread is slow, memory of the producing thread. All functions but outbox_peek are for
 * that thread (and, when it has ended, for whoever has joined it). Nothing is lost; only live audio
 * is left out when records wait already. Counts in [bytes].
 */
#include "ring.h"

enum { OUTBOX_RING_BYTES = 1 << 18 };

struct outbox {
    struct ring ring;
    uint8_t *kept; /* records from kept_taken to kept_count wait for room */
    size_t kept_taken, kept_count, kept_capacity;
    bool grows;                     /* may allocate */
    bool fed;                       /* since outbox_flush */
    size_t emitted;                 /* ever, of which ring_taken() says how many were read */
    atomic_ullong lost, audio_lost; /* records */
};

bool outbox_init(struct outbox *outbox, size_t kept_capacity, bool grows);
void outbox_destroy(struct outbox *outbox);
void outbox_put(struct outbox *outbox, const uint8_t *record, uint32_t bytes);
/* Moves what it kept to the ring; whether there is something new to read since the last time. */
bool outbox_flush(struct outbox *outbox);
static inline size_t outbox_kept(const struct outbox *outbox) {
    return outbox->kept_count - outbox->kept_taken;
}

/* For the control thread: the next record, at most `room` bytes. Returns its length, 0: none. */
uint32_t outbox_peek(struct outbox *outbox, uint8_t *dst, size_t room);

#endif
