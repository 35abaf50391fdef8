#ifndef DIALPLANE_CIPHERS_H
#define DIALPLANE_CIPHERS_H
/*
 * The ciphers of SRTP by OpenSSL: the one inside Node in the addon, the system's in tests. A slot
 * belongs to one thread at a time; setting a key allocates, using it does not.
 */
#include "../core/crypto.h"

struct ciphers;

/* NULL: out of memory. */
struct ciphers *ciphers_create(uint32_t slots);
void ciphers_destroy(struct ciphers *ciphers);
struct crypto ciphers_crypto(struct ciphers *ciphers);

#endif
