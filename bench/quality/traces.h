#ifndef QUALITY_TRACES_H
#define QUALITY_TRACES_H
/*
 * Sixteen synthetic paths: when each packet of 20 ms is sent and when it arrives. Seeded. Times
 * [ms] on the receiver's clock.
 */
#include <stdbool.h>
#include <stdint.h>

enum { TRACE_PACKETS = 15000, TRACES = 16, TRACE_PTIME_MS = 20 };

struct trace {
    double sent_ms[TRACE_PACKETS];
    double arrival_ms[TRACE_PACKETS]; /* negative: lost */
    double transit_min_ms;
    uint32_t lost;
};

const char *trace_name(int number);
void trace_make(struct trace *trace, int number, uint32_t seed);

#endif
