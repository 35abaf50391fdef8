#ifndef DIALPLANE_MACHINE_DETECTOR_H
#define DIALPLANE_MACHINE_DETECTOR_H
/*
 * Tells who has answered a call: a person says little and waits, an answering machine talks on, a
 * fax whistles. Listens from the answer on until it knows, or gives up; then it is done. In noise
 * it goes by what changes: sound that stays within 5 dB for half a second is not speech. 8 kHz;
 * times [ms] since it began.
 */
#include "beep_detector.h"
#include "tone_detector.h"
#include <stdbool.h>

enum answered_by {
    ANSWERED_BY_NOBODY, /* not known yet */
    ANSWERED_BY_HUMAN,
    ANSWERED_BY_MACHINE,     /* its greeting goes on */
    ANSWERED_BY_END_BEEP,    /* its greeting has ended with a beep */
    ANSWERED_BY_END_SILENCE, /* in silence */
    ANSWERED_BY_END_OTHER,   /* it was not over in time */
    ANSWERED_BY_FAX,
    ANSWERED_BY_UNKNOWN,
};

struct machine_settings {
    uint32_t timeout_ms;    /* gives up then */
    uint32_t speech_ms;     /* speech that lasts as long is a machine's */
    uint32_t speech_end_ms; /* silence after which speech is over */
    uint32_t silence_ms;    /* gives up when there was no speech until then */
    bool message_end;       /* a machine is told of when its greeting is over */
};

enum { MACHINE_BLOCK_SAMPLES = 80, MACHINE_WINDOW = 25 };

struct machine_detector {
    struct machine_settings settings;
    struct beep_detector beep;
    struct tone_detector tones;
    int16_t frame[2 * MACHINE_BLOCK_SAMPLES];
    uint32_t filled;
    uint32_t blocks, frames;         /* so far, of 10 and of 20 ms */
    int32_t levels[MACHINE_WINDOW];  /* of the latest frames [dBFS * 16] */
    int32_t noise;                   /* [dBFS * 16] */
    uint32_t loud, voiced;           /* of the latest frames, the newest in bit 0 */
    bool speaking;                   /* somebody has begun to */
    uint32_t begun, last, confirmed; /* frames: the first of speech, the last, and of old ones */
    uint32_t quiet_blocks;           /* since a tone was heard */
    uint32_t beep_hz, beep_blocks;   /* of the tone that is on, or was on last */
    bool machine;                    /* it is known to be one */
    bool done;
};

void machine_detector_init(
    struct machine_detector *detector, const struct machine_settings *settings);
/* Takes all of `frame`. The outcome, once; then and before ANSWERED_BY_NOBODY. */
enum answered_by
machine_detector_feed(struct machine_detector *detector, const int16_t *frame, uint32_t count);
/* How long it has listened [ms]. */
static inline uint32_t machine_detector_ms(const struct machine_detector *detector) {
    return detector->blocks * (MACHINE_BLOCK_SAMPLES / 8);
}

#endif
