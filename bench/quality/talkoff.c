/*
 * What detectors hear in speech and music, where there is nothing to be heard: talkoff. Each file
 * at three gains, through A-law. Prints Markdown; exits with 1 where ours hears more than spandsp.
 */
#include "../../native/core/g711.h"
#include "corpus.h"
#include "digits.h"
#include <stdio.h>
#include <stdlib.h>

struct run {
    double gain;
    uint64_t samples;
    uint32_t digits[LISTENERS];
};

static void take(void *context, const char *path, int16_t *samples, uint32_t count) {
    struct run *run = context;
    uint32_t before = digits_count(LISTENER_OURS);
    for (uint32_t i = 0; i < count; i++) {
        double value = samples[i] * run->gain;
        int16_t sample = (int16_t)(value > 32767 ? 32767 : value < -32768 ? -32768 : value);
        uint8_t code;
        g711_encode(CODEC_PCMA, &code, &sample, 1);
        g711_decode(CODEC_PCMA, samples + i, &code, 1);
    }
    for (enum digit_listener listener = 0; listener < LISTENERS; listener++) {
        if (digits_available(listener))
            digits_feed(listener, samples, count);
    }
    if (digits_count(LISTENER_OURS) > before)
        fprintf(stderr, "digit: %s at gain %g\n", path, run->gain);
    run->samples += count;
}

int main(void) {
    static const double gains[] = {0.25, 1, 4};
    int failures = 0;
    printf("| gain | hours | digits: ours | spandsp |\n|---|---|---|---|\n");
    for (uint32_t i = 0; i < 3; i++) {
        struct run run = {.gain = gains[i]};
        for (enum digit_listener listener = 0; listener < LISTENERS; listener++) {
            if (digits_available(listener))
                digits_begin(listener);
        }
        if (corpus_each(take, &run) == 0) {
            printf("no recorded speech is installed: see README.md\n");
            return 0;
        }
        uint32_t heard = digits_count(LISTENER_OURS), theirs = digits_count(LISTENER_SPANDSP);
        printf(
            "| %.2f | %.2f | %u | %u |\n", run.gain, (double)run.samples / 8000 / 3600, heard,
            theirs);
        failures += heard > theirs;
    }
    return failures > 0;
}
