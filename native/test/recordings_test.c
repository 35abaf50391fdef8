#include "codecs.h"
#include "../core/bytes.h"
#include "../core/g711.h"
#include "../core/plane.h"
#include "../core/recorder.h"
#include "../core/rtp.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

/* Several recorders of one endpoint or mixer, each with settings of its own. */
enum { MIXER = 0x10000, SLOTS = 10, SAMPLES = 1 << 15, SAID = 4000, FRAME = 160 };

struct world {
    struct plane *plane;
    uint64_t now_ms;
    uint32_t refused, status;
    uint32_t path[SLOTS]; /* its first character */
    struct {
        int16_t samples[SAMPLES];
        uint32_t count, channels, frames, reason;
    } files[128]; /* by the first character of the path */
};

static void on_event(void *context, const uint8_t *data, uint32_t bytes) {
    struct world *world = context;
    struct record record;
    uint32_t offset = 0;
    CHECK(record_next(&record, data, bytes, &offset));
    if (record.type != EVENT_ACK)
        return;
    world->status = record_u32(&record, 1);
    world->refused += world->status != STATUS_OK;
}

static bool on_open(void *context, const struct recording *recording) {
    struct world *world = context;
    world->path[recording->slot] = (uint8_t)recording->path[0];
    world->files[(uint8_t)recording->path[0]].channels = recording->channels;
    return true;
}

static bool on_write(void *context, uint32_t slot, const int16_t *samples, uint32_t count) {
    struct world *world = context;
    uint32_t file = world->path[slot];
    CHECK(world->files[file].count + count <= SAMPLES);
    memcpy(world->files[file].samples + world->files[file].count, samples, 2 * (size_t)count);
    world->files[file].count += count;
    return true;
}

static bool on_end(void *context, uint32_t slot, uint8_t reason, uint32_t frames) {
    struct world *world = context;
    world->files[world->path[slot]].reason = reason;
    world->files[world->path[slot]].frames = frames;
    return true;
}

static void command(
    struct world *world, enum record_type type, uint8_t detail, const uint32_t *fields,
    uint32_t count) {
    uint8_t record[128];
    uint32_t bytes = record_write(record, type, detail, fields, count);
    plane_commands(world->plane, record, bytes, world->now_ms);
}

static void record(struct world *world, uint32_t id, uint8_t detail, char name, uint32_t ms_max) {
    uint32_t owner = detail & RECORD_OF_MIXER ? MIXER : 1;
    uint32_t fields[] = {1, owner, id, ms_max, 0, 1, (uint8_t)name};
    command(world, COMMAND_RECORD, detail, fields, 7);
}

static void run(struct world *world, uint32_t ms) {
    for (uint32_t i = 0; i < ms; i++) {
        world->now_ms++;
        if (world->now_ms % 20 == 1) {
            uint8_t packet[RTP_HEADER_BYTES + FRAME];
            int16_t said[FRAME];
            uint32_t number = (uint32_t)(world->now_ms / 20);
            struct address from = {4, 4000, {127, 0, 0, 1}};
            for (uint32_t k = 0; k < FRAME; k++)
                said[k] = k % 2 ? SAID : -SAID;
            rtp_write_header(packet, 0, false, (uint16_t)number, number * FRAME, 9);
            g711_encode(CODEC_PCMU, packet + RTP_HEADER_BYTES, said, FRAME);
            plane_receive(world->plane, 1, false, &from, packet, sizeof packet, world->now_ms);
        }
        plane_tick(world->plane, world->now_ms);
    }
}

static struct world *start(void) {
    struct world *world = calloc(1, sizeof *world);
    struct plane_config config = {
        .endpoints_max = 2,
        .players_max = 4,
        .recorders_max = SLOTS,
        .mixers_max = 1,
        .codecs = codecs,
        .host = idle_host(world),
    };
    config.host.event = on_event;
    config.host.recording_open = on_open;
    config.host.recording_write = on_write;
    config.host.recording_end = on_end;
    world->plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    uint32_t endpoint[15] = {1,    1,         101u << 16 | 3u << 24, 20u | 4u << 16 | 1u << 24,
                             4000, 0x0100007F};
    uint32_t tone[] = {2, 1, 5, 437, 0, (uint32_t)-10, 60000, 0, 0};
    endpoint[9] = 77;
    endpoint[11] = endpoint[12] = 8000;
    plane_open(world->plane, 1, 0);
    plane_open_mixer(world->plane, MIXER, 0);
    command(world, COMMAND_CONFIGURE, 0, endpoint, 15);
    command(world, COMMAND_TONE, 0, tone, 9);
    CHECK(world->refused == 0);
    return world;
}

