#define _GNU_SOURCE
#include "../core/rate_converter.h"
#include "test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 1, RATE_MAX = 48000 };

struct fit {
    double gain, snr_db;
};

/* The best sine of `hz` in `samples` and what is left over. */
static struct fit fit_sine(const int16_t *samples, uint32_t count, double hz, double rate_hz) {
    double a = 0, b = 0, power = 0, rest = 0;
    for (uint32_t i = 0; i < count; i++) {
        double phase = 2 * M_PI * hz * i / rate_hz;
        a += 2.0 / count * samples[i] * cos(phase);
        b += 2.0 / count * samples[i] * sin(phase);
    }
    for (uint32_t i = 0; i < count; i++) {
        double phase = 2 * M_PI * hz * i / rate_hz, fitted = a * cos(phase) + b * sin(phase);
        power += fitted * fitted;
        rest += (samples[i] - fitted) * (samples[i] - fitted);
    }
    return (struct fit){sqrt(a * a + b * b), 10 * log10(power / rest)};
}

static struct fit convert_sine(uint32_t from_hz, uint32_t to_hz, double hz, double amplitude) {
    static int16_t src[RATE_MAX], dst[RATE_MAX];
    struct rate_converter converter;
    rate_converter_init(&converter, from_hz, to_hz);
    for (uint32_t i = 0; i < from_hz; i++)
        src[i] = (int16_t)lrint(amplitude * sin(2 * M_PI * hz * i / from_hz));
    uint32_t frame = from_hz / 100, filled = 0;
    for (uint32_t i = 0; i < 100; i++)
        filled += rate_converter_run(&converter, dst + filled, src + i * frame, frame);
    CHECK(filled == to_hz);
    uint32_t skip = to_hz / 10; /* whole periods of every tested frequency */
    struct fit fit = fit_sine(dst + skip, filled - skip, hz, to_hz);
    fit.gain /= amplitude;
    return fit;
}

void test_rate_converter(void) {
    static const uint32_t rates[][2] = {{8000, 16000}, {8000, 48000}, {16000, 48000},
                                        {16000, 8000}, {48000, 8000}, {48000, 16000}};
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t from_hz = rates[i][0], to_hz = rates[i][1];
        double nyquist_hz = (from_hz < to_hz ? from_hz : to_hz) / 2.0;
        for (double part = 0.05; part < 0.86; part += 0.1) {
            double hz = 100 * round(part * nyquist_hz / 100);
            struct fit fit = convert_sine(from_hz, to_hz, hz, 20000);
            if (getenv("SHOW_FIGURES"))
                printf(
                    "%u>%u %5.0f Hz %6.1f dB gain %+.3f dB\n", from_hz, to_hz, hz, fit.snr_db,
                    20 * log10(fit.gain));
            CHECK(fit.snr_db > 85 && fabs(20 * log10(fit.gain)) < 0.1);
        }
        if (to_hz < from_hz) { /* what would fold back is gone */
            struct fit above = convert_sine(from_hz, to_hz, 1.2 * nyquist_hz, 20000);
            CHECK(20 * log10(above.gain + 1e-9) < -70);
        }
    }
    struct rate_converter converter;
    rate_converter_init(&converter, 8000, 16000);
    int16_t loud[160], out[320];
    for (uint32_t i = 0; i < 160; i++)
        loud[i] = i % 2 ? 32767 : -32768;
    CHECK(rate_converter_run(&converter, out, loud, 160) == 320); /* saturates, does not wrap */
}
