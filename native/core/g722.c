#include "g722.h"
#include "g722_group.h"

enum {
    RATE_HZ = 16000,
    TAPS = 24,
    HISTORY = TAPS - 2, /* samples of the window that came before the newest two */
    PHASE_TAPS = 12,
    PHASE_HISTORY = PHASE_TAPS - 1,
    CHUNK = 80, /* pairs of samples that the filter bank takes at a time */
    LOWER_LIMIT = 18432,
    HIGHER_LIMIT = 22528,
    LOWER_BEGIN = 32, /* scales */
    HIGHER_BEGIN = 8,
    HIGHER_DECISION = 564, /* Q2 */
};

struct encoder {
    struct g722_bands bands;
    struct g722_scale scales[G722_BANDS];
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
    g722_rescale(lower, g722_wl[low >> 2], LOWER_LIMIT, G722_LOWER_SCALES);
    g722_rescale(higher, g722_wh[high], HIGHER_LIMIT, G722_HIGHER_SCALES);
    g722_adapt(bands, g722_pair(lower_difference, higher_difference));
}

#if LANES

/* Four sums of two neighbouring products. */
static inline lanes32 plus_dot(lanes32 sums, lanes16 values, const int16_t *taps) {
    return lanes32_add(sums, lanes16_dot(values, lanes16_load(taps)));
}

/* The next eight signals of both bands, from the windows that begin at every other sample. */
static inline void analyze_row(int16_t *lower, int16_t *higher, const int16_t *windows) {
    lanes32 low[2], high[2];
    for (uint32_t half = 0; half < 2; half++) {
        lanes32 sum = lanes16_zero(), difference = lanes16_zero();
        for (uint32_t i = 0; i < TAPS / 2; i++) {
            lanes16 samples = lanes16_load(windows + 8 * half + 2 * i);
            sum = plus_dot(sum, samples, g722_qmf_lower[i]);
            difference = plus_dot(difference, samples, g722_qmf_higher[i]);
        }
        low[half] = lanes32_shift_right(sum, 14);
        high[half] = lanes32_shift_right(difference, 14);
    }
    lanes16_store(lower, lanes32_join(low[0], low[1]));
    lanes16_store(higher, lanes32_join(high[0], high[1]));
}

/* Eight sums of a filter, from the windows that begin at every value. */
static inline lanes16
filter_row(const int16_t *windows, const int16_t taps[PHASE_TAPS / 2][G722_LANES]) {
    lanes32 low = lanes16_zero(), high = lanes16_zero();
    for (uint32_t i = 0; i < PHASE_TAPS / 2; i++) {
        lanes16 even = lanes16_load(windows + 2 * i), odd = lanes16_load(windows + 2 * i + 1);
        low = plus_dot(low, lanes16_interleave_low(even, odd), taps[i]);
        high = plus_dot(high, lanes16_interleave_high(even, odd), taps[i]);
    }
    return lanes32_join(lanes32_shift_right(low, 11), lanes32_shift_right(high, 11));
}

/* The next sixteen samples. */
static inline void synthesize_row(int16_t *dst, const int16_t *differences, const int16_t *sums) {
    lanes16 first = filter_row(differences, g722_qmf_first);
    lanes16 second = filter_row(sums, g722_qmf_second);
    lanes16_store(dst, lanes16_interleave_low(first, second));
    lanes16_store(dst + G722_LANES, lanes16_interleave_high(first, second));
}

#else

static inline int32_t
dot(const int16_t *window, const int16_t (*taps)[G722_LANES], uint32_t count) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += window[i] * taps[i / 2][i % 2];
    return sum;
}

static inline void analyze_row(int16_t *lower, int16_t *higher, const int16_t *windows) {
    for (uint32_t i = 0; i < G722_LANES; i++) {
        lower[i] = saturate16(dot(windows + 2 * i, g722_qmf_lower, TAPS) >> 14);
        higher[i] = saturate16(dot(windows + 2 * i, g722_qmf_higher, TAPS) >> 14);
    }
}

static inline void synthesize_row(int16_t *dst, const int16_t *differences, const int16_t *sums) {
    for (uint32_t i = 0; i < G722_LANES; i++) {
        dst[2 * i] = saturate16(dot(differences + i, g722_qmf_first, PHASE_TAPS) >> 11);
        dst[2 * i + 1] = saturate16(dot(sums + i, g722_qmf_second, PHASE_TAPS) >> 11);
    }
}

