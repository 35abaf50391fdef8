/* Opus at 16 kHz, 24 kbit/s and complexity 5: the libopus that we build beside the system's. */
#include "../../native/codecs/opus_codec.h"
#include "kernel_rows.h"
#include <opus.h>
#include <stdlib.h>

enum { FRAME = 2 * ROW_FRAME, PACKETS = 64, ENCODE = 0, DECODE };

static struct {
    uint8_t bytes[400];
    uint32_t count;
} packets[PACKETS];

static void *encoder, *decoder;

static struct {
    OpusEncoder *encoder;
    OpusDecoder *decoder;
    opus_int32 (*encode)(OpusEncoder *, const opus_int16 *, int, unsigned char *, opus_int32);
    int (*decode)(OpusDecoder *, const unsigned char *, opus_int32, opus_int16 *, int, int);
} theirs;

static void *bound(const char *function) {
    return rows_bind("libopus.so.0", function);
}

static bool begin(uint32_t which) {
    OpusEncoder *(*create)(opus_int32, int, int, int *);
    OpusDecoder *(*create_decoder)(opus_int32, int, int *);
    int (*control)(OpusEncoder *, int, ...);
    struct encoder_options options = {.rate_hz = 16000, .bitrate_bps = 24000};
    (void)which;
    encoder = encoder ? encoder : calloc(1, codec_opus.encoder_bytes);
    decoder = decoder ? decoder : calloc(1, codec_opus.decoder_bytes);
    codec_opus.encoder_begin(encoder, &options);
    codec_opus.encoder_adapt(encoder, 0, 5);
    codec_opus.decoder_begin(decoder, 16000);
    for (uint32_t i = 0; i < PACKETS; i++)
        packets[i].count = codec_opus.encode(
            encoder, packets[i].bytes, sizeof packets[i].bytes, rows_speech(1000 + 2 * i), FRAME);
    *(void **)&create = bound("opus_encoder_create");
    *(void **)&create_decoder = bound("opus_decoder_create");
    *(void **)&control = bound("opus_encoder_ctl");
    *(void **)&theirs.encode = bound("opus_encode");
    *(void **)&theirs.decode = bound("opus_decode");
    if (!create || !create_decoder || !control || !theirs.encode || !theirs.decode)
        return false;
    theirs.encoder = create(16000, 1, OPUS_APPLICATION_VOIP, NULL);
    theirs.decoder = create_decoder(16000, 1, NULL);
    control(theirs.encoder, OPUS_SET_BITRATE(24000));
    control(theirs.encoder, OPUS_SET_COMPLEXITY(5));
    return true;
}

static void run_ours(uint32_t which, uint32_t frames) {
    uint8_t packet[400];
    int16_t frame[FRAME];
    for (uint32_t i = 0; i < frames; i++) {
        if (which == ENCODE)
            codec_opus.encode(encoder, packet, sizeof packet, rows_speech(1000 + i % PACKETS * 2), FRAME);
        else
            codec_opus.decode(
                decoder, frame, FRAME, packets[i % PACKETS].bytes, packets[i % PACKETS].count);
    }
}

static void run_theirs(uint32_t which, uint32_t frames) {
    uint8_t packet[400];
    int16_t frame[FRAME];
    for (uint32_t i = 0; i < frames; i++) {
        if (which == ENCODE)
            theirs.encode(
                theirs.encoder, rows_speech(1000 + i % PACKETS * 2), FRAME, packet, sizeof packet);
        else
            theirs.decode(
                theirs.decoder, packets[i % PACKETS].bytes, (opus_int32)packets[i % PACKETS].count,
                frame, FRAME, 0);
    }
}

const struct kernel_row opus_rows[] = {
    {"Opus encode, 16 kHz", "libopus of Debian", ENCODE, begin, run_ours, run_theirs, .same_forms = true},
    {"Opus decode, 16 kHz", "libopus of Debian", DECODE, begin, run_ours, run_theirs, .same_forms = true},
    {0}};
