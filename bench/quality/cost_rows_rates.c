/* The converter of live audio beside speexdsp's and soxr's. */
#include "converters.h"
#include "kernel_rows.h"

enum { FRAME_MAX = 960, FRAMES = 64, FROM_KHZ = 1, TO_KHZ = 1 << 8, PEER = 1 << 16 };

static int16_t sound[FRAMES * FRAME_MAX];

static uint32_t from_hz(uint32_t which) {
    return (which & 255) * 1000;
}

static uint32_t to_hz(uint32_t which) {
    return (which >> 8 & 255) * 1000;
}

static bool begin(uint32_t which) {
    for (uint32_t i = 0; i < FRAMES * FRAME_MAX; i++)
        sound[i] = rows_speech(0)[i];
    converter_begin(CONVERTER_OURS, from_hz(which), to_hz(which));
    return converter_begin(which >> 16, from_hz(which), to_hz(which));
}

static void run(enum converter converter, uint32_t which, uint32_t frames) {
    static int16_t converted[FRAME_MAX + 64];
    uint32_t count = from_hz(which) / 50, room = to_hz(which) / 50 + 64;
    for (uint32_t i = 0; i < frames; i++) {
        converter_run(converter, converted, room, sound + i % FRAMES * count, count);
        rows_sink = converted[0];
    }
}

static void ours(uint32_t which, uint32_t frames) {
    run(CONVERTER_OURS, which, frames);
}

static void theirs(uint32_t which, uint32_t frames) {
    run(which >> 16, which, frames);
}

#define RATE(from, to, peer, times)                                                                \
    {#from " to " #to " kHz", NAME_##peer, from * FROM_KHZ + to * TO_KHZ + CONVERTER_##peer * PEER, \
     begin, ours, theirs, .target = times}
#define NAME_SPEEX_3 "speexdsp q3"
#define NAME_SPEEX_5 "speexdsp q5"
#define NAME_SOXR_LQ "soxr LQ"
#define NAME_SOXR_MQ "soxr MQ"

const struct kernel_row rate_rows[] = {
    RATE(8, 16, SPEEX_3, 6),
    RATE(8, 16, SPEEX_5, 0),
    RATE(8, 16, SOXR_LQ, 2.5),
    RATE(8, 16, SOXR_MQ, 0),
    RATE(16, 8, SPEEX_3, 4),
    RATE(16, 8, SPEEX_5, 0),
    RATE(16, 8, SOXR_LQ, 1.8),
    RATE(16, 8, SOXR_MQ, 0),
    RATE(48, 8, SPEEX_3, 4),
    RATE(48, 8, SPEEX_5, 0),
    RATE(48, 8, SOXR_LQ, 0),
    RATE(48, 8, SOXR_MQ, 1.8),
    RATE(48, 16, SPEEX_3, 4),
    RATE(48, 16, SPEEX_5, 0),
    RATE(48, 16, SOXR_LQ, 1.8),
    RATE(48, 16, SOXR_MQ, 0),
    RATE(8, 48, SPEEX_3, 0),
    RATE(8, 48, SPEEX_5, 0),
    RATE(8, 48, SOXR_LQ, 0),
    RATE(8, 48, SOXR_MQ, 0),
    {0}};
