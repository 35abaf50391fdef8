/*
 * Plays sixteen paths through our jitter buffer, speexdsp's, and the best constant delay (known
 * afterwards), and rates what was heard by the E-model. jitter [seed]: two seeds are fixed, the
 * third is given. Prints Markdown; exits with 1 where ours falls below speexdsp or by more than
 * 0.02 below the constant delay.
 */
#include "players.h"
#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 3 };

/* ITU-T G.107 with the delay term of Cole and Rosenbluth; 40 ms for the ends, 20 for the path. */
double mos_of(double delay_ms, double lost_share) {
    double d = 40 + 20 + delay_ms, p = 100 * lost_share;
    double r = 93.2 - 0.024 * d - (d > 177.3 ? 0.11 * (d - 177.3) : 0) - 95 * p / (p + 25.1);
    r = r < 0 ? 0 : r;
    return 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
}

struct outcome play_oracle(const struct trace *trace) {
    struct outcome best = {.mos = -1};
    double first_ms = 1e9; /* the path's minimum on the receiver's clock, for a start */
    for (int i = 0; i < TRACE_PACKETS; i++) {
        double d = trace->arrival_ms[i] - TRACE_PTIME_MS * i;
        if (trace->arrival_ms[i] >= 0 && d < first_ms)
            first_ms = d;
    }
    for (int wait_ms = 0; wait_ms <= 600; wait_ms += 5) {
        double delay_sum = 0, late = trace->lost;
        int played = 0;
        for (int i = 0; i < TRACE_PACKETS; i++) {
            double at = TRACE_PTIME_MS * i + first_ms + wait_ms;
            if (trace->arrival_ms[i] < 0)
                continue;
            if (trace->arrival_ms[i] > at + 1e-6) {
                late++;
                continue;
            }
            delay_sum += at - trace->sent_ms[i] - trace->transit_min_ms;
            played++;
        }
        if (played == 0)
            continue;
        struct outcome outcome = {
            .delay_ms = delay_sum / played,
            .concealed = late / TRACE_PACKETS,
        };
        outcome.mos = mos_of(outcome.delay_ms, outcome.concealed);
        if (outcome.mos > best.mos)
            best = outcome;
    }
    return best;
}

static void print(const struct outcome *outcome) {
    printf(
        " %.0f ms %.2f+%.2f %% **%.2f** |", outcome->delay_ms, 100 * outcome->concealed,
        100 * outcome->stretched, outcome->mos);
}

int main(int count, char **arguments) {
    static struct trace trace;
    uint32_t seeds[SEEDS] = {1, 2, count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 16) : 3};
    double phase_ms = count > 2 ? atof(arguments[2]) : 0;
    int failures = 0, first = count > 3 ? atoi(arguments[3]) : 0;
    int last = count > 3 ? first : TRACES - 1;
    printf("| path | seed | constant, known afterwards | speexdsp | ours | "
           "|\n|---|---|---|---|---|---|\n");
    for (int number = first; number <= last; number++) {
        for (int k = 0; k < SEEDS; k++) {
            trace_make(&trace, number, seeds[k]);
            struct outcome oracle = play_oracle(&trace), speex = {.mos = 0};
            struct outcome ours = play_dialplane(&trace, phase_ms);
            bool has_speex = play_speex(&speex, &trace, phase_ms);
            printf("| %s | %x |", trace_name(number), seeds[k]);
            print(&oracle);
            if (has_speex)
                print(&speex);
            else
                printf(" not installed |");
            print(&ours);
            bool fails = ours.mos < speex.mos - 0.005 || ours.mos < oracle.mos - 0.02;
            printf(" %s |\n", fails ? "below" : "");
            failures += fails;
        }
    }
    return failures > 0;
}
