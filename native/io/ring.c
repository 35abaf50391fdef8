#include "ring.h"
#include <stdlib.h>
#include <string.h>

bool ring_init(struct ring *ring, size_t capacity) {
    ring->bytes = malloc(capacity);
    ring->capacity = capacity;
    return ring->bytes != NULL;
}

void ring_destroy(struct ring *ring) {
    free(ring->bytes);
}

static size_t room(const struct ring *ring, size_t head) {
    return ring->capacity - (head - ring->tail_seen);
}

bool ring_push(struct ring *ring, const void *bytes, size_t count) {
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (room(ring, head) < count)
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (room(ring, head) < count)
        return false;
    size_t at = head & (ring->capacity - 1), first = ring->capacity - at;
    first = first < count ? first : count;
    memcpy(ring->bytes + at, bytes, first);
    memcpy(ring->bytes, (const uint8_t *)bytes + first, count - first);
    atomic_store_explicit(&ring->head, head + count, memory_order_release);
    return true;
}

size_t ring_room(struct ring *ring) {
    ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
    return room(ring, atomic_load_explicit(&ring->head, memory_order_relaxed));
}

bool ring_peek(struct ring *ring, void *dst, size_t count) {
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (ring->head_seen - tail < count)
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
    if (ring->head_seen - tail < count)
        return false;
    size_t at = tail & (ring->capacity - 1), first = ring->capacity - at;
    first = first < count ? first : count;
    memcpy(dst, ring->bytes + at, first);
    memcpy((uint8_t *)dst + first, ring->bytes, count - first);
    return true;
}

void ring_drop(struct ring *ring, size_t count) {
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
}

size_t ring_waiting(struct ring *ring) {
    ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
    return ring->head_seen - atomic_load_explicit(&ring->tail, memory_order_relaxed);
}
