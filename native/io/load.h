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
    /* of the thread: since it was judged */
    uint64_t judged_ns, cpu_ns;
    uint32_t turns, late_turns;
    uint32_t effort;
};

/* A turn that was due at `due_ms` happens now. */
void load_note(struct load *load, uint64_t due_ms, uint64_t now_ns);
/* The next turn is due then. */
static inline void load_expect(struct load *load, uint64_t due_ms) {
    atomic_store_explicit(&load->due_ms, due_ms, memory_order_relaxed);
}
/* Whether a second has passed since the verdict before. */
bool load_is_due(const struct load *load, uint64_t now_ns);
/* The verdict on the time since the one before, with the processor time that the thread has used in
 * all. Returns what encoders may do (plane_set_effort): less above 0.8 of a processor, more below
 * 0.5; begins with `effort`. */
uint32_t load_judge(struct load *load, uint64_t cpu_ns, uint64_t now_ns);
/* For any thread: of the turns of the last second more than one in a hundred was more than 20 ms
 * late (and more than a hiccup), or more than one in ten when the thread used less than a quarter
 * of a processor; or the present turn is already later still. */
bool load_is_over(struct load *load, uint64_t now_ms);

#endif
