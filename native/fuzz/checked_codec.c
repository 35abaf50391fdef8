#include "checked_codec.h"
#include "g711.h"
#include "g722.h"
#include "input.h"
#include "l16.h"

enum { ENCODER = 0x51A7E001, DECODER = 0x51A7E002, FRAMES_MAX = 12, PAYLOAD_MAX = 40 };

struct state {
    uint64_t linked; /* a pool keeps its list here */
    uint32_t kind, rate_hz;
};

static void begin(struct state *state, uint32_t kind, uint32_t rate_hz) {
    MUST(state && (uintptr_t)state % 16 == 0);
    MUST(rate_hz == 8000 || rate_hz == 16000 || rate_hz == 48000);
    *state = (struct state){.kind = kind, .rate_hz = rate_hz};
}

static void encoder_begin(void *encoder, const struct encoder_options *options) {
    begin(encoder, ENCODER, options->rate_hz);
}

static void encoder_adapt(void *encoder, uint32_t loss_percent, uint32_t complexity) {
    MUST(((struct state *)encoder)->kind == ENCODER && loss_percent <= 100 && complexity <= 10);
}

static uint32_t
encode(void *encoder, uint8_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    const struct state *state = encoder;
    MUST(state->kind == ENCODER && count > 0 && count % (state->rate_hz / 100) == 0);
    uint32_t frames = count / (state->rate_hz / 100), bytes = 1;
    MUST(frames <= FRAMES_MAX / 2);
    if (room < PAYLOAD_MAX)
        return 0;
    dst[0] = (uint8_t)frames;
    for (uint32_t i = 0; i < count && bytes < PAYLOAD_MAX; i += 160)
        dst[bytes++] = (uint8_t)(src[i] >> 8);
    return bytes;
}

static uint32_t encode_silence(uint8_t *dst, uint32_t rate_hz, uint32_t count) {
    dst[0] = (uint8_t)(count / (rate_hz / 100));
    return 1;
}

static void decoder_begin(void *decoder, uint32_t rate_hz) {
    begin(decoder, DECODER, rate_hz);
}

static uint32_t payload_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    return bytes > 0 && payload[0] <= FRAMES_MAX ? payload[0] * (rate_hz / 100) : 0;
}

static uint32_t
decode(void *decoder, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    const struct state *state = decoder;
    MUST(state->kind == DECODER);
    uint32_t count = payload_samples(payload, bytes, state->rate_hz);
    if (count > room)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        dst[i] = bytes > 1 ? (int16_t)((int8_t)payload[1 + i / 160 % (bytes - 1)] * 256) : 0;
    return count;
}

static uint32_t
conceal(void *decoder, int16_t *dst, uint32_t count, const uint8_t *next, uint32_t next_bytes) {
    const struct state *state = decoder;
    MUST(state->kind == DECODER && count > 0);
    MUST(count <= FRAMES_MAX * (state->rate_hz / 100) && (!next || next_bytes > 0));
    memset(dst, 0, count * sizeof *dst);
    return count % (state->rate_hz / 400) == 0 ? count : 0;
}

const struct codec codec_checked = {
    .name = "checked",
    .clock_hz = 48000,
    .rates_hz = {8000, 16000, 48000},
    .encoder_bytes = sizeof(struct state),
    .decoder_bytes = sizeof(struct state),
    .encoder_begin = encoder_begin,
    .encode = encode,
    .encode_silence = encode_silence,
    .encoder_adapt = encoder_adapt,
    .decoder_begin = decoder_begin,
    .payload_samples = payload_samples,
    .decode = decode,
    .conceal = conceal,
};

const struct codec *const checked_codecs[CODECS] = {
    [CODEC_PCMU] = &codec_pcmu, [CODEC_PCMA] = &codec_pcma,    [CODEC_G722] = &codec_g722,
    [CODEC_L16] = &codec_l16,   [CODEC_OPUS] = &codec_checked,
};
