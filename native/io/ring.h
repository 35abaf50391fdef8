#ifndef DIALPLANE_RING_H
#define DIALPLANE_RING_H
/*
 * A bounded queue of bytes from one thread to one other, without locks. `head` is written by the
 * producer only, after the bytes (release); the consumer reads it (acquire) before the bytes.
 * `tail` is written by the consumer only, after it has read (release); the producer reads it
 * (acquire) before it writes there again. Both count for ever, so that they also tell how much has
 * passed. Does not wake anybody. Counts in [bytes].
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CACHE_LINE_BYTES = 64 };

struct ring {
    uint8_t *bytes;
    size_t capacity; /* a power of two */
    uint8_t apart[CACHE_LINE_BYTES];
    atomic_size_t head;
    size_t tail_seen; /* by the producer */
    uint8_t apart_too[CACHE_LINE_BYTES];
    atomic_size_t tail;
    size_t head_seen; /* by the consumer */
};

bool ring_init(struct ring *ring, size_t capacity);
void ring_destroy(struct ring *ring);

/* For the producer. All of them, or none for want of room. */
bool ring_push(struct ring *ring, const void *bytes, size_t count);
size_t ring_room(struct ring *ring);

/* For the consumer. Copies the first `count` that wait; false: there are not so many. */
bool ring_peek(struct ring *ring, void *dst, size_t count);
void ring_drop(struct ring *ring, size_t count);
size_t ring_waiting(struct ring *ring);
static inline size_t ring_taken(struct ring *ring) {
    return atomic_load_explicit(&ring->tail, memory_order_relaxed);
}

#endif
