#ifndef QUALITY_SPANDSP_G711_H
#define QUALITY_SPANDSP_G711_H
/* Frames through libspandsp's G.711, which is inline in its headers and has a file of its own since
 * some names are ours, too. */
#include <stdbool.h>
#include <stdint.h>

bool spandsp_has_g711(void);
void spandsp_encode_ulaw(uint8_t *dst, const int16_t *src, uint32_t count);
void spandsp_encode_alaw(uint8_t *dst, const int16_t *src, uint32_t count);
void spandsp_decode_ulaw(int16_t *dst, const uint8_t *src, uint32_t count);
void spandsp_decode_alaw(int16_t *dst, const uint8_t *src, uint32_t count);

#endif
