#include "g711.h"

/* Position of the highest set bit of 1..65535. */
static inline uint32_t log2_floor(uint32_t value) {
    return 31u - (uint32_t)__builtin_clz(value);
}

uint8_t g711_ulaw_encode(int16_t sample) {
    uint32_t sign = (uint32_t)(sample >> 15) & 0xFFFFu;
    uint32_t magnitude = ((((uint32_t)sample & 0xFFFFu) ^ sign) >> 2) + 33u;
    magnitude = magnitude > 0x1FFFu ? 0x1FFFu : magnitude;
    uint32_t segment = log2_floor(magnitude) - 4u; /* 1..8 */
    uint32_t low = 0xFu - ((magnitude >> segment) & 0xFu);
    return (uint8_t)(((8u - segment) << 4) | low | (sign ? 0u : 0x80u));
}

uint8_t g711_alaw_encode(int16_t sample) {
    uint32_t sign = (uint32_t)(sample >> 15) & 0xFFFFu;
    uint32_t magnitude = (((uint32_t)sample & 0xFFFFu) ^ sign) >> 4;
    if (magnitude > 15u) {
        uint32_t exponent = log2_floor(magnitude) - 3u;
        magnitude = (magnitude >> (exponent - 1u)) - 16u + (exponent << 4);
    }
    return (uint8_t)((magnitude | (sign ? 0u : 0x80u)) ^ 0x55u);
}

int16_t g711_ulaw_decode(uint8_t code) {
    int32_t inverted = ~code;
    int32_t exponent = (inverted >> 4) & 7;
    int32_t step = 4 << (exponent + 1);
    int32_t value = (0x80 << exponent) + step * (inverted & 0xF) + step / 2 - 4 * 33;
    return (int16_t)(code < 0x80 ? -value : value);
}

int16_t g711_alaw_decode(uint8_t code) {
    int32_t plain = (code ^ 0x55) & 0x7F;
    int32_t exponent = plain >> 4;
    int32_t value = plain & 0xF;
    value = ((exponent > 0 ? value + 16 : value) << 4) + 8;
    value = exponent > 1 ? value << (exponent - 1) : value;
    return (int16_t)(code > 127 ? value : -value);
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
