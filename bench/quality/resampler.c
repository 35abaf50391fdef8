/*
 * Quality of the conversion of sample rates: ours of live audio and of files, speexdsp and soxr.
 * Sines of 20000 in, int16 out; a sine is fitted to what comes out and taken off.
 */
#include "../../native/core/resampler.h"
#include "converters.h"
#include <math.h>
#include <stdio.h>

enum {
    RATE_MAX = 48000,
    SECONDS = 2,
    FILES = CONVERTERS, /* the resampler of files, after the others */
    LEVEL = 20000,
    FRAMES = 50 * SECONDS,
    SETTLED = 50, /* frames left out at the beginning */
};

static int16_t src[RATE_MAX * SECONDS], dst[RATE_MAX * SECONDS + RATE_MAX];
static uint32_t filled; /* of dst */

static void convert(uint32_t which, uint32_t from_hz, uint32_t to_hz) {
    uint32_t frame = from_hz / 50;
    filled = 0;
    if (which == FILES) {
        filled = resampler_output_count(from_hz * SECONDS, from_hz, to_hz);
        resampler_run(dst, 0, filled, src, from_hz * SECONDS, from_hz, to_hz);
        return;
    }
    converter_begin(which, from_hz, to_hz);
    for (uint32_t i = 0; i < FRAMES; i++)
        filled += converter_run(which, dst + filled, to_hz, src + i * frame, frame);
}

/* Of one frequency in what came out, over a whole number of 20 ms, and the power of the rest. */
struct fit {
    double amplitude, phase, power;
};

static struct fit fit_sine(uint32_t rate_hz, double hz) {
    uint32_t first = SETTLED * rate_hz / 50, used = (filled - first) / (rate_hz / 50) * (rate_hz / 50);
    double a = 0, b = 0, rest = 0;
    used -= rate_hz / 50 * 5; /* what the end of a file makes of it */
    for (uint32_t i = first; i < first + used; i++) {
        a += 2.0 / used * dst[i] * cos(2 * M_PI * hz * i / rate_hz);
        b += 2.0 / used * dst[i] * sin(2 * M_PI * hz * i / rate_hz);
    }
    for (uint32_t i = first; i < first + used; i++) {
        double phase = 2 * M_PI * hz * i / rate_hz;
        double left = dst[i] - a * cos(phase) - b * sin(phase);
        rest += left * left / used;
    }
    return (struct fit){sqrt(a * a + b * b), atan2(a, b), rest};
}

static struct fit convert_sine(uint32_t which, uint32_t from_hz, uint32_t to_hz, double hz) {
    for (uint32_t i = 0; i < from_hz * SECONDS; i++)
        src[i] = (int16_t)lrint(LEVEL * sin(2 * M_PI * hz * i / from_hz));
    convert(which, from_hz, to_hz);
    return fit_sine(to_hz, hz);
}

static double decibels(double ratio) {
    return 20 * log10(ratio + 1e-6);
}

/* The greatest part of a sine that appears where none was: of one in the pass band, its images
 * (upwards); of one above the lower Nyquist frequency, what it folds back to (downwards). */
static double worst_foreign(uint32_t which, uint32_t from_hz, uint32_t to_hz) {
    double low_hz = from_hz < to_hz ? from_hz : to_hz, worst = 0;
    for (double part = 0.1; part < 0.86; part += 0.05) {
        double hz = 50 * round(part * low_hz / 2 / 50);
        if (to_hz > from_hz) {
            convert_sine(which, from_hz, to_hz, hz);
            for (double image = from_hz; image - hz < to_hz / 2.0; image += from_hz) {
                double below = fit_sine(to_hz, image - hz).amplitude;
                double above = image + hz < to_hz / 2.0 ? fit_sine(to_hz, image + hz).amplitude : 0;
                worst = fmax(worst, fmax(below, above));
            }
        } else {
            convert_sine(which, from_hz, to_hz, to_hz - hz);
            worst = fmax(worst, fit_sine(to_hz, hz).amplitude);
        }
    }
    return decibels(worst / LEVEL);
}

/* From the phases of two close sines, and what is still missing when all has gone in [ms]. */
static double delay_ms(uint32_t which, uint32_t from_hz, uint32_t to_hz) {
    double first = convert_sine(which, from_hz, to_hz, 500).phase;
    double second = convert_sine(which, from_hz, to_hz, 550).phase;
    double turned = remainder(first - second, 2 * M_PI) / (2 * M_PI * 50);
    return 1000 * (turned + SECONDS - (double)filled / to_hz);
}

static void print_row(uint32_t which, uint32_t from_hz, uint32_t to_hz) {
    double nyquist_hz = (from_hz < to_hz ? from_hz : to_hz) / 2.0, snr[4];
    static const double parts[] = {0.11, 0.26, 0.51, 0.76};
    for (uint32_t i = 0; i < 4; i++) {
        struct fit fit = convert_sine(which, from_hz, to_hz, 50 * round(parts[i] * nyquist_hz / 50));
        snr[i] = 10 * log10(fit.amplitude * fit.amplitude / 2 / fit.power);
    }
    double at_85 = convert_sine(which, from_hz, to_hz, 50 * round(0.85 * nyquist_hz / 50)).amplitude;
    double at_92 = convert_sine(which, from_hz, to_hz, 50 * round(0.925 * nyquist_hz / 50)).amplitude;
    printf(
        "| %u to %u kHz | %s | %.0f %.0f %.0f %.0f | %.2f | %.1f | %.0f | %.1f |\n", from_hz / 1000,
        to_hz / 1000, which == FILES ? "ours, of files" : converter_name(which), snr[0], snr[1],
        snr[2], snr[3], decibels(at_85 / LEVEL), decibels(at_92 / LEVEL),
        worst_foreign(which, from_hz, to_hz), delay_ms(which, from_hz, to_hz));
}

int main(void) {
    static const uint32_t rates[][2] = {{8000, 16000}, {8000, 48000}, {16000, 48000},
                                        {16000, 8000}, {48000, 8000}, {48000, 16000}};
    printf("| rates | converter | SNR at 0.11, 0.26, 0.51, 0.76 [dB] | at 0.85 [dB] | at 0.925 [dB] | "
           "worst image or alias [dB] | delay [ms] |\n|---|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        uint32_t from_hz = rates[i][0], to_hz = rates[i][1];
        for (uint32_t which = 0; which < CONVERTERS; which++) {
            if (converter_begin(which, from_hz, to_hz))
                print_row(which, from_hz, to_hz);
            else
                printf("| %u to %u kHz | %s | not installed | | | | |\n", from_hz / 1000, to_hz / 1000, converter_name(which));
        }
        if (resampler_supports(from_hz, to_hz))
            print_row(FILES, from_hz, to_hz);
    }
    return 0;
}
