#include "g711.h"
#include "kernels.h"

void g711_encode(
    enum codec_id codec, uint8_t *restrict dst, const int16_t *restrict src, uint32_t count) {
    if (codec == CODEC_PCMA)
        kernels->encode_alaw(dst, src, count);
    else
        kernels->encode_ulaw(dst, src, count);
}

void g711_decode(
    enum codec_id codec, int16_t *restrict dst, const uint8_t *restrict src, uint32_t count) {
    if (codec == CODEC_PCMA)
        kernels->decode_alaw(dst, src, count);
    else
        kernels->decode_ulaw(dst, src, count);
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
