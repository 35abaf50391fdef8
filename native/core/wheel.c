#include "wheel.h"

void wheel_insert(struct wheel *wheel, struct wheel_item *item, uint64_t due_ms) {
    uint32_t slot = (uint32_t)(due_ms % WHEEL_SLOTS);
    item->due_ms = due_ms;
    item->waiting = true;
    item->previous = 0;
    item->next = wheel->slots[slot];
    if (item->next)
        item->next->previous = item;
    wheel->slots[slot] = item;
    wheel->occupied |= (uint64_t)1 << slot;
    wheel->load[due_ms % WHEEL_PHASES]++;
}

void wheel_remove(struct wheel *wheel, struct wheel_item *item) {
    uint32_t slot = (uint32_t)(item->due_ms % WHEEL_SLOTS);
    if (!item->waiting)
        return;
    item->waiting = false;
    if (item->previous)
        item->previous->next = item->next;
    else
        wheel->slots[slot] = item->next;
    if (item->next)
        item->next->previous = item->previous;
    if (!wheel->slots[slot])
        wheel->occupied &= ~((uint64_t)1 << slot);
    wheel->load[item->due_ms % WHEEL_PHASES]--;
}

uint64_t wheel_choose(const struct wheel *wheel, uint64_t from_ms) {
    uint64_t best_ms = from_ms + 1;
    for (uint64_t due_ms = from_ms + 1; due_ms <= from_ms + WHEEL_PHASES; due_ms++) {
        if (wheel->load[due_ms % WHEEL_PHASES] < wheel->load[best_ms % WHEEL_PHASES])
            best_ms = due_ms;
    }
    return best_ms;
}

uint64_t wheel_next_due_ms(const struct wheel *wheel, uint64_t from_ms) {
    uint32_t turn = (uint32_t)((from_ms + 1) % WHEEL_SLOTS);
    if (!wheel->occupied)
        return UINT64_MAX;
    uint64_t ahead =
        turn ? wheel->occupied >> turn | wheel->occupied << (WHEEL_SLOTS - turn) : wheel->occupied;
    return from_ms + 1 + (uint64_t)__builtin_ctzll(ahead);
}

void wheel_postpone(struct wheel *wheel, uint64_t by_ms) {
    for (uint32_t slot = 0; slot < WHEEL_SLOTS; slot++) {
        for (struct wheel_item *item = wheel->slots[slot]; item; item = item->next)
            item->due_ms += by_ms;
    }
}
