#ifndef DIALPLANE_MACHINE_SCORE_H
#define DIALPLANE_MACHINE_SCORE_H
/* Plays labelled calls to the detector of machines and to the reference, and counts. */
#include "../core/machine_detector.h"
#include "machine_calls.h"

enum { SCORE_MS_MAX = 60000 };

struct label_score {
    uint32_t calls;
    uint32_t right;         /* mode Enable */
    uint32_t right_end;     /* mode DetectMessageEnd */
    uint32_t reference;     /* right by the rules of the reference */
    uint32_t late;          /* told more than 4 s after the answer */
    uint32_t late_speech;   /* and after the first sound */
    uint32_t beeps_in_time; /* told within 50 ms of their end */
    uint32_t ms_max;        /* of what was told right */
};

struct machine_score {
    struct label_score labels[CALL_LABELS];
};

/* `tell` (or NULL) hears of each call that is judged wrongly. */
void machine_score_add(
    struct machine_score *score, const struct call *call,
    void (*tell)(const struct call *call, enum answered_by enabled, enum answered_by at_end));

#endif
