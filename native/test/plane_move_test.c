#include "codecs.h"
#include "../core/bytes.h"
#include "../core/plane.h"
#include "../core/plane_move.h"
#include "../core/records.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

/* A leg that plays, records, and is listened to does the same, byte for byte, wherever it is. */

enum { LEG = 0x10003, PLACES = 8, TURNS = 900, PLANES = 3, LITTLE = 2 };

struct world {
    struct plane *planes[PLANES];
    uint32_t at; /* the plane that has it */
    uint64_t now_ms;
    uint64_t digest;
    uint32_t packets, blocks, audio, ended, refused;
};

static void note(struct world *world, const void *bytes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        world->digest = (world->digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
}

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    struct world *world = context;
    (void)to;
    CHECK(endpoint_id == LEG);
    note(world, packet, bytes);
    world->packets += !rtcp;
}

static void on_event(void *context, const uint8_t *record, uint32_t bytes) {
    struct world *world = context;
    note(world, record, bytes);
    world->refused += record[2] == EVENT_ACK && read_le32(record + 8) != STATUS_OK;
    world->audio += record[2] == EVENT_AUDIO;
    world->ended += record[2] == EVENT_PLAYER_ENDED;
}

static bool on_write(void *context, uint32_t slot, const int16_t *samples, uint32_t count) {
    struct world *world = context;
    (void)slot;
    note(world, samples, count * 2);
    world->blocks++;
    return true;
}

static struct plane *make(struct world *world, uint32_t recorders) {
    struct plane_config config = {
        .endpoints_max = PLACES,
        .players_max = PLACES,
        .recorders_max = recorders,
        .streams_max = PLACES,
        .taps_max = PLACES,
        .codecs = codecs,
        .states_max = {[CODEC_G722] = PLACES, [CODEC_OPUS] = PLACES},
        .epoch_ms = 1700000000000u,
        .host = idle_host(world),
    };
    config.host.send = on_send;
    config.host.event = on_event;
    config.host.recording_write = on_write;
    void *memory = calloc(1, plane_size(&config));
    return memory ? plane_init(memory, &config, world->now_ms) : NULL;
}

static void submit(
    struct world *world, enum record_type type, uint8_t detail, const uint32_t *fields,
    uint32_t count, uint32_t tail_bytes) {
    uint8_t record[2048];
    uint32_t bytes = record_write(record, type, detail, fields, count);
    for (uint32_t i = 0; i < tail_bytes; i++)
        record[bytes + i] = (uint8_t)(i * 7 + i / 50);
    write_le16(record, (uint16_t)(bytes + tail_bytes));
    plane_commands(world->planes[world->at], record, bytes + tail_bytes, world->now_ms);
}

static void begin(struct world *world, uint32_t codec_id, uint32_t clock_hz) {
    uint32_t configure[40] = {1,
                              LEG,
                              codec_id | 96u << 8 | 101u << 16 | 3u << 24,
                              20u | 1u << 8 | 4u << 16 | 2u << 24,
                              5000,
                              0x0100007F};
    uint32_t stream[] = {2, LEG, 7, 16000}, feed[] = {3, LEG, 7, 1600}, mark[] = {4, LEG, 7, 9};
    uint32_t tone[] = {5, LEG, 8, 440, 480, (uint32_t)-20, 300, 100, 0};
    uint32_t tap[] = {6, LEG, 3, 1}, record[] = {7, LEG, 4, 0, 0, 1, 'x'};
    uint32_t sent[] = {8, LEG, 5, 0, 0, 1, 'y'};
    configure[9] = 77;
    configure[11] = clock_hz;
    configure[12] = 8000;
    submit(world, COMMAND_CONFIGURE, 0, configure, 40, 0);
    submit(world, COMMAND_STREAM, 0, stream, 4, 0);
    for (uint32_t i = 0; i < 10; i++)
        submit(world, COMMAND_FEED, 0, feed, 4, 1600);
    submit(world, COMMAND_MARK, 0, mark, 4, 0);
    submit(world, COMMAND_END_STREAM, 0, mark, 3, 0);
    submit(world, COMMAND_TONE, 0, tone, 9, 0);
    submit(world, COMMAND_TAP, 3, tap, 4, 0);
    submit(world, COMMAND_RECORD, 1, record, 7, 0);
    submit(world, COMMAND_RECORD, 8, sent, 7, 0);
}

static void receive(struct world *world, uint32_t clock_hz) {
    const struct address from = {.family = 4, .port = 5000, .ip = {127, 0, 0, 1}};
    uint8_t packet[172] = {0x80, 96};
    uint32_t number = (uint32_t)(world->now_ms / 20);
    write_be16(packet + 2, (uint16_t)number);
    write_be32(packet + 4, number * (clock_hz / 50));
    for (uint32_t i = 12; i < sizeof packet; i++)
        packet[i] = (uint8_t)(i * number);
    plane_receive(
        world->planes[world->at], LEG, false, &from, packet, sizeof packet, world->now_ms);
}

/* To another plane, or back from one that has no room. */
static void move(struct world *world, uint32_t to) {
    struct plane_move away;
    struct recording_slots slots;
    struct plane *from = world->planes[world->at];
    CHECK(plane_lift(from, LEG, &away, world->now_ms));
    CHECK(!plane_lift(from, LEG, &away, world->now_ms));
    CHECK(away.recordings.count == 2);
    plane_tick(world->planes[to], world->now_ms);
    bool taken = plane_adopt(world->planes[to], &away, &slots);
    CHECK(taken == (to != LITTLE));
    if (taken) {
        plane_discard(from, &away);
        world->at = to;
    } else {
        plane_put_back(from, &away);
    }
    struct plane_counts counts;
    for (uint32_t i = 0; i < PLANES; i++) {
        plane_counts(world->planes[i], &counts);
        CHECK(counts.endpoints == (i == world->at));
        CHECK(counts.recorders_free == (i == LITTLE ? 1u : 2u * PLACES) - 2u * (i == world->at));
        CHECK(i == world->at || counts.players_free == PLACES);
    }
}

static struct world run(uint32_t codec_id, uint32_t clock_hz, bool moves) {
    struct world world = {.now_ms = 1000, .digest = 0xCBF29CE484222325u};
    for (uint32_t i = 0; i < PLANES; i++)
        world.planes[i] = make(&world, i == LITTLE ? 1 : 2 * PLACES);
    plane_open(world.planes[0], LEG, world.now_ms);
    begin(&world, codec_id, clock_hz);
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        world.now_ms++;
        if (world.now_ms % 20 == 3)
            receive(&world, clock_hz);
        plane_tick(world.planes[world.at], world.now_ms);
        if (moves && turn % 37 == 5)
            move(&world, turn % 3 ? 1 - world.at : LITTLE);
    }
    uint32_t close[] = {9, LEG};
    submit(&world, COMMAND_CLOSE, 0, close, 2, 0);
    for (uint32_t i = 0; i < PLANES; i++)
        free(world.planes[i]);
    return world;
}

void test_plane_move(void) {
    static const uint32_t clocks_hz[CODECS] = {8000, 8000, 8000, 16000, 48000};
    for (uint32_t codec_id = 0; codec_id < CODECS; codec_id++) {
        struct world stays = run(codec_id, clocks_hz[codec_id], false);
        struct world moves = run(codec_id, clocks_hz[codec_id], true);
        CHECK(stays.packets >= TURNS / 20 - 1 && stays.blocks > 0 && stays.audio > 40);
        CHECK(stays.ended == 2 && stays.refused == 0);
        CHECK(moves.packets == stays.packets && moves.digest == stays.digest);
    }
}
