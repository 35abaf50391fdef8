/* Stands in for io/ciphers.c where there is no OpenSSL to link with: keys are refused. */
#include "../io/ciphers.h"
#include <stddef.h>
#include <stdlib.h>

struct ciphers {
    uint32_t slots;
};

static bool key_set(void *context, uint32_t slot, const uint8_t *key, const uint8_t *mac_key) {
    (void)context, (void)slot, (void)key, (void)mac_key;
    return false;
}

static void key_clear(void *context, uint32_t slot) {
    (void)context, (void)slot;
}

struct ciphers *ciphers_create(uint32_t slots) {
    struct ciphers *ciphers = malloc(sizeof *ciphers);
    if (ciphers)
        ciphers->slots = slots;
    return ciphers;
}

void ciphers_destroy(struct ciphers *ciphers) {
    free(ciphers);
}

struct crypto ciphers_crypto(struct ciphers *ciphers) {
    return (struct crypto){.context = ciphers, .key_set = key_set, .key_clear = key_clear};
}
