#include "../core/bytes.h"
#include "../core/comfort_noise.h"
#include "../core/g711.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "codecs.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>

/* Silence suppression with comfort noise (RFC 3389): who falls silent says so, and then only now
 * and then. */

enum { CN = 13, STEP_MS = 20 };

static struct {
    uint32_t speech, noise, marked;
    uint32_t last_timestamp, gap; /* the longest between two packets [ticks] */
    uint8_t level;
} heard;

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *data,
    uint32_t bytes) {
    struct rtp_packet packet;
    (void)context, (void)endpoint_id, (void)to;
    if (rtcp)
        return;
    CHECK(rtp_parse(&packet, data, bytes) == 0);
    uint32_t gap = heard.last_timestamp ? packet.timestamp - heard.last_timestamp : 0;
    heard.gap = gap > heard.gap ? gap : heard.gap;
    heard.last_timestamp = packet.timestamp;
    if (packet.payload_type == CN) {
        CHECK(packet.payload_bytes == 1 && !packet.marker);
        heard.noise++;
        heard.level = packet.payload[0];
    } else {
        heard.speech++;
        heard.marked += packet.marker;
    }
}

static void command(struct plane *plane, enum record_type type, uint32_t *fields, uint32_t count) {
    uint8_t record[128];
    plane_commands(plane, record, record_write(record, type, 0, fields, count), 0);
}

static void run(struct plane *plane, uint64_t *now_ms, uint32_t ms) {
    for (uint64_t to_ms = *now_ms + ms; *now_ms < to_ms; ++*now_ms)
        plane_tick(plane, *now_ms);
}

static void test_suppression(bool suppresses) {
    static const struct codec *const table[CODECS] = {[CODEC_PCMU] = &codec_pcmu};
    struct plane_config config = {
        .endpoints_max = 2, .players_max = 4, .codecs = table, .host = idle_host(NULL)};
    config.host.send = on_send;
    struct plane *plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    uint32_t dtx = suppresses ? 2u : 0, tone[] = {1, 1, 9, 440, 0, (uint32_t)-10, 500, 0, 1};
    uint32_t fields[] = {
        1,
        1,
        255u << 16 | 3u << 24,
        STEP_MS | dtx << 8 | 4u << 16 | 2u << 24,
        4000,
        0x0100007F,
        0,
        0,
        0,
        7,
        0,
        8000,
        8000,
        0,
        0};
    uint64_t now_ms = 1;
    heard.speech = heard.noise = heard.marked = heard.last_timestamp = heard.gap = 0;
    plane_open(plane, 1, 0);
    command(plane, COMMAND_CONFIGURE, fields, 15);
    command(plane, COMMAND_TONE, tone, 9);
    run(plane, &now_ms, 2720); /* half a second of sound, 200 ms of silence, 2 s of nothing */
    CHECK(heard.noise == (suppresses ? 4 : 0));
    CHECK(suppresses ? heard.speech >= 35 && heard.speech <= 36 : heard.speech >= 135);
    CHECK(!suppresses || heard.level == 127);
    CHECK(heard.gap == (suppresses ? 4000u : 160u));
    command(plane, COMMAND_TONE, tone, 9);
    run(plane, &now_ms, 100);
    CHECK(heard.marked == (suppresses ? 2 : 1)); /* RFC 3551 §4.1: the first of a talkspurt */
    free(plane);
}

/* Opus has packets of one byte for silence, as often; without DTX, one for each 20 ms. */
static void test_opus(bool dtx) {
    struct plane_config config = {
        .endpoints_max = 2,
        .players_max = 1,
        .codecs = codecs,
        .states_max = {[CODEC_OPUS] = 1},
        .host = idle_host(NULL)};
    config.host.send = on_send;
    struct plane *plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    uint32_t fields[] = {
        1,
        1,
        CODEC_OPUS | 96u << 8 | 255u << 16 | 3u << 24,
        STEP_MS | (dtx ? 2u : 0) << 8 | 4u << 16 | 2u << 24,
        4000,
        0x0100007F,
        0,
        0,
        0,
        7,
        0,
        48000,
        48000,
        16000,
        0};
    uint64_t now_ms = 1;
    heard.speech = heard.noise = 0;
    plane_open(plane, 1, 0);
    command(plane, COMMAND_CONFIGURE, fields, 15);
    run(plane, &now_ms, 2220);
    CHECK(dtx ? heard.speech <= 10 + 4 : heard.speech >= 110);
    CHECK(heard.noise == 0);
    free(plane);
}

/* White noise at a known level, within a decibel. */
static void test_level(void) {
    struct comfort_noise noise;
    int16_t frame[8000];
    for (uint8_t level = 30; level <= 60; level++) {
        comfort_noise_init(&noise);
        comfort_noise_update(&noise, &level, 1);
        comfort_noise_fill(&noise, frame, 800);
        comfort_noise_fill(&noise, frame, 8000);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < 8000; i++)
            sum += (uint64_t)abs(frame[i]);
        int found = comfort_noise_level((uint32_t)(sum / 8000));
        CHECK(abs(found - level) <= 2);
    }
    CHECK(comfort_noise_level(0) == 127 && comfort_noise_level(32768) == 0);
}

void test_silence(void) {
    test_suppression(true);
    test_suppression(false);
    test_opus(true);
    test_opus(false);
    test_level();
}
