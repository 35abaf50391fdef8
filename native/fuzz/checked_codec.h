#ifndef DIALPLANE_FUZZ_CHECKED_CODEC_H
#define DIALPLANE_FUZZ_CHECKED_CODEC_H
/*
 * A row that stands in for Opus where the plane is fuzzed, not the codec: as Opus has it, states, a
 * clock of 48 kHz at any rate, silence of one byte, and concealment, but at little cost. It checks
 * how it is called: only with a state of its own that was begun, as its kind, and with frames that
 * a packet can hold. A payload: one byte of duration [10 ms], then one sample per byte, repeated.
 */
#include "codec.h"

extern const struct codec codec_checked;

/* All codecs of the build, with the checked one in the place of Opus. */
extern const struct codec *const checked_codecs[CODECS];

#endif
