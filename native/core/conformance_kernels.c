#include "bytes.h"
#include "conformance.h"
#include "dtmf_tables.h"
#include "kernels.h"

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
    int16_t samples[32];
    for (uint32_t i = 0; i < 500; i++) {
        for (uint32_t j = 0; j < 32; j++)
            samples[j] = random_sample(run, i % 16);
        struct sums4 sums = kernels->dot_columns(samples, dtmf_cosines[i & 1], 32);
        for (uint32_t j = 0; j < 4; j++)
            conformance_put_word(run, (uint32_t)sums.at[j]);
    }
}

void conformance_kernels(struct conformance *run) {
    run_codes(run);
    run_mix(run);
    run_columns(run);
}
