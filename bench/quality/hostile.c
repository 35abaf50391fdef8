/*
 * What a packet costs to receive that is truncated, oversized or hostile, beside a good one, for
 * callgrind to count: hostile <group/packet> <times>; with none it lists them, the good one of each
 * group first. Each packet that is counted comes beside a stream of good ones, so that the endpoint
 * is as busy as in a call; only what happens within `counted` counts (hostile.sh).
 */
#include "../../native/codecs/codecs.h"
#include "../../native/core/bytes.h"
#include "../../native/core/plane.h"
#include "../../native/core/records.h"
#include "../../native/core/rtp.h"
#include "../../native/core/srtp.h"
#include "../../native/io/ciphers.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    PACKET_MAX = 1500,
    PAYLOAD_BYTES = 160,
    PEER_PORT = 4000,
    STRANGER_PORT = 5000,
    EVENT_TYPE = 101,
    SLOTS = 16,
    SEALING_SLOT = 12, /* of the peer's own keys */
    SSRC = 9,
    OUR_SSRC = 77,
};

enum group {
    LISTENING,
    RELAYED,
    RELAYED_LONG,
    OPUS,
    EVENT,
    SRTP,
    SRTP_LONG,
    RTCP,
    SRTCP,
    SRTCP_LONG,
    GROUPS
};

static const char *const group_names[GROUPS] = {
    "listening", "relayed", "relayed, 1500 bytes", "opus", "event", "srtp", "srtp, 1500 bytes",
    "rtcp",      "srtcp",   "srtcp, 1500 bytes"};

static struct {
    enum group group;
    struct plane *plane;
    struct crypto crypto;
    struct srtp sealing;
    uint64_t now_ms;
    uint16_t sequence;
} world;

struct packet {
    uint8_t bytes[PACKET_MAX + SRTP_OVERHEAD_MAX];
    uint32_t count;
    uint16_t port;
    bool rtcp, strange; /* from another host */
};

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    (void)context, (void)endpoint_id, (void)rtcp, (void)to, (void)packet, (void)bytes;
}

static void on_event(void *context, const uint8_t *record, uint32_t bytes) {
    (void)context, (void)bytes;
    if (record[2] == EVENT_ACK && record[8] != STATUS_OK)
        exit(3); /* no such cipher */
}

static void configure(uint32_t endpoint_id, bool listens, enum srtp_suite suite) {
    bool opus = world.group == OPUS;
    uint32_t codec = opus ? CODEC_OPUS : CODEC_PCMU, type = opus ? 111 : 0;
    uint32_t fields[32] = {
        1,
        endpoint_id,
        codec | type << 8 | (uint32_t)EVENT_TYPE << 16 | 3u << 24,
        20u | (listens ? 1u : 0) << 8 | 4u << 16 | 2u << 24,
        PEER_PORT,
        0x0100007F};
    uint8_t record[256];
    fields[9] = OUR_SSRC;
    fields[11] = opus ? 48000 : 8000;
    fields[12] = 8000;
    fields[15] = suite;
    plane_commands(world.plane, record, record_write(record, COMMAND_CONFIGURE, 0, fields, 32), 0);
}

static bool is_sealed(enum group group) {
    return group == SRTP || group == SRTP_LONG || group == SRTCP || group == SRTCP_LONG;
}

/* What a packet has beside an ordinary one, so that it is as long as a network lets it be. */
static uint32_t added_bytes(uint32_t bytes) {
    uint32_t most = world.group == RELAYED_LONG ? PACKET_MAX : PACKET_MAX - SRTP_OVERHEAD_MAX;
    bool is_long =
        world.group == RELAYED_LONG || world.group == SRTP_LONG || world.group == SRTCP_LONG;
    return is_long ? most - bytes : 0;
}

static void begin(enum group group) {
    static uint8_t master[SRTP_MASTER_BYTES_MAX];
    struct plane_config config = {
        .endpoints_max = 3,
        .codecs = codecs,
        .states_max = {[CODEC_OPUS] = 1},
        .crypto = &world.crypto,
        .host = {.send = on_send, .event = on_event}};
    bool sealed = is_sealed(group), relayed = group == RELAYED || group == RELAYED_LONG;
    world.group = group;
    world.now_ms = 1000;
    world.crypto = ciphers_crypto(ciphers_create(SLOTS));
    world.plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    plane_open(world.plane, 1, 0);
    configure(1, !relayed, sealed ? SRTP_AES_CM_128_HMAC_SHA1_80 : SRTP_NONE);
    if (sealed)
        srtp_begin(
            &world.sealing, &world.crypto, SEALING_SLOT, SRTP_AES_CM_128_HMAC_SHA1_80, master);
    if (relayed) {
        uint32_t bridge[] = {1, 1, 2};
        uint8_t record[32];
        plane_open(world.plane, 2, 0);
        configure(2, false, SRTP_NONE);
        plane_commands(world.plane, record, record_write(record, COMMAND_BRIDGE, 0, bridge, 3), 0);
    }
}

