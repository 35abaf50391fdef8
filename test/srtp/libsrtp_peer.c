/*
 * Our SRTP against libsrtp, both ways and for each suite: RTP through a wrap of the sequence
 * number, RTCP, replays, and packets that somebody changed. Prints one line per suite; fails at the
 * first difference.
 */
#include "../../native/core/bytes.h"
#include "../../native/core/rtp.h"
#include "../../native/core/srtp.h"
#include "../../native/io/ciphers.h"
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>

enum { PACKETS = 3000, PAYLOAD = 160, SSRC = 0x12345678, ROOM = 512 };

static void check(bool holds, const char *what, unsigned at) {
    if (holds)
        return;
    fprintf(stderr, "%s (packet %u)\n", what, at);
    exit(1);
}

static srtp_t peer(enum srtp_suite suite, uint8_t *master, srtp_ssrc_type_t direction) {
    srtp_policy_t policy = {0};
    if (suite == SRTP_AES_CM_128_HMAC_SHA1_80)
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    else if (suite == SRTP_AES_CM_128_HMAC_SHA1_32)
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
    else
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    if (suite == SRTP_AEAD_AES_128_GCM)
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    else
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    policy.ssrc.type = direction;
    policy.key = master;
    policy.window_size = 128;
    srtp_t session = NULL;
    check(srtp_create(&session, &policy) == srtp_err_status_ok, "libsrtp refuses the policy", 0);
    return session;
}

static uint32_t make_packet(uint8_t *packet, uint32_t number) {
    uint32_t at = RTP_HEADER_BYTES;
    rtp_write_header(packet, 0, false, (uint16_t)(number + 64000), number * PAYLOAD, SSRC);
    if (number % 3 == 0) { /* with a header extension, which stays in the clear */
        packet[0] |= 0x10;
        write_be32(packet + at, 0xBEDE0001);
        write_be32(packet + at + 4, number);
        at += 8;
    }
    for (uint32_t i = 0; i < PAYLOAD; i++)
        packet[at + i] = (uint8_t)(number * 7 + i * 13);
    return at + PAYLOAD;
}

static uint32_t make_report(uint8_t *packet, uint32_t number) {
    memset(packet, 0, 60);
    packet[0] = 0x80;
    packet[1] = 200;
    write_be16(packet + 2, 6);
    write_be32(packet + 4, SSRC);
    for (uint32_t i = 8; i < 28; i++)
        packet[i] = (uint8_t)(number + i);
    return 28;
}

static void
ours_to_theirs(const struct crypto *crypto, enum srtp_suite suite, uint8_t *master, bool rtcp) {
    struct srtp ours;
    srtp_t theirs = peer(suite, master, ssrc_any_inbound);
    check(srtp_begin(&ours, crypto, 0, suite, master), "no cipher", 0);
    for (uint32_t i = 0; i < PACKETS; i++) {
        uint8_t packet[ROOM], plain[ROOM];
        uint32_t bytes = rtcp ? make_report(plain, i) : make_packet(plain, i);
        memcpy(packet, plain, bytes);
        int length =
            (int)(rtcp ? srtcp_seal(&ours, crypto, packet, bytes) : srtp_seal(&ours, crypto, packet, bytes));
        check(length > (int)bytes, "not protected", i);
        srtp_err_status_t status = rtcp ? srtp_unprotect_rtcp(theirs, packet, &length)
                                        : srtp_unprotect(theirs, packet, &length);
        check(status == srtp_err_status_ok && length == (int)bytes, "libsrtp refuses ours", i);
        check(memcmp(packet, plain, bytes) == 0, "libsrtp reads something else", i);
    }
    srtp_end(&ours, crypto);
    srtp_dealloc(theirs);
}

static void
theirs_to_ours(const struct crypto *crypto, enum srtp_suite suite, uint8_t *master, bool rtcp) {
    struct srtp ours;
    srtp_t theirs = peer(suite, master, ssrc_any_outbound);
    check(srtp_begin(&ours, crypto, 0, suite, master), "no cipher", 0);
    for (uint32_t i = 0; i < PACKETS; i++) {
        uint8_t packet[ROOM], plain[ROOM], copy[ROOM];
        int length = (int)(rtcp ? make_report(plain, i) : make_packet(plain, i));
        uint32_t bytes = (uint32_t)length;
        memcpy(packet, plain, bytes);
        srtp_err_status_t status = rtcp ? srtp_protect_rtcp(theirs, packet, &length)
                                        : srtp_protect(theirs, packet, &length);
        check(status == srtp_err_status_ok, "libsrtp does not protect", i);
        memcpy(copy, packet, (size_t)length);
        copy[(i * 31) % (uint32_t)length] ^= 1; /* anywhere: header, payload, tag, index */
        uint32_t opened = rtcp ? srtcp_open(&ours, crypto, copy, (uint32_t)length)
                               : srtp_open(&ours, crypto, copy, (uint32_t)length);
        check(opened == 0, "a changed packet is taken", i);
        memcpy(copy, packet, (size_t)length);
        opened = rtcp ? srtcp_open(&ours, crypto, copy, (uint32_t)length)
                      : srtp_open(&ours, crypto, copy, (uint32_t)length);
        check(opened == bytes && memcmp(copy, plain, bytes) == 0, "theirs is not read", i);
        opened = rtcp ? srtcp_open(&ours, crypto, packet, (uint32_t)length)
                      : srtp_open(&ours, crypto, packet, (uint32_t)length);
        check(opened == 0, "a replay is taken", i);
    }
    srtp_end(&ours, crypto);
    srtp_dealloc(theirs);
}

int main(void) {
    static const char *const names[] = {
        "", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"};
    struct ciphers *ciphers = ciphers_create(4);
    struct crypto crypto = ciphers_crypto(ciphers);
    uint8_t master[64];
    for (uint32_t i = 0; i < sizeof master; i++)
        master[i] = (uint8_t)(i * 37 + 11);
    check(srtp_init() == srtp_err_status_ok, "libsrtp", 0);
    for (uint32_t suite = 1; suite < SRTP_SUITES; suite++) {
        for (uint32_t rtcp = 0; rtcp < 2; rtcp++) {
            ours_to_theirs(&crypto, (enum srtp_suite)suite, master, rtcp);
            theirs_to_ours(&crypto, (enum srtp_suite)suite, master, rtcp);
        }
        printf("%s\n", names[suite]);
    }
    ciphers_destroy(ciphers);
    return 0;
}
