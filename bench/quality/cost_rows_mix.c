/* Mix-minus for each of N, and the whole way of a G.711 conference for one of 300. */
#include "../../native/core/dtmf_detector.h"
#include "../../native/core/g711.h"
#include "../../native/core/mix.h"
#include "kernel_rows.h"
#include "softswitch_mix.h"
#include "spandsp_g711.h"
#include <string.h>

enum { FRAME = ROW_FRAME, MEMBERS_MAX = 1000, ROOM = 300, SPEAKERS = 3, SPOKEN = 4 };

static int16_t said[MEMBERS_MAX][FRAME], heard[MEMBERS_MAX][FRAME];

static bool begin(uint32_t members) {
    for (uint32_t i = 0; i < members; i++)
        memcpy(said[i], rows_speech(i * 4), sizeof said[i]);
    return true;
}

static void mix_ours(uint32_t members, uint32_t frames) {
    for (uint32_t i = 0; i + members <= frames; i += members) {
        int32_t sum[FRAME] = {0};
        for (uint32_t member = 0; member < members; member++)
            mix_add(sum, said[member], FRAME);
        for (uint32_t member = 0; member < members; member++)
            mix_minus(heard[member], sum, said[member], FRAME);
        rows_sink = heard[i % members][0];
    }
}

static void mix_theirs(uint32_t members, uint32_t frames) {
    for (uint32_t i = 0; i + members <= frames; i += members) {
        int16_t sum[FRAME] = {0};
        for (uint32_t member = 0; member < members; member++)
            softswitch_add(sum, said[member], FRAME);
        for (uint32_t member = 0; member < members; member++)
            softswitch_subtract(heard[member], sum, said[member], FRAME);
        rows_sink = heard[i % members][0];
    }
}

/* Three of them speak; the others are heard whether they do, and share one mix. */
static void shared_ours(uint32_t members, uint32_t frames) {
    for (uint32_t i = 0; i + members <= frames; i += members) {
        int32_t sum[FRAME] = {0};
        uint32_t level = 0;
        for (uint32_t member = 0; member < members; member++)
            level += mix_level(said[member], FRAME);
        for (uint32_t member = 0; member < SPEAKERS; member++)
            mix_add(sum, said[member], FRAME);
        for (uint32_t member = 0; member < SPEAKERS; member++)
            mix_minus(heard[member], sum, said[member], FRAME);
        mix_all(heard[SPEAKERS], sum, FRAME);
        rows_sink = heard[i % members][0] + (int32_t)level;
    }
}

static const char softswitch[] = "saturating 16-bit mix, softswitch-like";

const struct kernel_row mix_rows[] = {
    {"mix-minus, each of 3", softswitch, 3, begin, mix_ours, mix_theirs, .target = 20, .at_once = 3},
    {"mix-minus, each of 50", softswitch, 50, begin, mix_ours, mix_theirs, .target = 20, .at_once = 50},
    {"mix-minus, each of 1000", softswitch, 1000, begin, mix_ours, mix_theirs, .target = 20, .at_once = 1000},
    {"mix and level, each of 1000, 3 speak", softswitch, 1000, begin, shared_ours, mix_theirs, .target = 45,
     .at_once = 1000},
    {0}};

static uint8_t codes_in[ROOM][SPOKEN][FRAME], codes_out[ROOM][FRAME];
static struct dtmf_detector detectors[ROOM];
static struct {
    void *states[ROOM];
    int (*rx)(void *, const int16_t *, int);
} spandsp;

static void on_digits(void *context, const char *digits, int count) {
    (void)context, (void)digits, (void)count;
}

static bool begin_path(uint32_t which) {
    (void)which;
    void *(*init)(void *, void (*)(void *, const char *, int), void *);
    *(void **)&init = rows_bind("libspandsp.so.2", "dtmf_rx_init");
    *(void **)&spandsp.rx = rows_bind("libspandsp.so.2", "dtmf_rx");
    for (uint32_t i = 0; i < ROOM; i++) {
        for (uint32_t j = 0; j < SPOKEN; j++)
            g711_encode(CODEC_PCMU, codes_in[i][j], rows_speech(i * 12 + j), FRAME);
        dtmf_detector_init(&detectors[i]);
        if (init && spandsp.rx)
            spandsp.states[i] = init(NULL, on_digits, NULL);
    }
    return init && spandsp.rx && spandsp_has_g711();
}

static void path_ours(uint32_t which, uint32_t frames) {
    (void)which;
    for (uint32_t i = 0; i + ROOM <= frames; i += ROOM) {
        int32_t sum[FRAME] = {0};
        for (uint32_t member = 0; member < ROOM; member++) {
            g711_decode(CODEC_PCMU, said[member], codes_in[member][i / ROOM % SPOKEN], FRAME);
            for (uint32_t at = 0, used; at < FRAME; at += used)
                dtmf_detector_feed(&detectors[member], said[member] + at, FRAME - at, &used);
            mix_add(sum, said[member], FRAME);
        }
        for (uint32_t member = 0; member < ROOM; member++) {
            int16_t others[FRAME];
            mix_minus(others, sum, said[member], FRAME);
            g711_encode(CODEC_PCMU, codes_out[member], others, FRAME);
        }
        rows_sink = codes_out[0][0];
    }
}

static void path_theirs(uint32_t which, uint32_t frames) {
    (void)which;
    for (uint32_t i = 0; i + ROOM <= frames; i += ROOM) {
        int16_t sum[FRAME] = {0};
        for (uint32_t member = 0; member < ROOM; member++) {
            const uint8_t *codes = codes_in[member][i / ROOM % SPOKEN];
            spandsp_decode_ulaw(said[member], codes, FRAME);
            spandsp.rx(spandsp.states[member], said[member], FRAME);
            softswitch_add(sum, said[member], FRAME);
        }
        for (uint32_t member = 0; member < ROOM; member++) {
            int16_t others[FRAME];
            softswitch_subtract(others, sum, said[member], FRAME);
            spandsp_encode_ulaw(codes_out[member], others, FRAME);
        }
        rows_sink = codes_out[0][0];
    }
}

const struct kernel_row path_rows[] = {
    {"G.711 conference, each of 300", "spandsp and softswitch-like mix", 0, begin_path, path_ours,
     path_theirs, .target = 15, .at_once = ROOM},
    {0}};
