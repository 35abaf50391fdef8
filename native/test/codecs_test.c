#include "../codecs/codecs.h"
#include "../codecs/opus_codec.h"
#include "../core/tone.h"
#include "test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 2, SAMPLES_MAX = SECONDS * CODEC_RATE_HZ_MAX };

static int16_t pcm[SAMPLES_MAX], decoded[SAMPLES_MAX + CODEC_FRAME_MAX];

/* States that have begun; NULL where the codec has none. */
static void *new_encoder(const struct codec *codec, const struct encoder_options *options) {
    void *encoder = codec->encoder_bytes ? malloc(codec->encoder_bytes) : NULL;
    if (encoder)
        codec->encoder_begin(encoder, options);
    return encoder;
}

static void *new_decoder(const struct codec *codec, uint32_t rate_hz) {
    void *decoder = codec->decoder_bytes ? malloc(codec->decoder_bytes) : NULL;
    if (decoder)
        codec->decoder_begin(decoder, rate_hz);
    return decoder;
}

/* Harmonics of a gliding pitch, up to 3 kHz. */
static void fill_voice(uint32_t rate_hz, uint32_t count) {
    double phase = 0;
    for (uint32_t i = 0; i < count; i++) {
        double seconds = (double)i / rate_hz, sum = 0;
        phase += 2 * 3.14159265358979 * (150 + 30 * sin(4 * seconds)) / rate_hz;
        for (int k = 1; k <= 16; k++)
            sum += sin(k * phase) / k;
        pcm[i] = (int16_t)(5000 * sum * (0.6 + 0.4 * sin(9 * seconds)));
    }
}

/* The best ratio of `decoded` to its difference from `pcm` over delays of up to 20 ms [dB]. */
static double snr_db(uint32_t rate_hz, uint32_t count) {
    double best = -100;
    for (uint32_t delay = 0; delay < rate_hz / 50; delay++) {
        double signal = 0, error = 1e-9;
        for (uint32_t i = count / 4; i + delay < count; i += rate_hz / 8000) {
            double difference = pcm[i] - decoded[i + delay];
            signal += (double)pcm[i] * pcm[i];
            error += difference * difference;
        }
        best = fmax(best, 10 * log10(signal / error));
    }
    return best;
}

/* Encodes and decodes `pcm` packet by packet; every `loss`th is lost. Returns the packets. */
static uint32_t
run(const struct codec *codec, struct encoder_options options, uint32_t count, uint32_t frame,
    uint32_t loss) {
    void *encoder = new_encoder(codec, &options), *decoder = new_decoder(codec, options.rate_hz);
    uint8_t payload[CODEC_PAYLOAD_BYTES_MAX];
    uint32_t packets = 0, missing = 0, at = 0;
    if (loss && codec->encoder_adapt)
        codec->encoder_adapt(encoder, 20, 10);
    for (; at + frame <= count; at += frame) {
        uint32_t bytes = codec->encode(encoder, payload, sizeof payload, pcm + at, frame);
        packets += bytes > 0;
        if (bytes == 0 || (loss && at / frame % loss == loss - 1)) {
            missing = frame;
            continue;
        }
        CHECK(codec->payload_samples(payload, bytes, options.rate_hz) == frame);
        if (missing && codec->conceal)
            CHECK(codec->conceal(decoder, decoded + at - frame, frame, payload, bytes) == frame);
        missing = 0;
        CHECK(codec->decode(decoder, decoded + at, frame, payload, bytes) == frame);
        CHECK(codec->decode(decoder, decoded + at, frame - 1, payload, bytes) == 0);
    }
    free(encoder);
    free(decoder);
    return packets;
}

/* Opus keeps what is heard, not the shape of the wave. */
static const double least_snr_db[] = {
    [CODEC_PCMU] = 35, [CODEC_PCMA] = 35, [CODEC_G722] = 30, [CODEC_L16] = 99, [CODEC_OPUS] = 3,
};

static void test_round_trips(void) {
    for (uint32_t id = 0; id < CODECS; id++) {
        const struct codec *codec = codecs[id];
        for (const uint32_t *rate_hz = codec->rates_hz; *rate_hz; rate_hz++) {
            fill_voice(*rate_hz, SECONDS * *rate_hz);
            for (uint32_t ms = 10; ms <= CODEC_PTIME_MS_MAX; ms += 10) {
                uint32_t count = SECONDS * *rate_hz, frame = *rate_hz / 1000 * ms;
                memset(decoded, 0, sizeof decoded);
                struct encoder_options options = {.rate_hz = *rate_hz};
                uint32_t packets = run(codec, options, count, frame, 0);
                bool fits = id == CODEC_OPUS  ? ms != 30 && ms != 50
                            : id == CODEC_L16 ? frame * 2 <= CODEC_PAYLOAD_BYTES_MAX
                                              : true;
                CHECK(packets == (fits ? count / frame : 0));
                if (fits)
                    CHECK(snr_db(*rate_hz, count / frame * frame) >= least_snr_db[id]);
            }
        }
    }
}

