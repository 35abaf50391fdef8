/*
 * What detectors hear in speech and music, where there is nothing to be heard: talkoff. Each file
 * at three gains, through A-law. Prints Markdown; exits with 1 where ours hears more than spandsp.
 */
#include "../../native/core/beep_detector.h"
#include "../../native/core/g711.h"
#include "../../native/core/tone_detector.h"
#include "corpus.h"
#include "digits.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    double gain;
    uint64_t samples;
    uint32_t beeps, tones;
    struct beep_detector beep_detector;
    struct tone_detector tone_detector;
};

/* Recordings of just that. */
static bool has_tones(const char *path) {
    static const char *const names[] = {"beep", "tone", "confbridge-", "phone", "monkeys"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strstr(path, names[i]))
            return true;
    }
    return false;
}

static void feed_tones(struct run *run, const char *path, const int16_t *samples, uint32_t count) {
    for (uint32_t at = 0, used; at < count; at += used) {
        struct detection detection =
            beep_detector_feed(&run->beep_detector, samples + at, count - at, &used);
        if (detection.change == DETECTION_BEGUN) {
            run->beeps++;
            fprintf(stderr, "beep: %s at gain %g\n", path, run->gain);
        }
    }
    for (uint32_t at = 0, used; at < count; at += used) {
        struct detection detection =
            tone_detector_feed(&run->tone_detector, samples + at, count - at, &used);
        if (detection.change == DETECTION_BEGUN) {
            run->tones++;
            fprintf(stderr, "tone %u: %s at gain %g\n", detection.kind, path, run->gain);
        }
    }
}

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
    if (!has_tones(path))
        feed_tones(run, path, samples, count);
    run->samples += count;
}

int main(void) {
    static const double gains[] = {0.25, 1, 4};
    int failures = 0;
    printf(
        "| gain | hours | digits: ours | spandsp | beeps | tones |\n|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < 3; i++) {
        struct run run = {.gain = gains[i]};
        beep_detector_init(&run.beep_detector);
        tone_detector_init(&run.tone_detector);
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
            "| %.2f | %.2f | %u | %u | %u | %u |\n", run.gain, (double)run.samples / 8000 / 3600,
            heard, theirs, run.beeps, run.tones);
        failures += heard > theirs;
    }
    return failures > 0;
}