static uint32_t put_report(uint8_t *dst) {
    memset(dst, 0, 52);
    dst[0] = 0x81;
    dst[1] = 200;
    dst[3] = 12;
    write_be32(dst + 4, SSRC);
    write_be32(dst + 8, (uint32_t)world.now_ms);
    write_be32(dst + 28, OUR_SSRC);
    static const uint8_t description[] = {0x81, 202, 0,   3,   0,   0,   0, SSRC,
                                          1,    5,   'n', 'a', 'm', 'e', 0, 0};
    memcpy(dst + 52, description, sizeof description);
    return 52 + sizeof description;
}

/* The next of the peer's, not yet sealed. */
static struct packet next_packet(bool report) {
    struct packet packet = {.port = PEER_PORT};
    uint32_t timestamp = ++world.sequence * (world.group == OPUS ? 960u : 160u);
    uint8_t type = world.group == OPUS ? 111 : 0;
    if (report) {
        packet.count = put_report(packet.bytes);
        packet.count += added_bytes(packet.count);
        packet.rtcp = true;
        packet.port = PEER_PORT + 1;
        return packet;
    }
    rtp_write_header(packet.bytes, type, false, world.sequence, timestamp, SSRC);
    uint8_t *payload = packet.bytes + RTP_HEADER_BYTES;
    packet.count = RTP_HEADER_BYTES + PAYLOAD_BYTES;
    packet.count += added_bytes(packet.count);
    memset(payload, 0xD5, packet.count - RTP_HEADER_BYTES);
    if (world.group == OPUS)
        packet.count = RTP_HEADER_BYTES + codecs[CODEC_OPUS]->encode_silence(payload, 16000, 320);
    if (world.group == EVENT) {
        packet.count = RTP_HEADER_BYTES + 4;
        packet.bytes[1] = EVENT_TYPE;
        write_be32(payload, 5u << 24 | 10u << 16 | (world.sequence & 0xFFu) * 160u);
        write_be32(packet.bytes + 4, world.sequence >> 8);
    }
    return packet;
}

static void seal(struct packet *packet) {
    if (is_sealed(world.group) && !packet->rtcp)
        packet->count = srtp_seal(&world.sealing, &world.crypto, packet->bytes, packet->count);
    if (is_sealed(world.group) && packet->rtcp)
        packet->count = srtcp_seal(&world.sealing, &world.crypto, packet->bytes, packet->count);
}

/* What is done to the next good packet, or to one that has just been received. */
static void leave_good(struct packet *packet) {
    *packet = next_packet(packet->rtcp);
    seal(packet);
}

static void leave(struct packet *packet) {
    (void)packet;
}

static void repeat(struct packet *packet) {
    (void)packet;
}

static void cut_header(struct packet *packet) {
    packet->count = packet->rtcp ? 7 : RTP_HEADER_BYTES - 1;
}

static void cut_payload(struct packet *packet) {
    packet->count -= packet->count / 3;
}

static void enlarge(struct packet *packet) {
    memset(packet->bytes + packet->count, 0x55, PACKET_MAX - packet->count);
    packet->count = PACKET_MAX;
}

static void come_from_stranger(struct packet *packet) {
    packet->bytes[packet->rtcp ? 7 : 11]++;
    packet->port = STRANGER_PORT;
    packet->strange = true;
}

/* Another one with each packet. */
static void change_ssrc(struct packet *packet) {
    write_be32(packet->bytes + 8, world.sequence + 100u);
}

static void jump(struct packet *packet) {
    write_be16(packet->bytes + 2, (uint16_t)(world.sequence + 20000));
}

static void jump_in_time(struct packet *packet) {
    write_be32(packet->bytes + 4, world.sequence * 0x12345678u);
}

static void change_type(struct packet *packet) {
    packet->bytes[1] = 99;
}

static void claim_extension(struct packet *packet) {
    packet->bytes[0] |= 0x10;
    write_be16(packet->bytes + RTP_HEADER_BYTES + 2, 0xFFFF);
}

static void claim_sources(struct packet *packet) {
    packet->bytes[0] |= 0x0F;
    packet->count = RTP_HEADER_BYTES + 8;
}

static void claim_padding(struct packet *packet) {
    packet->bytes[0] |= 0x20;
    packet->bytes[packet->count - 1] = 255;
}

static void change_tag(struct packet *packet) {
    packet->bytes[packet->count - 1] ^= 1;
}

static void claim_length(struct packet *packet) {
    write_be16(packet->bytes + 2, 0xFFFF);
}

