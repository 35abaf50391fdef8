#include "codecs.h"
#include "../core/bytes.h"
#include "../core/g711.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

/* An endpoint that is bridged with itself. */
enum { FRAME = 160 };

struct world {
    struct plane *plane;
    struct world *peer; /* gets what this one sends; NULL: nobody */
    uint64_t now_ms;
    uint32_t sent, refused, events; /* telephone-events sent */
    uint16_t sequence;
    int32_t loudest;
};

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    struct world *world = context;
    struct address from = {4, 4000, {127, 0, 0, 1}};
    int16_t heard[FRAME];
    (void)endpoint_id, (void)to;
    if (rtcp)
        return;
    world->sent++;
    world->events += (packet[1] & 127) == 101;
    if (bytes == RTP_HEADER_BYTES + FRAME && (packet[1] & 127) == 0) {
        g711_decode(CODEC_PCMU, heard, packet + RTP_HEADER_BYTES, FRAME);
        for (uint32_t i = 0; i < FRAME; i++)
            world->loudest = heard[i] > world->loudest ? heard[i] : world->loudest;
    }
    if (world->peer)
        plane_receive(world->peer->plane, 1, false, &from, packet, bytes, world->peer->now_ms);
}

static void on_event(void *context, const uint8_t *data, uint32_t bytes) {
    struct record record;
    uint32_t offset = 0;
    CHECK(record_next(&record, data, bytes, &offset));
    ((struct world *)context)->refused +=
        record.type == EVENT_ACK && record_u32(&record, 1) != STATUS_OK;
}

static void start(struct world *world, uint32_t ssrc) {
    struct plane_config config = {
        .endpoints_max = 2, .players_max = 4, .codecs = codecs, .host = idle_host(world)};
    uint32_t fields[15] = {1,    1,         101u << 16 | 3u << 24, 20u | 4u << 16 | 1u << 24,
                           4000, 0x0100007F};
    uint32_t echo[] = {2, 1, 1};
    uint8_t record[128];
    *world = (struct world){0};
    config.host.send = on_send;
    config.host.event = on_event;
    fields[9] = ssrc;
    fields[11] = fields[12] = 8000;
    world->plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    plane_open(world->plane, 1, 0);
    plane_commands(world->plane, record, record_write(record, COMMAND_CONFIGURE, 0, fields, 15), 0);
    plane_commands(world->plane, record, record_write(record, COMMAND_BRIDGE, 0, echo, 3), 0);
    CHECK(world->refused == 0);
}

static void pass(struct world *world) {
    world->now_ms++;
    plane_tick(world->plane, world->now_ms);
}

static void say(struct world *world, uint8_t type, const uint8_t *payload, uint32_t bytes) {
    uint8_t packet[RTP_HEADER_BYTES + FRAME];
    struct address from = {4, 4000, {127, 0, 0, 1}};
    uint16_t number = ++world->sequence;
    rtp_write_header(packet, type, false, number, number * FRAME, 9);
    memcpy(packet + RTP_HEADER_BYTES, payload, bytes);
    plane_receive(world->plane, 1, false, &from, packet, RTP_HEADER_BYTES + bytes, world->now_ms);
}

static void test_what_is_said_comes_back(void) {
    struct world world;
    static const uint8_t digit[] = {5, 0x8A, 3, 0x20};
    uint8_t loud[FRAME];
    memset(loud, 0x90, sizeof loud);
    start(&world, 77);
    for (uint32_t ms = 0; ms < 1000; ms++) {
        if (ms % 20 == 7 && ms < 500)
            say(&world, 0, loud, FRAME);
        else if (ms == 507)
            say(&world, 101, digit, sizeof digit);
        pass(&world);
    }
    CHECK(world.sent >= 49 && world.sent <= 51);
    CHECK(world.loudest > 10000 && world.events == 0);
    uint8_t record[64];
    uint32_t unbridge[] = {3, 1};
    plane_commands(
        world.plane, record, record_write(record, COMMAND_UNBRIDGE, 0, unbridge, 2), world.now_ms);
    world.loudest = 0;
    for (uint32_t ms = 0; ms < 500; ms++) {
        if (ms % 20 == 7)
            say(&world, 0, loud, FRAME);
        pass(&world);
    }
    CHECK(world.loudest < 100 && world.refused == 0);
    free(world.plane);
}

/* However two echoes call each other, neither sends more than its packet each 20 ms. */
static void test_two_echoes(void) {
    struct world a, b;
    start(&a, 77);
    start(&b, 78);
    a.peer = &b;
    b.peer = &a;
    for (uint32_t ms = 0; ms < 2000; ms++) {
        pass(&a);
        pass(&b);
    }
    CHECK(a.sent >= 99 && a.sent <= 101 && b.sent >= 99 && b.sent <= 101);
    free(a.plane);
    free(b.plane);
}

void test_own_echo(void) {
    test_what_is_said_comes_back();
    test_two_echoes();
}
