/*
 * Runs one kernel a number of times, for callgrind to count: cost <kernel> <times>. The difference
 * between two numbers of times, over their difference, is what one costs (cost.sh). With no kernel
 * it lists them.
 */
#include "../../native/core/comfort_noise.h"
#include "../../native/core/jitter_buffer.h"
#include "rows.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRAME = 160 };

void speex_put_and_get(uint32_t times); /* cost_speex.c: its names are ours, too */

static int16_t sound[FRAME * 64];
static volatile int16_t sink;

static void put_and_get(uint32_t times) {
    static struct jitter_buffer jb;
    static uint8_t payload[FRAME];
    int16_t frame[FRAME];
    struct jitter_buffer_config config = {
        .codec = &row_pcmu, .rate_hz = 8000, .mode = JITTER_BUFFER_MEDIUM};
    jitter_buffer_init(&jb, &config);
    g711_encode(CODEC_PCMU, payload, sound, FRAME);
    for (uint32_t i = 0; i < times; i++) {
        jitter_buffer_put(&jb, (uint16_t)i, i * FRAME, payload, FRAME, i * 20 + 1000);
        jitter_buffer_get(&jb, frame, FRAME, i * 20 + 1000);
    }
    sink = frame[0];
}

static void decode_only(uint32_t times) {
    static uint8_t payload[FRAME];
    int16_t frame[FRAME];
    for (uint32_t i = 0; i < times; i++) {
        payload[0] = (uint8_t)i;
        g711_decode(CODEC_PCMU, frame, payload, FRAME);
        sink = frame[0];
    }
}

static void plc_good(uint32_t times) {
    static struct plc plc;
    static struct plc_wave wave;
    plc_init(&plc, 8000);
    for (uint32_t i = 0; i < times; i++)
        plc_resume(&plc, &wave, sound, FRAME);
}

/* A lost frame and the blending of the next. */
static void plc_lost(uint32_t times) {
    static struct plc plc;
    static struct plc_wave wave;
    int16_t frame[FRAME];
    plc_init(&plc, 8000);
    for (uint32_t i = 0; i < times; i++) {
        plc_conceal(&plc, &wave, sound + 10 * FRAME + i % 40 * FRAME, frame, FRAME);
        plc_resume(&plc, &wave, frame, FRAME);
        sink = frame[0];
    }
}

static struct {
    void *(*init)(void *);
    int (*rx)(void *, int16_t *, int);
    int (*fillin)(void *, int16_t *, int);
} spandsp;

static void *spandsp_begin(void) {
    void *library = dlopen("libspandsp.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        exit(3);
    *(void **)&spandsp.init = dlsym(library, "plc_init");
    *(void **)&spandsp.rx = dlsym(library, "plc_rx");
    *(void **)&spandsp.fillin = dlsym(library, "plc_fillin");
    void *plc = spandsp.init(NULL);
    for (uint32_t i = 0; i < 10; i++)
        spandsp.rx(plc, sound + i * FRAME, FRAME);
    return plc;
}

static void spandsp_good(uint32_t times) {
    void *plc = spandsp_begin();
    for (uint32_t i = 0; i < times; i++)
        spandsp.rx(plc, sound + i % 40 * FRAME, FRAME);
}

/* A good frame goes with each, else only the first would look for the pitch. */
static void spandsp_lost(uint32_t times) {
    void *plc = spandsp_begin();
    int16_t frame[FRAME];
    for (uint32_t i = 0; i < times; i++) {
        spandsp.fillin(plc, frame, FRAME);
        spandsp.rx(plc, sound + i % 40 * FRAME, FRAME);
    }
}

static void noise(uint32_t times) {
    struct comfort_noise state;
    int16_t frame[FRAME];
    uint8_t level = 40;
    comfort_noise_init(&state);
    comfort_noise_update(&state, &level, 1);
    for (uint32_t i = 0; i < times; i++)
        comfort_noise_fill(&state, frame, FRAME);
    sink = frame[0];
}

static const struct {
    const char *name;
    void (*run)(uint32_t times);
} kernels[] = {
    {"jitter-buffer", put_and_get},
    {"of-which-decoding", decode_only},
    {"jitter-buffer-speexdsp", speex_put_and_get},
    {"plc-good", plc_good},
    {"plc-good-spandsp", spandsp_good},
    {"plc-lost", plc_lost},
    {"plc-lost-spandsp", spandsp_lost},
    {"comfort-noise", noise},
};

int main(int count, char **arguments) {
    uint32_t seed = 1;
    for (uint32_t i = 0; i < FRAME * 64; i++) { /* pulses of 8 ms period, and some noise */
        seed = seed * 1664525u + 1013904223u;
        sound[i] = (int16_t)((i % 64 < 32 ? 8000 - 250 * (int)(i % 64) : 0) + (int)(seed >> 22));
    }
    for (uint32_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
        if (count < 3) {
            printf("%s\n", kernels[k].name);
        } else if (strcmp(arguments[1], kernels[k].name) == 0) {
            struct timespec from, to;
            clock_gettime(CLOCK_MONOTONIC, &from);
            kernels[k].run((uint32_t)atoi(arguments[2]));
            clock_gettime(CLOCK_MONOTONIC, &to);
            double ns =
                (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
            printf("%.0f\n", ns / atoi(arguments[2]));
        }
    }
    return 0;
}
