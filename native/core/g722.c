#include "g722.h"
#include "g722_bands.h"

enum {
    RATE_HZ = 16000,
    TAPS = 24,
    HISTORY = TAPS - 2, /* samples of the window that came before the newest two */
    PHASE_TAPS = 16,
    PHASE_HISTORY = PHASE_TAPS - 1,
    CHUNK = 80, /* pairs of samples that the filter bank takes at a time */
    LOWER_LIMIT = 18432,
    HIGHER_LIMIT = 22528,
    LOWER_EXPONENT = 8,
    HIGHER_EXPONENT = 10,
    LOWER_BEGIN = 32, /* scales */
    HIGHER_BEGIN = 8,
    HIGHER_DECISION = 564, /* Q2 */
};

struct encoder {
    struct g722_bands bands;
    struct g722_scale lower, higher;
    int16_t history[HISTORY];
};

struct decoder {
    struct g722_bands bands;
    struct g722_scale lower, higher;
    int16_t sums[PHASE_HISTORY], differences[PHASE_HISTORY];
};

/* QUANTH. */
static inline uint32_t quantize_higher(int32_t difference, int32_t scale) {
    int32_t magnitude = difference ^ (difference >> 31);
    uint32_t outer = magnitude >= ((HIGHER_DECISION * scale) >> 12);
    return (difference < 0 ? 1u : 3u) - outer;
}

/* Takes the codes of both bands in. */
static inline void take(
    struct g722_bands *bands, struct g722_scale *lower, struct g722_scale *higher, uint32_t low,
    uint32_t high) {
    int32_t lower_difference = (lower->value * g722_qm4[low >> 2]) >> 15;
    int32_t higher_difference = (higher->value * g722_qm2[high]) >> 15;
    g722_rescale(lower, g722_wl[low >> 2], LOWER_LIMIT, LOWER_EXPONENT);
    g722_rescale(higher, g722_wh[high], HIGHER_LIMIT, HIGHER_EXPONENT);
    g722_adapt(bands, g722_pair(lower_difference, higher_difference));
}

/* Two filters over two windows. */
struct filtered {
    int32_t first, second;
};

#if LANES
static inline struct filtered filter_both(
    const int16_t *first_window, const int16_t *first, const int16_t *second_window,
    const int16_t *second, uint32_t taps) {
    lanes32 sums[2] = {lanes16_zero(), lanes16_zero()};
    for (uint32_t i = 0; i < taps; i += 8) {
        lanes32 a = lanes16_dot(lanes16_load(first_window + i), lanes16_load(first + i));
        lanes32 b = lanes16_dot(lanes16_load(second_window + i), lanes16_load(second + i));
        sums[0] = lanes32_add(sums[0], a);
        sums[1] = lanes32_add(sums[1], b);
    }
    lanes32 both = lanes32_add(
        lanes32_interleave_low(sums[0], sums[1]), lanes32_interleave_high(sums[0], sums[1]));
    both = lanes32_add(both, lanes32_upper_half(both));
    return (struct filtered){lanes32_first(both), lanes32_second(both)};
}
#else
static inline struct filtered filter_both(
    const int16_t *first_window, const int16_t *first, const int16_t *second_window,
    const int16_t *second, uint32_t taps) {
    struct filtered sums = {0, 0};
    for (uint32_t i = 0; i < taps; i++) {
        sums.first += first_window[i] * first[i];
        sums.second += second_window[i] * second[i];
    }
    return sums;
}
#endif

/* Chunks of whole pairs; `pairs` is at most CHUNK. */
static void
encode_chunk(struct encoder *encoder, uint8_t *dst, const int16_t *src, uint32_t pairs) {
    struct g722_bands bands = encoder->bands;
    struct g722_scale lower = encoder->lower, higher = encoder->higher;
    int16_t window[HISTORY + 2 * CHUNK];
    memcpy(window, encoder->history, sizeof encoder->history);
    memcpy(window + HISTORY, src, pairs * 2 * sizeof *src);
    memcpy(encoder->history, window + 2 * pairs, sizeof encoder->history);
    for (uint32_t i = 0; i < pairs; i++) {
        const int16_t *at = window + 2 * i;
        struct filtered signals = filter_both(at, g722_qmf_lower, at, g722_qmf_higher, TAPS);
        uint32_t pair = g722_pair(signals.first >> 14, signals.second >> 14), level;
        uint32_t differences = g722_differences(&bands, pair, lower.value, &level);
        uint32_t low = g722_il[(differences >> 15) & 1][level];
        uint32_t high = quantize_higher((int16_t)(differences >> 16), higher.value);
        take(&bands, &lower, &higher, low, high);
        dst[i] = (uint8_t)(high << 6 | low);
    }
    encoder->bands = bands;
    encoder->lower = lower;
    encoder->higher = higher;
}

