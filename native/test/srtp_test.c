#include "../core/bytes.h"
#include "../core/rtp.h"
#include "../core/srtp.h"
#include "test.h"

enum { BYTES = RTP_HEADER_BYTES + 20 };

/* Ciphers that only tell packets and indices apart. */
static bool on_key(void *context, uint32_t slot, const uint8_t *key, const uint8_t *mac_key) {
    (void)context, (void)slot, (void)key, (void)mac_key;
    return true;
}

static void on_clear(void *context, uint32_t slot) {
    (void)context, (void)slot;
}

static void
on_ctr(void *context, uint32_t slot, const uint8_t iv[16], uint8_t *data, uint32_t bytes) {
    (void)context, (void)slot, (void)iv;
    for (uint32_t i = 0; i < bytes; i++)
        data[i] ^= 0x55;
}

static void on_mac(
    void *context, uint32_t slot, const uint8_t *data, uint32_t bytes, const uint8_t *more,
    uint32_t more_bytes, uint8_t mac[20]) {
    (void)context, (void)slot;
    memset(mac, 0, 20);
    for (uint32_t i = 0; i < bytes; i++)
        mac[i % 10] = (uint8_t)(mac[i % 10] * 3 + data[i]);
    for (uint32_t i = 0; i < more_bytes; i++)
        mac[i] = (uint8_t)(mac[i] + more[i]);
}

static const struct crypto crypto = {NULL, on_key, on_clear, on_ctr, on_mac, NULL};

static void begin(struct srtp *srtp) {
    const uint8_t master[SRTP_MASTER_BYTES_MAX] = {0};
    CHECK(srtp_begin(srtp, &crypto, 0, SRTP_AES_CM_128_HMAC_SHA1_80, master));
}

static uint32_t
seal(struct srtp *sender, uint8_t *packet, uint16_t sequence, uint32_t ssrc, uint8_t what) {
    memset(packet, what, BYTES);
    rtp_write_header(packet, 0, false, sequence, 0, ssrc);
    return srtp_seal(sender, &crypto, packet, BYTES);
}

/* A peer whose packets are relayed decides their numbers: it could have two texts encrypted with
 * one keystream, or nonce, by sending a number twice. */
static void test_no_index_is_sealed_twice(void) {
    struct srtp sender;
    uint8_t packet[BYTES + SRTP_OVERHEAD_MAX];
    begin(&sender);
    CHECK(seal(&sender, packet, 100, 5, 1) == BYTES + 10);
    CHECK(seal(&sender, packet, 102, 5, 2) == BYTES + 10);
    CHECK(seal(&sender, packet, 101, 5, 3) == BYTES + 10); /* late */
    CHECK(seal(&sender, packet, 101, 5, 4) == 0);
    CHECK(seal(&sender, packet, 300, 5, 5) == BYTES + 10);
    CHECK(seal(&sender, packet, 102, 5, 6) == 0);
    CHECK(seal(&sender, packet, 1, 6, 7) == BYTES + 10); /* another SSRC, and back */
    CHECK(seal(&sender, packet, 300, 5, 8) == 0);
}

/* An old packet of an SSRC that the peer has left was taken again, and brought back its SSRC and
 * the beginning of its rollover. */
static void test_packets_of_a_left_ssrc_are_not_replayed(void) {
    struct srtp sender, receiver;
    uint8_t old[BYTES + SRTP_OVERHEAD_MAX], packet[BYTES + SRTP_OVERHEAD_MAX], copy[sizeof old];
    begin(&sender);
    begin(&receiver);
    uint32_t bytes = seal(&sender, old, 100, 5, 1);
    memcpy(copy, old, sizeof old);
    CHECK(srtp_open(&receiver, &crypto, copy, bytes) == BYTES);
    for (uint32_t i = 0; i < 3; i++) { /* the new stream rolls over */
        uint32_t sealed = seal(&sender, packet, (uint16_t)(40000 + i * 25000), 6, 2);
        CHECK(srtp_open(&receiver, &crypto, packet, sealed) == BYTES);
    }
    memcpy(copy, old, sizeof old);
    CHECK(srtp_open(&receiver, &crypto, copy, bytes) == 0);
    bytes = seal(&sender, packet, 30000, 6, 3);
    CHECK(srtp_open(&receiver, &crypto, packet, bytes) == BYTES);
}

void test_srtp(void) {
    test_no_index_is_sealed_twice();
    test_packets_of_a_left_ssrc_are_not_replayed();
}