#endif

/* Signals of both bands. */
struct signals {
    int16_t lower[CHUNK], higher[CHUNK];
};

/* The analysis filter bank: `pairs` signals of each band, at most CHUNK. */
static void
analyze(struct encoder *encoder, struct signals *signals, const int16_t *src, uint32_t pairs) {
    int16_t window[HISTORY + 2 * CHUNK];
    memcpy(window, encoder->history, sizeof encoder->history);
    memcpy(window + HISTORY, src, pairs * 2 * sizeof *src);
    memset(window + HISTORY + 2 * pairs, 0, (CHUNK - pairs) * 2 * sizeof *window);
    memcpy(encoder->history, window + 2 * pairs, sizeof encoder->history);
    for (uint32_t i = 0; i < pairs; i += G722_LANES)
        analyze_row(signals->lower + i, signals->higher + i, window + 2 * i);
}

/* Chunks of whole pairs; `pairs` is at most CHUNK. */
static void
encode_chunk(struct encoder *encoder, uint8_t *dst, const int16_t *src, uint32_t pairs) {
    struct g722_bands bands = encoder->bands;
    struct g722_scale lower = encoder->scales[G722_LOWER], higher = encoder->scales[G722_HIGHER];
    struct signals signals;
    analyze(encoder, &signals, src, pairs);
    for (uint32_t i = 0; i < pairs; i++) {
        uint32_t pair = g722_pair(signals.lower[i], signals.higher[i]), level;
        uint32_t differences = g722_differences(&bands, pair, lower.value, &level);
        uint32_t low = g722_il[(differences >> 15) & 1][level];
        uint32_t high = quantize_higher((int16_t)(differences >> 16), higher.value);
        take(&bands, &lower, &higher, low, high);
        dst[i] = (uint8_t)(high << 6 | low);
    }
    encoder->bands = bands;
    encoder->scales[G722_LOWER] = lower;
    encoder->scales[G722_HIGHER] = higher;
}

