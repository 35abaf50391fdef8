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
#include <string.h>

/*
 * Exponent and mantissa of a code are those of a float: its four highest mantissa bits and the
 * lowest bits of its exponent stand side by side, 19 bits up. All values are whole numbers below
 * 2^24, so nothing is rounded, and the loops below run in vectors.
 */
enum {
    G711_CODE_SHIFT = 19,
    G711_HALF_STEP = 1 << (G711_CODE_SHIFT - 1), /* the middle of a quantisation interval */
    G711_EXPONENT_BIAS = 127,
    G711_ULAW_FIRST = (G711_EXPONENT_BIAS + 5) << 4, /* code 0 stands for 2^5 = 32 */
    G711_ALAW_FIRST = (G711_EXPONENT_BIAS + 3) << 4,
    G711_DECODED_FIRST = (G711_EXPONENT_BIAS + 7) << 23,
    G711_ULAW_OFFSET = 132,
    G711_ULAW_MAX = 0x1FFF,
    G711_ALAW_LINEAR = 16, /* below, A-law is linear */
};

static inline uint32_t g711_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float g711_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint8_t g711_ulaw_encode(int16_t sample) {
    int32_t sign = sample >> 15;
    int32_t magnitude = ((sample ^ sign) >> 2) + 33;
    magnitude = magnitude > G711_ULAW_MAX ? G711_ULAW_MAX : magnitude;
    uint32_t code = (g711_bits((float)magnitude) >> G711_CODE_SHIFT) - G711_ULAW_FIRST;
    return (uint8_t)((0x7F - code) | (~(uint32_t)sign & 0x80));
}

static inline uint8_t g711_alaw_encode(int16_t sample) {
    int32_t sign = sample >> 15;
    int32_t magnitude = (sample ^ sign) >> 4;
    /* The two lowest intervals have the same step: what is in the first is counted off. */
    int32_t inside = magnitude > G711_ALAW_LINEAR ? magnitude : G711_ALAW_LINEAR;
    uint32_t code = (g711_bits((float)inside) >> G711_CODE_SHIFT) - G711_ALAW_FIRST;
    code -= (uint32_t)(inside - magnitude);
    return (uint8_t)((code | (~(uint32_t)sign & 0x80)) ^ 0x55);
}

static inline int16_t g711_ulaw_decode(uint8_t code) {
    uint32_t inverted = (uint32_t)code ^ 0xFF;
    uint32_t bits = ((inverted & 0x7F) << G711_CODE_SHIFT) + G711_DECODED_FIRST + G711_HALF_STEP;
    int32_t value = (int32_t)g711_float(bits) - G711_ULAW_OFFSET;
    return (int16_t)(inverted & 0x80 ? -value : value);
}

static inline int16_t g711_alaw_decode(uint8_t code) {
    uint32_t plain = (code ^ 0x55u) & 0x7F;
    uint32_t bits = (plain << G711_CODE_SHIFT) + G711_DECODED_FIRST + G711_HALF_STEP;
    int32_t value = (int32_t)g711_float(bits);
    value = plain < G711_ALAW_LINEAR ? (int32_t)plain * 16 + 8 : value;
    return (int16_t)(code & 0x80 ? value : -value);
}

/* Whole frames; `count` [samples]. */
void g711_encode(
    enum codec_id codec, uint8_t *restrict dst, const int16_t *restrict src, uint32_t count);
void g711_decode(
    enum codec_id codec, int16_t *restrict dst, const uint8_t *restrict src, uint32_t count);

extern const struct codec codec_pcmu, codec_pcma;

#endif
