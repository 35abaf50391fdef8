#ifndef DIALPLANE_BEEP_DETECTOR_H
#define DIALPLANE_BEEP_DETECTOR_H
/*
 * Finds a beep, as after the greeting of an answering machine: one steady sine of 400 to 2000 Hz,
 * 100 ms to 2 s long, at -40 dBFS or more, with at least 10 dB less before and after. Both its ends
 * are told, to 20 ms, when it is over: before that it may be a longer tone. A note of music may
 * pass for one. 8 kHz.
 */
#include "detection.h"
#include <stdbool.h>

enum { BEEP_BLOCK_SAMPLES = 160 };

struct beep_detector {
    int16_t block[BEEP_BLOCK_SAMPLES];
    uint32_t filled;
    uint32_t blocks; /* so far */
    uint32_t steady; /* blocks of the tone that is on */
    uint32_t hz;
    int32_t level;      /* [dBFS * 16] */
    int32_t earlier[2]; /* levels of the two latest blocks */
    int32_t before;     /* level ahead of the tone */
    uint32_t missing;   /* blocks without it since, at most one */
    bool ends;          /* the end of a beep is still to be told */
    uint32_t end;       /* the block after it */
};

void beep_detector_init(struct beep_detector *detector);
struct detection beep_detector_feed(
    struct beep_detector *detector, const int16_t *frame, uint32_t count, uint32_t *used);

#endif
