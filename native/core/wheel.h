#ifndef DIALPLANE_WHEEL_H
#define DIALPLANE_WHEEL_H
/*
 * What is due in which millisecond of the next 63. Owns nothing: items live in what they belong to.
 * Times [ms].
 */
#include <stdbool.h>
#include <stdint.h>

enum { WHEEL_SLOTS = 64, WHEEL_PHASES = 20 };

struct wheel_item {
    struct wheel_item *next, *previous;
    uint64_t due_ms;
    bool waiting; /* in the wheel */
    uint8_t kind; /* what it is part of */
};

struct wheel {
    struct wheel_item *slots[WHEEL_SLOTS];
    uint64_t occupied; /* bit i: slots[i] is not empty */
    uint32_t load[WHEEL_PHASES];
};

/* `due_ms` is at most WHEEL_SLOTS - 1 ahead. */
void wheel_insert(struct wheel *wheel, struct wheel_item *item, uint64_t due_ms);
/* Does nothing with an item that is not waiting. */
void wheel_remove(struct wheel *wheel, struct wheel_item *item);
/* The millisecond after `from_ms` whose phase carries least. */
uint64_t wheel_choose(const struct wheel *wheel, uint64_t from_ms);
/* UINT64_MAX: nothing is waiting. */
uint64_t wheel_next_due_ms(const struct wheel *wheel, uint64_t from_ms);
/* Moves all to a later time by so much, a multiple of both the slots and the phases. */
void wheel_postpone(struct wheel *wheel, uint64_t by_ms);

#endif
