/* G.711 beside libspandsp's functions and beside tables; G.722 beside libspandsp. */
#include "../../native/core/g711.h"
#include "../../native/core/g722.h"
#include "kernel_rows.h"
#include "spandsp_g711.h"
#include <stddef.h>

enum { FRAME = ROW_FRAME, ULAW_ENCODE = 0, ALAW_ENCODE, ULAW_DECODE, ALAW_DECODE };

static uint8_t encode_tables[2][65536];
static int16_t decode_tables[2][256];
static uint8_t codes[FRAME];
static int16_t pcm[FRAME];

static enum codec_id codec_of(uint32_t which) {
    return which & 1 ? CODEC_PCMA : CODEC_PCMU;
}

static bool begin_g711(uint32_t which) {
    for (uint32_t i = 0; i < 65536; i++) {
        encode_tables[0][i] = g711_ulaw_encode((int16_t)i);
        encode_tables[1][i] = g711_alaw_encode((int16_t)i);
    }
    for (uint32_t i = 0; i < 256; i++) {
        decode_tables[0][i] = g711_ulaw_decode((uint8_t)i);
        decode_tables[1][i] = g711_alaw_decode((uint8_t)i);
    }
    g711_encode(codec_of(which), codes, rows_speech(1000), FRAME);
    return spandsp_has_g711();
}

static bool begin_tables(uint32_t which) {
    begin_g711(which);
    return true;
}

static void ours(uint32_t which, uint32_t frames) {
    for (uint32_t i = 0; i < frames; i++) {
        if (which <= ALAW_ENCODE)
            g711_encode(codec_of(which), codes, rows_speech(i % 256), FRAME);
        else
            g711_decode(codec_of(which), pcm, codes, FRAME);
        rows_sink = which <= ALAW_ENCODE ? codes[i % FRAME] : pcm[i % FRAME];
    }
}

static void spandsp(uint32_t which, uint32_t frames) {
    for (uint32_t i = 0; i < frames; i++) {
        if (which == ULAW_ENCODE)
            spandsp_encode_ulaw(codes, rows_speech(i % 256), FRAME);
        else if (which == ALAW_ENCODE)
            spandsp_encode_alaw(codes, rows_speech(i % 256), FRAME);
        else if (which == ULAW_DECODE)
            spandsp_decode_ulaw(pcm, codes, FRAME);
        else
            spandsp_decode_alaw(pcm, codes, FRAME);
        rows_sink = which <= ALAW_ENCODE ? codes[i % FRAME] : pcm[i % FRAME];
    }
}

static void tables(uint32_t which, uint32_t frames) {
    for (uint32_t i = 0; i < frames; i++) {
        const int16_t *speech = rows_speech(i % 256);
        for (uint32_t j = 0; j < FRAME && which <= ALAW_ENCODE; j++)
            codes[j] = encode_tables[which & 1][(uint16_t)speech[j]];
        for (uint32_t j = 0; j < FRAME && which > ALAW_ENCODE; j++)
            pcm[j] = decode_tables[which & 1][codes[j]];
        rows_sink = which <= ALAW_ENCODE ? codes[i % FRAME] : pcm[i % FRAME];
    }
}

const struct kernel_row g711_rows[] = {
    {"mu-law encode", "spandsp", ULAW_ENCODE, begin_g711, ours, spandsp, .target = 10},
    {"mu-law encode", "table of 64K", ULAW_ENCODE, begin_tables, ours, tables, .target = 3},
    {"A-law encode", "spandsp", ALAW_ENCODE, begin_g711, ours, spandsp, .target = 10},
    {"A-law encode", "table of 64K", ALAW_ENCODE, begin_tables, ours, tables, .target = 3},
    {"mu-law decode", "spandsp", ULAW_DECODE, begin_g711, ours, spandsp, .target = 8},
    {"mu-law decode", "table of 256", ULAW_DECODE, begin_tables, ours, tables, .target = 3},
    {"A-law decode", "spandsp", ALAW_DECODE, begin_g711, ours, spandsp, .target = 8},
    {"A-law decode", "table of 256", ALAW_DECODE, begin_tables, ours, tables, .target = 3},
    {0}};

