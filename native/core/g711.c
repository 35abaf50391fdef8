#include "g711.h"
#include <string.h>

/*
 * Exponent and mantissa of a code are those of a float: its four highest mantissa bits and the
 * lowest bits of its exponent stand side by side, 19 bits up. All values are whole numbers below
 * 2^24, so nothing is rounded, and the loops below run in vectors.
 */
enum {
    CODE_SHIFT = 19,
    HALF_STEP = 1 << (CODE_SHIFT - 1), /* the middle of a quantisation interval */
    EXPONENT_BIAS = 127,
    ULAW_FIRST = (EXPONENT_BIAS + 5) << 4, /* code 0 stands for 2^5 = 32 */
    ALAW_FIRST = (EXPONENT_BIAS + 3) << 4,
    DECODED_FIRST = (EXPONENT_BIAS + 7) << 23,
    ULAW_OFFSET = 132,
    ULAW_MAX = 0x1FFF,
    ALAW_LINEAR = 16, /* below, A-law is linear */
};

static inline uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float bits_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint8_t g711_ulaw_encode(int16_t sample) {
    int32_t sign = sample >> 15;
    int32_t magnitude = ((sample ^ sign) >> 2) + 33;
    magnitude = magnitude > ULAW_MAX ? ULAW_MAX : magnitude;
    uint32_t code = (float_bits((float)magnitude) >> CODE_SHIFT) - ULAW_FIRST;
    return (uint8_t)((0x7F - code) | (~(uint32_t)sign & 0x80));
}

uint8_t g711_alaw_encode(int16_t sample) {
    int32_t sign = sample >> 15;
    int32_t magnitude = (sample ^ sign) >> 4;
    uint32_t code = (float_bits((float)magnitude) >> CODE_SHIFT) - ALAW_FIRST;
    code = magnitude < ALAW_LINEAR ? (uint32_t)magnitude : code;
    return (uint8_t)((code | (~(uint32_t)sign & 0x80)) ^ 0x55);
}

int16_t g711_ulaw_decode(uint8_t code) {
    uint32_t inverted = (uint32_t)code ^ 0xFF;
    uint32_t bits = ((inverted & 0x7F) << CODE_SHIFT) + DECODED_FIRST + HALF_STEP;
    int32_t value = (int32_t)bits_float(bits) - ULAW_OFFSET;
    return (int16_t)(inverted & 0x80 ? -value : value);
}

int16_t g711_alaw_decode(uint8_t code) {
    uint32_t plain = (code ^ 0x55u) & 0x7F;
    uint32_t bits = (plain << CODE_SHIFT) + DECODED_FIRST + HALF_STEP;
    int32_t value = (int32_t)bits_float(bits);
    value = plain < ALAW_LINEAR ? (int32_t)plain * 16 + 8 : value;
    return (int16_t)(code & 0x80 ? value : -value);
}

void g711_encode(
    enum codec_id codec, uint8_t *restrict dst, const int16_t *restrict src, uint32_t count) {
    if (codec == CODEC_PCMA) {
        for (uint32_t i = 0; i < count; i++)
            dst[i] = g711_alaw_encode(src[i]);
    } else {
        for (uint32_t i = 0; i < count; i++)
            dst[i] = g711_ulaw_encode(src[i]);
    }
}

void g711_decode(
    enum codec_id codec, int16_t *restrict dst, const uint8_t *restrict src, uint32_t count) {
    if (codec == CODEC_PCMA) {
        for (uint32_t i = 0; i < count; i++)
            dst[i] = g711_alaw_decode(src[i]);
    } else {
        for (uint32_t i = 0; i < count; i++)
            dst[i] = g711_ulaw_decode(src[i]);
    }
}

static uint32_t
encode(enum codec_id codec, uint8_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    if (count > room)
        return 0;
    g711_encode(codec, dst, src, count);
    return count;
}

static uint32_t
decode(enum codec_id codec, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    if (bytes > room)
        return 0;
    g711_decode(codec, dst, payload, bytes);
    return bytes;
}

static uint32_t payload_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    (void)payload;
    (void)rate_hz;
    return bytes;
}

static uint32_t
encode_pcmu(void *encoder, uint8_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    (void)encoder;
    return encode(CODEC_PCMU, dst, room, src, count);
}

static uint32_t
encode_pcma(void *encoder, uint8_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    (void)encoder;
    return encode(CODEC_PCMA, dst, room, src, count);
}

static uint32_t
decode_pcmu(void *decoder, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    (void)decoder;
    return decode(CODEC_PCMU, dst, room, payload, bytes);
}

static uint32_t
decode_pcma(void *decoder, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    (void)decoder;
    return decode(CODEC_PCMA, dst, room, payload, bytes);
}

const struct codec codec_pcmu = {
    .name = "PCMU",
    .byte_per_sample = true,
    .silence = 0xFF,
    .clock_hz = 8000,
    .rates_hz = {8000},
    .encode = encode_pcmu,
    .payload_samples = payload_samples,
    .decode = decode_pcmu,
};

const struct codec codec_pcma = {
    .name = "PCMA",
    .byte_per_sample = true,
    .silence = 0xD5,
    .clock_hz = 8000,
    .rates_hz = {8000},
    .encode = encode_pcma,
    .payload_samples = payload_samples,
    .decode = decode_pcma,
};
