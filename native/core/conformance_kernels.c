#include "bytes.h"
#include "conformance.h"
#include "dtmf_tables.h"
#include "kernels.h"
#include "rate_converter_table.h"

enum { SAMPLES = 960, LENGTHS = 64 };

static int16_t random_sample(struct conformance *run, uint32_t shift) {
    return (int16_t)(((int32_t)(conformance_random(run) & 0xFFFF) - 32768) >> shift);
}

static void put_codes(struct conformance *run, const uint8_t *codes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        conformance_put_byte(run, codes[i]);
}

/* Every sample and every code, in runs of all lengths, so that whole vectors and what is left
 * after them both take each. */
static void run_codes(struct conformance *run) {
    int16_t samples[LENGTHS];
    uint8_t codes[LENGTHS];
    uint32_t length = 1;
    for (uint32_t at = 0; at < 65536; at += length, length = length % LENGTHS + 1) {
        length = length < 65536 - at ? length : 65536 - at;
        for (uint32_t i = 0; i < length; i++)
            samples[i] = (int16_t)(at + i);
        kernels->encode_ulaw(codes, samples, length);
        put_codes(run, codes, length);
        kernels->encode_alaw(codes, samples, length);
        put_codes(run, codes, length);
    }
    for (length = 1; length <= LENGTHS; length++) {
        for (uint32_t i = 0; i < length; i++)
            codes[i] = (uint8_t)(length * LENGTHS / 16 + i);
        kernels->decode_ulaw(samples, codes, length);
        conformance_put_samples(run, samples, length);
        kernels->decode_alaw(samples, codes, length);
        conformance_put_samples(run, samples, length);
    }
}

/* 40 voices, some at full scale, in frames of several lengths. */
static void run_mix(struct conformance *run) {
    for (uint32_t count = 8; count <= SAMPLES; count = count < 40 ? count + 8 : count * 2) {
        int32_t sum[SAMPLES] = {0};
        int16_t frame[SAMPLES], mixed[SAMPLES];
        for (uint32_t voice = 0; voice < 40; voice++) {
            for (uint32_t i = 0; i < count; i++)
                frame[i] = random_sample(run, voice % 8);
            kernels->mix_add(sum, frame, count);
            conformance_put_word(run, kernels->mix_level(frame, count));
            kernels->mix_minus(mixed, sum, frame, count);
            conformance_put_samples(run, mixed, count);
        }
        kernels->mix_all(mixed, sum, count);
        conformance_put_samples(run, mixed, count);
    }
}

static void run_columns(struct conformance *run) {
    _Alignas(16) int16_t table[16][8];
    int16_t samples[32];
    for (uint32_t i = 0; i < 500; i++) {
        for (uint32_t j = 0; j < 32; j++)
            samples[j] = random_sample(run, i % 16);
        for (uint32_t j = 0; j < 16 * 8; j++)
            table[j / 8][j % 8] = random_sample(run, 4);
        struct sums4 sums = kernels->dot_columns(samples, table, 32);
        for (uint32_t j = 0; j < 4; j++)
            conformance_put_word(run, (uint32_t)sums.at[j]);
    }
}

/* Halves at all levels, from full scale. */
static void run_dtmf(struct conformance *run) {
    int16_t samples[DTMF_HALF_SAMPLES], folded[DTMF_GROUPS_FOLDED][2][8], spectrum[8];
    for (uint32_t i = 0; i < 500; i++) {
        for (uint32_t j = 0; j < DTMF_HALF_SAMPLES; j++)
            samples[j] = i ? random_sample(run, i % 16) : (int16_t)-32768;
        conformance_put_word(run, kernels->dtmf_fold(folded, samples));
        conformance_put_samples(run, folded[0][0], DTMF_GROUPS_FOLDED * 2 * 8);
        kernels->dtmf_project(spectrum, folded, dtmf_projection[i & 1]);
        conformance_put_samples(run, spectrum, 8);
    }
}

/* What adds up to the most that a filter can, and to the least. */
static void fill_worst(int16_t *dst, const int16_t *filter, bool most) {
    for (uint32_t i = 0; i < RATE_TAPS; i++)
        dst[i] = (filter[i] > 0) == most ? 32767 : -32768;
}

static void run_rates(struct conformance *run) {
    const struct rate_down_filter *const filters[] = {&rate_down_2, &rate_down_3, &rate_down_6};
    static const uint32_t factors[] = {2, 3, 6};
    enum { OUT = 40 };
    int16_t src[(OUT + RATE_TAPS) * RATE_FACTOR_MAX], dst[OUT * RATE_FACTOR_MAX];
    for (uint32_t i = 0; i < 2 * (RATE_FACTOR_MAX - 1); i++) {
        for (uint32_t j = 0; j < OUT + RATE_TAPS; j += RATE_TAPS)
            fill_worst(src + j, rate_up_6[i / 2], i & 1);
        kernels->rate_up(dst, src, OUT, rate_up_6, 6);
        conformance_put_samples(run, dst, OUT * 6);
    }
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t factor = factors[i / 2];
        for (uint32_t j = 0; j < (OUT + RATE_TAPS) * factor; j++) {
            int16_t worst[RATE_TAPS] = {0};
            if (j % factor)
                fill_worst(worst, filters[i / 2]->phases[j % factor - 1], i & 1);
            src[j] = j % factor ? worst[j / factor % RATE_TAPS] : i & 1 ? 32767 : -32768;
        }
        kernels->rate_down(dst, src, OUT, filters[i / 2], factor);
        conformance_put_samples(run, dst, OUT);
    }
}

void conformance_kernels(struct conformance *run) {
    run_codes(run);
    run_mix(run);
    run_columns(run);
    run_dtmf(run);
    run_rates(run);
}
