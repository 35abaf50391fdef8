#ifndef DIALPLANE_LOAD_H
#define DIALPLANE_LOAD_H
/*
 * How late the thread of a shard is: a histogram for ever, and a verdict on each second. Notes are
 * taken by that thread; any other reads figures that may be a moment old. Times [ms], [ns].
 */
#include "io.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct load {
    atomic_ullong lateness[IO_LATENESS_BUCKETS];
    atomic_ullong due_ms; /* what it sleeps towards, or works on */
    atomic_ullong overloaded_until_ms;
    /* of the thread: this second */
    uint64_t began_ns;
    uint32_t turns, late_turns;
    /* when it was last asked for the effort */
    uint64_t asked_ns, cpu_ns;
    uint32_t effort;
};

/* A turn that was due at `due_ms` happens now. */
void load_note(struct load *load, uint64_t due_ms, uint64_t now_ns);
/* The next turn is due then. */
static inline void load_expect(struct load *load, uint64_t due_ms) {
    atomic_store_explicit(&load->due_ms, due_ms, memory_order_relaxed);
}
/* What encoders may do (plane_set_effort), by the processor time that the thread has used since it
 * was asked before: less above 0.8 of a processor, more below 0.5. Ask each second; begins with
 * `effort`. */
uint32_t load_effort(struct load *load, uint64_t cpu_ns, uint64_t now_ns);
/* For any thread: of the turns of the last second more than one in a hundred was more than 20 ms
 * late (and more than a hiccup), or the present one is already later still. */
bool load_is_over(struct load *load, uint64_t now_ms);

#endif
