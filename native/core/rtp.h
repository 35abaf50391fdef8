#ifndef DIALPLANE_RTP_H
#define DIALPLANE_RTP_H
/*
 * RTP packets (RFC 3550 §5.1), arithmetic on sequence numbers and timestamps, and the statistics of
 * one received stream (§6.4.1, A.1, A.3, A.8). Knows no codec and no clock. Times [ms], timestamps
 * [ticks of the codec's RTP clock].
 */
#include <stdbool.h>
#include <stdint.h>

enum { RTP_HEADER_BYTES = 12, RTP_PACKET_BYTES_MAX = 1500, RTP_VERSION = 2 };

struct rtp_packet {
    uint8_t payload_type;
    bool marker;
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    const uint8_t *payload;
    uint32_t payload_bytes;
    const uint8_t
        *extension; /* one-byte elements of the header extension (RFC 8285 §4.2), or NULL */
    uint32_t extension_bytes;
};

static inline int32_t seq_diff(uint16_t a, uint16_t b) {
    return (int16_t)(uint16_t)(a - b);
}

static inline bool seq_less(uint16_t a, uint16_t b) {
    return seq_diff(a, b) < 0;
}

static inline int32_t ts_diff(uint32_t a, uint32_t b) {
    return (int32_t)(a - b);
}

/* Returns 0, or -1 when `bytes` do not hold an RTP packet. The payload points into `data`. */
int rtp_parse(struct rtp_packet *packet, const uint8_t *data, uint32_t bytes);
/* The audio level of RFC 6464, in extension `id` (1 to 14): 0 to 127 dB below full scale; -1: the
 * packet has none. */
int32_t rtp_audio_level(const struct rtp_packet *packet, uint8_t id);
void rtp_write_header(
    uint8_t *dst, uint8_t payload_type, bool marker, uint16_t sequence, uint32_t timestamp,
    uint32_t ssrc);

struct rtp_reception {
    bool started;
    uint32_t ssrc;
    uint16_t base_sequence;
    uint16_t highest_sequence;
    uint32_t cycles;
    uint32_t suspect_sequence; /* the next one if a jump is real; above 65535: none */
    uint32_t received;
    uint32_t lost_before; /* lost in streams before this one */
    uint32_t expected_prior;
    uint32_t received_prior;
    uint32_t transit;
    uint32_t jitter_q4; /* [ticks / 16] */
};

enum rtp_verdict { RTP_ACCEPTED, RTP_NEW_STREAM, RTP_SUSPECT };

/* Counts a packet. RTP_NEW_STREAM: another SSRC, or a jump confirmed by a second packet. */
enum rtp_verdict rtp_reception_packet(
    struct rtp_reception *reception, const struct rtp_packet *packet, uint32_t clock_hz,
    uint64_t now_ms);
uint32_t rtp_reception_lost(const struct rtp_reception *reception);
/* Fraction lost since the last call, in 1/256 (RFC 3550 A.3). */
uint8_t rtp_reception_fraction_lost(struct rtp_reception *reception);

#endif
