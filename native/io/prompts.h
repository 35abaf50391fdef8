#ifndef DIALPLANE_PROMPTS_H
#define DIALPLANE_PROMPTS_H
/*
 * Prompts and who uses them, without locks: a table by the lower half of the id. A word per slot
 * holds id and count of users in one; it is changed by compare-and-swap only, so that who has
 * counted itself in (acquire) has the samples of that very id, and nobody can any more once the
 * count is zero. Who brings it there puts the entry on a list that the control thread empties: it
 * alone allocates, frees, and takes slots.
 */
#include "../core/host.h"
#include "places.h"
#include <stdatomic.h>

struct prompt_entry;

struct prompt_slot {
    atomic_ullong word; /* id << 32 | users; the control plane is one until it releases it */
    struct prompt_entry *entry;
};

struct prompts {
    struct prompt_slot *slots;
    struct places places;
    _Atomic(struct prompt_entry *) unused; /* pushed by anybody, taken all at once */
};

bool prompts_init(struct prompts *prompts);
/* No thread uses them any more. */
void prompts_destroy(struct prompts *prompts);
/* For the control thread. 0: no memory, or no slot. */
uint32_t
prompts_load(struct prompts *prompts, const int16_t *samples, uint32_t count, uint32_t rate_hz);
/* For the control thread: frees what nobody uses; returns how many there are. */
uint32_t prompts_collect(struct prompts *prompts);

/* For any thread. */
bool prompts_acquire(struct prompts *prompts, uint32_t id, struct prompt *prompt);
void prompts_release(struct prompts *prompts, uint32_t id);

#endif
