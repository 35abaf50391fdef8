#ifndef QUALITY_ROWS_H
#define QUALITY_ROWS_H
/* G.711 mu-law as a row of the codec table, for benchmarks that need no other. */
#include "../../native/core/g711.h"
#include <stddef.h>

static uint32_t row_payload_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    (void)payload;
    (void)rate_hz;
    return bytes;
}

static uint32_t
row_decode(void *decoder, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    (void)decoder;
    bytes = bytes < room ? bytes : room;
    g711_decode(CODEC_PCMU, dst, payload, bytes);
    return bytes;
}

static const struct codec row_pcmu = {
    .name = "PCMU",
    .clock_hz = 8000,
    .rates_hz = {8000},
    .payload_samples = row_payload_samples,
    .decode = row_decode,
};

#endif
