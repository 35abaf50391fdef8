#ifndef DIALPLANE_FUZZ_CRYPTO_H
#define DIALPLANE_FUZZ_CRYPTO_H
/*
 * Ciphers for the fuzz targets: not secure, but quick, without memory of their own, and different
 * for each key, nonce and byte. They check what is asked of them (slots that were set, buffers that
 * can be read and written; no nonce used twice with a key), and remember the last tag, so that a
 * target can tell a forged packet from one in which four bytes happen to agree.
 */
#include "../core/crypto.h"

enum { FUZZ_CRYPTO_SLOTS = 64, FUZZ_CRYPTO_NONCES = 256 };

struct fuzz_crypto {
    uint64_t keys[FUZZ_CRYPTO_SLOTS], mac_keys[FUZZ_CRYPTO_SLOTS];
    bool set[FUZZ_CRYPTO_SLOTS];
    uint32_t keys_set; /* now */
    uint32_t keys_ever, key_number[FUZZ_CRYPTO_SLOTS];
    struct {
        uint64_t nonce, data; /* hashes: of key and nonce, and of what was encrypted with them */
    } used[FUZZ_CRYPTO_NONCES];
    uint8_t last_tag[20];
};

/* Over `state`, which is cleared. */
struct crypto fuzz_crypto_begin(struct fuzz_crypto *state);

#endif
