#include "../core/bytes.h"
#include "../core/rtcp.h"
#include "../core/rtp.h"
#include "test.h"

static enum rtp_verdict feed(struct rtp_reception *reception, uint16_t sequence, uint32_t ssrc) {
    struct rtp_packet packet = {.sequence = sequence, .ssrc = ssrc, .timestamp = sequence * 160u};
    return rtp_reception_packet(reception, &packet, 8000, sequence * 20u);
}

static void test_parse(void) {
    struct rtp_packet packet;
    uint8_t data[32] = {0x80, 0x80, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9};
    CHECK(rtp_parse(&packet, data, 13) == 0);
    CHECK(packet.marker && packet.payload_type == 0 && packet.payload_bytes == 1);
    CHECK(rtp_parse(&packet, data, 11) < 0);
    data[0] = 0x40;
    CHECK(rtp_parse(&packet, data, 13) < 0);
    data[0] = 0x8F; /* 15 CSRCs that are not there */
    CHECK(rtp_parse(&packet, data, 13) < 0);
    data[0] = 0xA0; /* more padding than packet */
    data[12] = 200;
    CHECK(rtp_parse(&packet, data, 13) < 0);
    data[0] = 0x90; /* an extension that is too long */
    data[14] = 0xFF;
    CHECK(rtp_parse(&packet, data, 20) < 0);
}

/* Found by the fuzz target `rtp`: the distance was negated as a signed number. */
static void test_half_the_timestamps_away(void) {
    struct rtp_reception reception = {0};
    struct rtp_packet packet = {.sequence = 1, .ssrc = 1};
    rtp_reception_packet(&reception, &packet, 8000, 0);
    packet.sequence = 2;
    packet.timestamp = 0x80000000;
    CHECK(rtp_reception_packet(&reception, &packet, 8000, 0) == RTP_ACCEPTED);
    CHECK(reception.jitter_q4 == 0);
}

/* Found by the fuzz target `rtcp`: four bytes that call themselves a report were counted as one. */
static void test_report_without_a_sender(void) {
    struct rtcp_state state = {0};
    const uint8_t too_short[8] = {0x80, 201, 0, 0, 0x80, 200, 0, 0};
    CHECK(rtcp_receive(&state, too_short, sizeof too_short, 2, 1000, 5) == 0);
    CHECK(state.reports_received == 0);
}

/* What reports follow the first four parts, or their first four blocks, only cost time. */
static void test_many_parts_are_not_read(void) {
    struct rtcp_state state = {0};
    uint8_t parts[187 * 8], blocks[8 + 31 * 24] = {0x9F, 201, 0, 187};
    for (uint32_t i = 0; i < sizeof parts; i += 8)
        memcpy(parts + i, (const uint8_t[]){0x80, 201, 0, 1, 0, 0, 0, 9}, 8);
    CHECK(rtcp_receive(&state, parts, sizeof parts, 2, 1000, 5) == 0);
    CHECK(state.reports_received == 4);
    write_be32(blocks + 8 + 4 * 24, 2);
    write_be32(blocks + 8 + 4 * 24 + 12, 80);
    CHECK(rtcp_receive(&state, blocks, sizeof blocks, 2, 1000, 5) == 0 && state.peer_jitter == 0);
    write_be32(blocks + 8 + 3 * 24, 2);
    write_be32(blocks + 8 + 3 * 24 + 12, 80);
    CHECK(rtcp_receive(&state, blocks, sizeof blocks, 2, 1000, 5) == 0 && state.peer_jitter == 80);
}

void test_rtp(void) {
    test_many_parts_are_not_read();
    test_parse();
    test_half_the_timestamps_away();
    test_report_without_a_sender();
    CHECK(seq_less(65535, 0) && !seq_less(0, 65535) && ts_diff(5, 0xFFFFFFFBu) == 10);
    struct rtp_reception reception = {0};
    CHECK(feed(&reception, 65534, 1) == RTP_NEW_STREAM);
    CHECK(feed(&reception, 65535, 1) == RTP_ACCEPTED);
    CHECK(feed(&reception, 1, 1) == RTP_ACCEPTED); /* 0 is lost */
    CHECK(rtp_reception_lost(&reception) == 1);
    CHECK(rtp_reception_fraction_lost(&reception) == 64);
    CHECK(feed(&reception, 20000, 1) == RTP_SUSPECT);
    CHECK(feed(&reception, 20001, 1) == RTP_NEW_STREAM);
    CHECK(feed(&reception, 7, 2) == RTP_NEW_STREAM);
    CHECK(rtp_reception_lost(&reception) == 1);

    struct rtcp_state state = {0};
    struct rtcp_sent sent = {.ssrc = 1, .packets = 2, .bytes = 320, .wall_ms = 1000};
    uint8_t packet[RTCP_BYTES_MAX];
    uint32_t bytes = rtcp_write(&state, packet, &sent, &reception, 0);
    CHECK(bytes == 28 + 24 + 32 && packet[1] == 200);
    CHECK(rtcp_receive(&state, packet, bytes, 2, 1000, 5) == 0 && state.reports_received == 1);
    /* A receiver report about us (SSRC 2), which answers ours after 300 ms, of them 100 with it. */
    uint8_t about_us[32] = {0x81, 201, 0, 7};
    uint32_t sent_at = (uint32_t)(((2208988800u + 50u) & 0xFFFF) << 16);
    write_be32(about_us + 8, 2);
    write_be32(about_us + 12, 12);
    about_us[12] = 64;
    write_be32(about_us + 20, 80);
    write_be32(about_us + 24, sent_at);
    write_be32(about_us + 28, 65536 / 10);
    CHECK(rtcp_receive(&state, about_us, sizeof about_us, 2, 50300, 50300) == 0);
    CHECK(state.round_trip_ms >= 199 && state.round_trip_ms <= 201);
    CHECK(state.peer_lost == 12 && state.peer_fraction_lost == 64 && state.peer_jitter == 80);
    for (uint32_t i = 0; i < bytes; i++) /* cut off anywhere */
        rtcp_receive(&state, packet, i, 2, 1000, 5);
}
