/*
 * libFuzzer: compound RTCP, of any bytes and of parts that keep to the form or nearly do (reports,
 * SDES, BYE, APP, XR). What is learnt must be what a report about us said.
 */
#include "../core/bytes.h"
#include "../core/rtcp.h"
#include "input.h"

enum { PACKETS_MAX = 8, PARTS_MAX = 6, PACKET_MAX = 512, OUR_SSRC = 77, BLOCK_BYTES = 24 };

static const uint8_t part_types[] = {200, 201, 202, 203, 204, 205, 206, 207};

/* Room for the longest: a sender report with 31 blocks does not fit and is not whole. */
static uint32_t add_part(struct input *input, uint8_t *packet, uint32_t at) {
    uint8_t shape = take_u8(input), type = part_types[take_u8(input) % sizeof part_types];
    uint32_t body = type == 200 ? 28 : 8, blocks = shape & 31, length;
    uint32_t bytes = type <= 201 ? body + blocks % 5 * BLOCK_BYTES : body + take_u8(input) % 40;
    length = (bytes + 3) / 4 - 1;
    if (at + bytes + 3 > PACKET_MAX)
        return at;
    for (uint32_t i = 0; i < bytes; i++)
        packet[at + i] = take_u8(input);
    packet[at] = (uint8_t)(RTP_VERSION << 6 | (shape & 0x20) | blocks);
    packet[at + 1] = type;
    write_be16(packet + at + 2, (uint16_t)(shape & 64 ? take_u16(input) : length));
    for (uint32_t i = 0; type <= 201 && i < blocks % 5 && !(shape & 128); i++)
        write_be32(packet + at + body + i * BLOCK_BYTES, OUR_SSRC);
    return at + (length + 1) * 4;
}

static void receive(struct rtcp_state *state, const uint8_t *data, uint32_t bytes, uint64_t ms) {
    struct rtcp_state before = *state;
    int result = rtcp_receive(state, data, bytes, OUR_SSRC, 1700000000000u + ms, ms);
    MUST(result == 0 || memcmp(state, &before, sizeof before) == 0);
    MUST(result == 0 || bytes < 8 || data[0] >> 6 != 2 || data[1] < 192 || data[1] > 223);
    MUST(state->reports_received - before.reports_received <= bytes / 8);
    MUST(state->peer_lost <= 0x7FFFFF && state->round_trip_ms < 60000);
    MUST(state->next_ms == before.next_ms);
    MUST(state->packets_sent_before == before.packets_sent_before);
    bool told = state->peer_jitter != before.peer_jitter || state->peer_lost != before.peer_lost;
    MUST(!told || bytes >= 32);
}

/* What we write is RTCP to ourselves, and tells a peer nothing about itself. */
static void report(struct input *input, struct rtcp_state *state, uint64_t now_ms) {
    static uint8_t packet[RTCP_BYTES_MAX];
    struct rtp_reception reception = {
        .started = take_u8(input) & 1,
        .ssrc = take_u32(input),
        .cycles = (uint32_t)take_u8(input) << 16,
        .highest_sequence = take_u16(input),
        .base_sequence = take_u16(input),
        .received = take_u16(input),
        .jitter_q4 = take_u32(input)};
    struct rtcp_sent sent = {
        .ssrc = OUR_SSRC,
        .timestamp = take_u32(input),
        .packets = take_u16(input),
        .bytes = 160,
        .wall_ms = now_ms,
        .leaves = take_u8(input) & 1};
    struct rtcp_state peer = {0};
    uint32_t bytes = rtcp_write(state, packet, &sent, &reception, now_ms);
    MUST(bytes % 4 == 0 && bytes <= RTCP_BYTES_MAX);
    MUST(rtcp_receive(&peer, packet, bytes, reception.ssrc, now_ms, now_ms) == 0);
    MUST(peer.reports_received == 1);
    MUST(!reception.started || peer.peer_jitter == reception.jitter_q4 >> 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static uint8_t room[PACKET_MAX];
    struct input input = {data, data + bytes};
    struct rtcp_state state = {0};
    uint64_t now_ms = 0;
    receive(&state, data, (uint32_t)bytes, now_ms);
    for (uint32_t packets = 0; packets < PACKETS_MAX && input_left(&input) > 0; packets++) {
        uint8_t how = take_u8(&input);
        uint32_t length = 0;
        for (uint32_t parts = 0; parts <= how % PARTS_MAX; parts++)
            length = add_part(&input, room, length);
        if (how & 64)
            length -= length < 5 ? length : 5;
        uint8_t *at = memmove(room + sizeof room - length, room, length);
        receive(&state, at, length, now_ms);
        if (how & 128)
            report(&input, &state, now_ms);
        now_ms += take_u8(&input) * 16u;
    }
    return 0;
}
