/* Programs of the conformance suite for codecs: each codec both ways, on signals that reach its
 * limits. */
#include "bytes.h"
#include "conformance.h"
#include "g722.h"
#include "l16.h"
#include "tone.h"

enum { FRAME = 320, FRAMES = 400, STATE_WORDS = 128 };

/* Tones that glide over the band, noise, and full-scale squares, for a second each. */
static void fill(struct conformance *run, int16_t *frame, uint32_t index, uint32_t *phase) {
    uint32_t kind = index / 50 % 4;
    for (uint32_t i = 0; i < FRAME; i++) {
        int32_t noise = (int32_t)(conformance_random(run) & 0xFFFF) - 32768;
        *phase += index * (UINT32_MAX / (2 * FRAMES));
        int32_t tone = tone_sine(*phase);
        int32_t sample = kind == 0   ? tone / 2
                         : kind == 1 ? tone / 3 + noise / 20
                         : kind == 2 ? noise
                         : tone < 0  ? -32768
                                     : 32767;
        frame[i] = (int16_t)sample;
    }
}

static void run_codec(struct conformance *run, const struct codec *codec, uint32_t rate_hz) {
    uint64_t encoder[STATE_WORDS], decoder[STATE_WORDS];
    struct encoder_options options = {.rate_hz = rate_hz};
    if (codec->encoder_bytes > sizeof encoder || codec->decoder_bytes > sizeof decoder)
        return;
    if (codec->encoder_begin)
        codec->encoder_begin(encoder, &options);
    if (codec->decoder_begin)
        codec->decoder_begin(decoder, rate_hz);
    uint32_t phase = 0;
    for (uint32_t index = 0; index < FRAMES; index++) {
        int16_t frame[FRAME];
        uint8_t payload[CODEC_PAYLOAD_BYTES_MAX];
        fill(run, frame, index, &phase);
        uint32_t bytes = codec->encode(encoder, payload, sizeof payload, frame, FRAME);
        for (uint32_t i = 0; i < bytes; i++) {
            conformance_put_byte(run, payload[i]);
            if (index % 8 == 7) /* codes that no encoder gives */
                payload[i] = (uint8_t)conformance_random(run);
        }
        uint32_t count = codec->decode(decoder, frame, FRAME, payload, bytes);
        conformance_put_samples(run, frame, count);
    }
}

void conformance_g722(struct conformance *run) {
    run_codec(run, &codec_g722, 16000);
}

/* Several in step, more and fewer of them; each has its own part of the signals. */
void conformance_g722_group(struct conformance *run) {
    enum { MEMBERS = 7 };
    _Alignas(16) static uint64_t states[MEMBERS][STATE_WORDS];
    struct encoder_options options = {.rate_hz = 16000};
    uint32_t phases[MEMBERS] = {0};
    if (codec_g722.encoder_bytes > sizeof states[0])
        return;
    for (uint32_t i = 0; i < MEMBERS; i++)
        codec_g722.encoder_begin(states[i], &options);
    for (uint32_t index = 0; index < FRAMES; index++) {
        int16_t frames[MEMBERS][FRAME];
        uint8_t payloads[MEMBERS][FRAME];
        uint32_t members = 1 + index % MEMBERS, bytes;
        void *encoders[MEMBERS];
        uint8_t *dst[MEMBERS];
        const int16_t *src[MEMBERS];
        for (uint32_t i = 0; i < members; i++) {
            fill(run, frames[i], (index + 50 * i) % FRAMES, &phases[i]);
            encoders[i] = states[i];
            dst[i] = payloads[i];
            src[i] = frames[i];
        }
        bytes = codec_g722.encode_group(encoders, dst, src, members, FRAME);
        for (uint32_t i = 0; i < members * bytes; i++)
            conformance_put_byte(run, payloads[i / bytes][i % bytes]);
    }
}

void conformance_l16(struct conformance *run) {
    run_codec(run, &codec_l16, 16000);
}