/* Random bytes, cut packets, and none at all: never more than the room, and no crash. */
static void test_malformed(void) {
    uint8_t payload[CODEC_PAYLOAD_BYTES_MAX], good[CODEC_PAYLOAD_BYTES_MAX];
    int16_t frame[CODEC_FRAME_MAX];
    for (uint32_t id = 0; id < CODECS; id++) {
        const struct codec *codec = codecs[id];
        uint32_t rate_hz = codec->rates_hz[0], count = rate_hz / 50;
        struct encoder_options options = {.rate_hz = rate_hz};
        void *encoder = new_encoder(codec, &options), *decoder = new_decoder(codec, rate_hz);
        srand(7);
        for (uint32_t i = 0; i < 20000; i++) {
            uint32_t bytes = (uint32_t)rand() % (i % 2 ? 80 : (uint32_t)sizeof payload);
            uint32_t whole = codec->encode(encoder, good, sizeof good, pcm + i % 1000, count);
            for (uint32_t j = 0; j < bytes; j++)
                payload[j] = i % 4 < 2 && j < whole ? good[j] : (uint8_t)rand();
            uint32_t room = (uint32_t)rand() % CODEC_FRAME_MAX;
            CHECK(codec->decode(decoder, frame, room, payload, bytes) <= room);
            if (codec->conceal && i % 3 == 0)
                CHECK(codec->conceal(decoder, frame, count, payload, bytes) == count);
            if (id == CODEC_OPUS && i % 2 == 0)
                i += 9; /* it is slow */
        }
        CHECK(codec->decode(decoder, frame, CODEC_FRAME_MAX, payload, 0) == 0);
        CHECK(codec->payload_samples(payload, 0, rate_hz) == 0);
        CHECK(codec->encode(encoder, payload, 1, pcm, count) == 0);
        free(encoder);
        free(decoder);
    }
}

static void test_l16_bytes(void) {
    const int16_t samples[] = {0x0102, -2};
    uint8_t payload[4];
    int16_t back[2];
    CHECK(codecs[CODEC_L16]->encode(NULL, payload, 4, samples, 2) == 4);
    CHECK(memcmp(payload, "\x01\x02\xFF\xFE", 4) == 0);
    CHECK(codecs[CODEC_L16]->decode(NULL, back, 2, payload, 3) == 0);
    CHECK(codecs[CODEC_L16]->decode(NULL, back, 2, payload, 4) == 2 && back[1] == -2);
}

static void test_opus_dtx(void) {
    memset(pcm, 0, sizeof pcm);
    struct encoder_options options = {.rate_hz = 16000};
    CHECK(run(&codec_opus, options, 32000, 320, 0) == 100);
    options.dtx = true;
    CHECK(run(&codec_opus, options, 32000, 320, 0) < 30);
}

/* What was lost comes back with the next packet: closer to what would have been heard than a guess
 * from what went before. */
static void test_opus_fec(void) {
    static int16_t heard[2 * 16000];
    const uint32_t count = 2 * 16000, never = UINT32_MAX;
    double db[2];
    for (int fec = 0; fec < 2; fec++) {
        struct encoder_options options = {.rate_hz = 16000, .bitrate_bps = 32000, .fec = fec};
        fill_voice(16000, count);
        run(&codec_opus, options, count, 320, never);
        memcpy(heard, decoded, sizeof heard);
        run(&codec_opus, options, count, 320, 4);
        memcpy(pcm, heard, sizeof heard);
        db[fec] = snr_db(16000, count);
    }
    CHECK(db[1] > db[0] + 2);
}

static void test_opus_conceal(void) {
    int16_t frame[CODEC_FRAME_MAX];
    void *decoder = new_decoder(&codec_opus, 16000);
    CHECK(codec_opus.conceal(decoder, frame, 320, NULL, 0) == 320 && frame[5] == 0);
    CHECK(codec_opus.conceal(decoder, frame, 0, NULL, 0) == 0);
    CHECK(codec_opus.conceal(decoder, frame, 319, NULL, 0) == 0);
    CHECK(codec_opus.conceal(decoder, frame, 48000, NULL, 0) == 0);
    free(decoder);
}

/* Silence costs nothing, but what was being said does not break off. */
static void test_opus_quiet(void) {
    int16_t frame[CODEC_FRAME_MAX];
    uint8_t payload[CODEC_PAYLOAD_BYTES_MAX], silence[1];
    struct encoder_options options = {.rate_hz = 16000};
    void *encoder = calloc(1, codec_opus.encoder_bytes), *decoder = new_decoder(&codec_opus, 16000);
    codec_opus.encoder_begin(encoder, &options);
    CHECK(codec_opus.encode_silence(silence, 16000, 320) == 1);
    frame[7] = 1;
    CHECK(codec_opus.decode(decoder, frame, 320, silence, 1) == 320 && frame[7] == 0);
    fill_voice(16000, 6400);
    for (uint32_t at = 0; at < 6400; at += 320) {
        uint32_t bytes = codec_opus.encode(encoder, payload, sizeof payload, pcm + at, 320);
        codec_opus.decode(decoder, frame, 320, payload, bytes);
    }
    uint32_t level = 0;
    codec_opus.decode(decoder, frame, 320, silence, 1);
    for (uint32_t i = 0; i < 320; i++)
        level += (uint32_t)abs(frame[i]);
    CHECK(level > 320 * 50); /* fading */
    free(encoder);
    free(decoder);
}

void test_codecs(void) {
    CHECK(opus_codec_fits());
    for (uint32_t id = 0; id < CODECS; id++)
        CHECK(codecs[id] && codecs[id]->rates_hz[0] != 0);
    CHECK(codec_clock_hz(codecs[CODEC_G722], 16000) == 8000);
    CHECK(codec_clock_hz(codecs[CODEC_L16], 16000) == 16000);
    CHECK(codec_clock_hz(codecs[CODEC_OPUS], 8000) == 48000);
    test_round_trips();
    test_malformed();
    test_l16_bytes();
    test_opus_dtx();
    test_opus_fec();
    test_opus_conceal();
    test_opus_quiet();
}
