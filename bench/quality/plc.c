/*
 * Loses 20 ms frames of recorded speech at random and compares what our concealment and spandsp's
 * put in their place with what was lost: log-spectral distance [dB, less is better] and segmental
 * SNR [dB, more is better], over the lost frames and the one after each, where there was speech.
 * plc [seed]. Prints Markdown; exits with 1 where ours is worse.
 */
#include "../../native/core/plc.h"
#include "players.h"
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 160, BANDS = 64, HISTORY = PLC_HISTORY_MS * 8, SPEECH_RMS = 100 };

struct scores {
    double distance, snr;
    uint32_t frames;
};

static void spectrum(double *dst, const int16_t *src) {
    for (int k = 0; k < BANDS; k++) {
        double re = 0, im = 0, turn = M_PI * (k + 0.5) / BANDS;
        for (int i = 0; i < FRAME; i++) {
            double window = 0.5 - 0.5 * cos(2 * M_PI * (i + 0.5) / FRAME), x = src[i] * window;
            re += x * cos(turn * i);
            im += x * sin(turn * i);
        }
        dst[k] = 10 * log10(re * re + im * im + 1000);
    }
}

static void score(struct scores *scores, const int16_t *wanted, const int16_t *heard) {
    double signal = 0, noise = 0, sum = 0, a[BANDS], b[BANDS];
    for (int i = 0; i < FRAME; i++) {
        double error = wanted[i] - heard[i];
        signal += (double)wanted[i] * wanted[i];
        noise += error * error;
    }
    if (signal < (double)SPEECH_RMS * SPEECH_RMS * FRAME)
        return;
    spectrum(a, wanted);
    spectrum(b, heard);
    for (int k = 0; k < BANDS; k++)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    double snr = 10 * log10(signal / (noise + 1));
    scores->distance += sqrt(sum / BANDS);
    scores->snr += snr < -10 ? -10 : snr > 35 ? 35 : snr;
    scores->frames++;
}

static void conceal_ours(int16_t *heard, const uint8_t *lost, uint32_t frames) {
    static struct plc plc;
    static struct plc_wave wave;
    plc_init(&plc, 8000);
    for (uint32_t i = 3; i < frames; i++) {
        int16_t *at = heard + i * FRAME;
        if (lost[i])
            plc_conceal(&plc, &wave, at, at, FRAME);
        else
            plc_resume(&plc, &wave, at, FRAME);
    }
}

/* Bound at run time: one of its functions is named like ours. */
static struct {
    void *(*init)(void *state);
    int (*rx)(void *state, int16_t *samples, int count);
    int (*fillin)(void *state, int16_t *samples, int count);
    int (*free)(void *state);
} spandsp;

static bool load_spandsp(void) {
    void *library = dlopen("libspandsp.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
    *(void **)&spandsp.init = dlsym(library, "plc_init");
    *(void **)&spandsp.rx = dlsym(library, "plc_rx");
    *(void **)&spandsp.fillin = dlsym(library, "plc_fillin");
    *(void **)&spandsp.free = dlsym(library, "plc_free");
    return true;
}

static void conceal_spandsp(int16_t *heard, const uint8_t *lost, uint32_t frames) {
    void *plc = spandsp.init(NULL);
    for (uint32_t i = 0; i < frames; i++) {
        int16_t *at = heard + i * FRAME;
        if (lost[i])
            spandsp.fillin(plc, at, FRAME);
        else
            spandsp.rx(plc, at, FRAME);
    }
    spandsp.free(plc);
}

static struct scores measure(
    void (*conceal)(int16_t *, const uint8_t *, uint32_t), const int16_t *speech, uint32_t frames,
    const uint8_t *lost) {
    static int16_t heard[SPEECH_SAMPLES_MAX];
    struct scores scores = {0};
    memcpy(heard, speech, frames * FRAME * sizeof *heard);
    for (uint32_t i = 0; i < frames; i++) {
        if (lost[i])
            memset(heard + i * FRAME, 0, FRAME * sizeof *heard);
    }
    conceal(heard, lost, frames);
    for (uint32_t i = 3; i < frames; i++) {
        if (lost[i] || lost[i - 1])
            score(&scores, speech + i * FRAME, heard + i * FRAME);
    }
    scores.distance /= scores.frames;
    scores.snr /= scores.frames;
    return scores;
}

int main(int count, char **arguments) {
    static int16_t speech[SPEECH_SAMPLES_MAX];
    static uint8_t lost[SPEECH_SAMPLES_MAX / FRAME];
    uint32_t seed = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 16) : 1;
    uint32_t frames = speech_load(speech, SPEECH_SAMPLES_MAX, getenv("SPEECH")) / FRAME;
    static const double rates[] = {0.01, 0.03, 0.05, 0.1};
    int failures = 0;
    if (!load_spandsp()) {
        printf("libspandsp is not installed: concealment is not compared\n");
        return 0;
    }
    printf("| loss | frames | distance: ours | spandsp | SNR: ours | spandsp | |\n");
    printf("|---|---|---|---|---|---|---|\n");
    for (int k = 0; k < 4; k++) {
        for (uint32_t i = 0; i < frames; i++) {
            seed = seed * 1664525u + 1013904223u;
            lost[i] = i >= 3 && (seed >> 8) / 16777216.0 < rates[k];
        }
        struct scores ours = measure(conceal_ours, speech, frames, lost);
        struct scores theirs = measure(conceal_spandsp, speech, frames, lost);
        int worse = ours.distance > theirs.distance || ours.snr < theirs.snr;
        printf(
            "| %.0f %% | %u | %.2f dB | %.2f dB | %.2f dB | %.2f dB | %s |\n", rates[k] * 100,
            (unsigned)ours.frames, ours.distance, theirs.distance, ours.snr, theirs.snr,
            worse ? "worse" : "");
        failures += worse;
    }
    return failures > 0;
}
