#ifndef DIALPLANE_SRTP_H
#define DIALPLANE_SRTP_H
/*
 * SRTP and SRTCP (RFC 3711, RFC 7714): packet forms, indices, rollover and replay of one direction
 * of one RTP session, with keys from SDES (RFC 4568) or, later, DTLS. Knows no sockets and no
 * ciphers (crypto.h). Lengths [bytes].
 */
#include "crypto.h"

enum srtp_suite {
    SRTP_NONE,
    SRTP_AES_CM_128_HMAC_SHA1_80,
    SRTP_AES_CM_128_HMAC_SHA1_32,
    SRTP_AEAD_AES_128_GCM,
    SRTP_SUITES,
};

enum {
    SRTP_MASTER_BYTES_MAX = 30, /* key and salt */
    SRTP_OVERHEAD_MAX = 20,     /* tag, and the index of SRTCP */
    SRTP_SLOTS = 2,             /* of keys, that a direction takes: RTP and RTCP */
    SRTP_STREAMS = 4,           /* SSRCs that a direction remembers */
};

struct srtp_replay {
    uint64_t highest; /* index + 1; 0: none yet */
    uint64_t seen;    /* bit i: highest - i */
};

/* What has been opened, or sealed, of one SSRC (RFC 3711 §3.2.3). */
struct srtp_stream {
    bool started;
    uint32_t ssrc;
    uint32_t rollover;
    uint16_t highest_sequence;
    struct srtp_replay replay;
};

struct srtp {
    enum srtp_suite suite;
    uint32_t slot;
    uint8_t salts[2][14]; /* RTP, RTCP */
    uint8_t master[SRTP_MASTER_BYTES_MAX];
    /* The latest; nobody can replay one that is remembered, or begin it anew. */
    struct srtp_stream streams[SRTP_STREAMS];
    uint32_t streams_begun;
    uint32_t rtcp_index;
    struct srtp_replay rtcp_replay;
};

/* Of the master key and salt together; 0: there is no such suite. */
uint32_t srtp_master_bytes(enum srtp_suite suite);
/* `slot` and the next one are its own. False: the shell has no such cipher. A suite of SRTP_NONE
 * clears the keys. */
bool srtp_begin(
    struct srtp *srtp, const struct crypto *crypto, uint32_t slot, enum srtp_suite suite,
    const uint8_t *master);
void srtp_end(struct srtp *srtp, const struct crypto *crypto);

/* In place; there is room for SRTP_OVERHEAD_MAX more. Return the new length, or 0: the packet is
 * none, a replay, or not authentic. Nothing about the stream is believed before that. No two
 * packets are sealed with the same SSRC and index: what two of them would tell of the keys (RFC
 * 7714 §8.4, RFC 3711 §9.1) is no matter of who may send the same number twice. */
uint32_t srtp_seal(struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t bytes);
uint32_t srtp_open(struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t bytes);
uint32_t
srtcp_seal(struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t bytes);
uint32_t
srtcp_open(struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t bytes);

#endif
