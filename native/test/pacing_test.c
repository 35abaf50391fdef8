#include "../core/g711.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

/* The packets of a large room leave over five milliseconds, one for each member in each 20 ms,
 * whatever happens in between. */

enum { MEMBERS = 200, MIXER = 1, TALKER = 100 };

static struct {
    uint32_t packets[MEMBERS + 1], now[3 * 20], acks, refused;
    uint32_t timestamps[MEMBERS + 1], odd; /* steps that are not a packet time */
    uint64_t now_ms;
} seen;

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *data,
    uint32_t bytes) {
    struct rtp_packet packet;
    (void)context, (void)to;
    if (rtcp || rtp_parse(&packet, data, bytes) != 0)
        return;
    uint32_t *last = &seen.timestamps[endpoint_id];
    seen.odd += *last != 0 && packet.timestamp - *last != 160;
    *last = packet.timestamp;
    seen.packets[endpoint_id]++;
    seen.now[seen.now_ms % 60]++;
}

static void on_event(void *context, const uint8_t *record, uint32_t bytes) {
    (void)context, (void)bytes;
    seen.acks += record[2] == EVENT_ACK;
    seen.refused += record[2] == EVENT_ACK && record[8] != STATUS_OK;
}

static void command(struct plane *plane, enum record_type type, uint32_t *fields, uint32_t count) {
    uint8_t record[128];
    plane_commands(plane, record, record_write(record, type, 0, fields, count), seen.now_ms);
}

static void add(struct plane *plane, uint32_t id) {
    uint32_t fields[] = {
        1,
        id,
        255u << 16 | 3u << 24,
        20u | 4u << 16 | 2u << 24,
        4000,
        0x0100007F,
        0,
        0,
        0,
        id + 1000,
        0,
        8000,
        8000,
        0,
        0};
    uint32_t join[] = {1, id, MIXER, 4096, 0};
    plane_open(plane, id, seen.now_ms);
    command(plane, COMMAND_CONFIGURE, fields, 15);
    command(plane, COMMAND_JOIN, join, 5);
}

static void run(struct plane *plane, uint32_t ms) {
    struct address from = {4, 4000, {127, 0, 0, 1}};
    for (uint32_t i = 0; i < ms; i++) {
        uint8_t packet[RTP_HEADER_BYTES + 160];
        seen.now_ms++;
        seen.now[seen.now_ms % 60] = 0;
        uint32_t number = (uint32_t)(seen.now_ms / 20);
        if (seen.now_ms % 20 == 7) {
            rtp_write_header(packet, 0, false, (uint16_t)number, number * 160, 5);
            memset(packet + RTP_HEADER_BYTES, 0x10, 160);
            plane_receive(plane, TALKER, false, &from, packet, sizeof packet, seen.now_ms);
        }
        plane_tick(plane, seen.now_ms);
    }
}

static void test_evenness(struct plane *plane) {
    uint32_t busy = 0, most = 0, all = 0;
    run(plane, 60);
    for (uint32_t i = 0; i < 60; i++) {
        busy += seen.now[i] > 0;
        most = seen.now[i] > most ? seen.now[i] : most;
        all += seen.now[i];
    }
    CHECK(busy == 3 * 5 && most <= MEMBERS / 5 + 1 && all == 3 * MEMBERS);
}

/* Members change between the parts of a tick. */
static void test_changes(struct plane *plane) {
    uint32_t leave[] = {1, 0}, digits[] = {1, 0, 9, 100, 50, 1, '5'}, close[] = {1, 0};
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t id = 150 + i, join[] = {1, id, MIXER, 4096, 0};
        run(plane, 3 + i);
        leave[1] = close[1] = id;
        if (i % 4 == 0)
            command(plane, COMMAND_LEAVE, leave, 2);
        if (i % 4 == 1) {
            command(plane, COMMAND_CLOSE, close, 2);
            seen.timestamps[id] = 0;
            run(plane, 1);
            add(plane, id);
        }
        digits[1] = id;
        if (i % 4 == 2)
            command(plane, COMMAND_SEND_DIGITS, digits, 7);
        run(plane, i);
        if (i % 4 == 0)
            command(plane, COMMAND_JOIN, join, 5);
    }
    run(plane, 200);
    memset(seen.packets, 0, sizeof seen.packets);
    run(plane, 100);
    for (uint32_t id = 1; id <= MEMBERS; id++)
        CHECK(seen.packets[id] == 5);
    CHECK(seen.odd == 0 && seen.refused == 0);
}

/* A plane that has slept with nothing to do begins a stream evenly: one packet in 20 ms. */
static void test_first_packets(uint32_t slept_ms) {
    static const struct codec *const table[CODECS] = {[CODEC_PCMU] = &codec_pcmu};
    struct plane_config config = {
        .endpoints_max = 2, .mixers_max = 1, .codecs = table, .host = idle_host(NULL)};
    config.host.send = on_send;
    memset(&seen, 0, sizeof seen);
    struct plane *plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    plane_tick(plane, 1);
    seen.now_ms = slept_ms;
    plane_open(plane, 1, seen.now_ms);
    uint32_t fields[] = {1,
                         1,
                         255u << 16 | 3u << 24,
                         20u | 4u << 16 | 2u << 24,
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
    command(plane, COMMAND_CONFIGURE, fields, 15);
    plane_tick(plane, seen.now_ms);
    CHECK(seen.packets[1] <= 1);
    run(plane, 100);
    CHECK(seen.packets[1] >= 5 && seen.packets[1] <= 6 && seen.odd == 0);
    free(plane);
}

void test_pacing(void) {
    test_first_packets(10);
    test_first_packets(260);
    test_first_packets(5000);
    static const struct codec *const table[CODECS] = {[CODEC_PCMU] = &codec_pcmu};
    struct plane_config config = {
        .endpoints_max = MEMBERS + 1,
        .players_max = 4,
        .mixers_max = 2,
        .codecs = table,
        .host = idle_host(NULL)};
    config.host.send = on_send;
    config.host.event = on_event;
    memset(&seen, 0, sizeof seen);
    struct plane *plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    plane_open_mixer(plane, MIXER, 0);
    for (uint32_t id = 1; id <= MEMBERS; id++)
        add(plane, id);
    run(plane, 1200);
    test_evenness(plane);
    test_changes(plane);
    free(plane);
}
