#ifndef DIALPLANE_PLC_H
#define DIALPLANE_PLC_H
/*
 * Packet loss concealment by the method of ITU-T G.711 Appendix I, at 8, 16 and 48 kHz: repeats the
 * last pitch period, after 10 ms the last two, after 20 ms three; full level for 10 ms, then 20 %
 * less per 10 ms; overlaps at the beginning, at each change, and with the audio that returns. Adds
 * no delay and keeps no history: the caller holds what was played. Does not decide when to conceal.
 * Counts in [samples] of the rate.
 */
#include <stdint.h>

enum {
    PLC_HISTORY_MS = 49,
    PLC_SAMPLES_PER_MS_MAX = 48,
};

struct plc {
    uint32_t per_ms;            /* samples */
    uint32_t concealed_samples; /* since audio ended; 0: not concealing */
    uint32_t pitch_samples;
    uint32_t periods; /* that are repeated */
    uint32_t position;
    int32_t step; /* from the first repeated sample to where it would continue what was played */
};

/* Apart, so that who never loses anything never touches it; needs no beginning. */
struct plc_wave {
    int16_t tail[4 * PLC_SAMPLES_PER_MS_MAX]; /* the last quarter period, as it was */
    int16_t played[PLC_HISTORY_MS * PLC_SAMPLES_PER_MS_MAX]; /* the end of what was played */
};

void plc_init(struct plc *plc, uint32_t rate_hz);
/* Writes `count` samples in place of missing ones. The PLC_HISTORY_MS before `end` are what was
 * played last; they are read when concealment begins, and `dst` may be `end`. */
void plc_conceal(
    struct plc *plc, struct plc_wave *wave, const int16_t *end, int16_t *dst, uint32_t count);
/* Audio is back: blends its beginning with the concealment. */
void plc_resume(struct plc *plc, struct plc_wave *wave, int16_t *frame, uint32_t count);

#endif
