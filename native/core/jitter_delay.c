#include "jitter_delay.h"
#include "bytes.h"

enum {
    FORGET_SHIFT = 10, /* a packet counts 1/e after 1024 others */
    WEIGHT_START = 1 << 13,
    WEIGHT_MAX = 1 << 19,
    RESCALE_SHIFT = 6,
    WINDOW_PACKETS = 256,
    BRIEF_PACKETS = 64, /* whose minimum tells a step of at least STEP_8K */
    STEP_8K = 120,
    EVALUATE_PACKETS = 8,
    ROOM_BINS = 8,      /* kept below the first packet, for earlier ones */
    DRIFT_PACKETS = 16, /* an eighth of a millisecond in so many: more than clocks drift */
    LOSS_SHIFT = 10,    /* the share of lost packets is of the last thousand or so */
    ABSENT_RATIO = 24,  /* what did not come for n packets has a share of at most 24 / n */
    /* Points of the rating R, times 1000. Delay: 0.024 a millisecond, and from 177 ms mouth to ear
     * 0.11 more. The path and both ends are taken to be 60 ms. */
    DELAY_COST = 3, /* per sample */
    KNEE_8K = 117 * 8,
    KNEE_COST = 14,
    /* Loss: 95 P / (P + 25.1) for P percent lost (G.113: G.711 with concealment). */
    ROBUSTNESS = 25100,
};

void jitter_delay_set_grid(struct jitter_delay *delay, uint32_t frame_8k, uint32_t packet_8k) {
    if (frame_8k == delay->frame_8k && packet_8k == delay->packet_8k)
        return;
    uint32_t a = frame_8k, b = packet_8k;
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    delay->frame_8k = frame_8k;
    delay->packet_8k = packet_8k;
    delay->step_8k = a < JITTER_DELAY_BIN_8K ? JITTER_DELAY_BIN_8K : a;
    delay->extra_8k = frame_8k > a ? frame_8k - a : 0;
}

void jitter_delay_init(struct jitter_delay *delay, uint32_t start_8k, uint32_t most_8k) {
    memset(delay, 0, sizeof *delay);
    delay->start_8k = start_8k;
    delay->most_8k = most_8k;
    delay->weight = WEIGHT_START;
    jitter_delay_set_grid(delay, 160, 160);
}

/* Moves the bins so that the first begins `by` bins later (earlier: negative). */
static void shift_bins(struct jitter_delay *delay, int32_t by) {
    int32_t n = JITTER_DELAY_BINS;
    by = by > n ? n : by < -n ? -n : by;
    uint32_t kept = (uint32_t)(n - (by < 0 ? -by : by));
    uint32_t from = by > 0 ? (uint32_t)by : 0, to = by < 0 ? (uint32_t)-by : 0;
    uint32_t clear = by > 0 ? kept : 0, cleared = (uint32_t)n - kept;
    uint32_t below = 0, above = 0;
    for (uint32_t i = 0; i < from; i++)
        below += delay->bins[i];
    for (uint32_t i = kept + from; i < JITTER_DELAY_BINS; i++)
        above += delay->bins[i];
    memmove(delay->bins + to, delay->bins + from, kept * sizeof *delay->bins);
    memmove(delay->seen + to, delay->seen + from, kept * sizeof *delay->seen);
    memmove(delay->deepest + to, delay->deepest + from, kept);
    memset(delay->bins + clear, 0, cleared * sizeof *delay->bins);
    memset(delay->seen + clear, 0, cleared * sizeof *delay->seen);
    memset(delay->deepest + clear, 0, cleared);
    delay->bins[0] += below;
    delay->bins[JITTER_DELAY_BINS - 1] += above;
    int32_t used = (int32_t)delay->bins_used - by;
    delay->bins_used = (uint16_t)(used < 1 ? 1 : used > n ? n : used);
    delay->origin_8k += (int64_t)by * JITTER_DELAY_BIN_8K;
}

