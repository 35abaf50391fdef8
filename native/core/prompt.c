#include "prompt.h"
#include "bytes.h"
#include "g711.h"
#include "rate_converter.h"

enum { ENCODED_HZ = 8000, PART = 160, DELAY = RATE_TAPS / 2 /* of the converter, at 8 kHz */ };

uint32_t prompt_encoded_bytes(uint32_t count, uint32_t rate_hz) {
    return count / (rate_hz / ENCODED_HZ);
}

/* Writes those of `count` samples that lie in the prompt, whose first one is `first` (which is
 * below 0 as long as the converter gives what was before it). */
static void encode_part(
    uint8_t *pcmu, uint8_t *pcma, int64_t first, const int16_t *samples, uint32_t count,
    uint32_t bytes) {
    uint32_t skip = first < 0 ? (uint32_t)-first : 0;
    if (skip >= count || first + skip >= bytes)
        return;
    uint32_t at = (uint32_t)(first + skip), left = bytes - at;
    uint32_t run = count - skip < left ? count - skip : left;
    g711_encode(CODEC_PCMU, pcmu + at, samples + skip, run);
    g711_encode(CODEC_PCMA, pcma + at, samples + skip, run);
}

void prompt_encode(
    uint8_t *pcmu, uint8_t *pcma, const int16_t *samples, uint32_t count, uint32_t rate_hz) {
    uint32_t bytes = prompt_encoded_bytes(count, rate_hz), factor = rate_hz / ENCODED_HZ;
    if (factor == 1) {
        encode_part(pcmu, pcma, 0, samples, count, bytes);
        return;
    }
    struct rate_converter converter;
    rate_converter_init(&converter, rate_hz, ENCODED_HZ);
    for (uint32_t at = 0; at < bytes + DELAY; at += PART) {
        int16_t wide[PART * RATE_FACTOR_MAX] = {0}, narrow[PART];
        uint64_t from = (uint64_t)at * factor;
        uint32_t left = from < count ? count - (uint32_t)from : 0;
        uint32_t run = left < PART * factor ? left : PART * factor;
        memcpy(wide, samples + (run ? from : 0), run * sizeof *wide);
        rate_converter_run(&converter, narrow, wide, PART * factor);
        encode_part(pcmu, pcma, (int64_t)at - DELAY, narrow, PART, bytes);
    }
}