enum { G722_ENCODE, G722_DECODE, G722_TOGETHER };

/* Two samples of 16 kHz a byte: frames of 320. */
static union {
    max_align_t aligned;
    uint8_t bytes[4096];
} state, group[CODEC_GROUP_MAX];

static struct {
    void *encoder, *decoder;
    int (*encode)(void *encoder, uint8_t *codes, const int16_t *samples, int count);
    int (*decode)(void *decoder, int16_t *samples, const uint8_t *codes, int count);
} peer;

static bool begin_g722(uint32_t which) {
    static const char library[] = "libspandsp.so.2";
    void *(*init_encoder)(void *, int, int), *(*init_decoder)(void *, int, int);
    *(void **)&init_encoder = rows_bind(library, "g722_encode_init");
    *(void **)&init_decoder = rows_bind(library, "g722_decode_init");
    *(void **)&peer.encode = rows_bind(library, "g722_encode");
    *(void **)&peer.decode = rows_bind(library, "g722_decode");
    struct encoder_options options = {.rate_hz = 16000};
    codec_g722.encoder_begin(state.bytes, &options);
    codec_g722.encode(state.bytes, codes, FRAME, rows_speech(1000), 2 * FRAME);
    for (uint32_t i = 0; i < CODEC_GROUP_MAX; i++)
        codec_g722.encoder_begin(group[i].bytes, &options);
    if (which == G722_DECODE)
        codec_g722.decoder_begin(state.bytes, 16000);
    if (!init_encoder || !init_decoder || !peer.encode || !peer.decode)
        return false;
    peer.encoder = init_encoder(NULL, 64000, 0);
    peer.decoder = init_decoder(NULL, 64000, 0);
    return true;
}

/* `frames` is a multiple of the group. */
static void g722_together(uint32_t frames) {
    static uint8_t payloads[CODEC_GROUP_MAX][FRAME];
    void *encoders[CODEC_GROUP_MAX];
    uint8_t *dst[CODEC_GROUP_MAX];
    const int16_t *src[CODEC_GROUP_MAX];
    for (uint32_t i = 0; i < frames; i += CODEC_GROUP_MAX) {
        for (uint32_t lane = 0; lane < CODEC_GROUP_MAX; lane++) {
            encoders[lane] = group[lane].bytes;
            dst[lane] = payloads[lane];
            src[lane] = rows_speech((i + lane) * 2);
        }
        codec_g722.encode_group(encoders, dst, src, CODEC_GROUP_MAX, 2 * FRAME);
    }
}

static void g722_ours(uint32_t which, uint32_t frames) {
    static int16_t wide[2 * FRAME];
    if (which == G722_TOGETHER) {
        g722_together(frames);
        return;
    }
    for (uint32_t i = 0; i < frames; i++) {
        if (which == G722_ENCODE)
            codec_g722.encode(state.bytes, codes, FRAME, rows_speech(i * 2), 2 * FRAME);
        else
            codec_g722.decode(state.bytes, wide, 2 * FRAME, codes, FRAME);
    }
}

static void g722_spandsp(uint32_t which, uint32_t frames) {
    static int16_t wide[2 * FRAME];
    for (uint32_t i = 0; i < frames; i++) {
        if (which != G722_DECODE)
            peer.encode(peer.encoder, codes, rows_speech(i * 2), 2 * FRAME);
        else
            peer.decode(peer.decoder, wide, codes, FRAME);
    }
}

/* MEDIA.md asks for 12 and 10 times ffmpeg, which takes 0.66 and 0.64 of libspandsp's time there.
 */
const struct kernel_row g722_rows[] = {
    {"G.722 encode", "spandsp", G722_ENCODE, begin_g722, g722_ours, g722_spandsp, .target = 18,
     .same_forms = true},
    {"G.722 encode, each of 8", "spandsp", G722_TOGETHER, begin_g722, g722_ours, g722_spandsp,
     .target = 18, .same_forms = true, .at_once = CODEC_GROUP_MAX},
    {"G.722 decode", "spandsp", G722_DECODE, begin_g722, g722_ours, g722_spandsp, .target = 15.6,
     .same_forms = true},
    {0}};