static void count(struct jitter_delay *delay, int64_t at_8k, uint32_t weight) {
    int64_t offset = at_8k - delay->origin_8k;
    if (offset < 0) {
        int64_t by = -offset / JITTER_DELAY_BIN_8K + ROOM_BINS;
        shift_bins(delay, by > JITTER_DELAY_BINS ? -JITTER_DELAY_BINS : -(int32_t)by);
        offset = at_8k - delay->origin_8k;
        offset = offset < 0 ? 0 : offset;
    }
    int64_t limit = JITTER_DELAY_BINS * JITTER_DELAY_BIN_8K - 1;
    uint32_t place = (uint32_t)(offset > limit ? limit : offset);
    uint32_t bin = place / JITTER_DELAY_BIN_8K, within = place % JITTER_DELAY_BIN_8K;
    bool fresh = delay->bins[bin] == 0;
    delay->bins[bin] += weight;
    delay->total += weight;
    delay->seen[bin] = delay->packets;
    if (fresh || within > delay->deepest[bin])
        delay->deepest[bin] = (uint8_t)within;
    if (bin >= delay->bins_used)
        delay->bins_used = (uint16_t)(bin + 1);
}

/* Of the share of packets that is lost or late, in thousandths of a percent. */
static uint64_t loss_cost(uint64_t share) {
    return 95000 * share / (share + ROBUSTNESS);
}

static uint64_t delay_cost(const struct jitter_delay *delay, int64_t at_8k) {
    int64_t above = at_8k - delay->floor_8k, knee = above - KNEE_8K;
    if (above <= 0)
        return 0;
    return (uint64_t)(above * DELAY_COST + (knee > 0 ? knee * KNEE_COST : 0));
}

/* The least delay on the grid of `turn_8k` and `step_8k` that is enough for `at_8k`. */
static int64_t round_up(int64_t at_8k, int64_t turn_8k, int64_t step_8k) {
    int64_t above = turn_8k - at_8k;
    int64_t steps = above >= 0 ? above / step_8k : -((step_8k - 1 - above) / step_8k);
    return turn_8k - steps * step_8k;
}

struct tail {
    uint64_t weight;
    uint32_t absent; /* packets since the last of it came */
};

static uint64_t cost_of(const struct jitter_delay *delay, int64_t at_8k, const struct tail *late) {
    uint64_t lost = ((uint64_t)delay->loss_q16 * 100000) >> 16;
    uint64_t most = (uint64_t)ABSENT_RATIO * delay->total / (late->absent + 1);
    uint64_t counted = late->weight < most ? late->weight : most;
    return loss_cost(lost + counted * 100000 / delay->total) + delay_cost(delay, at_8k);
}

/* The cheapest delay on the grid. Bins that share a place on it are late together. */
static void evaluate(struct jitter_delay *delay, int64_t turn_8k) {
    struct tail late = {0, UINT16_MAX}, group = {0, UINT16_MAX};
    uint64_t best = UINT64_MAX;
    int64_t base = delay->base_8k, target = base, place = INT64_MAX;
    while (delay->bins_used > 1 && delay->bins[delay->bins_used - 1] == 0)
        delay->bins_used--;
    for (uint32_t i = delay->bins_used; i-- > 0;) {
        if (delay->bins[i] == 0)
            continue;
        int64_t at = delay->origin_8k + i * JITTER_DELAY_BIN_8K + delay->deepest[i];
        int64_t up = round_up(at + delay->extra_8k, turn_8k, delay->step_8k);
        if (up < place) {
            place = up;
            late.weight += group.weight;
            late.absent = group.absent < late.absent ? group.absent : late.absent;
            group = (struct tail){0, UINT16_MAX};
            uint64_t cost = cost_of(delay, place, &late);
            if (cost <= best) {
                best = cost;
                target = place;
            }
        }
        group.weight += delay->bins[i];
        uint32_t ago = (uint16_t)(delay->packets - delay->seen[i]);
        group.absent = ago < group.absent ? ago : group.absent;
        if (at < base)
            break;
    }
    int64_t most = base + delay->most_8k;
    delay->target_8k = target < base ? base : target > most ? most : target;
}

