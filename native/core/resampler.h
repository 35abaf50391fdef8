#ifndef DIALPLANE_RESAMPLER_H
#define DIALPLANE_RESAMPLER_H
/*
 * Whole sounds from a higher sample rate to 8 or 16 kHz through a polyphase windowed sinc, in
 * integers. For prompts: it sees all of the input at once and is not meant for live audio. Counts
 * in [samples].
 */
#include <stdbool.h>
#include <stdint.h>

/* 8000, 11025, 16000, 22050, 24000, 32000, 44100 and 48000 to 8000 or 16000 [Hz], never upwards. */
bool resampler_supports(uint32_t from_hz, uint32_t to_hz);
/* How many samples `count` of them become. */
uint32_t resampler_output_count(uint32_t count, uint32_t from_hz, uint32_t to_hz);
/* Writes output samples `first` to `first + dst_count`, so that long sounds can be done in parts.
 */
void resampler_run(
    int16_t *restrict dst, uint32_t first, uint32_t dst_count, const int16_t *restrict src,
    uint32_t src_count, uint32_t from_hz, uint32_t to_hz);

#endif
