#ifndef DIALPLANE_COMFORT_NOISE_H
#define DIALPLANE_COMFORT_NOISE_H
/*
 * Comfort noise of RFC 3389: white noise at the level of the last update, shaped by an all-pole
 * filter when the update carries reflection coefficients. Seeded, so that every build makes the
 * same noise. Knows no packets and no rate. Levels [dBov: 0 is a full-scale square wave], at most
 * -11.
 */
#include <stdint.h>

enum {
    COMFORT_NOISE_ORDER_MAX = 12, /* further coefficients are left out */
    COMFORT_NOISE_LANES = 8,
};

struct comfort_noise {
    uint32_t random[COMFORT_NOISE_LANES];
    int32_t amplitude, amplitude_wanted; /* of the excitation, which is uniform */
    uint32_t order;
    int16_t reflection_q15[COMFORT_NOISE_ORDER_MAX];
    int32_t state[COMFORT_NOISE_ORDER_MAX + 1];
};

void comfort_noise_init(struct comfort_noise *noise);
/* The level of noise with this mean magnitude [samples, 0 to 32768], as RFC 3389 §3 writes it: 0 to
 * 127 dB below full scale; within 1 dB. */
uint8_t comfort_noise_level(uint32_t mean);
/* Takes over the payload of a comfort noise packet; an empty one changes nothing. */
void comfort_noise_update(struct comfort_noise *noise, const uint8_t *payload, uint32_t bytes);
/* Writes `count` samples; the level glides to a new one within about 10 ms at 8 kHz. */
void comfort_noise_fill(struct comfort_noise *noise, int16_t *dst, uint32_t count);

#endif
