#ifndef DIALPLANE_PROMPT_H
#define DIALPLANE_PROMPT_H
/*
 * The encoded forms of a prompt, made once when it is loaded, so that playing it to a G.711 peer is
 * a copy. Owns no memory.
 */
#include <stdint.h>

/* Bytes of either form of `count` samples of `rate_hz` (8, 16 or 48 kHz). */
uint32_t prompt_encoded_bytes(uint32_t count, uint32_t rate_hz);
void prompt_encode(
    uint8_t *pcmu, uint8_t *pcma, const int16_t *samples, uint32_t count, uint32_t rate_hz);

#endif
