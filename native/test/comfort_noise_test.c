#include "../core/comfort_noise.h"
#include "test.h"
#include <stdbool.h>
#include <string.h>

enum { COUNT = 16000 };

static int16_t noise_samples[COUNT];

/* Power over that of a full-scale square wave. */
static double power(void) {
    double sum = 0;
    for (int i = 1000; i < COUNT; i++)
        sum += (double)noise_samples[i] * noise_samples[i];
    return sum / (COUNT - 1000) / (32768.0 * 32768.0);
}

/* Whether a power is that of a level, give or take some decibels. */
static bool is_level(double measured, uint32_t level_dbov, double off_by_db) {
    const double decibel = 1.2589254;
    for (uint32_t i = 0; i < level_dbov; i++)
        measured *= decibel;
    double factor = off_by_db > 1 ? decibel * decibel : decibel;
    return measured < factor && measured * factor > 1;
}

static double measure(const uint8_t *payload, uint32_t bytes) {
    struct comfort_noise noise;
    comfort_noise_init(&noise);
    comfort_noise_update(&noise, payload, bytes);
    for (uint32_t done = 0; done < COUNT; done += 160)
        comfort_noise_fill(&noise, noise_samples + done, 160);
    return power();
}

void test_comfort_noise(void) {
    /* White noise within 1 dB of its level, from loud to the last bits. */
    for (uint8_t level = 10; level <= 78; level += 4)
        CHECK(is_level(measure(&level, 1), level, 1));
    /* Shaped noise within 2 dB (RFC 3389 §3), whatever the shape. */
    static const uint8_t shapes[][4] = {
        {160, 127, 127, 127}, {60, 127, 127, 127}, {200, 90, 150, 120}, {20, 200, 127, 60}};
    for (uint32_t i = 0; i < 4; i++) {
        for (uint8_t level = 20; level <= 70; level += 10) {
            uint8_t payload[5] = {level};
            memcpy(payload + 1, shapes[i], 4);
            CHECK(is_level(measure(payload, 5), level, 2));
        }
    }
    /* A negative first coefficient makes it dull: neighbours are alike. */
    uint8_t dull[] = {30, 40};
    measure(dull, 2);
    double alike = 0, all = 0;
    for (int i = 1001; i < COUNT; i++) {
        alike += noise_samples[i] * noise_samples[i - 1];
        all += noise_samples[i] * noise_samples[i];
    }
    CHECK(alike > all / 2);
    /* Any payload is bounded; silence is silent. */
    uint8_t wild[64];
    for (uint32_t seed = 1, i = 0; i < 200; i++) {
        for (uint32_t j = 0; j < sizeof wild; j++)
            wild[j] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
        measure(wild, 1 + i % 60);
    }
    uint8_t silence = 127;
    CHECK(measure(&silence, 1) < 1e-8);
}
