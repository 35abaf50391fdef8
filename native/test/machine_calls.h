#ifndef DIALPLANE_MACHINE_CALLS_H
#define DIALPLANE_MACHINE_CALLS_H
/*
 * Labelled calls for detectors of answering machines: what the called side says from the answer on.
 * A person says something short and waits; a machine greets at length, with pauses, and perhaps
 * beeps; a fax whistles; somebody says nothing. Speech is made of syllables (a glottal pulse
 * through three formants, bursts of consonants) or taken from phrases that are lent. All of it in
 * noise, through G.711, at levels as they come. Call `i` of a seed is always the same.
 */
#include <stdbool.h>
#include <stdint.h>

enum { CALL_SAMPLES_MAX = 8000 * 32, CALL_WAIT_MS = 7000 /* after the last sound */ };

enum call_label { CALL_HUMAN, CALL_MACHINE, CALL_MACHINE_BEEP, CALL_FAX, CALL_SILENT, CALL_LABELS };

struct call {
    enum call_label label;
    uint32_t speech_at, speech_end; /* [samples] */
    uint32_t beep_end;              /* [samples], 0: none */
    uint32_t beep_hz;
    int32_t speech_dbm0, noise_dbm0;
    uint32_t count;
    int16_t samples[CALL_SAMPLES_MAX];
};

/* A phrase that somebody or a machine says, 8 kHz. */
struct call_phrase {
    const int16_t *samples;
    uint32_t count;
};

/* Recorded or spoken phrases, instead of syllables; counts may be 0. */
struct call_phrases {
    const struct call_phrase *human, *machine;
    uint32_t human_count, machine_count;
};

void call_make(
    struct call *call, uint32_t seed, uint32_t index, const struct call_phrases *phrases);
const char *call_label_name(enum call_label label);

#endif
