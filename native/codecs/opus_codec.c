#include "opus_codec.h"
#include <opus.h>
#include <stddef.h>
#include <string.h>

enum {
    SILK_WIDEBAND = 8,         /* the first of its four configurations */
    ENCODER_BYTES = 44 * 1024, /* of libopus, for one channel */
    DECODER_BYTES = 20 * 1024,
    PACKET_MS_MAX = 120, /* RFC 6716, section 3.4 */
    FEC_PERCENT_MIN = 5,
    COMPLEXITY_FIRST = 5,
    SILENT_BYTES_MAX = 2, /* a packet that says only that nothing is said (opus_encode) */
    QUIET_LEVEL = 16,     /* mean magnitude of what nobody hears: -66 dBFS */
};

struct encoder {
    uint32_t rate_hz;
    bool fec;
    uint64_t state[ENCODER_BYTES / 8];
};

struct decoder {
    uint32_t rate_hz;
    bool quiet; /* what it gave last */
    uint64_t state[DECODER_BYTES / 8];
};

static OpusEncoder *encoder_of(struct encoder *encoder) {
    return (OpusEncoder *)encoder->state;
}

static OpusDecoder *decoder_of(struct decoder *decoder) {
    return (OpusDecoder *)decoder->state;
}

bool opus_codec_fits(void) {
    return opus_encoder_get_size(1) <= ENCODER_BYTES && opus_decoder_get_size(1) <= DECODER_BYTES;
}

static int32_t bitrate_of(const struct encoder_options *options) {
    if (options->bitrate_bps)
        return (int32_t)options->bitrate_bps;
    return options->rate_hz <= 8000 ? 16000 : options->rate_hz <= 16000 ? 24000 : 32000;
}

static void encoder_adapt(void *state, uint32_t loss_percent, uint32_t complexity) {
    struct encoder *encoder = state;
    OpusEncoder *opus = encoder_of(encoder);
    int32_t loss = loss_percent < 100 ? (int32_t)loss_percent : 100;
    opus_encoder_ctl(opus, OPUS_SET_PACKET_LOSS_PERC(loss));
    opus_encoder_ctl(opus, OPUS_SET_INBAND_FEC(encoder->fec && loss >= FEC_PERCENT_MIN));
    opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(complexity < 10 ? (int32_t)complexity : 10));
}

static void encoder_begin(void *state, const struct encoder_options *options) {
    struct encoder *encoder = state;
    OpusEncoder *opus = encoder_of(encoder);
    encoder->rate_hz = options->rate_hz;
    encoder->fec = options->fec;
    opus_encoder_init(opus, (int32_t)options->rate_hz, 1, OPUS_APPLICATION_VOIP);
    opus_encoder_ctl(opus, OPUS_SET_BITRATE(bitrate_of(options)));
    opus_encoder_ctl(opus, OPUS_SET_DTX(options->dtx));
    encoder_adapt(encoder, options->fec ? FEC_PERCENT_MIN : 0, COMPLEXITY_FIRST);
}

static bool is_packet_length(uint32_t count, uint32_t rate_hz) {
    uint32_t frames = count / (rate_hz / 100); /* of 10 ms */
    return count % (rate_hz / 100) == 0 &&
           (frames == 1 || frames == 2 || frames == 4 || frames == 6);
}

static uint32_t
encode(void *state, uint8_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    struct encoder *encoder = state;
    if (!is_packet_length(count, encoder->rate_hz))
        return 0;
    int32_t most = room < CODEC_PAYLOAD_BYTES_MAX ? (int32_t)room : CODEC_PAYLOAD_BYTES_MAX;
    int32_t bytes = opus_encode(encoder_of(encoder), src, (int)count, dst, most);
    return bytes > SILENT_BYTES_MAX ? (uint32_t)bytes : 0;
}

static void decoder_begin(void *state, uint32_t rate_hz) {
    struct decoder *decoder = state;
    decoder->rate_hz = rate_hz;
    decoder->quiet = true;
    opus_decoder_init(decoder_of(decoder), (int32_t)rate_hz, 1);
}

static uint32_t payload_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    if (bytes == 0 || bytes > INT32_MAX)
        return 0;
    int samples = opus_packet_get_nb_samples(payload, (int32_t)bytes, (int32_t)rate_hz);
    return samples > 0 ? (uint32_t)samples : 0;
}

/* libopus takes stack in proportion to what it is asked for: no more than a packet can hold. */
static uint32_t samples_max(const struct decoder *decoder) {
    return decoder->rate_hz / 1000 * PACKET_MS_MAX;
}

static uint32_t note_level(struct decoder *decoder, const int16_t *samples, int count) {
    int64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += samples[i] < 0 ? -samples[i] : samples[i];
    decoder->quiet = count > 0 && sum < (int64_t)count * QUIET_LEVEL;
    return count > 0 ? (uint32_t)count : 0;
}

/* After what nobody hears nothing goes on: most of a large room says nothing, and to let libopus
 * make noise of that would cost more than all who speak. */
static uint32_t stay_quiet(int16_t *dst, uint32_t count) {
    memset(dst, 0, count * sizeof *dst);
    return count;
}

static uint32_t
decode(void *state, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    struct decoder *decoder = state;
    uint32_t count = payload_samples(payload, bytes, decoder->rate_hz);
    if (count == 0 || count > room || count > samples_max(decoder))
        return 0;
    if (bytes <= SILENT_BYTES_MAX && decoder->quiet)
        return stay_quiet(dst, count);
    int samples = opus_decode(decoder_of(decoder), payload, (int32_t)bytes, dst, (int)count, 0);
    return note_level(decoder, dst, samples);
}

static uint32_t
conceal(void *state, int16_t *dst, uint32_t count, const uint8_t *next, uint32_t next_bytes) {
    struct decoder *decoder = state;
    int samples = 0;
    if (count == 0 || count > samples_max(decoder) || count % (decoder->rate_hz / 400) != 0)
        return 0;
    if (next && payload_samples(next, next_bytes, decoder->rate_hz))
        samples = opus_decode(decoder_of(decoder), next, (int32_t)next_bytes, dst, (int)count, 1);
    if (samples <= 0 && decoder->quiet)
        return stay_quiet(dst, count);
    if (samples <= 0)
        samples = opus_decode(decoder_of(decoder), NULL, 0, dst, (int)count, 0);
    return note_level(decoder, dst, samples);
}

/* RFC 6716 §3.1: a packet of no more than its first byte, wideband SILK of 10, 20, 40 or 60 ms;
 * §4.1: to the decoder a frame that was not sent, as in DTX. */
static uint32_t encode_silence(uint8_t *dst, uint32_t rate_hz, uint32_t count) {
    uint32_t ms = count / (rate_hz / 1000), config = ms / 20;
    if (ms != 10 && ms != 20 && ms != 40 && ms != 60)
        return 0;
    dst[0] = (uint8_t)((SILK_WIDEBAND + config) << 3);
    return 1;
}

const struct codec codec_opus = {
    .name = "opus",
    .clock_hz = 48000, /* whatever the rate of the PCM (RFC 7587, section 4.1) */
    .rates_hz = {8000, 16000, 48000},
    .encoder_bytes = sizeof(struct encoder),
    .decoder_bytes = sizeof(struct decoder),
    .encoder_begin = encoder_begin,
    .encode_silence = encode_silence,
    .encode = encode,
    .encoder_adapt = encoder_adapt,
    .decoder_begin = decoder_begin,
    .payload_samples = payload_samples,
    .decode = decode,
    .conceal = conceal,
};
