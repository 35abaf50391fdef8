#ifndef DIALPLANE_DTMF_DETECTOR_H
#define DIALPLANE_DTMF_DETECTOR_H
/*
 * Finds DTMF digits in audio (Q.23, Q.24). Windows of 102 samples every 51 are projected on the
 * eight frequencies; a window counts when one row and one column dominate, the twist is within
 * +4/-8 dB, the pair carries most of the energy, and the phase advanced since the last window as it
 * does within about 2.5 % of the nominal frequency. Four windows in a row (32 ms) begin a digit,
 * four without end it. Knows nothing of telephone-event. 8 kHz, counts in [samples].
 */
#include <stdbool.h>
#include <stdint.h>

enum { DTMF_WINDOW_SAMPLES = 102, DTMF_HOP_SAMPLES = 51 };

struct dtmf_detector {
    int16_t window[104]; /* two zeros at the end */
    uint32_t filled;
    int32_t previous[16]; /* projections of the window before */
    int8_t candidate;     /* row * 4 + column, or -1 */
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
