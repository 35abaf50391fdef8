#ifndef DIALPLANE_TONE_H
#define DIALPLANE_TONE_H
/*
 * A sum of one or two sines with continuous phase; each on period fades in and out over 5 ms so
 * that it does not click. Integer throughout. 8 kHz, levels [dBFS: 0 is a full-scale sine], counts
 * in [samples].
 */
#include <stdbool.h>
#include <stdint.h>

enum { TONE_FADE_SAMPLES = 40, TONE_LEVEL_MIN_DBFS = -60 };

struct tone {
    uint32_t phase[2];
    uint32_t step[2]; /* per sample, of a turn of 2^32; 0: no second sine */
    int32_t amplitude;
    uint32_t on_samples;
    uint32_t off_samples;
    uint32_t loops;    /* 0: without end */
    uint32_t done;     /* loops played */
    uint32_t position; /* within the loop */
};

/* Sine of a phase (a turn is 2^32), times 32767. */
int16_t tone_sine(uint32_t phase);
void tone_init(
    struct tone *tone, uint32_t first_hz, uint32_t second_hz, int32_t level_dbfs,
    uint32_t on_samples, uint32_t off_samples, uint32_t loops);
/* The two tones of a digit at -10 dBFS each (Q.23). */
void tone_init_digit(struct tone *tone, uint8_t event, uint32_t on_samples, uint32_t off_samples);
/* Writes up to `count` samples; fewer: the tone is over. */
uint32_t tone_fill(struct tone *tone, int16_t *dst, uint32_t count);

#endif
