/* SHA-1 by its blocks, so that the keyed beginnings of HMAC are computed once per key. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ciphers.h"
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64, TAG_BYTES = 16 };

struct slot {
    EVP_CIPHER_CTX *ctr, *gcm; /* NULL: not set */
    SHA_CTX inner, outer;
};

struct ciphers {
    uint32_t count;
    struct slot *slots[];
};

static void clear(struct ciphers *ciphers, uint32_t index) {
    struct slot *slot = ciphers->slots[index];
    if (!slot)
        return;
    EVP_CIPHER_CTX_free(slot->ctr);
    EVP_CIPHER_CTX_free(slot->gcm);
    OPENSSL_cleanse(slot, sizeof *slot);
    free(slot);
    ciphers->slots[index] = NULL;
}

/* RFC 2104: the key, padded to a block, under two masks. */
static void begin_hmac(struct slot *slot, const uint8_t *mac_key) {
    uint8_t block[BLOCK_BYTES];
    for (uint32_t outer = 0; outer < 2; outer++) {
        SHA_CTX *context = outer ? &slot->outer : &slot->inner;
        memset(block, outer ? 0x5C : 0x36, sizeof block);
        for (uint32_t i = 0; i < CRYPTO_MAC_KEY_BYTES; i++)
            block[i] ^= mac_key[i];
        SHA1_Init(context);
        SHA1_Update(context, block, sizeof block);
    }
    OPENSSL_cleanse(block, sizeof block);
}

static bool key_set(void *context, uint32_t index, const uint8_t *key, const uint8_t *mac_key) {
    struct ciphers *ciphers = context;
    if (index >= ciphers->count)
        return false;
    clear(ciphers, index);
    struct slot *slot = calloc(1, sizeof *slot);
    if (!slot)
        return false;
    ciphers->slots[index] = slot;
    slot->ctr = EVP_CIPHER_CTX_new();
    slot->gcm = EVP_CIPHER_CTX_new();
    bool ok = slot->ctr && slot->gcm &&
              EVP_EncryptInit_ex(slot->ctr, EVP_aes_128_ctr(), NULL, key, NULL) == 1 &&
              EVP_CipherInit_ex(slot->gcm, EVP_aes_128_gcm(), NULL, key, NULL, 1) == 1;
    if (mac_key)
        begin_hmac(slot, mac_key);
    if (!ok)
        clear(ciphers, index);
    return ok;
}

static void key_clear(void *context, uint32_t index) {
    struct ciphers *ciphers = context;
    if (index < ciphers->count)
        clear(ciphers, index);
}

static struct slot *slot_of(void *context, uint32_t index) {
    struct ciphers *ciphers = context;
    return index < ciphers->count ? ciphers->slots[index] : NULL;
}

static void
aes_ctr(void *context, uint32_t index, const uint8_t iv[16], uint8_t *data, uint32_t bytes) {
    struct slot *slot = slot_of(context, index);
    int written;
    if (slot && EVP_EncryptInit_ex(slot->ctr, NULL, NULL, NULL, iv) == 1)
        EVP_EncryptUpdate(slot->ctr, data, &written, data, (int)bytes);
}

static void hmac_sha1(
    void *context, uint32_t index, const uint8_t *data, uint32_t bytes, const uint8_t *more,
    uint32_t more_bytes, uint8_t mac[20]) {
    const struct slot *slot = slot_of(context, index);
    memset(mac, 0, 20);
    if (!slot)
        return;
    SHA_CTX hash = slot->inner;
    SHA1_Update(&hash, data, bytes);
    SHA1_Update(&hash, more, more_bytes);
    SHA1_Final(mac, &hash);
    hash = slot->outer;
    SHA1_Update(&hash, mac, 20);
    SHA1_Final(mac, &hash);
}

static bool
gcm(void *context, uint32_t index, bool seal, const uint8_t nonce[12], const uint8_t *aad,
    uint32_t aad_bytes, uint8_t *data, uint32_t bytes, uint8_t *tag) {
    struct slot *slot = slot_of(context, index);
    int written;
    uint8_t end[16];
    if (!slot || EVP_CipherInit_ex(slot->gcm, NULL, NULL, NULL, nonce, seal) != 1 ||
        EVP_CipherUpdate(slot->gcm, NULL, &written, aad, (int)aad_bytes) != 1 ||
        EVP_CipherUpdate(slot->gcm, data, &written, data, (int)bytes) != 1)
        return false;
    if (!seal && EVP_CIPHER_CTX_ctrl(slot->gcm, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) != 1)
        return false;
    if (EVP_CipherFinal_ex(slot->gcm, end, &written) != 1)
        return false;
    return !seal || EVP_CIPHER_CTX_ctrl(slot->gcm, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, tag) == 1;
}

struct ciphers *ciphers_create(uint32_t slots) {
    struct ciphers *ciphers = calloc(1, sizeof *ciphers + slots * sizeof(struct slot *));
    if (ciphers)
        ciphers->count = slots;
    return ciphers;
}

void ciphers_destroy(struct ciphers *ciphers) {
    for (uint32_t i = 0; ciphers && i < ciphers->count; i++)
        clear(ciphers, i);
    free(ciphers);
}

struct crypto ciphers_crypto(struct ciphers *ciphers) {
    return (struct crypto){ciphers, key_set, key_clear, aes_ctr, hmac_sha1, gcm};
}
