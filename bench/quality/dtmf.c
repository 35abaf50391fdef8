/*
 * The criteria of Q.24 and what is stricter, for our detector and spandsp's: tones of 50 ms unless
 * said otherwise, at random phases and alignments, through A-law, all keys. dtmf [seed]. Prints
 * Markdown; exits with 1 where a target is missed or ours is worse.
 */
#include "../../native/core/g711.h"
#include "digits.h"
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RATE_HZ = 8000, TRIALS = 1600, SAMPLES_MAX = 8000 };
enum target { ALL, NONE, TOLD };

/* What sounds; durations [ms], levels [dBm0 of each tone]. */
struct sound {
    double offset_percent, row_dbm0, column_dbm0, on_ms;
    double gap_at_ms, gap_ms; /* silence within */
    double snr_db;            /* 0: no noise */
    const char *wanted;       /* how often the key is to be heard */
};

static uint32_t seed;

static double uniform(void) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) / 16777216.0;
}

static double gaussian(void) {
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum - 6;
}

/* A sine of 0 dBm0 is 3.14 dB below full scale (G.711). */
static double amplitude(double dbm0) {
    return 32768 * pow(10, (dbm0 - 3.14) / 20);
}

static uint32_t make(int16_t *dst, const struct sound *sound, int key) {
    static const double rows_hz[] = {697, 770, 852, 941}, columns_hz[] = {1209, 1336, 1477, 1633};
    double scale = 1 + sound->offset_percent / 100;
    double row = amplitude(sound->row_dbm0), column = amplitude(sound->column_dbm0);
    double row_turn = 2 * M_PI * rows_hz[key / 4] * scale / RATE_HZ;
    double column_turn = 2 * M_PI * columns_hz[key % 4] * scale / RATE_HZ;
    double row_phase = 2 * M_PI * uniform(), column_phase = 2 * M_PI * uniform();
    double noise = sqrt((row * row + column * column) / 2 / pow(10, sound->snr_db / 10));
    double lead = 400 + 200 * uniform(), on = sound->on_ms * 8;
    double gap_from = lead + sound->gap_at_ms * 8, gap_to = gap_from + sound->gap_ms * 8;
    uint32_t count = (uint32_t)(lead + on + 1200);
    for (uint32_t i = 0; i < count; i++) {
        bool sounds = i >= lead && i < lead + on && !(i >= gap_from && i < gap_to);
        double value = sound->snr_db > 0 ? noise * gaussian() : 0;
        if (sounds)
            value +=
                row * sin(row_turn * i + row_phase) + column * sin(column_turn * i + column_phase);
        value = value > 32767 ? 32767 : value < -32768 ? -32768 : value;
        int16_t sample = (int16_t)lrint(value);
        uint8_t code;
        g711_encode(CODEC_PCMA, &code, &sample, 1);
        g711_decode(CODEC_PCMA, dst + i, &code, 1);
    }
    return count;
}

/* Shares of the trials in which what is heard is right, or for NONE, in which anything is. */
static void measure(double *shares, const struct sound *sound, enum target target) {
    uint32_t right[LISTENERS] = {0};
    for (int trial = 0; trial < TRIALS; trial++) {
        static int16_t samples[SAMPLES_MAX];
        int key = trial % 16;
        uint32_t count = make(samples, sound, key);
        for (enum digit_listener listener = 0; listener < LISTENERS; listener++) {
            if (!digits_available(listener))
                continue;
            char wanted[3] = {"123A456B789C*0#D"[key], 0, 0};
            wanted[1] = sound->wanted ? wanted[0] : 0;
            digits_begin(listener);
            digits_feed(listener, samples, count);
            bool heard = target == NONE ? digits_count(listener) > 0
                                        : strcmp(digits_heard(listener), wanted) == 0;
            right[listener] += heard;
        }
    }
    for (int listener = 0; listener < LISTENERS; listener++)
        shares[listener] = 100.0 * right[listener] / TRIALS;
}

static int failures;

static void row(const char *name, enum target target, struct sound sound) {
    static const char *const targets[] = {"100 %", "0 %", ""};
    double shares[LISTENERS];
    measure(shares, &sound, target);
    bool missed = (target == ALL && shares[LISTENER_OURS] < 100) ||
                  (target == NONE && shares[LISTENER_OURS] > 0);
    char theirs[16] = "";
    if (digits_available(LISTENER_SPANDSP))
        snprintf(theirs, sizeof theirs, "%.1f %%", shares[LISTENER_SPANDSP]);
    printf(
        "| %s | %s | %.1f %% | %s | %s |\n", name, targets[target], shares[LISTENER_OURS], theirs,
        missed ? "missed" : "");
    failures += missed;
}

