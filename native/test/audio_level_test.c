#include "../core/bytes.h"
#include "../core/g711.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

/* Audio levels (RFC 6464): what is too soft for a room is not decoded, and what is not too soft is
 * heard from its first packet. */

enum { MIXER = 1, LEVEL_ID = 5, EXTENSION_BYTES = 8, FRAME = 160, QUIET = 90, LOUD = 20 };

static uint32_t decoded;
static int32_t heard; /* the highest magnitude that the other member gets */

static uint32_t
count_decode(void *state, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    decoded++;
    return codec_pcmu.decode(state, dst, room, payload, bytes);
}

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *data,
    uint32_t bytes) {
    (void)context, (void)to;
    for (uint32_t i = RTP_HEADER_BYTES; !rtcp && endpoint_id == 2 && i < bytes; i++) {
        int32_t magnitude = abs(g711_ulaw_decode(data[i]));
        heard = magnitude > heard ? magnitude : heard;
    }
}

static void command(struct plane *plane, enum record_type type, uint32_t *fields, uint32_t count) {
    uint8_t record[128];
    plane_commands(plane, record, record_write(record, type, 0, fields, count), 0);
}

static void
speak(struct plane *plane, uint32_t number, uint8_t level, int16_t peak, uint64_t now_ms) {
    uint8_t packet[RTP_HEADER_BYTES + EXTENSION_BYTES + FRAME];
    struct address from = {4, 4000, {127, 0, 0, 1}};
    rtp_write_header(packet, 0, false, (uint16_t)number, number * FRAME, 99);
    packet[0] |= 0x10;
    uint8_t extension[EXTENSION_BYTES] = {0xBE, 0xDE, 0, 1, LEVEL_ID << 4, 0x80 | level};
    memcpy(packet + RTP_HEADER_BYTES, extension, sizeof extension);
    for (uint32_t i = 0; i < FRAME; i++)
        packet[RTP_HEADER_BYTES + EXTENSION_BYTES + i] =
            g711_ulaw_encode((int16_t)(i % 16 < 8 ? peak : -peak));
    plane_receive(plane, 1, false, &from, packet, sizeof packet, now_ms);
}

static void
run(struct plane *plane, uint64_t *now_ms, uint32_t frames, uint8_t level, int16_t peak) {
    for (uint32_t i = 0; i < frames * 20; i++, ++*now_ms) {
        if (*now_ms % 20 == 0)
            speak(plane, (uint32_t)(*now_ms / 20), level, peak, *now_ms);
        plane_tick(plane, *now_ms);
    }
}

static void test_room(uint32_t level_id) {
    struct codec row = codec_pcmu;
    row.decode = count_decode;
    const struct codec *table[CODECS] = {[CODEC_PCMU] = &row};
    struct plane_config config = {
        .endpoints_max = 4, .mixers_max = 2, .codecs = table, .host = idle_host(NULL)};
    config.host.send = on_send;
    struct plane *plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    uint64_t now_ms = 20;
    plane_open_mixer(plane, MIXER, 0);
    for (uint32_t id = 1; id <= 2; id++) {
        uint32_t fields[] = {
            1,
            id,
            255u << 16 | 3u << 24,
            20u | level_id << 12 | 4u << 16,
            4000,
            0x0100007F,
            0,
            0,
            0,
            id,
            0,
            8000,
            8000,
            0,
            0};
        uint32_t join[] = {1, id, MIXER, 4096, 0};
        plane_open(plane, id, 0);
        command(plane, COMMAND_CONFIGURE, fields, 15);
        command(plane, COMMAND_JOIN, join, 5);
    }
    decoded = 0;
    heard = 0;
    run(plane, &now_ms, 100, QUIET, 8000); /* a lie, to see who looks */
    CHECK(level_id ? decoded == 0 && heard < 16 : decoded > 90 && heard > 7000);
    run(plane, &now_ms, 10, LOUD, 8000);
    CHECK(heard > 7000);
    uint32_t before = decoded;
    run(plane, &now_ms, 100, QUIET, 4); /* it fades out first, for half a second */
    CHECK(level_id == 0 || (decoded - before > 20 && decoded - before < 60));
    free(plane);
}

static int32_t level_of(const uint8_t *extension, uint32_t bytes, uint8_t id) {
    struct rtp_packet packet = {.extension = extension, .extension_bytes = bytes};
    return rtp_audio_level(&packet, id);
}

void test_audio_level(void) {
    const uint8_t elements[] = {0x00, 0x11, 1, 2, 0x00, 0x50, 0xFF, 0x00, 0xF0, 0x60, 3, 0x22};
    CHECK(level_of(elements, 12, 5) == 127 && level_of(elements, 12, 1) == 1);
    CHECK(level_of(elements, 12, 6) == -1); /* behind the end that id 15 marks */
    CHECK(level_of(elements, 12, 2) == -1 && level_of(elements, 6, 5) == -1);
    CHECK(level_of(NULL, 0, 5) == -1);
    test_room(0);
    test_room(LEVEL_ID);
}
