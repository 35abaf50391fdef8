#include "traces.h"
#include <math.h>
#include <string.h>

enum { PATH_MS = 20, LEVELS = 8 };

static uint64_t state;

static double uniform(void) { /* in (0, 1] */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)((state >> 11) + 1) / 9007199254740992.0;
}

static bool chance(double probability) {
    return uniform() <= probability;
}

/* Shape 2. */
static double gamma_ms(double mean_ms) {
    return -mean_ms / 2 * (log(uniform()) + log(uniform()));
}

const char *trace_name(int number) {
    static const char *names[TRACES] = {
        "ideal",
        "gamma 10 ms",
        "gamma 30 ms, 1 % loss",
        "spikes 150-250 ms, Gilbert 4.5 %",
        "Wi-Fi scan 100 ms a second",
        "step +80 ms",
        "drift, sender 200 ppm fast",
        "drift, sender 200 ppm slow",
        "G.1050 A",
        "G.1050 B",
        "G.1050 C",
        "G.1050 D",
        "G.1050 E",
        "G.1050 F",
        "G.1050 G",
        "G.1050 H",
    };
    return names[number];
}

/*
 * A path in the manner of ITU-T G.1050 / TIA-921: a core with jitter, loss, route changes and link
 * failures, and on either side an access link and a LAN, where each packet may have to wait for a
 * full one of others (an impulse, which decays) and which are lossy for a while now and then.
 */
struct level {
    double core_jitter_ms, core_loss;
    double flap_interval_s, flap_ms;
    double failure_interval_s, failure_ms;
    double reordered;
    double access_kbps, occupancy, lossy_loss;
};

static const struct level levels[LEVELS] = {
    {5, 0, 0, 0, 0, 0, 0, 10000, 0.01, 0},
    {10, 0.0001, 3600, 2, 3600, 64, 0.0000025, 5000, 0.02, 0.005},
    {24, 0.0002, 1800, 4, 1800, 128, 0.000005, 2000, 0.04, 0.01},
    {40, 0.0004, 900, 8, 900, 256, 0.00001, 1500, 0.08, 0.02},
    {70, 0.001, 480, 16, 480, 400, 0.0001, 768, 0.12, 0.04},
    {100, 0.002, 240, 32, 240, 800, 0.0005, 384, 0.16, 0.08},
    {150, 0.005, 120, 64, 120, 1600, 0.001, 256, 0.25, 0.12},
    {250, 0.01, 60, 128, 60, 3000, 0.005, 128, 0.35, 0.15},
};

struct link {
    double wait_ms;
    bool lossy;
};

/* Returns the wait, or a negative number: the packet is lost. */
static double cross(struct link *link, double kbps, double occupancy, double lossy_loss) {
    double full_ms = 1508 * 8 / kbps;
    link->lossy = link->lossy ? !chance(0.05) : chance(0.002);
    link->wait_ms *= 0.5;
    if (chance(occupancy))
        link->wait_ms += full_ms * uniform();
    if (link->lossy && chance(lossy_loss))
        return -1;
    return link->wait_ms;
}

static void make_g1050(struct trace *trace, const struct level *level) {
    struct link links[4] = {{0, false}, {0, false}, {0, false}, {0, false}};
    double core_ms = 0, route_ms = 0, down_until_ms = -1;
    bool flapped = false;
    for (int i = 0; i < TRACE_PACKETS; i++) {
        double at = trace->sent_ms[i], ms = PATH_MS;
        bool lost = chance(level->core_loss);
        core_ms += (uniform() * uniform() * level->core_jitter_ms - core_ms) * 0.4;
        if (level->flap_interval_s > 0 && chance(0.02 / level->flap_interval_s)) {
            flapped = !flapped;
            route_ms = flapped ? level->flap_ms : 0;
        }
        if (level->failure_interval_s > 0 && chance(0.02 / level->failure_interval_s))
            down_until_ms = at + level->failure_ms * uniform();
        lost = lost || at < down_until_ms;
        ms += core_ms + route_ms + (chance(level->reordered) ? 25 * uniform() : 0);
        for (int k = 0; k < 4; k++) {
            bool lan = k == 0 || k == 3;
            double wait = cross(
                &links[k], lan ? 20000 : level->access_kbps * (k == 1 ? 1 : 2), level->occupancy,
                lan ? 0 : level->lossy_loss);
            lost = lost || wait < 0;
            ms += wait;
        }
        trace->arrival_ms[i] = lost ? -1 : at + ms;
    }
}

/* A queue that stands still for a while and then empties at once. */
static double held_ms(double at, double *until_ms) {
    return at < *until_ms ? *until_ms - at : 0;
}

static void make_plain(struct trace *trace, int number) {
    double held_until_ms = -1, drift = number == 6 ? -200e-6 : number == 7 ? 200e-6 : 0;
    bool bad = false;
    for (int i = 0; i < TRACE_PACKETS; i++) {
        double at = TRACE_PTIME_MS * i * (1 + drift), ms = PATH_MS;
        bool lost = false;
        trace->sent_ms[i] = at;
        switch (number) {
        case 1:
            ms += gamma_ms(10);
            break;
        case 2:
            ms += gamma_ms(30);
            lost = chance(0.01);
            break;
        case 3:
            bad = bad ? !chance(0.3) : chance(0.0141);
            lost = bad;
            if (chance(0.004))
                held_until_ms = at + 150 + 100 * uniform();
            ms += gamma_ms(5) + held_ms(at, &held_until_ms);
            break;
        case 4:
            if (i % 50 == 25)
                held_until_ms = at + 100;
            ms += 2 * uniform() + held_ms(at, &held_until_ms);
            break;
        case 5:
            ms += gamma_ms(5) + (i >= TRACE_PACKETS / 2 ? 80 : 0);
            break;
        case 6:
        case 7:
            ms += gamma_ms(2);
            break;
        default:
            break;
        }
        trace->arrival_ms[i] = lost ? -1 : at + ms;
    }
}

void trace_make(struct trace *trace, int number, uint32_t seed) {
    memset(trace, 0, sizeof *trace);
    state = ((uint64_t)seed << 20) ^ (uint64_t)(number + 1) * 0x9E3779B97F4A7C15u;
    for (int i = 0; i < 20; i++)
        uniform();
    make_plain(trace, number < 8 ? number : 0);
    if (number >= 8)
        make_g1050(trace, &levels[number - 8]);
    trace->transit_min_ms = 1e9;
    for (int i = 0; i < TRACE_PACKETS; i++) {
        if (trace->arrival_ms[i] < 0) {
            trace->lost++;
            continue;
        }
        double transit_ms = trace->arrival_ms[i] - trace->sent_ms[i];
        if (transit_ms < trace->transit_min_ms)
            trace->transit_min_ms = transit_ms;
    }
}