static void claim_blocks(struct packet *packet) {
    packet->bytes[0] |= 0x1F;
}

/* As many parts as fit: reports about nobody. */
static void repeat_parts(struct packet *packet) {
    static const uint8_t part[8] = {0x80, 201, 0, 1, 0, 0, 0, SSRC};
    for (packet->count = 0; packet->count + 8 <= PACKET_MAX; packet->count += 8)
        memcpy(packet->bytes + packet->count, part, sizeof part);
}

static void change_event(struct packet *packet) {
    packet->bytes[RTP_HEADER_BYTES] = 200;
}

static const struct {
    enum group group;
    const char *name;
    void (*change)(struct packet *packet);
} kinds[] = {
    {LISTENING, "good", leave},
    {LISTENING, "repeated", repeat},
    {LISTENING, "header cut off", cut_header},
    {LISTENING, "payload cut off", cut_payload},
    {LISTENING, "1500 bytes", enlarge},
    {LISTENING, "stranger's", come_from_stranger},
    {LISTENING, "another SSRC each", change_ssrc},
    {LISTENING, "sequence jumps", jump},
    {LISTENING, "timestamp jumps", jump_in_time},
    {LISTENING, "wrong payload type", change_type},
    {LISTENING, "extension of 256 kB", claim_extension},
    {LISTENING, "15 sources that are not there", claim_sources},
    {LISTENING, "more padding than packet", claim_padding},
    {RELAYED, "good", leave},
    {RELAYED, "header cut off", cut_header},
    {RELAYED, "stranger's", come_from_stranger},
    {RELAYED, "another SSRC each", change_ssrc},
    {RELAYED, "wrong payload type", change_type},
    {RELAYED_LONG, "good", leave},
    {RELAYED_LONG, "another SSRC each", change_ssrc},
    {OPUS, "good", leave},
    {OPUS, "1500 bytes", enlarge},
    {OPUS, "another SSRC each", change_ssrc},
    {OPUS, "timestamp jumps", jump_in_time},
    {EVENT, "good", leave},
    {EVENT, "header cut off", cut_header},
    {EVENT, "payload cut off", cut_payload},
    {EVENT, "unknown event", change_event},
    {SRTP, "good", leave},
    {SRTP, "wrong tag", change_tag},
    {SRTP, "replayed", repeat},
    {SRTP, "header cut off", cut_header},
    {SRTP, "payload cut off", cut_payload},
    {SRTP, "stranger's", come_from_stranger},
    {SRTP, "extension of 256 kB", claim_extension},
    {SRTP_LONG, "good", leave},
    {SRTP_LONG, "wrong tag", change_tag},
    {RTCP, "good", leave},
    {RTCP, "header cut off", cut_header},
    {RTCP, "payload cut off", cut_payload},
    {RTCP, "length of 256 kB", claim_length},
    {RTCP, "31 blocks that are not there", claim_blocks},
    {RTCP, "187 parts", repeat_parts},
    {RTCP, "stranger's", come_from_stranger},
    {SRTCP, "good", leave},
    {SRTCP, "wrong tag", change_tag},
    {SRTCP, "replayed", repeat},
    {SRTCP, "header cut off", cut_header},
    {SRTCP, "stranger's", come_from_stranger},
    {SRTCP_LONG, "good", leave},
    {SRTCP_LONG, "wrong tag", change_tag},
};

static void receive(const struct packet *packet) {
    struct address from = {4, packet->port, {127, 0, 0, packet->strange ? 2 : 1}};
    plane_receive(world.plane, 1, packet->rtcp, &from, packet->bytes, packet->count, world.now_ms);
}

__attribute__((noinline)) void counted(const struct packet *packet);
void counted(const struct packet *packet) {
    receive(packet);
    __asm__ volatile("" ::: "memory"); /* no tail call: it ends here */
}

static void run(uint32_t kind, uint32_t times) {
    begin(kinds[kind].group);
    bool report = world.group == RTCP || world.group == SRTCP || world.group == SRTCP_LONG;
    for (uint32_t i = 0; i < times; i++) {
        struct packet packet = next_packet(report);
        seal(&packet);
        receive(&packet);
        if (kinds[kind].change != repeat)
            leave_good(&packet);
        kinds[kind].change(&packet);
        counted(&packet);
        world.now_ms += 20;
        plane_tick(world.plane, world.now_ms);
    }
}

int main(int count, char **arguments) {
    for (uint32_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s/%s", group_names[kinds[i].group], kinds[i].name);
        if (count < 3)
            printf("%s\n", name);
        else if (strcmp(arguments[1], name) == 0)
            run(i, (uint32_t)atoi(arguments[2]));
    }
    return 0;
}
