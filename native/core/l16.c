#include "l16.h"
#include "bytes.h"

static uint32_t
encode(void *state, uint8_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    (void)state;
    if (count > room / 2 || count > CODEC_PAYLOAD_BYTES_MAX / 2)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        write_be16(dst + 2 * i, (uint16_t)src[i]);
    return count * 2;
}

static uint32_t payload_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    (void)payload;
    (void)rate_hz;
    return bytes % 2 ? 0 : bytes / 2;
}

static uint32_t
decode(void *state, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    (void)state;
    if (bytes % 2 || bytes / 2 > room)
        return 0;
    for (uint32_t i = 0; i < bytes / 2; i++)
        dst[i] = (int16_t)read_be16(payload + 2 * i);
    return bytes / 2;
}

const struct codec codec_l16 = {
    .name = "L16",
    .rates_hz = {8000, 16000, 48000},
    .encode = encode,
    .payload_samples = payload_samples,
    .decode = decode,
};
