#include "outbox.h"
#include "../core/bytes.h"
#include "../core/records.h"
#include <stdlib.h>

bool outbox_init(struct outbox *outbox, size_t kept_capacity, bool grows) {
    outbox->kept = malloc(kept_capacity);
    outbox->kept_capacity = kept_capacity;
    outbox->grows = grows;
    return ring_init(&outbox->ring, OUTBOX_RING_BYTES) && outbox->kept;
}

void outbox_destroy(struct outbox *outbox) {
    ring_destroy(&outbox->ring);
    free(outbox->kept);
}

static bool make_room(struct outbox *outbox, size_t count) {
    if (outbox->kept_count + count > outbox->kept_capacity && outbox->kept_taken > 0) {
        outbox->kept_count -= outbox->kept_taken;
        memmove(outbox->kept, outbox->kept + outbox->kept_taken, outbox->kept_count);
        outbox->kept_taken = 0;
    }
    if (outbox->kept_count + count <= outbox->kept_capacity)
        return true;
    uint8_t *grown = outbox->grows ? realloc(outbox->kept, 2 * outbox->kept_capacity) : NULL;
    if (!grown)
        return false;
    outbox->kept = grown;
    outbox->kept_capacity *= 2;
    return true;
}

static void count_one(atomic_ullong *counter) {
    unsigned long long before = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, before + 1, memory_order_relaxed);
}

void outbox_put(struct outbox *outbox, const uint8_t *record, uint32_t bytes) {
    if (outbox_kept(outbox) == 0 && ring_push(&outbox->ring, record, bytes)) {
        outbox->fed = true;
    } else if (record[2] == EVENT_AUDIO) {
        count_one(&outbox->audio_lost);
        return;
    } else if (make_room(outbox, bytes)) {
        memcpy(outbox->kept + outbox->kept_count, record, bytes);
        outbox->kept_count += bytes;
    } else {
        count_one(&outbox->lost);
        return;
    }
    outbox->emitted += bytes;
}

bool outbox_flush(struct outbox *outbox) {
    while (outbox_kept(outbox) > 0) {
        const uint8_t *record = outbox->kept + outbox->kept_taken;
        uint32_t bytes = read_le16(record);
        if (!ring_push(&outbox->ring, record, bytes))
            break;
        outbox->kept_taken += bytes;
        outbox->fed = true;
    }
    if (outbox_kept(outbox) == 0)
        outbox->kept_taken = outbox->kept_count = 0;
    bool fed = outbox->fed;
    outbox->fed = false;
    return fed;
}

uint32_t outbox_peek(struct outbox *outbox, uint8_t *dst, size_t room) {
    uint8_t header[RECORD_HEADER_BYTES];
    if (!ring_peek(&outbox->ring, header, sizeof header))
        return 0;
    uint32_t bytes = read_le16(header);
    return bytes <= room && ring_peek(&outbox->ring, dst, bytes) ? bytes : 0;
}
