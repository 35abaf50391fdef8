#ifndef DIALPLANE_VOICE_DETECTOR_H
#define DIALPLANE_VOICE_DETECTOR_H
/*
 * Tells when somebody speaks: blocks of 10 ms that are 9 dB above the noise and louder than -50
 * dBFS, three of them to begin; 300 ms without end it. The noise is what the level falls to:
 * followed down at once, and up by 3 dB a second. Does not tell speech from music. 8 kHz.
 */
#include "detection.h"
#include <stdbool.h>

enum { VOICE_BLOCK_SAMPLES = 80 };

struct voice_detector {
    int16_t block[VOICE_BLOCK_SAMPLES];
    uint32_t filled;
    uint32_t blocks; /* so far */
    int32_t noise;   /* [dBFS * 16] */
    uint32_t loud, quiet;
    uint32_t last_loud; /* a block */
    bool active;
};

void voice_detector_init(struct voice_detector *detector);
struct detection voice_detector_feed(
    struct voice_detector *detector, const int16_t *frame, uint32_t count, uint32_t *used);

#endif
