#ifndef DIALPLANE_TEST_JITTER_CODECS_H
#define DIALPLANE_TEST_JITTER_CODECS_H
/*
 * Codecs for the tests of the jitter buffer: G.711, and one whose packets say their number and
 * length and whose decoder notices when they are not decoded in order.
 */
#include "../core/bytes.h"
#include "../core/codec.h"
#include "../core/g711.h"

struct test_counter {
    uint32_t next, decoded, disordered, concealed, from_next;
};

static inline uint32_t test_ulaw_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    (void)payload;
    (void)rate_hz;
    return bytes;
}

static inline uint32_t test_ulaw_decode(
    void *decoder, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    (void)decoder;
    bytes = bytes < room ? bytes : room;
    g711_decode(CODEC_PCMU, dst, payload, bytes);
    return bytes;
}

static inline void test_counting_begin(void *decoder, uint32_t rate_hz) {
    (void)rate_hz;
    memset(decoder, 0, sizeof(struct test_counter));
}

static inline void test_counting_write(uint8_t *payload, uint32_t number, uint32_t samples) {
    write_be32(payload, number);
    write_be16(payload + 4, (uint16_t)samples);
}

static inline uint32_t
test_counting_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    (void)rate_hz;
    return bytes < 6 ? 0 : read_be16(payload + 4);
}

static inline uint32_t test_counting_decode(
    void *decoder, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    struct test_counter *counter = decoder;
    uint32_t number = read_be32(payload), samples = read_be16(payload + 4);
    if (bytes < 6 || samples > room)
        return 0;
    counter->disordered += number < counter->next;
    counter->next = number + 1;
    counter->decoded++;
    for (uint32_t i = 0; i < samples; i++) /* repeats, so that it can be stretched */
        dst[i] = (int16_t)((i + number * samples) % 80 * 100);
    return samples;
}

static inline uint32_t test_counting_conceal(
    void *decoder, int16_t *dst, uint32_t count, const uint8_t *next, uint32_t next_bytes) {
    struct test_counter *counter = decoder;
    counter->concealed++;
    counter->from_next += next && next_bytes >= 6 && read_be32(next) == counter->next + 1;
    memset(dst, 0, count * sizeof *dst);
    return count;
}

static const struct codec test_ulaw = {
    .clock_hz = 8000,
    .payload_samples = test_ulaw_samples,
    .decode = test_ulaw_decode,
};

static const struct codec test_counting = {
    .clock_hz = 8000,
    .decoder_bytes = sizeof(struct test_counter),
    .decoder_begin = test_counting_begin,
    .payload_samples = test_counting_samples,
    .decode = test_counting_decode,
    .conceal = test_counting_conceal,
};

#endif
