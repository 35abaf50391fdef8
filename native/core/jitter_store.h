#ifndef DIALPLANE_JITTER_STORE_H
#define DIALPLANE_JITTER_STORE_H
/*
 * Packets that wait, encoded, at places given by their sequence numbers. Payloads lie in small
 * blocks; the block freed last is taken first, so that a short queue touches little memory. Knows
 * neither time nor codecs. Positions [samples] on the stream's own time line.
 */
#include "codec.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    JITTER_STORE_SLOTS = 64, /* a power of two, and the bits of `waiting` */
    JITTER_STORE_BLOCKS = 96,
    JITTER_STORE_BLOCK_BYTES = 176, /* 20 ms of G.711 or G.722 with room to spare */
};

enum jitter_slot_kind { SLOT_EMPTY, SLOT_AUDIO, SLOT_COMFORT_NOISE, SLOT_EVENT };

struct jitter_slot {
    int64_t position;
    uint16_t sequence;
    uint16_t bytes;
    uint16_t samples;
    uint8_t block; /* the first */
    bool quiet;    /* its sender says that nobody would hear it */
    uint8_t kind;  /* stays when it was played, to tell duplicates and events */
};

struct jitter_store {
    /* Taken from the end, which is next to what every packet touches. */
    uint8_t blocks[JITTER_STORE_BLOCKS][JITTER_STORE_BLOCK_BYTES];
    uint64_t waiting; /* one bit per slot */
    uint8_t free, untouched;
    uint8_t free_blocks;
    uint8_t next[JITTER_STORE_BLOCKS]; /* the rest of a payload, or the rest of the free list */
    struct jitter_slot slots[JITTER_STORE_SLOTS];
};

void jitter_store_init(struct jitter_store *store);
static inline struct jitter_slot *jitter_store_slot(struct jitter_store *store, uint16_t sequence) {
    return &store->slots[sequence % JITTER_STORE_SLOTS];
}
/* Whether the slot's packet was put (and perhaps played since). */
static inline bool jitter_store_knows(struct jitter_store *store, uint16_t sequence) {
    const struct jitter_slot *slot = jitter_store_slot(store, sequence);
    return slot->kind != SLOT_EMPTY && slot->sequence == sequence;
}
/* False: no room for the payload. Whatever waited in the slot is dropped. */
bool jitter_store_put(
    struct jitter_store *store, const struct jitter_slot *slot, const uint8_t *payload);
/* The waiting packet with the lowest sequence number from `sequence` on, or NULL. */
struct jitter_slot *jitter_store_next(struct jitter_store *store, uint16_t sequence);
/* Its payload, in place or gathered into `room` (CODEC_PAYLOAD_BYTES_MAX). */
const uint8_t *jitter_store_payload(
    const struct jitter_store *store, const struct jitter_slot *slot, uint8_t *room);
void jitter_store_drop(struct jitter_store *store, struct jitter_slot *slot);

#endif
