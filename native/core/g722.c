#include "g722.h"
#include "g722_band.h"

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
    HIGHER_DECISION = 564, /* Q2 */
    LAST_INTERVAL = 29,
};

struct encoder {
    struct g722_band lower, higher;
    int16_t history[HISTORY];
};

struct decoder {
    struct g722_band lower, higher;
    int16_t sums[PHASE_HISTORY], differences[PHASE_HISTORY];
};

static void begin_bands(struct g722_band *lower, struct g722_band *higher) {
    *lower = (struct g722_band){.scale = 32};
    *higher = (struct g722_band){.scale = 8};
}

/* How far a difference reaches, for both signs. */
static inline int32_t magnitude_of(int32_t difference) {
    return difference ^ (difference >> 31);
}

/* QUANTL: counts the decision levels that the magnitude reaches, by halving. */
static inline uint32_t quantize_lower(int32_t difference, int32_t scale) {
    int32_t magnitude = magnitude_of(difference);
    uint32_t level = 0;
    for (uint32_t step = 16; step; step >>= 1)
        level += magnitude >= ((g722_q6[level + step] * scale) >> 12) ? step : 0;
    return g722_il[difference < 0][level < LAST_INTERVAL ? level : LAST_INTERVAL];
}

/* QUANTH */
static inline uint32_t quantize_higher(int32_t difference, int32_t scale) {
    uint32_t outer = magnitude_of(difference) >= ((HIGHER_DECISION * scale) >> 12);
    return (difference < 0 ? 1u : 3u) - outer;
}

static inline void take_lower(struct g722_band *band, uint32_t code) {
    int32_t difference = (band->scale * g722_qm4[code >> 2]) >> 15;
    g722_band_rescale(band, g722_wl[code >> 2], LOWER_LIMIT, LOWER_EXPONENT);
    g722_band_adapt(band, difference);
}

static inline void take_higher(struct g722_band *band, uint32_t code) {
    int32_t difference = (band->scale * g722_qm2[code]) >> 15;
    g722_band_rescale(band, g722_wh[code], HIGHER_LIMIT, HIGHER_EXPONENT);
    g722_band_adapt(band, difference);
}

static inline int32_t dot(const int16_t *restrict a, const int16_t *restrict b, uint32_t count) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Chunks of whole pairs; `pairs` is at most CHUNK. */
static void
encode_chunk(struct encoder *encoder, uint8_t *dst, const int16_t *src, uint32_t pairs) {
    int16_t window[HISTORY + 2 * CHUNK];
    int32_t lower[CHUNK], higher[CHUNK];
    memcpy(window, encoder->history, sizeof encoder->history);
    memcpy(window + HISTORY, src, pairs * 2 * sizeof *src);
    memcpy(encoder->history, window + 2 * pairs, sizeof encoder->history);
    for (uint32_t i = 0; i < pairs; i++) {
        lower[i] = dot(window + 2 * i, g722_qmf_lower, TAPS) >> 14;
        higher[i] = dot(window + 2 * i, g722_qmf_higher, TAPS) >> 14;
    }
    for (uint32_t i = 0; i < pairs; i++) {
        int32_t difference = saturate16(lower[i] - encoder->lower.prediction);
        uint32_t low = quantize_lower(difference, encoder->lower.scale);
        take_lower(&encoder->lower, low);
        difference = saturate16(higher[i] - encoder->higher.prediction);
        uint32_t high = quantize_higher(difference, encoder->higher.scale);
        take_higher(&encoder->higher, high);
        dst[i] = (uint8_t)(high << 6 | low);
    }
}

/* 15 bits of a sub-band: its prediction and the difference that the code stands for. */
static inline int32_t signal_of(const struct g722_band *band, int32_t quantized) {
    int32_t signal = band->prediction + ((band->scale * quantized) >> 15);
    return g722_clamp(signal, -16384, 16383);
}

static void
decode_chunk(struct decoder *decoder, int16_t *dst, const uint8_t *src, uint32_t pairs) {
    int16_t sums[PHASE_HISTORY + CHUNK], differences[PHASE_HISTORY + CHUNK];
    memcpy(sums, decoder->sums, sizeof decoder->sums);
    memcpy(differences, decoder->differences, sizeof decoder->differences);
    for (uint32_t i = 0; i < pairs; i++) {
        uint32_t low = src[i] & 63, high = src[i] >> 6;
        int32_t lower = signal_of(&decoder->lower, g722_qm6[low]);
        int32_t higher = signal_of(&decoder->higher, g722_qm2[high]);
        take_lower(&decoder->lower, low);
        take_higher(&decoder->higher, high);
        sums[PHASE_HISTORY + i] = (int16_t)(lower + higher);
        differences[PHASE_HISTORY + i] = (int16_t)(lower - higher);
    }
    for (uint32_t i = 0; i < pairs; i++) {
        dst[2 * i] = saturate16(dot(differences + i, g722_qmf_first, PHASE_TAPS) >> 11);
        dst[2 * i + 1] = saturate16(dot(sums + i, g722_qmf_second, PHASE_TAPS) >> 11);
    }
    memcpy(decoder->sums, sums + pairs, sizeof decoder->sums);
    memcpy(decoder->differences, differences + pairs, sizeof decoder->differences);
}

static void encoder_begin(void *state, const struct encoder_options *options) {
    struct encoder *encoder = state;
    (void)options;
    begin_bands(&encoder->lower, &encoder->higher);
    memset(encoder->history, 0, sizeof encoder->history);
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
    begin_bands(&decoder->lower, &decoder->higher);
    memset(decoder->sums, 0, sizeof decoder->sums);
    memset(decoder->differences, 0, sizeof decoder->differences);
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
