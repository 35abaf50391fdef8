#include "comfort_noise.h"
#include "bytes.h"

enum {
    ONE_Q15 = 32768,
    BLOCK = 2 * COMFORT_NOISE_LANES,
    ROOT_3_Q12 = 7094, /* peak over rms of a uniform distribution */
    STATE_MAX = 1 << 24,
    AMPLITUDE_MAX_Q4 = (1 << 18) - 1, /* about -11 dBov */
};

void comfort_noise_init(struct comfort_noise *noise) {
    memset(noise, 0, sizeof *noise);
    uint32_t seed = 0x9E3779B9u;
    for (uint32_t i = 0; i < COMFORT_NOISE_LANES; i++) {
        seed = seed * 1664525u + 1013904223u;
        noise->random[i] = seed | 1;
    }
}

/* 32768 * 10^(-level / 20). */
static uint32_t rms_of(uint32_t level_dbov) {
    static const uint16_t steps[20] = {
        32768, 29205, 26029, 23198, 20675, 18427, 16423, 14637, 13045, 11627,
        10362, 9235,  8231,  7336,  6538,  5827,  5193,  4629,  4125,  3677,
    };
    uint32_t rms_q8 = (uint32_t)steps[level_dbov % 20] << 8;
    for (uint32_t i = 0; i < level_dbov / 20; i++)
        rms_q8 /= 10;
    return rms_q8;
}

static uint32_t root(uint32_t value) {
    uint32_t low = 0;
    for (uint32_t bit = 1u << 15; bit; bit >>= 1) {
        uint32_t next = low | bit;
        if (next * next <= value)
            low = next;
    }
    return low;
}

void comfort_noise_update(struct comfort_noise *noise, const uint8_t *payload, uint32_t bytes) {
    if (bytes == 0)
        return;
    uint32_t rms_q8 = rms_of(payload[0] & 0x7F);
    uint32_t order = bytes - 1;
    order = order > COMFORT_NOISE_ORDER_MAX ? COMFORT_NOISE_ORDER_MAX : order;
    uint32_t left_q30 = 1u << 30; /* 1 / power gain of the filter: the product of 1 - k² */
    for (uint32_t i = 0; i < order; i++) {
        int32_t code = payload[1 + i] > 254 ? 254 : payload[1 + i];
        int32_t k = 258 * (code - 127);
        noise->reflection_q15[i] = (int16_t)k;
        left_q30 = (uint32_t)(((uint64_t)left_q30 * (uint32_t)((1 << 30) - k * k)) >> 30);
    }
    if (order != noise->order)
        memset(noise->state, 0, sizeof noise->state);
    noise->order = order;
    uint64_t peak = (uint64_t)rms_q8 * ROOT_3_Q12 * root(left_q30); /* Q8, Q12 and Q15 */
    peak = (peak + (1u << 30)) >> 31;                               /* Q4 */
    noise->amplitude_wanted = (int32_t)(peak > AMPLITUDE_MAX_Q4 ? AMPLITUDE_MAX_Q4 : peak);
}

/* Sixteen samples, uniform in +-32767. */
static void draw(uint32_t *restrict random, int16_t *restrict dst) {
    for (uint32_t i = 0; i < COMFORT_NOISE_LANES; i++) {
        uint32_t x = random[i];
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        random[i] = x;
        dst[i] = (int16_t)(x >> 16);
        dst[i + COMFORT_NOISE_LANES] = (int16_t)x;
    }
}

static int32_t shape(struct comfort_noise *noise, int32_t forward) {
    for (uint32_t i = noise->order; i-- > 0;) {
        int64_t k = noise->reflection_q15[i], backward = noise->state[i];
        int64_t next = forward - ((k * backward) >> 15);
        next = next > STATE_MAX ? STATE_MAX : next < -STATE_MAX ? -STATE_MAX : next;
        noise->state[i + 1] = (int32_t)(backward + ((k * next) >> 15));
        forward = (int32_t)next;
    }
    noise->state[0] = forward;
    return forward;
}

/* White noise: the high half of a product with 15 significant bits of the amplitude. */
static void scale(int16_t *restrict block, int32_t amplitude_q4) {
    uint32_t down = 3; /* Q4, and Q15 of the samples, less the 16 bits that fall off */
    int32_t gain = amplitude_q4;
    for (; gain >= 1 << 15; gain >>= 1)
        down--;
    for (; gain > 0 && gain < 1 << 14; gain <<= 1)
        down++;
    int32_t half = down > 0 ? 1 << (down - 1) : 0;
    for (uint32_t i = 0; i < BLOCK; i++) {
        int16_t high = (int16_t)((block[i] * (int16_t)gain) >> 16);
        block[i] = (int16_t)((high + half) >> down);
    }
}

static void color(struct comfort_noise *noise, int16_t *block) {
    for (uint32_t i = 0; i < BLOCK; i++) {
        int64_t excitation_q4 = ((int64_t)block[i] * noise->amplitude) >> 15;
        block[i] = saturate16((shape(noise, (int32_t)excitation_q4) + 8) >> 4);
    }
}

void comfort_noise_fill(struct comfort_noise *noise, int16_t *dst, uint32_t count) {
    for (uint32_t done = 0; done < count; done += BLOCK) {
        int16_t block[BLOCK];
        int32_t step = noise->amplitude_wanted - noise->amplitude;
        noise->amplitude += step > -4 && step < 4 ? step : step / 4;
        draw(noise->random, block);
        if (noise->order == 0)
            scale(block, noise->amplitude);
        else
            color(noise, block);
        uint32_t run = count - done < BLOCK ? count - done : BLOCK;
        memcpy(dst + done, block, run * sizeof *dst);
    }
}

uint8_t comfort_noise_level(uint32_t mean) {
    uint32_t rms_q4 = mean * 20, full_q4 = 32768u << 4; /* of Gaussian noise: 1.25 times its mean */
    uint8_t level = 0;
    for (; full_q4 > rms_q4 && level < 127; level++)
        full_q4 = (uint32_t)(((uint64_t)full_q4 * 58409) >> 16); /* 1 dB */
    return rms_q4 == 0 ? 127 : level;
}