static void
decode_chunk(struct decoder *decoder, int16_t *dst, const uint8_t *src, uint32_t pairs) {
    struct g722_bands bands = decoder->bands;
    struct g722_scale lower = decoder->lower, higher = decoder->higher;
    int16_t sums[PHASE_HISTORY + CHUNK], differences[PHASE_HISTORY + CHUNK];
    memcpy(sums, decoder->sums, sizeof decoder->sums);
    memcpy(differences, decoder->differences, sizeof decoder->differences);
    for (uint32_t i = 0; i < pairs; i++) {
        uint32_t low = src[i] & 63, high = src[i] >> 6;
        uint32_t signals = g722_signals(
            &bands,
            g722_pair((lower.value * g722_qm6[low]) >> 15, (higher.value * g722_qm2[high]) >> 15));
        take(&bands, &lower, &higher, low, high);
        int32_t below = (int16_t)signals, above = (int16_t)(signals >> 16);
        sums[PHASE_HISTORY + i] = (int16_t)(below + above);
        differences[PHASE_HISTORY + i] = (int16_t)(below - above);
    }
    for (uint32_t i = 0; i < pairs; i++) {
        struct filtered samples =
            filter_both(differences + i, g722_qmf_first, sums + i, g722_qmf_second, PHASE_TAPS);
        dst[2 * i] = saturate16(samples.first >> 11);
        dst[2 * i + 1] = saturate16(samples.second >> 11);
    }
    memcpy(decoder->sums, sums + pairs, sizeof decoder->sums);
    memcpy(decoder->differences, differences + pairs, sizeof decoder->differences);
    decoder->bands = bands;
    decoder->lower = lower;
    decoder->higher = higher;
}

static void encoder_begin(void *state, const struct encoder_options *options) {
    struct encoder *encoder = state;
    (void)options;
    memset(encoder, 0, sizeof *encoder);
    encoder->lower.value = LOWER_BEGIN;
    encoder->higher.value = HIGHER_BEGIN;
}

static uint32_t
encode(void *state, uint8_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    uint32_t bytes = count / 2;
    if (bytes > room || bytes > CODEC_PAYLOAD_BYTES_MAX)
        return 0;
    for (uint32_t at = 0; at < bytes; at += CHUNK)
        encode_chunk(state, dst + at, src + 2 * at, bytes - at < CHUNK ? bytes - at : CHUNK);
    return bytes;
}

static void decoder_begin(void *state, uint32_t rate_hz) {
    struct decoder *decoder = state;
    (void)rate_hz;
    memset(decoder, 0, sizeof *decoder);
    decoder->lower.value = LOWER_BEGIN;
    decoder->higher.value = HIGHER_BEGIN;
}

static uint32_t payload_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    (void)payload;
    (void)rate_hz;
    return bytes * 2;
}

static uint32_t
decode(void *state, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    if (bytes > room / 2)
        return 0;
    for (uint32_t at = 0; at < bytes; at += CHUNK)
        decode_chunk(state, dst + 2 * at, payload + at, bytes - at < CHUNK ? bytes - at : CHUNK);
    return bytes * 2;
}

const struct codec codec_g722 = {
    .name = "G722",
    .clock_hz = 8000, /* though the PCM is sampled at 16 kHz */
    .rates_hz = {RATE_HZ},
    .encoder_bytes = sizeof(struct encoder),
    .decoder_bytes = sizeof(struct decoder),
    .encoder_begin = encoder_begin,
    .encode = encode,
    .decoder_begin = decoder_begin,
    .payload_samples = payload_samples,
    .decode = decode,
};
