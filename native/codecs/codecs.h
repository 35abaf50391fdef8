#ifndef DIALPLANE_CODECS_H
#define DIALPLANE_CODECS_H
/* Every codec of this build, by enum codec_id; NULL where there is none. */
#include "codec.h"

extern const struct codec *const codecs[CODECS];

/* The programs of the core (conformance.h), and those of Opus, whose bytes differ between builds:
 * `opus_encode` gives packets, `opus_decode` the samples of the packets that `dst` held before. For
 * tests only; not reentrant. */
void codecs_conformance(const char *program, uint8_t *dst, uint32_t *bytes, uint32_t room);

#endif
