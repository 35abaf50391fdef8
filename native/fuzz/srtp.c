/*
 * libFuzzer: SRTP and SRTCP. A sender and a receiver with the keys of one master; packets are lost,
 * delayed, repeated, changed on their way, or made up. A receiver must take each packet once, as it
 * was, if its index can be guessed (RFC 3711 §3.3.1) and the window of 64 reaches it, and nothing
 * else; and what it refuses must leave no trace.
 */
#include "crypto.h"
#include "input.h"
#include "../core/bytes.h"
#include "../core/rtp.h"
#include "../core/srtp.h"

enum {
    STEPS_MAX = 48,
    KEPT = 4,
    PAYLOAD_MAX = 48,
    PACKET_MAX = 256,
    WINDOW = 64,
    HALF = 32768, /* of the sequence numbers */
    STREAMS = SRTP_STREAMS,
    SSRC = 5, /* of the first stream */
};

struct kept {
    uint32_t stream; /* STREAMS: RTCP */
    uint32_t bytes, plain_bytes;
    uint64_t index;
    uint8_t sealed[PACKET_MAX], plain[PACKET_MAX];
};

/* What has been sealed or taken, by index. */
struct taken {
    uint32_t count;
    uint64_t indices[STEPS_MAX], highest;
};

static struct {
    struct crypto crypto;
    struct fuzz_crypto ciphers;
    enum srtp_suite suite;
    struct srtp sender, receiver;
    struct kept kept[KEPT];
    uint32_t packets;
    uint32_t stream;
    uint64_t index[STREAMS];
    struct taken sealed[STREAMS], taken[STREAMS + 1];
} world;

static bool is_fresh(const struct taken *taken, uint64_t index) {
    for (uint32_t i = 0; i < taken->count; i++) {
        if (taken->indices[i] == index)
            return false;
    }
    return taken->count == 0 || (int64_t)(taken->highest - index) < WINDOW;
}

static void note(struct taken *taken, uint64_t index) {
    if (taken->count == 0 || index > taken->highest)
        taken->highest = index;
    taken->indices[taken->count++] = index;
}

static bool is_expected(const struct kept *kept) {
    const struct taken *taken = &world.taken[kept->stream];
    int64_t highest = (int64_t)taken->highest, index = (int64_t)kept->index;
    if (!is_fresh(taken, kept->index))
        return false;
    if (kept->stream == STREAMS)
        return true;
    if (taken->count == 0)
        return index < 0x10000;
    bool near = index - highest >= -HALF && index - highest < HALF;
    bool below_zero = highest + (int16_t)(index - highest) < 0 && index < 0x10000;
    return near || below_zero;
}

/* Opens a copy that ends where the memory ends. */
static uint32_t open(bool rtcp, const uint8_t *packet, uint32_t bytes, uint8_t **opened) {
    static uint8_t room[PACKET_MAX];
    *opened = room + sizeof room - bytes;
    memcpy(*opened, packet, bytes);
    return rtcp ? srtcp_open(&world.receiver, &world.crypto, *opened, bytes)
                : srtp_open(&world.receiver, &world.crypto, *opened, bytes);
}

static void deliver(const struct kept *kept) {
    bool rtcp = kept->stream == STREAMS;
    struct srtp before = world.receiver;
    uint8_t *opened;
    bool expected = is_expected(kept);
    uint32_t bytes = open(rtcp, kept->sealed, kept->bytes, &opened);
    MUST(bytes == (expected ? kept->plain_bytes : 0));
    MUST(expected || memcmp(&before, &world.receiver, sizeof before) == 0);
    MUST(memcmp(opened, kept->plain, bytes) == 0);
    if (expected)
        note(&world.taken[kept->stream], kept->index);
}

/* What nobody sealed is refused, unless the four bytes of the short tag happen to be right. */
static void deliver_forged(bool rtcp, const uint8_t *packet, uint32_t bytes) {
    struct srtp before = world.receiver;
    uint8_t *opened;
    uint32_t opened_bytes = open(rtcp, packet, bytes, &opened);
    if (opened_bytes == 0) {
        MUST(memcmp(&before, &world.receiver, sizeof before) == 0);
        return;
    }
    MUST(world.suite == SRTP_AES_CM_128_HMAC_SHA1_32 && !rtcp);
    MUST(memcmp(world.ciphers.last_tag, packet + bytes - 4, 4) == 0);
    world.receiver = before;
}

static void deliver_changed(struct input *input, const struct kept *kept) {
    static uint8_t changed[PACKET_MAX];
    uint32_t bytes = kept->bytes, at = take_u8(input), with = take_u8(input);
    memcpy(changed, kept->sealed, bytes);
    if (bytes > 0 && with == 0)
        bytes -= 1 + at % bytes;
    else if (bytes > 0)
        changed[at % bytes] ^= (uint8_t)with;
    deliver_forged(kept->stream == STREAMS, changed, bytes);
}

static uint32_t tag_bytes(bool rtcp) {
    if (world.suite == SRTP_AEAD_AES_128_GCM)
        return rtcp ? 20 : 16;
    return rtcp ? 14 : world.suite == SRTP_AES_CM_128_HMAC_SHA1_80 ? 10 : 4;
}

