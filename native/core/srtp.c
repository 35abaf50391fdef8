#include "srtp.h"
#include "bytes.h"
#include "rtp.h"

enum {
    SALT_BYTES = 14,
    GCM_SALT_BYTES = 12,
    RTCP_HEADER_BYTES = 8,
    INDEX_BYTES = 4,
    RTCP_TAG_BYTES = 10,
    REPLAY_WINDOW = 64,
    LABEL_RTCP = 3, /* further than those of RTP: RFC 3711 §4.3.2 */
};

static const uint32_t encrypted_bit = 0x80000000;

static bool is_gcm(const struct srtp *srtp) {
    return srtp->suite == SRTP_AEAD_AES_128_GCM;
}

uint32_t srtp_master_bytes(enum srtp_suite suite) {
    if (suite == SRTP_NONE || suite >= SRTP_SUITES)
        return 0;
    return CRYPTO_KEY_BYTES + (suite == SRTP_AEAD_AES_128_GCM ? GCM_SALT_BYTES : SALT_BYTES);
}

static uint32_t tag_bytes(const struct srtp *srtp) {
    return is_gcm(srtp)                                  ? CRYPTO_GCM_TAG_BYTES
           : srtp->suite == SRTP_AES_CM_128_HMAC_SHA1_80 ? 10
                                                         : 4;
}

/* RFC 3711 §4.3.1 with a key derivation rate of zero: the keystream under the master key, begun at
 * the master salt with the label in its eighth byte from the right. */
static void derive(
    const struct srtp *srtp, const struct crypto *crypto, uint8_t label, uint8_t *dst,
    uint32_t bytes) {
    uint8_t iv[16] = {0};
    uint32_t salt_bytes = srtp_master_bytes(srtp->suite) - CRYPTO_KEY_BYTES;
    memcpy(iv, srtp->master + CRYPTO_KEY_BYTES, salt_bytes);
    iv[7] ^= label;
    memset(dst, 0, bytes);
    crypto->aes_ctr(crypto->context, srtp->slot, iv, dst, bytes);
}

static bool derive_keys(struct srtp *srtp, const struct crypto *crypto, uint32_t rtcp) {
    uint8_t key[CRYPTO_KEY_BYTES], mac_key[CRYPTO_MAC_KEY_BYTES];
    uint8_t first_label = rtcp ? LABEL_RTCP : 0;
    if (!crypto->key_set(crypto->context, srtp->slot, srtp->master, NULL))
        return false;
    derive(srtp, crypto, first_label, key, sizeof key);
    derive(srtp, crypto, first_label + 1, mac_key, sizeof mac_key);
    derive(srtp, crypto, first_label + 2, srtp->salts[rtcp], SALT_BYTES);
    return crypto->key_set(crypto->context, srtp->slot + rtcp, key, is_gcm(srtp) ? NULL : mac_key);
}

bool srtp_begin(
    struct srtp *srtp, const struct crypto *crypto, uint32_t slot, enum srtp_suite suite,
    const uint8_t *master) {
    memset(srtp, 0, sizeof *srtp);
    srtp->suite = suite;
    srtp->slot = slot;
    if (suite == SRTP_NONE)
        return true;
    memcpy(srtp->master, master, srtp_master_bytes(suite));
    /* RTCP first: deriving uses the slot of RTP for the master key. */
    return derive_keys(srtp, crypto, 1) && derive_keys(srtp, crypto, 0);
}

void srtp_end(struct srtp *srtp, const struct crypto *crypto) {
    for (uint32_t i = 0; i < SRTP_SLOTS && srtp->suite != SRTP_NONE; i++)
        crypto->key_clear(crypto->context, srtp->slot + i);
    memset(srtp, 0, sizeof *srtp);
}

