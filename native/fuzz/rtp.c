/*
 * libFuzzer: RTP packets. What rtp_parse takes must be what RFC 3550 §5.1 says of the bytes; a
 * bridge must pass the payload on whatever CSRCs, extension and padding lie around it; and the
 * statistics of a stream must stay within what came.
 */
#include "../core/bytes.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "g711.h"
#include "input.h"

enum { STEPS_MAX = 24, MEMORY_BYTES = 320 << 10, OUR_SSRC = 77, PACKET_MAX = 512 };

static struct {
    uint32_t packets, bytes;
    uint8_t payload[RTP_PACKET_BYTES_MAX];
    struct rtp_packet last;
} sent;

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    (void)context, (void)to;
    MUST(!rtcp && endpoint_id == 2 && bytes <= RTP_PACKET_BYTES_MAX);
    MUST(rtp_parse(&sent.last, packet, bytes) == 0);
    memcpy(sent.payload, sent.last.payload, sent.last.payload_bytes);
    sent.packets++;
}

static void on_event(void *context, const uint8_t *record, uint32_t bytes) {
    (void)context, (void)bytes;
    MUST(record[2] != EVENT_ACK || read_le32(record + 8) == STATUS_OK);
}

static void configure(struct plane *plane, uint32_t endpoint_id) {
    uint32_t fields[] = {
        1,
        endpoint_id,
        255u << 16 | 3u << 24,
        20u | 4u << 16,
        4000,
        0x0100007F,
        0,
        0,
        0,
        OUR_SSRC,
        0,
        8000,
        8000,
        0,
        0};
    uint8_t record[128];
    plane_commands(plane, record, record_write(record, COMMAND_CONFIGURE, 0, fields, 15), 0);
}

static struct plane *begin_bridge(void) {
    static _Alignas(16) uint8_t memory[MEMORY_BYTES];
    static const struct codec *const only_pcmu[CODECS] = {[CODEC_PCMU] = &codec_pcmu};
    struct plane_config config = {
        .endpoints_max = 3, .codecs = only_pcmu, .host = {.send = on_send, .event = on_event}};
    uint32_t bridge[] = {1, 1, 2};
    uint8_t record[32];
    MUST(plane_size(&config) <= sizeof memory);
    memset(memory, 0, (size_t)plane_size(&config));
    struct plane *plane = plane_init(memory, &config, 0);
    plane_open(plane, 1, 0);
    plane_open(plane, 2, 0);
    configure(plane, 1);
    configure(plane, 2);
    plane_commands(plane, record, record_write(record, COMMAND_BRIDGE, 0, bridge, 3), 0);
    return plane;
}

/* The payload's place by the letter of §5.1, from the front; -1: these bytes are no packet. */
static int32_t expect_payload(const uint8_t *data, uint32_t bytes, uint32_t *payload_bytes) {
    if (bytes < 12 || (data[0] & 0xC0) != 0x80)
        return -1;
    uint32_t at = 12, csrcs = data[0] & 15;
    for (; csrcs > 0; csrcs--)
        at += 4;
    if (data[0] & 16) {
        if (bytes < at + 4)
            return -1;
        uint32_t words = (uint32_t)data[at + 2] * 256 + data[at + 3];
        at += 4 + 4 * words;
    }
    if (at > bytes)
        return -1;
    uint32_t padding = (data[0] & 32) ? data[bytes - 1] : 0;
    if ((data[0] & 32) && (padding == 0 || padding > bytes - at))
        return -1;
    *payload_bytes = bytes - at - padding;
    return (int32_t)at;
}

static bool check_parse(struct rtp_packet *packet, const uint8_t *data, uint32_t bytes) {
    uint32_t payload_bytes = 0;
    int32_t at = expect_payload(data, bytes, &payload_bytes);
    MUST((rtp_parse(packet, data, bytes) == 0) == (at >= 0));
    if (at < 0)
        return false;
    MUST(packet->payload == data + at && packet->payload_bytes == payload_bytes);
    MUST(packet->marker == data[1] >> 7 && packet->payload_type == (data[1] & 127));
    MUST(packet->sequence == read_be16(data + 2) && packet->timestamp == read_be32(data + 4));
    MUST(packet->ssrc == read_be32(data + 8));
    return true;
}

/* A packet with whatever lies around a payload of its own, as a peer that keeps to the form, or
 * nearly does, would send it. */
static uint32_t make_packet(struct input *input, uint8_t *packet, uint16_t *sequence) {
    uint8_t shape = take_u8(input), how = take_u8(input);
    uint32_t at = RTP_HEADER_BYTES + 4u * (shape & 15), words = how & 7;
    *sequence = (uint16_t)(*sequence + (how & 8 ? take_u16(input) : 1));
    rtp_write_header(
        packet, 0, (how & 16) != 0, *sequence, how & 32 ? take_u32(input) : *sequence * 160u,
        how & 64 ? take_u8(input) : 5);
    packet[0] |= shape & 0x3F;
    if (shape & 16) {
        write_be16(packet + at + 2, (uint16_t)(how & 128 ? take_u16(input) : words));
        at += 4 + 4 * words;
    }
    uint32_t count = take_u8(input);
    const uint8_t *payload = take_bytes(input, &count);
    memcpy(packet + at, payload, count);
    at += count;
    if (shape & 32) {
        packet[at] = take_u8(input);
        at++;
    }
    if (shape & 64)
        packet[1] = take_u8(input);
    return shape & 128 ? at * 2 / 3 : at;
}

/* What the bridge sends is ours around the peer's payload. */
static void check_relay(const struct rtp_packet *packet) {
    MUST(sent.packets <= 1);
    if (sent.packets == 0)
        return;
    MUST(packet && packet->payload_type == 0 && sent.last.payload_type == 0);
    MUST(sent.last.ssrc == OUR_SSRC && sent.last.payload_bytes == packet->payload_bytes);
    MUST(memcmp(sent.payload, packet->payload, packet->payload_bytes) == 0);
}

static void check_reception(const struct rtp_reception *reception, uint32_t packets) {
    uint32_t lost = rtp_reception_lost(reception);
    MUST(reception->received <= packets);
    MUST(lost - reception->lost_before <= reception->cycles + 0x10000);
    MUST(reception->cycles % 0x10000 == 0 && reception->cycles / 0x10000 <= packets);
    struct rtp_reception copy = *reception;
    rtp_reception_fraction_lost(&copy);
    MUST(rtp_reception_fraction_lost(&copy) == 0); /* nothing was lost since just now */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static uint8_t room[PACKET_MAX];
    struct input input = {data, data + bytes};
    struct rtp_packet packet;
    struct rtp_reception reception = {0};
    uint16_t sequence = 0;
    uint64_t now_ms = 0;
    check_parse(&packet, data, (uint32_t)bytes);
    struct plane *plane = begin_bridge();
    for (uint32_t step = 0; step < STEPS_MAX && input_left(&input) > 0; step++) {
        struct address from = {4, 4000, {127, 0, 0, 1}};
        memset(room, 0, sizeof room);
        uint32_t length = make_packet(&input, room, &sequence);
        uint8_t *at = memmove(room + sizeof room - length, room, length);
        bool is_packet = check_parse(&packet, at, length);
        sent.packets = 0;
        plane_receive(plane, 1, false, &from, at, length, now_ms);
        check_relay(is_packet ? &packet : NULL);
        if (is_packet) {
            rtp_reception_packet(&reception, &packet, 8000, now_ms);
            check_reception(&reception, step + 1);
        }
        now_ms += take_u8(&input);
    }
    return 0;
}
