#include "../core/resampler.h"
#include "../core/tone.h"
#include "test.h"
#include <stdlib.h>

/* Mean square of what a sine of `hz` at full/2 becomes. */
static double power_after(uint32_t from_hz, uint32_t hz) {
    uint32_t count = from_hz / 2, out = resampler_output_count(count, from_hz, 8000);
    int16_t *src = malloc(count * sizeof *src), *dst = malloc(out * sizeof *dst);
    double power = 0;
    for (uint32_t i = 0; src && i < count; i++)
        src[i] = (int16_t)(tone_sine((uint32_t)(((uint64_t)i * hz << 32) / from_hz)) / 2);
    if (src && dst)
        resampler_run(dst, 0, out, src, count, from_hz, 8000);
    for (uint32_t i = 500; dst && i < out - 500; i++)
        power += (double)dst[i] * dst[i] / (out - 1000);
    free(src);
    free(dst);
    return power;
}

void test_resampler(void) {
    static const uint32_t rates_hz[] = {11025, 16000, 22050, 24000, 32000, 44100, 48000};
    const double full = 16383.0 * 16383.0 / 2;
    for (uint32_t i = 0; i < 7; i++) {
        double pass = power_after(rates_hz[i], 1000), edge = power_after(rates_hz[i], 3300);
        double stop = power_after(rates_hz[i], rates_hz[i] > 12000 ? 4600 : 4500);
        CHECK(pass > 0.98 * full && pass < 1.02 * full);
        CHECK(edge > 0.95 * full);
        CHECK(stop < full * 1e-6); /* 60 dB */
    }
    CHECK(!resampler_supports(12000, 8000) && resampler_supports(8000, 8000));
    CHECK(resampler_supports(44100, 16000) && !resampler_supports(11025, 16000));
}
