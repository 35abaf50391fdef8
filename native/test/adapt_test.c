#include "../core/bytes.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtcp.h"
#include "codecs.h"
#include "idle_host.h"
#include "opus_codec.h"
#include "test.h"
#include <stdlib.h>

/* Encoders are told what the peer loses and what the machine can afford. */

enum { SSRC = 77, MIXER = 1 };

static struct { uint32_t calls, loss_percent, effort; } told;

static void note(void *encoder, uint32_t loss_percent, uint32_t effort) {
    codec_opus.encoder_adapt(encoder, loss_percent, effort);
    told.calls++;
    told.loss_percent = loss_percent;
    told.effort = effort;
}

static void command(struct plane *plane, enum record_type type, uint32_t *fields, uint32_t count) {
    uint8_t record[128];
    plane_commands(plane, record, record_write(record, type, 0, fields, count), 0);
}

/* RFC 3550 §6.4.2: one block, a quarter of what we sent was lost. */
static void report_loss(struct plane *plane, uint32_t endpoint_id, uint64_t now_ms) {
    uint8_t report[32] = {0x81, 201, 0, 7};
    struct address from = {4, 4001, {127, 0, 0, 1}};
    write_be32(report + 4, 1234);
    write_be32(report + 8, SSRC + endpoint_id);
    report[12] = 64;
    plane_receive(plane, endpoint_id, true, &from, report, sizeof report, now_ms);
}

static struct plane *start(struct plane_config *config, uint32_t endpoints) {
    struct plane *plane = plane_init(calloc(1, (size_t)plane_size(config)), config, 0);
    for (uint32_t id = 1; id <= endpoints; id++) {
        uint32_t fields[] = {
            1,
            id,
            CODEC_OPUS | 96u << 8 | 255u << 16 | 3u << 24,
            20u | 4u << 8 | 4u << 16 | 2u << 24, /* with FEC */
            4000,
            0x0100007F,
            0,
            0,
            0,
            SSRC + id,
            0,
            48000,
            48000,
            16000,
            0};
        plane_open(plane, id, 0);
        command(plane, COMMAND_CONFIGURE, fields, 15);
    }
    return plane;
}

static void run(struct plane *plane, uint64_t from_ms, uint64_t to_ms) {
    for (uint64_t now_ms = from_ms; now_ms < to_ms; now_ms++)
        plane_tick(plane, now_ms);
}

static void test_adapting(bool room) {
    struct codec opus = codec_opus;
    opus.encoder_adapt = note;
    const struct codec *table[CODECS] = {[CODEC_OPUS] = &opus};
    struct plane_config config = {
        .endpoints_max = 4,
        .players_max = 4,
        .mixers_max = 2,
        .codecs = table,
        .states_max = {[CODEC_OPUS] = 4},
        .host = idle_host(NULL),
    };
    struct plane *plane = start(&config, room ? 2 : 1);
    uint32_t tone[] = {1, 1, 9, 440, 0, (uint32_t)-10, 20000, 0, 0};
    uint32_t mixer[] = {1, MIXER, 0, 0};
    plane_open_mixer(plane, MIXER, 0);
    command(plane, COMMAND_MIXER, mixer, 4);
    for (uint32_t id = 1; room && id <= 2; id++) {
        uint32_t join[] = {1, id, MIXER, 4096, 0};
        command(plane, COMMAND_JOIN, join, 5);
    }
    if (!room)
        command(plane, COMMAND_TONE, tone, 9);
    told.calls = 0;
    run(plane, 1, RTCP_INTERVAL_MS + 100);
    CHECK(told.calls > 0 && told.loss_percent == 0 && told.effort == 5);
    report_loss(plane, 1, RTCP_INTERVAL_MS + 100);
    plane_set_effort(plane, 2);
    run(plane, RTCP_INTERVAL_MS + 100, 3 * RTCP_INTERVAL_MS);
    CHECK(told.loss_percent == 25 && told.effort == 2);
    free(plane);
}

void test_adapt(void) {
    test_adapting(false);
    test_adapting(true);
}
