#ifndef DIALPLANE_OPUS_CODEC_H
#define DIALPLANE_OPUS_CODEC_H
/*
 * Opus by libopus (RFC 6716, 7587), for speech: mono out, mono or stereo in. Packets of 10, 20, 40
 * and 60 ms; no other length is encoded. States lie in memory of the caller, at addresses divisible
 * by 8, and cannot be copied to another process. Without a bitrate it takes 16 kbit/s at 8 kHz, 24
 * at 16 kHz and 32 at 48 kHz. With `fec` it expects a little loss until it is told; told of less
 * than 5 percent it leaves the correction out. Not bit-exact across builds: it computes in floating
 * point. Needs up to 100 kB of stack.
 */
#include "codec.h"

extern const struct codec codec_opus;

/* Whether the states fit the bytes that the table promises; a test asks. */
bool opus_codec_fits(void);

#endif