static void seal(struct kept *kept, uint32_t clear_bytes) {
    bool rtcp = kept->stream == STREAMS;
    bool fresh = rtcp || is_fresh(&world.sealed[kept->stream], kept->index);
    memcpy(kept->sealed, kept->plain, kept->plain_bytes);
    kept->bytes = rtcp ? srtcp_seal(&world.sender, &world.crypto, kept->sealed, kept->plain_bytes)
                       : srtp_seal(&world.sender, &world.crypto, kept->sealed, kept->plain_bytes);
    MUST(kept->bytes == (fresh ? kept->plain_bytes + tag_bytes(rtcp) : 0));
    MUST(memcmp(kept->sealed, kept->plain, clear_bytes) == 0);
    if (fresh && !rtcp)
        note(&world.sealed[kept->stream], kept->index);
}

/* The index that the sender is to use: the next, one further on, or one of before. */
static uint64_t choose_index(struct input *input, uint8_t shape) {
    uint64_t *index = &world.index[world.stream], back;
    if (world.sealed[world.stream].count == 0)
        return *index = *index & 0xFFFF;
    if (shape & 8) {
        back = take_u8(input) % (2 * WINDOW);
        return back < *index ? *index - back : *index;
    }
    return *index += shape & 0x80 ? take_u16(input) % HALF : 1;
}

static void send_rtp(struct input *input) {
    struct kept *kept = &world.kept[world.packets++ % KEPT];
    uint8_t shape = take_u8(input);
    uint32_t at = RTP_HEADER_BYTES + 4u * (shape & 7), count = take_u8(input) % PAYLOAD_MAX;
    memset(kept, 0, sizeof *kept);
    kept->stream = world.stream;
    kept->index = choose_index(input, shape);
    rtp_write_header(
        kept->plain, 0, false, (uint16_t)kept->index, take_u8(input), SSRC + world.stream);
    kept->plain[0] |= shape & 0x17;
    if (shape & 0x10) {
        write_be16(kept->plain + at + 2, shape >> 5 & 3);
        at += 4 + 4 * ((uint32_t)shape >> 5 & 3);
    }
    const uint8_t *payload = take_bytes(input, &count);
    memcpy(kept->plain + at, payload, count);
    kept->plain_bytes = at + count;
    seal(kept, at);
}

static void send_rtcp(struct input *input) {
    struct kept *kept = &world.kept[world.packets++ % KEPT];
    uint32_t count = take_u8(input) % PAYLOAD_MAX;
    *kept = (struct kept){.stream = STREAMS, .index = world.sender.rtcp_index};
    kept->plain[0] = 0x80;
    kept->plain[1] = 200;
    write_be32(kept->plain + 4, SSRC);
    const uint8_t *body = take_bytes(input, &count);
    memcpy(kept->plain + 8, body, count);
    kept->plain_bytes = 8 + count;
    seal(kept, 8);
}

/* Another stream under the same keys, or one of before. */
static void change_ssrc(struct input *input) {
    world.stream = take_u8(input) % STREAMS;
    if (world.sealed[world.stream].count == 0)
        world.index[world.stream] = take_u16(input);
}

static void step(struct input *input) {
    uint8_t how = take_u8(input);
    const struct kept *kept = &world.kept[how >> 4 & (KEPT - 1)];
    uint32_t bytes = 8u * (how >> 4);
    switch (how & 7) {
    case 0:
    case 1:
        send_rtp(input);
        kept = &world.kept[(world.packets - 1) % KEPT];
        if (kept->bytes > 0)
            deliver(kept);
        break;
    case 2:
        send_rtp(input);
        break;
    case 3:
        send_rtcp(input);
        break;
    case 4:
        if (kept->bytes > 0)
            deliver(kept);
        break;
    case 5:
        deliver_changed(input, kept);
        break;
    case 6: {
        const uint8_t *packet = take_bytes(input, &bytes);
        deliver_forged((how & 8) != 0, packet, bytes);
        break;
    }
    default:
        change_ssrc(input);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct input input = {data, data + bytes};
    uint8_t master[SRTP_MASTER_BYTES_MAX] = {0};
    memset(&world, 0, sizeof world);
    world.crypto = fuzz_crypto_begin(&world.ciphers);
    uint8_t first = take_u8(&input);
    world.suite = (enum srtp_suite)(1 + first % (SRTP_SUITES - 1));
    memset(master, first, sizeof master);
    world.index[0] = take_u16(&input);
    MUST(srtp_begin(&world.sender, &world.crypto, 0, world.suite, master));
    MUST(srtp_begin(&world.receiver, &world.crypto, SRTP_SLOTS, world.suite, master));
    for (uint32_t i = 0; i < STEPS_MAX && input_left(&input) > 0; i++)
        step(&input);
    srtp_end(&world.sender, &world.crypto);
    srtp_end(&world.receiver, &world.crypto);
    MUST(world.ciphers.keys_set == 0);
    return 0;
}
