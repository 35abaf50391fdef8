#ifndef DIALPLANE_DETECTION_H
#define DIALPLANE_DETECTION_H
/*
 * What detectors of voice, tones and beeps say, all in the same words. Each takes samples of 8 kHz
 * until something changes, tells how many it used, and is called again with the rest. Positions
 * [samples] since the detector began: they say when it was, which is before it was noticed.
 */
#include <stdint.h>

enum detection_kind {
    DETECTION_VOICE,
    DETECTION_BEEP,
    DETECTION_DIAL_TONE,
    DETECTION_RINGBACK,
    DETECTION_BUSY,
    DETECTION_SIT,     /* special information tone */
    DETECTION_FAX_CNG, /* of a calling fax */
    DETECTION_FAX_CED, /* of an answering fax or modem */
    DETECTION_KINDS,
};

enum detection_change { DETECTION_NONE, DETECTION_BEGUN, DETECTION_ENDED };

struct detection {
    enum detection_change change;
    enum detection_kind kind;
    uint64_t position;
};

#endif
