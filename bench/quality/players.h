#ifndef QUALITY_PLAYERS_H
#define QUALITY_PLAYERS_H
/*
 * Jitter buffers played through a trace, and what came out of them. Delays [ms] are from sending to
 * playing, above the path's minimum. Time is counted in [samples] of 8 kHz.
 */
#include "traces.h"

struct outcome {
    double delay_ms;  /* mean of what was received and played */
    double concealed; /* share of the time played, and content left out */
    double stretched; /* share of the time */
    double mos;
};

enum { SPEECH_SAMPLES_MAX = 8000 * 400 };

/* Speech to send: recorded, or where there is none something like it. Returns the samples. */
uint32_t speech_load(int16_t *dst, uint32_t room, const char *folder);

struct outcome play_dialplane(const struct trace *trace, double phase_ms);
/* False: the library is not there. */
bool play_speex(struct outcome *outcome, const struct trace *trace, double phase_ms);
/* The best constant delay, known afterwards. */
struct outcome play_oracle(const struct trace *trace);

double mos_of(double delay_ms, double lost_share);

#endif