static void end(struct world *world) {
    free(world->plane);
    free(world);
}

/* Mean magnitude of one channel, without the first 200 ms. */
static uint32_t level(const struct world *world, char name, uint32_t channel) {
    uint32_t step = world->files[(uint8_t)name].channels, count = 0;
    uint64_t sum = 0;
    for (uint32_t i = 1600 * step + channel; i < world->files[(uint8_t)name].count; i += step) {
        sum += (uint32_t)abs(world->files[(uint8_t)name].samples[i]);
        count++;
    }
    return count ? (uint32_t)(sum / count) : 0;
}

/* A sine of -10 dBFS has a mean magnitude of 6597. */
static bool is_tone(uint32_t mean) {
    return mean > 6300 && mean < 6700;
}

static bool is_said(uint32_t mean) {
    return mean > SAID - 200 && mean < SAID + 200;
}

static void test_each_its_own_settings(void) {
    struct world *world = start();
    run(world, 100);
    record(world, 11, 0, 'r', 0);
    record(world, 12, 8, 's', 0);
    record(world, 13, 1, 'd', 500);
    record(world, 14, 4, 'b', 0);
    CHECK(world->refused == 0);
    record(world, 15, 0, 'x', 0);
    CHECK(world->status == STATUS_QUEUE_FULL);
    run(world, 600);
    CHECK(world->files['d'].reason == RECORDER_DURATION_MAX && world->files['d'].frames == 4000);
    record(world, 14, 0, 'x', 0);
    CHECK(world->status == STATUS_INVALID); /* the id is in use */
    record(world, 15, 5, 'x', 0);
    CHECK(world->status == STATUS_INVALID); /* both in one, and each in its own */
    uint32_t stop[] = {3, 1, 12}, pause[] = {4, 1, 11}, nobody[] = {5, 1, 99}, close[] = {6, 1};
    command(world, COMMAND_STOP_RECORDER, 0, stop, 3);
    CHECK(world->files['s'].reason == RECORDER_STOPPED && world->files['s'].frames == 4800);
    command(world, COMMAND_PAUSE_RECORDER, 0, pause, 3);
    run(world, 200);
    uint32_t refused = world->refused;
    command(world, COMMAND_PAUSE_RECORDER, 0, nobody, 3);
    CHECK(world->refused == refused + 1);
    command(world, COMMAND_CLOSE, 0, close, 2);
    CHECK(world->files['r'].reason == RECORDER_CLOSED && world->files['r'].frames == 4800);
    CHECK(world->files['b'].reason == RECORDER_CLOSED && world->files['b'].frames == 6400);
    CHECK(is_said(level(world, 'r', 0)) && is_tone(level(world, 's', 0)));
    CHECK(is_said(level(world, 'd', 0)) && is_tone(level(world, 'd', 1)));
    CHECK(level(world, 'b', 0) > 6900);
    struct plane_counts counts;
    plane_counts(world->plane, &counts);
    CHECK(counts.recorders_free == SLOTS);
    end(world);
}

static void test_several_of_a_mixer(void) {
    struct world *world = start();
    uint32_t join[] = {2, 1, MIXER, 4096, 0}, close[] = {3, MIXER};
    command(world, COMMAND_JOIN, 0, join, 5);
    for (uint32_t i = 0; i < RECORDERS_MAX; i++)
        record(world, 20 + i, RECORD_OF_MIXER | (i == 3 ? 8 : 0), (char)('0' + i), i ? 0 : 300);
    CHECK(world->refused == 0);
    record(world, 30, RECORD_OF_MIXER, 'x', 0);
    CHECK(world->status == STATUS_QUEUE_FULL);
    run(world, 1000);
    command(world, COMMAND_CLOSE_MIXER, 0, close, 2);
    CHECK(world->files['0'].reason == RECORDER_DURATION_MAX && world->files['0'].frames == 2400);
    for (uint32_t i = 1; i < RECORDERS_MAX; i++)
        CHECK(
            world->files['0' + i].reason == RECORDER_CLOSED &&
            world->files['0' + i].frames > 7000 && is_said(level(world, (char)('0' + i), 0)));
    end(world);
}

void test_recordings(void) {
    test_each_its_own_settings();
    test_several_of_a_mixer();
}
