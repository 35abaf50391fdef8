/* The detector of DTMF digits beside libspandsp's. */
#include "../../native/core/tone.h"
#include "digits.h"
#include "kernel_rows.h"

enum { FRAME = ROW_FRAME, FRAMES = 2048, SILENCE = 0, SPEECH, DIGITS, TONE };

static int16_t sound[FRAMES * FRAME];

/* Digits of 80 ms with pauses of 80 ms, or one that does not end. */
static void fill_digits(uint32_t frames_each, uint32_t tone_samples) {
    for (uint32_t i = 0; i < FRAMES / frames_each; i++) {
        struct tone tone;
        tone_init_digit(&tone, (uint8_t)(i & 15), tone_samples, frames_each * FRAME - tone_samples);
        tone_fill(&tone, sound + i * frames_each * FRAME, frames_each * FRAME);
    }
}

static bool begin(uint32_t which) {
    for (uint32_t i = 0; i < FRAMES; i++) {
        for (uint32_t j = 0; j < FRAME; j++)
            sound[i * FRAME + j] = which == SPEECH ? rows_speech(i)[j] : (int16_t)0;
    }
    if (which == DIGITS)
        fill_digits(8, 640);
    if (which == TONE)
        fill_digits(FRAMES, FRAMES * FRAME);
    digits_begin(LISTENER_OURS);
    bool peer = digits_available(LISTENER_SPANDSP);
    if (peer)
        digits_begin(LISTENER_SPANDSP);
    return peer;
}

static void ours(uint32_t which, uint32_t frames) {
    (void)which;
    for (uint32_t i = 0; i < frames; i++)
        digits_feed(LISTENER_OURS, sound + i % FRAMES * FRAME, FRAME);
}

static void spandsp(uint32_t which, uint32_t frames) {
    (void)which;
    for (uint32_t i = 0; i < frames; i++)
        digits_feed(LISTENER_SPANDSP, sound + i % FRAMES * FRAME, FRAME);
}

const struct kernel_row dtmf_rows[] = {
    {"DTMF, silence", "spandsp", SILENCE, begin, ours, spandsp, .target = 10},
    {"DTMF, speech", "spandsp", SPEECH, begin, ours, spandsp, .target = 10},
    {"DTMF, digits of 80 ms", "spandsp", DIGITS, begin, ours, spandsp, .target = 10},
    {"DTMF, one steady digit", "spandsp", TONE, begin, ours, spandsp, .target = 10},
    {0}};
