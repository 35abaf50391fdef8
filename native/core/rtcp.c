#include "rtcp.h"
#include "bytes.h"

enum {
    SENDER_REPORT = 200,
    RECEIVER_REPORT = 201,
    SOURCE_DESCRIPTION = 202,
    BYE = 203,
    PACKET_TYPE_FIRST = 192,
    PACKET_TYPE_LAST = 223,
    REPORT_BLOCK_BYTES = 24,
    /* That are looked at: reports come first (RFC 3550 §6.1), and a peer hears little but us. */
    PARTS_MAX = 4,
    BLOCKS_MAX = 4,
    CNAME = 1,
    CNAME_BYTES = 18, /* "dialplane-" and eight digits */
};

static const uint64_t ntp_epoch_s = 2208988800u; /* 1970 after 1900 */

static uint64_t ntp_time(uint64_t wall_ms) {
    uint64_t fraction = ((wall_ms % 1000) << 32) / 1000;
    return ((wall_ms / 1000 + ntp_epoch_s) << 32) | fraction;
}

static void write_report_block(
    const struct rtcp_state *state, uint8_t *dst, struct rtp_reception *reception,
    uint64_t now_ms) {
    uint32_t lost = rtp_reception_lost(reception);
    uint64_t delay = state->last_report ? (now_ms - state->last_report_ms) * 65536 / 1000 : 0;
    write_be32(dst, reception->ssrc);
    write_be32(dst + 4, lost > 0x7FFFFF ? 0x7FFFFF : lost);
    dst[4] = rtp_reception_fraction_lost(reception);
    write_be32(dst + 8, reception->cycles + reception->highest_sequence);
    write_be32(dst + 12, reception->jitter_q4 >> 4);
    write_be32(dst + 16, state->last_report);
    write_be32(dst + 20, (uint32_t)delay);
}

static uint32_t write_cname(uint8_t *dst, uint32_t ssrc) {
    static const char prefix[] = "dialplane-";
    static const char hex[] = "0123456789abcdef";
    dst[0] = (RTP_VERSION << 6) | 1;
    dst[1] = SOURCE_DESCRIPTION;
    write_be16(dst + 2, 7);
    write_be32(dst + 4, ssrc);
    dst[8] = CNAME;
    dst[9] = CNAME_BYTES;
    memcpy(dst + 10, prefix, sizeof prefix - 1);
    for (uint32_t i = 0; i < 8; i++)
        dst[20 + i] = (uint8_t)hex[(ssrc >> (28 - 4 * i)) & 15];
    memset(dst + 28, 0, 4);
    return 32;
}

static uint32_t write_bye(uint8_t *dst, uint32_t ssrc) {
    dst[0] = (RTP_VERSION << 6) | 1;
    dst[1] = BYE;
    write_be16(dst + 2, 1);
    write_be32(dst + 4, ssrc);
    return 8;
}

uint32_t rtcp_write(
    struct rtcp_state *state, uint8_t *dst, const struct rtcp_sent *sent,
    struct rtp_reception *reception, uint64_t now_ms) {
    bool sender = sent->packets != state->packets_sent_before;
    uint32_t at = sender ? 28 : 8;
    state->packets_sent_before = sent->packets;
    if (sender) {
        uint64_t ntp = ntp_time(sent->wall_ms);
        write_be32(dst + 8, (uint32_t)(ntp >> 32));
        write_be32(dst + 12, (uint32_t)ntp);
        write_be32(dst + 16, sent->timestamp);
        write_be32(dst + 20, sent->packets);
        write_be32(dst + 24, sent->bytes);
    }
    if (reception->started) {
        write_report_block(state, dst + at, reception, now_ms);
        at += REPORT_BLOCK_BYTES;
    }
    dst[0] = (uint8_t)((RTP_VERSION << 6) | (reception->started ? 1 : 0));
    dst[1] = sender ? SENDER_REPORT : RECEIVER_REPORT;
    write_be16(dst + 2, (uint16_t)(at / 4 - 1));
    write_be32(dst + 4, sent->ssrc);
    at += write_cname(dst + at, sent->ssrc);
    return sent->leaves ? at + write_bye(dst + at, sent->ssrc) : at;
}

static void
read_report_block(struct rtcp_state *state, const uint8_t *block, uint32_t ssrc, uint64_t wall_ms) {
    if (read_be32(block) != ssrc)
        return;
    state->peer_fraction_lost = block[4];
    uint32_t lost = read_be32(block + 4) & 0xFFFFFF; /* 24 bits with a sign: duplicates count */
    state->peer_lost = lost & 0x800000 ? 0 : lost;
    state->peer_jitter = read_be32(block + 12);
    uint32_t last_report = read_be32(block + 16);
    uint32_t now = (uint32_t)(ntp_time(wall_ms) >> 16);
    int32_t round_trip = (int32_t)(now - last_report - read_be32(block + 20));
    if (last_report != 0 && round_trip >= 0 && round_trip < 60 * 65536)
        state->round_trip_ms = (uint32_t)((uint64_t)(uint32_t)round_trip * 1000 / 65536);
}

int rtcp_receive(
    struct rtcp_state *state, const uint8_t *data, uint32_t bytes, uint32_t ssrc, uint64_t wall_ms,
    uint64_t now_ms) {
    if (bytes < 8 || data[0] >> 6 != RTP_VERSION || data[1] < PACKET_TYPE_FIRST ||
        data[1] > PACKET_TYPE_LAST)
        return -1;
    uint32_t blocks_left = BLOCKS_MAX;
    for (uint32_t at = 0, parts = 0; bytes - at >= 8 && parts < PARTS_MAX; parts++) {
        const uint8_t *part = data + at;
        uint32_t length = 4u * (read_be16(part + 2) + 1u);
        if (part[0] >> 6 != RTP_VERSION || length > bytes - at)
            break;
        uint32_t blocks_at = part[1] == SENDER_REPORT ? 28 : 8;
        bool is_report = part[1] == SENDER_REPORT || part[1] == RECEIVER_REPORT;
        if (part[1] == SENDER_REPORT && length >= 28) {
            state->last_report = (read_be32(part + 8) << 16) | (read_be32(part + 12) >> 16);
            state->last_report_ms = now_ms;
        }
        if (is_report && length >= blocks_at) {
            state->reports_received++;
            for (uint32_t i = 0; i < (part[0] & 0x1Fu) && blocks_left > 0; i++, blocks_left--) {
                uint32_t block = blocks_at + i * REPORT_BLOCK_BYTES;
                if (block + REPORT_BLOCK_BYTES > length)
                    break;
                read_report_block(state, part + block, ssrc, wall_ms);
            }
        }
        at += length;
    }
    return 0;
}