/* RFC 3711 §4.1.1: salt * 2^16 XOR ssrc * 2^64 XOR index * 2^16. */
static void
make_iv(const struct srtp *srtp, uint32_t rtcp, uint32_t ssrc, uint64_t index, uint8_t iv[16]) {
    memset(iv, 0, 16);
    memcpy(iv, srtp->salts[rtcp], SALT_BYTES);
    for (uint32_t i = 0; i < 4; i++)
        iv[4 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (uint32_t i = 0; i < 6; i++)
        iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

/* RFC 7714 §8.1 and §9.1: two zero bytes, SSRC, index of 48 bits, XOR the salt. */
static void
make_nonce(const struct srtp *srtp, uint32_t rtcp, uint32_t ssrc, uint64_t index, uint8_t *nonce) {
    memcpy(nonce, srtp->salts[rtcp], GCM_SALT_BYTES);
    for (uint32_t i = 0; i < 4; i++)
        nonce[2 + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (uint32_t i = 0; i < 6; i++)
        nonce[6 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

static bool was_seen(const struct srtp_replay *replay, uint64_t index) {
    if (index >= replay->highest)
        return false;
    uint64_t age = replay->highest - 1 - index;
    return age >= REPLAY_WINDOW || (replay->seen >> age & 1) != 0;
}

static void mark_seen(struct srtp_replay *replay, uint64_t index) {
    if (index < replay->highest) {
        replay->seen |= (uint64_t)1 << (replay->highest - 1 - index);
        return;
    }
    uint64_t step = index + 1 - replay->highest;
    replay->seen = step >= REPLAY_WINDOW ? 1 : replay->seen << step | 1;
    replay->highest = index + 1;
}

static bool equal(const uint8_t *a, const uint8_t *b, uint32_t bytes) {
    uint8_t difference = 0;
    for (uint32_t i = 0; i < bytes; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

/* Where the payload begins; 0: no RTP packet. */
static uint32_t payload_at(const uint8_t *packet, uint32_t bytes) {
    if (bytes < RTP_HEADER_BYTES || packet[0] >> 6 != RTP_VERSION)
        return 0;
    uint32_t at = RTP_HEADER_BYTES + 4u * (packet[0] & 0x0Fu);
    if (packet[0] & 0x10) {
        if (at + 4 > bytes)
            return 0;
        at += 4u + 4u * read_be16(packet + at + 2);
    }
    return at <= bytes ? at : 0;
}

/* RFC 3711 §3.3.1: the rollover counter that brings the sequence number nearest to the highest. */
static uint64_t guess_index(const struct srtp_stream *stream, uint16_t sequence) {
    if (!stream)
        return sequence;
    int32_t step = seq_diff(sequence, stream->highest_sequence);
    int64_t index = ((int64_t)stream->rollover << 16 | stream->highest_sequence) + step;
    return index < 0 ? sequence : (uint64_t)index;
}

/* NULL: a new one, or one that was forgotten. */
static struct srtp_stream *find_stream(struct srtp *srtp, uint32_t ssrc) {
    for (uint32_t i = 0; i < SRTP_STREAMS; i++) {
        if (srtp->streams[i].started && srtp->streams[i].ssrc == ssrc)
            return &srtp->streams[i];
    }
    return NULL;
}

/* `stream` is NULL for a new one, which takes the place of the oldest. */
static void advance(struct srtp *srtp, struct srtp_stream *stream, uint32_t ssrc, uint64_t index) {
    bool is_new = !stream;
    if (is_new) {
        stream = &srtp->streams[srtp->streams_begun++ % SRTP_STREAMS];
        *stream = (struct srtp_stream){.started = true, .ssrc = ssrc};
    }
    if (is_new || index > ((uint64_t)stream->rollover << 16 | stream->highest_sequence)) {
        stream->rollover = (uint32_t)(index >> 16);
        stream->highest_sequence = (uint16_t)index;
    }
    mark_seen(&stream->replay, index);
}

static void mac_of(
    const struct srtp *srtp, const struct crypto *crypto, uint32_t rtcp, const uint8_t *packet,
    uint32_t bytes, uint64_t index, uint8_t mac[20]) {
    uint8_t rollover[4];
    write_be32(rollover, (uint32_t)(index >> 16));
    crypto->hmac_sha1(
        crypto->context, srtp->slot + rtcp, packet, bytes, rollover, rtcp ? 0 : sizeof rollover,
        mac);
}

uint32_t
srtp_seal(struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t bytes) {
    uint32_t at = payload_at(packet, bytes), ssrc = at ? read_be32(packet + 8) : 0;
    if (at == 0)
        return 0;
    struct srtp_stream *stream = find_stream(srtp, ssrc);
    uint64_t index = guess_index(stream, read_be16(packet + 2));
    if (stream && was_seen(&stream->replay, index))
        return 0;
    advance(srtp, stream, ssrc, index);
    uint32_t tag = tag_bytes(srtp);
    if (is_gcm(srtp)) {
        uint8_t nonce[GCM_SALT_BYTES];
        make_nonce(srtp, 0, ssrc, index, nonce);
        bool sealed = crypto->gcm(
            crypto->context, srtp->slot, true, nonce, packet, at, packet + at, bytes - at,
            packet + bytes);
        return sealed ? bytes + tag : 0;
    }
    uint8_t iv[16], mac[20];
    make_iv(srtp, 0, ssrc, index, iv);
    crypto->aes_ctr(crypto->context, srtp->slot, iv, packet + at, bytes - at);
    mac_of(srtp, crypto, 0, packet, bytes, index, mac);
    memcpy(packet + bytes, mac, tag);
    return bytes + tag;
}

uint32_t
srtp_open(struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t bytes) {
    uint32_t tag = tag_bytes(srtp);
    uint32_t at = bytes > tag ? payload_at(packet, bytes - tag) : 0;
    if (at == 0)
        return 0;
    uint32_t ssrc = read_be32(packet + 8), end = bytes - tag;
    struct srtp_stream *stream = find_stream(srtp, ssrc);
    uint64_t index = guess_index(stream, read_be16(packet + 2));
    if (stream && was_seen(&stream->replay, index))
        return 0;
    if (is_gcm(srtp)) {
        uint8_t nonce[GCM_SALT_BYTES];
        make_nonce(srtp, 0, ssrc, index, nonce);
        if (!crypto->gcm(
                crypto->context, srtp->slot, false, nonce, packet, at, packet + at, end - at,
                packet + end))
            return 0;
    } else {
        uint8_t iv[16], mac[20];
        mac_of(srtp, crypto, 0, packet, end, index, mac);
        if (!equal(mac, packet + end, tag))
            return 0;
        make_iv(srtp, 0, ssrc, index, iv);
        crypto->aes_ctr(crypto->context, srtp->slot, iv, packet + at, end - at);
    }
    advance(srtp, stream, ssrc, index);
    return end;
}

uint32_t
srtcp_seal(struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t bytes) {
    if (bytes < RTCP_HEADER_BYTES)
        return 0;
    uint32_t ssrc = read_be32(packet + 4), index = srtp->rtcp_index++ & ~encrypted_bit;
    uint8_t *body = packet + RTCP_HEADER_BYTES;
    uint32_t body_bytes = bytes - RTCP_HEADER_BYTES;
    if (is_gcm(srtp)) {
        uint8_t nonce[GCM_SALT_BYTES], aad[RTCP_HEADER_BYTES + INDEX_BYTES];
        memcpy(aad, packet, RTCP_HEADER_BYTES);
        write_be32(aad + RTCP_HEADER_BYTES, index | encrypted_bit);
        make_nonce(srtp, 1, ssrc, index, nonce);
        if (!crypto->gcm(
                crypto->context, srtp->slot + 1, true, nonce, aad, sizeof aad, body, body_bytes,
                packet + bytes))
            return 0;
        write_be32(packet + bytes + CRYPTO_GCM_TAG_BYTES, index | encrypted_bit);
        return bytes + CRYPTO_GCM_TAG_BYTES + INDEX_BYTES;
    }
    uint8_t iv[16], mac[20];
    make_iv(srtp, 1, ssrc, index, iv);
    crypto->aes_ctr(crypto->context, srtp->slot + 1, iv, body, body_bytes);
    write_be32(packet + bytes, index | encrypted_bit);
    mac_of(srtp, crypto, 1, packet, bytes + INDEX_BYTES, 0, mac);
    memcpy(packet + bytes + INDEX_BYTES, mac, RTCP_TAG_BYTES);
    return bytes + INDEX_BYTES + RTCP_TAG_BYTES;
}

/* Both forms may leave the body in the clear: the bit in front of the index tells. */
static bool open_rtcp_gcm(
    struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t end,
    uint32_t trailer) {
    uint8_t nonce[GCM_SALT_BYTES], aad[RTCP_HEADER_BYTES + INDEX_BYTES];
    if (!(trailer & encrypted_bit))
        return false;
    memcpy(aad, packet, RTCP_HEADER_BYTES);
    write_be32(aad + RTCP_HEADER_BYTES, trailer);
    make_nonce(srtp, 1, read_be32(packet + 4), trailer & ~encrypted_bit, nonce);
    return crypto->gcm(
        crypto->context, srtp->slot + 1, false, nonce, aad, sizeof aad, packet + RTCP_HEADER_BYTES,
        end - RTCP_HEADER_BYTES, packet + end);
}

static bool open_rtcp_cm(
    struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t end,
    uint32_t trailer) {
    uint8_t iv[16], mac[20];
    mac_of(srtp, crypto, 1, packet, end + INDEX_BYTES, 0, mac);
    if (!equal(mac, packet + end + INDEX_BYTES, RTCP_TAG_BYTES))
        return false;
    make_iv(srtp, 1, read_be32(packet + 4), trailer & ~encrypted_bit, iv);
    if (trailer & encrypted_bit)
        crypto->aes_ctr(
            crypto->context, srtp->slot + 1, iv, packet + RTCP_HEADER_BYTES,
            end - RTCP_HEADER_BYTES);
    return true;
}

uint32_t
srtcp_open(struct srtp *srtp, const struct crypto *crypto, uint8_t *packet, uint32_t bytes) {
    uint32_t added = INDEX_BYTES + (is_gcm(srtp) ? CRYPTO_GCM_TAG_BYTES : RTCP_TAG_BYTES);
    if (bytes < RTCP_HEADER_BYTES + added)
        return 0;
    uint32_t end = bytes - added;
    uint32_t trailer = read_be32(is_gcm(srtp) ? packet + bytes - INDEX_BYTES : packet + end);
    if (was_seen(&srtp->rtcp_replay, trailer & ~encrypted_bit))
        return 0;
    bool authentic = is_gcm(srtp) ? open_rtcp_gcm(srtp, crypto, packet, end, trailer)
                                  : open_rtcp_cm(srtp, crypto, packet, end, trailer);
    if (!authentic)
        return 0;
    mark_seen(&srtp->rtcp_replay, trailer & ~encrypted_bit);
    return end;
}
