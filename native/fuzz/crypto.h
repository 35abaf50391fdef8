#ifndef DIALPLANE_FUZZ_CRYPTO_H
#define DIALPLANE_FUZZ_CRYPTO_H
/*
 * Ciphers for the fuzz targets: not secure, but quick, without memory of their own, and different
 * for each key, nonce and byte. They check what is asked of them (slots that were set, buffers that
 * can be read and written), and remember the last tag, so that a target can tell a forged packet
 * from one in which four bytes happen to agree.
 */
#include "../core/crypto.h"

enum { FUZZ_CRYPTO_SLOTS = 64 };

struct fuzz_crypto {
    uint64_t keys[FUZZ_CRYPTO_SLOTS], mac_keys[FUZZ_CRYPTO_SLOTS];
    bool set[FUZZ_CRYPTO_SLOTS];
    uint32_t keys_set; /* now */
    uint8_t last_tag[20];
};

/* Over `state`, which is cleared. */
struct crypto fuzz_crypto_begin(struct fuzz_crypto *state);

#endif
