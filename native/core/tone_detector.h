#ifndef DIALPLANE_TONE_DETECTOR_H
#define DIALPLANE_TONE_DETECTOR_H
/*
 * Finds the tones of call progress and of fax by what sounds and by its cadence: dial tone,
 * ringback and busy (E.180: 425 Hz, and the pairs of North America), special information tones
 * (E.180), CNG and CED (T.30). Blocks of 40 ms; the rows are in tone_rows.h. Tells of a tone when
 * it is sure, with where it began, and when it stops. Knows nothing of digits and beeps. 8 kHz.
 */
#include "detection.h"
#include <stdbool.h>

enum { TONE_BLOCK_SAMPLES = 320, TONE_ROWS = 11 };

/* How far a row's cadence has come. Counts in [blocks]. */
struct tone_progress {
    uint32_t on, off, bursts;
    uint32_t began; /* where the first of these bursts did */
    bool active;
};

/* How far the three tones of SIT have come. */
struct tone_steps {
    uint32_t step, on, off, began;
};

struct tone_detector {
    int16_t block[TONE_BLOCK_SAMPLES];
    uint32_t filled;
    uint32_t blocks; /* so far */
    uint32_t sound;  /* of the latest block */
    struct tone_steps steps;
    struct tone_progress rows[TONE_ROWS];
    uint32_t rows_left; /* that were not yet asked about the latest block */
};

void tone_detector_init(struct tone_detector *detector);
struct detection tone_detector_feed(
    struct tone_detector *detector, const int16_t *frame, uint32_t count, uint32_t *used);

#endif
