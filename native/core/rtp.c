#include "rtp.h"
#include "bytes.h"

enum {
    DROPOUT_MAX = 3000,
    MISORDER_MAX = 100,
    NO_SUSPECT = 0x10000,
    ONE_BYTE_ELEMENTS = 0xBEDE,
    STOP_ID = 15
};

int rtp_parse(struct rtp_packet *packet, const uint8_t *data, uint32_t bytes) {
    if (bytes < RTP_HEADER_BYTES || data[0] >> 6 != RTP_VERSION)
        return -1;
    uint32_t offset = RTP_HEADER_BYTES + 4u * (data[0] & 0x0Fu);
    packet->extension = NULL;
    packet->extension_bytes = 0;
    if (data[0] & 0x10) {
        if (offset + 4 > bytes)
            return -1;
        if (read_be16(data + offset) == ONE_BYTE_ELEMENTS) {
            packet->extension = data + offset + 4;
            packet->extension_bytes = 4u * read_be16(data + offset + 2);
        }
        offset += 4u + 4u * read_be16(data + offset + 2);
    }
    if (offset > bytes)
        return -1;
    uint32_t padding = data[0] & 0x20 ? data[bytes - 1] : 0;
    if (offset + padding > bytes || ((data[0] & 0x20) && padding == 0))
        return -1;
    packet->payload_type = data[1] & 0x7F;
    packet->marker = (data[1] & 0x80) != 0;
    packet->sequence = read_be16(data + 2);
    packet->timestamp = read_be32(data + 4);
    packet->ssrc = read_be32(data + 8);
    packet->payload = data + offset;
    packet->payload_bytes = bytes - offset - padding;
    return 0;
}

int32_t rtp_audio_level(const struct rtp_packet *packet, uint8_t id) {
    for (uint32_t at = 0; at < packet->extension_bytes;) {
        uint32_t head = packet->extension[at], length = (head & 15) + 1;
        if (head == 0) { /* padding */
            at++;
            continue;
        }
        if (head >> 4 == STOP_ID || length > packet->extension_bytes - at - 1)
            return -1;
        if (head >> 4 == id)
            return packet->extension[at + 1] & 0x7F;
        at += 1 + length;
    }
    return -1;
}

void rtp_write_header(
    uint8_t *dst, uint8_t payload_type, bool marker, uint16_t sequence, uint32_t timestamp,
    uint32_t ssrc) {
    dst[0] = RTP_VERSION << 6;
    dst[1] = (uint8_t)(payload_type | (marker ? 0x80 : 0));
    write_be16(dst + 2, sequence);
    write_be32(dst + 4, timestamp);
    write_be32(dst + 8, ssrc);
}

static void start_stream(struct rtp_reception *reception, const struct rtp_packet *packet) {
    uint32_t lost = reception->started ? rtp_reception_lost(reception) : 0;
    *reception = (struct rtp_reception){
        .started = true,
        .ssrc = packet->ssrc,
        .base_sequence = packet->sequence,
        .highest_sequence = packet->sequence,
        .suspect_sequence = NO_SUSPECT,
        .received = 1,
        .lost_before = lost,
    };
}

static void measure_jitter(
    struct rtp_reception *reception, uint32_t timestamp, uint32_t clock_hz, uint64_t now_ms) {
    uint32_t transit = (uint32_t)(now_ms * (clock_hz / 1000)) - timestamp;
    int32_t change = ts_diff(transit, reception->transit);
    reception->transit = transit;
    uint32_t distance = change < 0 ? 0u - (uint32_t)change : (uint32_t)change;
    if (reception->received > 1 && distance < clock_hz * 10) /* jumps are no jitter */
        reception->jitter_q4 += distance - ((reception->jitter_q4 + 8) >> 4);
}

enum rtp_verdict rtp_reception_packet(
    struct rtp_reception *reception, const struct rtp_packet *packet, uint32_t clock_hz,
    uint64_t now_ms) {
    if (!reception->started || reception->ssrc != packet->ssrc) {
        start_stream(reception, packet);
        measure_jitter(reception, packet->timestamp, clock_hz, now_ms);
        return RTP_NEW_STREAM;
    }
    int32_t step = seq_diff(packet->sequence, reception->highest_sequence);
    if (step > 0 && step < DROPOUT_MAX) {
        if (packet->sequence < reception->highest_sequence)
            reception->cycles += 0x10000;
        reception->highest_sequence = packet->sequence;
    } else if (step >= DROPOUT_MAX || step < -MISORDER_MAX) {
        /* RFC 3550 A.1: a second packet in sequence shows that the sender restarted. */
        if (packet->sequence != reception->suspect_sequence) {
            reception->suspect_sequence = (uint16_t)(packet->sequence + 1);
            return RTP_SUSPECT;
        }
        start_stream(reception, packet);
        measure_jitter(reception, packet->timestamp, clock_hz, now_ms);
        return RTP_NEW_STREAM;
    }
    reception->suspect_sequence = NO_SUSPECT;
    reception->received++;
    measure_jitter(reception, packet->timestamp, clock_hz, now_ms);
    return RTP_ACCEPTED;
}

static uint32_t expected_packets(const struct rtp_reception *reception) {
    uint32_t highest = reception->cycles + reception->highest_sequence;
    return highest - reception->base_sequence + 1;
}

uint32_t rtp_reception_lost(const struct rtp_reception *reception) {
    if (!reception->started)
        return 0;
    int32_t lost = (int32_t)(expected_packets(reception) - reception->received);
    return reception->lost_before + (lost > 0 ? (uint32_t)lost : 0);
}

uint8_t rtp_reception_fraction_lost(struct rtp_reception *reception) {
    uint32_t expected = expected_packets(reception);
    uint32_t expected_interval = expected - reception->expected_prior;
    uint32_t received_interval = reception->received - reception->received_prior;
    reception->expected_prior = expected;
    reception->received_prior = reception->received;
    if (expected_interval == 0 || received_interval >= expected_interval)
        return 0;
    uint64_t lost = expected_interval - received_interval;
    uint64_t fraction = (lost << 8) / expected_interval;
    return (uint8_t)(fraction > 255 ? 255 : fraction);
}
