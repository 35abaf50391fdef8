#ifndef DIALPLANE_CRYPTO_H
#define DIALPLANE_CRYPTO_H
/*
 * The ciphers that SRTP needs, as the shell gives them (OpenSSL, or node:crypto). Keys are kept by
 * the shell in numbered slots, so that setting one up is not paid for with each packet. All return
 * at once; a slot that was not set gives nothing useful, but no crash. Constant time where it
 * matters is the shell's business, and that of the comparison in srtp.c.
 */
#include <stdbool.h>
#include <stdint.h>

enum { CRYPTO_KEY_BYTES = 16, CRYPTO_MAC_KEY_BYTES = 20, CRYPTO_GCM_TAG_BYTES = 16 };

struct crypto {
    void *context;
    /* `mac_key` of CRYPTO_MAC_KEY_BYTES, or NULL. False: the shell has no such cipher. */
    bool (*key_set)(void *context, uint32_t slot, const uint8_t *key, const uint8_t *mac_key);
    void (*key_clear)(void *context, uint32_t slot);
    /* AES-128 in counter mode from this block on, in place. */
    void (*aes_ctr)(
        void *context, uint32_t slot, const uint8_t iv[16], uint8_t *data, uint32_t bytes);
    /* HMAC-SHA1 of `data` and then `more`. */
    void (*hmac_sha1)(
        void *context, uint32_t slot, const uint8_t *data, uint32_t bytes, const uint8_t *more,
        uint32_t more_bytes, uint8_t mac[20]);
    /* AES-128-GCM in place; the tag of 16 bytes is written, or compared (false: it differs). */
    bool (*gcm)(
        void *context, uint32_t slot, bool seal, const uint8_t nonce[12], const uint8_t *aad,
        uint32_t aad_bytes, uint8_t *data, uint32_t bytes, uint8_t *tag);
};

#endif