static void
decode_chunk(struct decoder *decoder, int16_t *dst, const uint8_t *src, uint32_t pairs) {
    struct g722_bands bands = decoder->bands;
    struct g722_scale lower = decoder->lower, higher = decoder->higher;
    int16_t sums[PHASE_HISTORY + CHUNK + 1], differences[PHASE_HISTORY + CHUNK + 1];
    memset(sums + PHASE_HISTORY + pairs, 0, (CHUNK + 1 - pairs) * sizeof *sums);
    memset(differences + PHASE_HISTORY + pairs, 0, (CHUNK + 1 - pairs) * sizeof *sums);
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
    for (uint32_t i = 0; i < pairs; i += G722_LANES) {
        int16_t row[2 * G722_LANES];
        uint32_t there = pairs - i < G722_LANES ? pairs - i : G722_LANES;
        synthesize_row(row, differences + i, sums + i);
        memcpy(dst + 2 * i, row, there * 2 * sizeof *row);
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
    encoder->scales[G722_LOWER].value = LOWER_BEGIN;
    encoder->scales[G722_HIGHER].value = HIGHER_BEGIN;
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

#if LANES

/* Signals of all members, a row of lanes at a time; codes take their places. */
struct group_chunk {
    int16_t lower[CHUNK][G722_LANES], higher[CHUNK][G722_LANES];
};

/* Quantizes the signals of the lower band and takes their codes in, which it returns. */
static inline lanes16 take_lower(struct g722_group_band *band, lanes16 signals) {
    lanes16 differences = lanes16_sub_saturated(signals, band->prediction);
    lanes16 sign = lanes16_shift_right(differences, 15);
    struct g722_group_interval found =
        g722_group_quantize(lanes16_xor(differences, sign), band->scale);
    lanes16 difference = g722_scaled(band->scale, g722_negate(found.output, sign), 15);
    g722_group_rescale(band, found.step, LOWER_LIMIT, G722_LOWER_SCALES);
    g722_group_adapt(band, difference);
    return g722_group_codes(found.level, sign);
}

/* The same of the higher band; negative differences have codes 0 and 1, the outer interval an even
 * one. */
static inline lanes16 take_higher(struct g722_group_band *band, lanes16 signals) {
    lanes16 differences = lanes16_sub_saturated(signals, band->prediction);
    lanes16 sign = lanes16_shift_right(differences, 15);
    lanes16 decision = lanes16_multiply_upper(lanes16_all(HIGHER_DECISION << 4), band->scale);
    lanes16 inner = lanes16_greater(decision, lanes16_xor(differences, sign)); /* 0 or -1 */
    lanes16 output = lanes16_add(
        lanes16_without(lanes16_all(g722_qm2[2] - g722_qm2[3]), inner), lanes16_all(g722_qm2[3]));
    lanes16 step = lanes16_add(
        lanes16_without(lanes16_all(g722_wh[2] - g722_wh[3]), inner), lanes16_all(g722_wh[3]));
    lanes16 difference = g722_scaled(band->scale, g722_negate(output, sign), 15);
    g722_group_rescale(band, step, HIGHER_LIMIT, G722_HIGHER_SCALES);
    g722_group_adapt(band, difference);
    return lanes16_add(lanes16_sub(lanes16_all(2), inner), lanes16_add(sign, sign));
}

/* The bands do not know of each other. */
static void
encode_group_chunk(struct g722_group_words *words, struct group_chunk *chunk, uint32_t pairs) {
    struct g722_group_band band;
    memcpy(&band, words->of[G722_LOWER], sizeof band);
    for (uint32_t i = 0; i < pairs; i++)
        lanes16_store(chunk->lower[i], take_lower(&band, lanes16_load(chunk->lower[i])));
    memcpy(words->of[G722_LOWER], &band, sizeof band);
    memcpy(&band, words->of[G722_HIGHER], sizeof band);
    for (uint32_t i = 0; i < pairs; i++)
        lanes16_store(chunk->higher[i], take_higher(&band, lanes16_load(chunk->higher[i])));
    memcpy(words->of[G722_HIGHER], &band, sizeof band);
}

static void spread(
    struct group_chunk *chunk, uint32_t lane, struct encoder *encoder, const int16_t *src,
    uint32_t pairs) {
    struct signals signals;
    analyze(encoder, &signals, src, pairs);
    for (uint32_t i = 0; i < pairs; i++) {
        chunk->lower[i][lane] = signals.lower[i];
        chunk->higher[i][lane] = signals.higher[i];
    }
}

static uint32_t encode_group(
    void *const *states, uint8_t *const *dst, const int16_t *const *src, uint32_t members,
    uint32_t count) {
    uint32_t bytes = count / 2;
    struct g722_group_words words;
    struct group_chunk chunk;
    memset(&words, 0, sizeof words);
    memset(&chunk, 0, sizeof chunk);
    for (uint32_t lane = 0; lane < members; lane++) {
        struct encoder *encoder = states[lane];
        g722_group_bring(&words, lane, &encoder->bands, encoder->scales);
    }
    for (uint32_t at = 0; at < bytes; at += CHUNK) {
        uint32_t pairs = bytes - at < CHUNK ? bytes - at : CHUNK;
        for (uint32_t lane = 0; lane < members; lane++)
            spread(&chunk, lane, states[lane], src[lane] + 2 * at, pairs);
        encode_group_chunk(&words, &chunk, pairs);
        for (uint32_t lane = 0; lane < members; lane++) {
            for (uint32_t i = 0; i < pairs; i++)
                dst[lane][at + i] = (uint8_t)(chunk.higher[i][lane] << 6 | chunk.lower[i][lane]);
        }
    }
    for (uint32_t lane = 0; lane < members; lane++) {
        struct encoder *encoder = states[lane];
        g722_group_return(&words, lane, &encoder->bands, encoder->scales);
    }
    return bytes;
}

#else

static uint32_t encode_group(
    void *const *states, uint8_t *const *dst, const int16_t *const *src, uint32_t members,
    uint32_t count) {
    for (uint32_t i = 0; i < members; i++)
        encode(states[i], dst[i], CODEC_PAYLOAD_BYTES_MAX, src[i], count);
    return count / 2;
}

#endif

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
    .encode_group = encode_group,
    .decoder_begin = decoder_begin,
    .payload_samples = payload_samples,
    .decode = decode,
};