static const struct sound plain = {.row_dbm0 = -12, .column_dbm0 = -12, .on_ms = 50};

/* A row for each value of one member of a sound. */
static void
rows(const char *format, size_t member, const double *values, uint32_t count, enum target target) {
    for (uint32_t i = 0; i < count; i++) {
        struct sound sound = plain;
        char name[64];
        memcpy((char *)&sound + member, &values[i], sizeof(double));
        snprintf(name, sizeof name, format, values[i]);
        row(name, target, sound);
    }
}
#define ROWS(format, member, target, ...)                                                          \
    rows(                                                                                          \
        format, offsetof(struct sound, member), (const double[]){__VA_ARGS__},                     \
        sizeof((double[]){__VA_ARGS__}) / sizeof(double), target)

static void twist(double db, enum target target) {
    char name[64];
    struct sound sound = plain;
    sound.row_dbm0 += db < 0 ? db : 0;
    sound.column_dbm0 -= db > 0 ? db : 0;
    snprintf(name, sizeof name, "twist: %s %.1f dB weaker", db > 0 ? "column" : "row", fabs(db));
    row(name, target, sound);
}

static void levels(void) {
    static const double dbm0[] = {0, -3, -10, -20, -25, -30, -35, -39, -42, -45, -55};
    for (uint32_t i = 0; i < sizeof dbm0 / sizeof *dbm0; i++) {
        struct sound sound = plain;
        char name[64];
        sound.row_dbm0 = sound.column_dbm0 = dbm0[i];
        snprintf(name, sizeof name, "level of each tone %.0f dBm0", dbm0[i]);
        row(name, dbm0[i] >= -25 ? ALL : dbm0[i] <= -55 ? NONE : TOLD, sound);
    }
}

static void interruptions(void) {
    static const double bridged_ms[] = {4, 6, 8, 10, 12, 14}, pauses_ms[] = {20, 25, 30, 35, 40};
    for (uint32_t i = 0; i < 6; i++) {
        struct sound sound = plain;
        char name[64];
        sound.on_ms = 100;
        sound.gap_at_ms = 45;
        sound.gap_ms = bridged_ms[i];
        snprintf(name, sizeof name, "drop-out of %.0f ms: one digit", bridged_ms[i]);
        row(name, bridged_ms[i] <= 10 ? ALL : TOLD, sound);
    }
    for (uint32_t i = 0; i < 5; i++) {
        struct sound sound = plain;
        char name[64];
        sound.on_ms = 100 + pauses_ms[i];
        sound.gap_at_ms = 50;
        sound.gap_ms = pauses_ms[i];
        sound.wanted = "twice";
        snprintf(name, sizeof name, "pause of %.0f ms: two digits", pauses_ms[i]);
        row(name, pauses_ms[i] >= 40 ? ALL : TOLD, sound);
    }
}

int main(int count, char **arguments) {
    seed = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 16) : 1;
    if (!digits_available(LISTENER_SPANDSP))
        fprintf(stderr, "libspandsp is not installed: nothing to compare with\n");
    printf("| heard | target | ours | spandsp | |\n|---|---|---|---|---|\n");
    ROWS("frequency %+.1f %%", offset_percent, ALL, -1.5, -1, 0, 1, 1.5);
    ROWS("frequency %+.1f %%", offset_percent, TOLD, -2.5, -2, -1.8, 1.8, 2, 2.5, -3, 3);
    ROWS("frequency %+.1f %%", offset_percent, NONE, -5, -3.5, 3.5, 5);
    for (double db = 2; db <= 8; db += 2)
        twist(db, ALL);
    twist(10, TOLD);
    twist(14, NONE);
    for (double db = -2; db >= -4; db--)
        twist(db, ALL);
    twist(-6, TOLD);
    twist(-10, NONE);
    levels();
    ROWS("duration %.0f ms", on_ms, NONE, 15, 20, 23);
    ROWS("duration %.0f ms", on_ms, TOLD, 26, 30, 34, 37);
    ROWS("duration %.0f ms", on_ms, ALL, 40, 50, 100, 500);
    interruptions();
    ROWS("white noise, S/N %.0f dB", snr_db, ALL, 24, 18, 15, 12);
    ROWS("white noise, S/N %.0f dB", snr_db, TOLD, 10, 8);
    return failures > 0;
}
