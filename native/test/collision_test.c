#include "../core/bytes.h"
#include "../core/g711.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>

/* RFC 3550 §8.2 and §6.6: who finds that the peer has its SSRC says BYE and takes another, once;
 * and says BYE when it goes. */

enum { SSRC = 0x12345678, OTHERS = 4 };

static struct { uint32_t ssrcs[OTHERS], ssrcs_count, byes[OTHERS], byes_count; } sent;

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *data,
    uint32_t bytes) {
    (void)context, (void)endpoint_id, (void)to;
    if (rtcp) {
        const uint8_t *last = data + bytes - 8;
        if (last[1] == 203 && sent.byes_count < OTHERS)
            sent.byes[sent.byes_count++] = read_be32(last + 4);
        return;
    }
    uint32_t ssrc = read_be32(data + 8);
    bool known = sent.ssrcs_count > 0 && sent.ssrcs[sent.ssrcs_count - 1] == ssrc;
    if (!known && sent.ssrcs_count < OTHERS)
        sent.ssrcs[sent.ssrcs_count++] = ssrc;
}

static void command(struct plane *plane, enum record_type type, uint32_t *fields, uint32_t count) {
    uint8_t record[128];
    plane_commands(plane, record, record_write(record, type, 0, fields, count), 0);
}

/* With an echo, the peer has whatever SSRC we take. */
static void run(struct plane *plane, uint64_t from_ms, uint64_t to_ms, bool echoes) {
    struct address from = {4, 4000, {127, 0, 0, 1}};
    for (uint64_t now_ms = from_ms; now_ms < to_ms; now_ms++) {
        uint8_t packet[RTP_HEADER_BYTES + 160] = {0};
        uint32_t ssrc = echoes && sent.ssrcs_count ? sent.ssrcs[sent.ssrcs_count - 1] : SSRC;
        plane_tick(plane, now_ms);
        if (now_ms % 20 != 0 || now_ms < 500)
            continue;
        uint32_t number = (uint32_t)(now_ms / 20);
        rtp_write_header(packet, 0, false, (uint16_t)number, number * 160, ssrc);
        plane_receive(plane, 1, false, &from, packet, sizeof packet, now_ms);
    }
}

static void test_echo(bool echoes) {
    static const struct codec *const table[CODECS] = {[CODEC_PCMU] = &codec_pcmu};
    struct plane_config config = {
        .endpoints_max = 2, .players_max = 1, .codecs = table, .host = idle_host(NULL)};
    config.host.send = on_send;
    struct plane *plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    uint32_t fields[] = {
        1,
        1,
        255u << 16 | 3u << 24,
        20u | 4u << 16 | 2u << 24,
        4000,
        0x0100007F,
        0,
        0,
        0,
        SSRC,
        0,
        8000,
        8000,
        0,
        0};
    uint32_t close[] = {2, 1};
    sent.ssrcs_count = sent.byes_count = 0;
    plane_open(plane, 1, 0);
    command(plane, COMMAND_CONFIGURE, fields, 15);
    run(plane, 1, 3000, echoes);
    command(plane, COMMAND_CONFIGURE, fields, 15); /* a new offer changes nothing */
    run(plane, 3000, 4000, echoes);
    command(plane, COMMAND_CLOSE, close, 2);
    CHECK(sent.ssrcs_count == 2 && sent.ssrcs[0] == SSRC && sent.ssrcs[1] != SSRC);
    CHECK(sent.byes_count == 2 && sent.byes[0] == SSRC && sent.byes[1] == sent.ssrcs[1]);
    struct plane_counts counts;
    plane_counts(plane, &counts);
    CHECK(counts.packets_received == 175 && counts.packets_dropped == 0);
    free(plane);
}

void test_collision(void) {
    test_echo(false);
    test_echo(true);
}