static void rescale(struct jitter_delay *delay) {
    delay->total = 0;
    for (uint32_t i = 0; i < delay->bins_used; i++) {
        delay->bins[i] >>= RESCALE_SHIFT;
        delay->total += delay->bins[i];
    }
    delay->weight >>= RESCALE_SHIFT;
}

void jitter_delay_rebase(struct jitter_delay *delay, int64_t raw_8k) {
    delay->window_min_8k = delay->previous_min_8k = raw_8k;
    delay->window_packets = 0;
}

/* The whole path has become longer or shorter, so what it does besides moves along. */
static void follow(struct jitter_delay *delay, int64_t minimum_8k) {
    int64_t by_8k = minimum_8k - delay->anchor_8k;
    by_8k -= by_8k % JITTER_DELAY_BIN_8K;
    delay->origin_8k += by_8k;
    delay->anchor_8k += by_8k;
}

static void note_minimum(struct jitter_delay *delay, int64_t raw_8k) {
    if (raw_8k < delay->floor_8k)
        delay->floor_8k = raw_8k;
    else if (delay->packets % DRIFT_PACKETS == 0)
        delay->floor_8k++;
    if (raw_8k < delay->window_min_8k)
        delay->window_min_8k = raw_8k;
    if (++delay->window_packets >= WINDOW_PACKETS) {
        follow(delay, delay->window_min_8k);
        delay->previous_min_8k = delay->window_min_8k;
        delay->window_min_8k = raw_8k;
        delay->window_packets = 0;
    }
    if (raw_8k < delay->brief_min_8k || delay->brief_packets == 0)
        delay->brief_min_8k = raw_8k;
    if (++delay->brief_packets >= BRIEF_PACKETS) {
        int64_t step_8k = delay->brief_min_8k - delay->settled_8k;
        if (step_8k > STEP_8K || step_8k < -STEP_8K) {
            follow(delay, delay->brief_min_8k);
            jitter_delay_rebase(delay, delay->brief_min_8k);
        }
        delay->settled_8k = delay->brief_min_8k;
        delay->brief_packets = 0;
    }
    bool older = delay->previous_min_8k < delay->window_min_8k;
    delay->base_8k = older ? delay->previous_min_8k : delay->window_min_8k;
    int64_t room = (delay->base_8k - delay->origin_8k) / JITTER_DELAY_BIN_8K;
    if (room > 2 * ROOM_BINS)
        shift_bins(delay, room > JITTER_DELAY_BINS ? JITTER_DELAY_BINS : (int32_t)room - ROOM_BINS);
}

void jitter_delay_note(struct jitter_delay *delay, int64_t raw_8k, int64_t turn_8k) {
    if (!delay->started) {
        delay->started = true;
        delay->origin_8k = raw_8k - ROOM_BINS * JITTER_DELAY_BIN_8K;
        delay->window_min_8k = delay->previous_min_8k = delay->base_8k = raw_8k;
        delay->floor_8k = delay->settled_8k = delay->anchor_8k = raw_8k;
        delay->window_packets = 0;
        count(delay, raw_8k + delay->start_8k, delay->weight);
        delay->target_8k = turn_8k + delay->start_8k;
    }
    delay->packets++;
    delay->weight += delay->weight >> FORGET_SHIFT;
    if (delay->weight > WEIGHT_MAX)
        rescale(delay);
    note_minimum(delay, raw_8k);
    count(delay, raw_8k, delay->weight);
    if (turn_8k > delay->target_8k || delay->packets % EVALUATE_PACKETS == 0)
        evaluate(delay, turn_8k);
}

void jitter_delay_note_loss(struct jitter_delay *delay, int32_t missing) {
    missing = missing > 16 ? 16 : missing;
    int32_t change = missing * 65536 - (missing < 0 ? 0 : (int32_t)delay->loss_q16);
    int32_t loss = (int32_t)delay->loss_q16 + change / (1 << LOSS_SHIFT);
    delay->loss_q16 = loss < 0 ? 0 : loss > 65535 ? 65535 : (uint32_t)loss;
}
