#ifndef DIALPLANE_DETECTORS_H
#define DIALPLANE_DETECTORS_H
/*
 * The detectors that one endpoint was asked for, from a pool of the plane: an endpoint without any
 * has no more than a pointer. Digits are not among them. Internal to the plane. 8 kHz.
 */
#include "beep_detector.h"
#include "machine_detector.h"
#include "tone_detector.h"
#include "voice_detector.h"

enum {
    DETECT_VOICE = 1,
    DETECT_TONES = 2,
    DETECT_BEEP = 4,
    DETECT_ALL = 7,
    DETECT_MACHINE = 8, /* asked for by a command of its own */
};

struct plane;

struct detectors {
    struct detectors *next; /* in the pool */
    uint32_t wanted;        /* bits */
    uint32_t endpoint_id;
    uint64_t heard;                       /* [samples] since they were taken */
    uint64_t voice_at, tones_at, beep_at; /* of which so many before each began */
    struct voice_detector voice;
    struct tone_detector tones;
    struct beep_detector beep;
    struct machine_detector machine;
};

void detectors_init(struct detectors *detectors, uint32_t endpoint_id);
/* Those that were wanted before go on, and one of machines does in any case. */
void detectors_want(struct detectors *detectors, uint32_t wanted);
/* Begins anew; NULL: no longer. */
void detectors_want_machine(struct detectors *detectors, const struct machine_settings *settings);
/* `end_ms` is the media time at the end of the frame. */
void detectors_feed(
    struct plane *plane, struct detectors *detectors, const int16_t *frame, uint32_t count,
    uint32_t end_ms);

#endif
