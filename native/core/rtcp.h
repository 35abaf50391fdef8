#ifndef DIALPLANE_RTCP_H
#define DIALPLANE_RTCP_H
/*
 * RTCP (RFC 3550 §6): writes a compound packet of one report and an SDES CNAME, and reads the
 * sender reports of the peer for the round trip. Does not send. Times [ms].
 */
#include "rtp.h"
#include <stdbool.h>
#include <stdint.h>

enum { RTCP_BYTES_MAX = 128, RTCP_INTERVAL_MS = 5000 };

struct rtcp_state {
    uint64_t next_ms;
    uint32_t packets_sent_before;
    uint32_t last_report; /* middle 32 bits of the NTP time of the last sender report received */
    uint64_t last_report_ms;
    uint32_t reports_received;
    uint32_t round_trip_ms;
    uint8_t peer_fraction_lost; /* of what we send, in 1/256 */
    uint32_t peer_lost;         /* of it, in all */
    uint32_t peer_jitter;       /* of it [ticks] */
};

struct rtcp_sent {
    uint32_t ssrc;
    uint32_t timestamp; /* RTP time of now */
    uint32_t packets;
    uint32_t bytes;
    uint64_t wall_ms; /* since 1970 */
    bool leaves;      /* nothing more will come with this SSRC: BYE (§6.6) */
};

/* Of what we send, by the last report of the peer [percent], rounded up. */
static inline uint32_t rtcp_peer_loss_percent(const struct rtcp_state *state) {
    return (state->peer_fraction_lost * 100u + 255) / 256;
}
/* Returns the length of the report written to `dst` of RTCP_BYTES_MAX bytes. */
uint32_t rtcp_write(
    struct rtcp_state *state, uint8_t *dst, const struct rtcp_sent *sent,
    struct rtp_reception *reception, uint64_t now_ms);
/* Takes any bytes; returns 0 when they were RTCP, else -1. */
int rtcp_receive(
    struct rtcp_state *state, const uint8_t *data, uint32_t bytes, uint32_t ssrc, uint64_t wall_ms,
    uint64_t now_ms);

#endif
