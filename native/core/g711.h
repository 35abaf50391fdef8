#ifndef DIALPLANE_G711_H
#define DIALPLANE_G711_H
/*
 * G.711 mu-law and A-law. The reference is ulaw_compress/expand and alaw_compress/expand of the
 * ITU-T Software Tool Library (G.191): negative samples go through their ones' complement, so 127
 * of the 65536 mu-law codes differ from tables that negate. Stateless. One sample [16-bit linear]
 * per byte.
 */
#include "codec.h"
#include <stdint.h>

uint8_t g711_ulaw_encode(int16_t sample);
uint8_t g711_alaw_encode(int16_t sample);
int16_t g711_ulaw_decode(uint8_t code);
int16_t g711_alaw_decode(uint8_t code);

/* Whole frames; `count` [samples]. */
void g711_encode(
    enum codec_id codec, uint8_t *restrict dst, const int16_t *restrict src, uint32_t count);
void g711_decode(
    enum codec_id codec, int16_t *restrict dst, const uint8_t *restrict src, uint32_t count);

extern const struct codec codec_pcmu, codec_pcma;

#endif
