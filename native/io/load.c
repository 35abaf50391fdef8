#include "load.h"

enum {
    SECOND_NS = 1000000000,
    LATE_MS = 20,
    LATE_TURNS_MIN = 5,
    LATE_PERCENT_BUSY = 1,
    LATE_PERCENT_IDLE = 10, /* what a jitter buffer does not hide */
    STUCK_MS = 200,
    EFFORT_FALL = 2,
    EFFORT_MAX = 5,    /* of 10; the upper half costs as much again and is hardly heard in speech */
    VERDICT_MS = 1500, /* how long a bad second counts; the next one decides anew */
};

/* A thread that hardly works is late because of others, whom one leg less would not stop. */
static void judge(struct load *load, bool busy, uint64_t now_ns) {
    uint32_t percent = busy ? LATE_PERCENT_BUSY : LATE_PERCENT_IDLE;
    bool over =
        load->late_turns >= LATE_TURNS_MIN && load->late_turns * 100 > load->turns * percent;
    uint64_t until_ms = over ? now_ns / 1000000 + VERDICT_MS : 0;
    atomic_store_explicit(&load->overloaded_until_ms, until_ms, memory_order_relaxed);
    load->turns = load->late_turns = 0;
}

void load_note(struct load *load, uint64_t due_ms, uint64_t now_ns) {
    static const uint64_t limits_ms[IO_LATENESS_BUCKETS - 1] = {1, 2, 5, 10, 20, 50};
    uint64_t late_ns = now_ns > due_ms * 1000000 ? now_ns - due_ms * 1000000 : 0;
    uint32_t bucket = 0;
    while (bucket < IO_LATENESS_BUCKETS - 1 && late_ns > limits_ms[bucket] * 1000000)
        bucket++;
    unsigned long long before = atomic_load_explicit(&load->lateness[bucket], memory_order_relaxed);
    atomic_store_explicit(&load->lateness[bucket], before + 1, memory_order_relaxed);
    load->turns++;
    load->late_turns += late_ns > LATE_MS * 1000000u;
}

bool load_is_due(const struct load *load, uint64_t now_ns) {
    return now_ns - load->judged_ns >= SECOND_NS;
}

uint32_t load_judge(struct load *load, uint64_t cpu_ns, uint64_t now_ns) {
    uint64_t used_ns = cpu_ns - load->cpu_ns, passed_ns = now_ns - load->judged_ns;
    judge(load, used_ns * 4 > passed_ns, now_ns);
    if (used_ns * 10 > passed_ns * 8)
        load->effort = load->effort > EFFORT_FALL ? load->effort - EFFORT_FALL : 0;
    else if (used_ns * 2 < passed_ns && load->effort < EFFORT_MAX)
        load->effort++;
    load->cpu_ns = cpu_ns;
    load->judged_ns = now_ns;
    return load->effort;
}

bool load_is_over(struct load *load, uint64_t now_ms) {
    uint64_t due_ms = atomic_load_explicit(&load->due_ms, memory_order_relaxed);
    return now_ms < atomic_load_explicit(&load->overloaded_until_ms, memory_order_relaxed) ||
           (due_ms < now_ms && now_ms - due_ms > STUCK_MS);
}
