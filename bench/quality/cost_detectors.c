/*
 * Runs one detector over a number of frames of 20 ms, for callgrind to count: see cost.c. Digits
 * are 80 ms of tone and 80 ms of silence; the speech is recorded.
 */
#include "../../native/core/machine_detector.h"
#include "../../native/core/tone.h"
#include "../../native/core/tone_detector.h"
#include "../../native/core/voice_detector.h"
#include "corpus.h"
#include "digits.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRAME = 160, FRAMES = 4096 };

static int16_t sound[FRAMES * FRAME];

static void add_speech(void *context, const char *path, int16_t *samples, uint32_t count) {
    uint32_t *filled = context, room = FRAMES * FRAME - *filled;
    (void)path;
    memcpy(sound + *filled, samples, (count < room ? count : room) * sizeof *sound);
    *filled += count < room ? count : room;
}

static void fill_silence(void) {
}

static void fill_speech(void) {
    uint32_t filled = 0;
    corpus_each(add_speech, &filled);
    if (filled < FRAMES * FRAME)
        exit(3);
}

static void fill_tones(void) {
    for (uint32_t i = 0; i < FRAMES / 8; i++) {
        struct tone tone;
        tone_init_digit(&tone, (uint8_t)(i & 15), 640, 640);
        tone_fill(&tone, sound + i * 8 * FRAME, 8 * FRAME);
    }
}

static void ours(int16_t *frame) {
    digits_feed(LISTENER_OURS, frame, FRAME);
}
static void spandsp(int16_t *frame) {
    digits_feed(LISTENER_SPANDSP, frame, FRAME);
}

static struct voice_detector voice_detector;
static struct tone_detector tone_detector;
static struct beep_detector beep_detector;
static struct machine_detector machine_detector;

static void voice(int16_t *frame) {
    for (uint32_t at = 0, used; at < FRAME; at += used)
        voice_detector_feed(&voice_detector, frame + at, FRAME - at, &used);
}
static void tones(int16_t *frame) {
    for (uint32_t at = 0, used; at < FRAME; at += used)
        tone_detector_feed(&tone_detector, frame + at, FRAME - at, &used);
}
static void beeps(int16_t *frame) {
    for (uint32_t at = 0, used; at < FRAME; at += used)
        beep_detector_feed(&beep_detector, frame + at, FRAME - at, &used);
}

/* Goes on for ever: what it costs while it listens. */
static void machines(int16_t *frame) {
    static const struct machine_settings settings = {3600000, 3600000, 3600000, 3600000, true};
    if (machine_detector.settings.timeout_ms == 0 || machine_detector.done)
        machine_detector_init(&machine_detector, &settings);
    machine_detector_feed(&machine_detector, frame, FRAME);
}

static const struct {
    const char *name;
    void (*fill)(void);
} sounds[] = {{"silence", fill_silence}, {"speech", fill_speech}, {"tones", fill_tones}};

static const struct {
    const char *name;
    void (*feed)(int16_t *frame);
} detectors[] = {
    {"digits", ours},
    {"digits-spandsp", spandsp},
    {"voice", voice},
    {"tones", tones},
    {"beeps", beeps},
    {"machines", machines}};

enum { SOUNDS = sizeof sounds / sizeof *sounds, DETECTORS = sizeof detectors / sizeof *detectors };

static void run(uint32_t detector, uint32_t times) {
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (uint32_t i = 0; i < times; i++)
        detectors[detector].feed(sound + i % FRAMES * FRAME);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    printf("%.0f\n", ns / times);
}

int main(int count, char **arguments) {
    for (uint32_t i = 0; i < DETECTORS * SOUNDS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s:%s", detectors[i / SOUNDS].name, sounds[i % SOUNDS].name);
        if (count < 3) {
            printf("%s\n", name);
        } else if (strcmp(arguments[1], name) == 0) {
            if (!digits_available(LISTENER_SPANDSP) && strstr(name, "spandsp"))
                return 3;
            for (enum digit_listener listener = 0; listener < LISTENERS; listener++) {
                if (digits_available(listener))
                    digits_begin(listener);
            }
            voice_detector_init(&voice_detector);
            tone_detector_init(&tone_detector);
            beep_detector_init(&beep_detector);
            sounds[i % SOUNDS].fill();
            run(i / SOUNDS, (uint32_t)atoi(arguments[2]));
        }
    }
    return 0;
}
