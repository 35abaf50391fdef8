#ifndef DIALPLANE_PLC_H
#define DIALPLANE_PLC_H
/*
 * Packet loss concealment: repeats the last pitch period and fades to silence within 60 ms; blends
 * back when audio returns. Does not decide when to conceal. 8 kHz, counts in [samples].
 */
#include <stdint.h>

enum { PLC_HISTORY_SAMPLES = 320, PLC_BLEND_SAMPLES = 40 };

struct plc {
    int16_t history[PLC_HISTORY_SAMPLES];
    uint32_t pitch_samples;
    uint32_t position;          /* within the repeated period */
    uint32_t concealed_samples; /* since audio ended; 0: not concealing */
};

void plc_init(struct plc *plc);
/* Takes note of received audio, and blends its beginning when it follows concealment. */
void plc_received(struct plc *plc, int16_t *frame, uint32_t count);
/* Writes `count` samples in place of audio that is missing. */
void plc_conceal(struct plc *plc, int16_t *dst, uint32_t count);

#endif
