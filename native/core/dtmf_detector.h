#ifndef DIALPLANE_DTMF_DETECTOR_H
#define DIALPLANE_DTMF_DETECTOR_H
/*
 * Finds DTMF digits in audio (Q.23, Q.24). Windows of 102 samples every 51 are projected on the
 * eight frequencies, half by half; a window counts when one row and one column dominate, the twist
 * is within +4/-8 dB, the pair carries most of the energy, and the phase advanced since the last
 * window as it does within about 2.5 % of the nominal frequency. Four windows in a row (32 ms)
 * begin a digit, four without end it. Knows nothing of telephone-event. 8 kHz, counts in [samples].
 */
#include "simd.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    DTMF_HALF_SAMPLES = 51,
    DTMF_WINDOW_SAMPLES = 2 * DTMF_HALF_SAMPLES,
    DTMF_GROUPS_FOLDED = 4, /* of eight samples beside the middle of a half, and their mirrors */
    DTMF_PAIRS = 13,        /* of those, without what is in two groups */
};

enum { DTMF_ROWS, DTMF_COLUMNS, DTMF_GROUPS };

/* What a stretch of audio has of each frequency: real and imaginary part, one by one. */
struct dtmf_spectrum {
    int16_t parts[DTMF_GROUPS][8];
};

struct dtmf_half {
    int16_t folded[DTMF_GROUPS_FOLDED][2][8]; /* its samples about the middle */
    uint32_t energy; /* 0: too little to look at, and nothing else is known */
    struct sums4 column_powers;
    bool has_rows; /* else only the columns of its spectrum are known */
    struct dtmf_spectrum spectrum;
};

struct dtmf_detector {
    int16_t samples[DTMF_HALF_SAMPLES]; /* of the half that is being filled */
    uint32_t filled;
    struct dtmf_half halves[2]; /* the latest and the one before */
    uint32_t latest;
    struct dtmf_spectrum window; /* the window before, if it was looked at */
    int8_t candidate;            /* row * 4 + column, or -1 */
    uint8_t hits;
    int8_t active; /* the digit that is on, or -1 */
    uint8_t misses;
    /* Set by the owner while what it feeds is concealment: that may go on a digit, not end it. */
    bool concealed;
    uint64_t position;     /* samples seen */
    uint64_t active_since; /* where the active digit began */
};

enum dtmf_change { DTMF_NONE, DTMF_STARTED, DTMF_ENDED };

struct dtmf_outcome {
    enum dtmf_change change;
    char digit;
    uint32_t duration; /* of an ended digit */
};

void dtmf_detector_init(struct dtmf_detector *detector);
/* Takes samples until something changes; `*used` of them were taken. Call again with the rest. */
struct dtmf_outcome dtmf_detector_feed(
    struct dtmf_detector *detector, const int16_t *frame, uint32_t count, uint32_t *used);

#endif
