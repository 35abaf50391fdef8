#include "jitter_store.h"
#include "bytes.h"

enum { NONE = 255 };

void jitter_store_init(struct jitter_store *store) {
    store->waiting = 0;
    store->free = NONE;
    store->untouched = JITTER_STORE_BLOCKS;
    store->free_blocks = JITTER_STORE_BLOCKS;
    for (uint32_t i = 0; i < JITTER_STORE_SLOTS; i++)
        store->slots[i].kind = SLOT_EMPTY;
}

static uint32_t blocks_of(uint32_t bytes) {
    return (bytes + JITTER_STORE_BLOCK_BYTES - 1) / JITTER_STORE_BLOCK_BYTES;
}

static uint8_t take(struct jitter_store *store) {
    uint8_t block = store->free;
    store->free_blocks--;
    if (block == NONE)
        return --store->untouched;
    store->free = store->next[block];
    return block;
}

static uint64_t bit_of(uint16_t sequence) {
    return (uint64_t)1 << (sequence % JITTER_STORE_SLOTS);
}

void jitter_store_drop(struct jitter_store *store, struct jitter_slot *slot) {
    uint8_t block = slot->block;
    for (uint32_t i = blocks_of(slot->bytes); i > 0; i--) {
        uint8_t next = store->next[block];
        store->next[block] = store->free;
        store->free = block;
        store->free_blocks++;
        block = next;
    }
    store->waiting &= ~bit_of(slot->sequence);
}

bool jitter_store_put(
    struct jitter_store *store, const struct jitter_slot *slot, const uint8_t *payload) {
    struct jitter_slot *at = jitter_store_slot(store, slot->sequence);
    if (store->waiting & bit_of(slot->sequence))
        jitter_store_drop(store, at);
    if (blocks_of(slot->bytes) > store->free_blocks)
        return false;
    *at = *slot;
    uint8_t last = NONE;
    for (uint32_t done = 0; done < slot->bytes; done += JITTER_STORE_BLOCK_BYTES) {
        uint8_t block = take(store);
        uint32_t left = slot->bytes - done;
        memcpy(
            store->blocks[block], payload + done,
            left < JITTER_STORE_BLOCK_BYTES ? left : JITTER_STORE_BLOCK_BYTES);
        if (last == NONE)
            at->block = block;
        else
            store->next[last] = block;
        last = block;
    }
    store->waiting |= bit_of(slot->sequence);
    return true;
}

struct jitter_slot *jitter_store_next(struct jitter_store *store, uint16_t sequence) {
    if (store->waiting == 0)
        return NULL;
    uint32_t turn = sequence % JITTER_STORE_SLOTS;
    uint64_t turned = store->waiting >> turn;
    if (turn > 0)
        turned |= store->waiting << (JITTER_STORE_SLOTS - turn);
    return jitter_store_slot(store, (uint16_t)(sequence + (uint32_t)__builtin_ctzll(turned)));
}

const uint8_t *jitter_store_payload(
    const struct jitter_store *store, const struct jitter_slot *slot, uint8_t *room) {
    if (slot->bytes <= JITTER_STORE_BLOCK_BYTES)
        return store->blocks[slot->block];
    uint8_t block = slot->block;
    for (uint32_t done = 0; done < slot->bytes; done += JITTER_STORE_BLOCK_BYTES) {
        uint32_t left = slot->bytes - done;
        uint32_t run = left < JITTER_STORE_BLOCK_BYTES ? left : JITTER_STORE_BLOCK_BYTES;
        memcpy(room + done, store->blocks[block], run);
        block = store->next[block];
    }
    return room;
}
