#include "crypto.h"
#include "input.h"

/* SplitMix64's last step: every bit of the result depends on every bit of the value. */
static uint64_t mix(uint64_t value) {
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

static uint64_t hash(uint64_t seed, const uint8_t *data, uint32_t bytes) {
    uint64_t hash = mix(seed ^ bytes);
    for (; bytes >= 8; bytes -= 8, data += 8) {
        uint64_t word;
        memcpy(&word, data, sizeof word);
        hash = mix(hash ^ word) + seed;
    }
    for (uint32_t i = 0; i < bytes; i++)
        hash = mix(hash ^ data[i]) + seed;
    return hash;
}

static bool key_set(void *context, uint32_t slot, const uint8_t *key, const uint8_t *mac_key) {
    struct fuzz_crypto *state = context;
    MUST(slot < FUZZ_CRYPTO_SLOTS);
    state->keys_set += !state->set[slot];
    state->set[slot] = true;
    state->keys[slot] = hash(1, key, CRYPTO_KEY_BYTES);
    state->key_number[slot] = ++state->keys_ever;
    state->mac_keys[slot] = mac_key ? hash(2, mac_key, CRYPTO_MAC_KEY_BYTES) : 3;
    return true;
}

static void key_clear(void *context, uint32_t slot) {
    struct fuzz_crypto *state = context;
    MUST(slot < FUZZ_CRYPTO_SLOTS);
    state->keys_set -= state->set[slot];
    state->set[slot] = false;
}

/* Two texts under one nonce tell of each other, and with GCM of the key. */
static void note_use(struct fuzz_crypto *state, uint64_t nonce, uint64_t data) {
    uint32_t place = nonce % FUZZ_CRYPTO_NONCES;
    MUST(state->used[place].nonce != nonce || state->used[place].data == data);
    state->used[place].nonce = nonce;
    state->used[place].data = data;
}

static void
aes_ctr(void *context, uint32_t slot, const uint8_t iv[16], uint8_t *data, uint32_t bytes) {
    struct fuzz_crypto *state = context;
    MUST(slot < FUZZ_CRYPTO_SLOTS && state->set[slot]);
    uint64_t seed = hash(state->keys[slot], iv, 16);
    note_use(state, mix(seed + state->key_number[slot]), hash(5, data, bytes));
    for (uint32_t i = 0; i < bytes; i++)
        data[i] ^= (uint8_t)(mix(seed + i / 8) >> i % 8 * 8);
}

static void put_tag(struct fuzz_crypto *state, uint64_t seed, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++)
        state->last_tag[i] = (uint8_t)(mix(seed + i / 8) >> i % 8 * 8);
}

/* libFuzzer learns from memcmp what it was compared with, and so would forge tags. */
static bool is_last_tag(const struct fuzz_crypto *state, const uint8_t *tag) {
    uint8_t difference = 0;
    for (uint32_t i = 0; i < CRYPTO_GCM_TAG_BYTES; i++)
        difference |= tag[i] ^ state->last_tag[i];
    return difference == 0;
}

static void hmac_sha1(
    void *context, uint32_t slot, const uint8_t *data, uint32_t bytes, const uint8_t *more,
    uint32_t more_bytes, uint8_t mac[20]) {
    struct fuzz_crypto *state = context;
    MUST(slot < FUZZ_CRYPTO_SLOTS && state->set[slot]);
    put_tag(state, hash(hash(state->mac_keys[slot], data, bytes), more, more_bytes), 20);
    memcpy(mac, state->last_tag, 20);
}

static bool
gcm(void *context, uint32_t slot, bool seal, const uint8_t nonce[12], const uint8_t *aad,
    uint32_t aad_bytes, uint8_t *data, uint32_t bytes, uint8_t *tag) {
    struct fuzz_crypto *state = context;
    uint8_t iv[16] = {0};
    memcpy(iv, nonce, 12);
    if (seal)
        aes_ctr(context, slot, iv, data, bytes);
    MUST(slot < FUZZ_CRYPTO_SLOTS && state->set[slot]);
    uint64_t seed = hash(hash(state->keys[slot], iv, 16), aad, aad_bytes);
    put_tag(state, hash(seed, data, bytes), CRYPTO_GCM_TAG_BYTES);
    if (seal)
        memcpy(tag, state->last_tag, CRYPTO_GCM_TAG_BYTES);
    else if (!is_last_tag(state, tag))
        return false;
    else
        aes_ctr(context, slot, iv, data, bytes);
    return true;
}

struct crypto fuzz_crypto_begin(struct fuzz_crypto *state) {
    memset(state, 0, sizeof *state);
    return (struct crypto){state, key_set, key_clear, aes_ctr, hmac_sha1, gcm};
}
