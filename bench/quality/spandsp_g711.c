#include "spandsp_g711.h"
#if __has_include(<spandsp/g711.h>)
#include <spandsp/telephony.h>

#include <spandsp/bit_operations.h>
#include <spandsp/g711.h>
#define INSTALLED true
#else
#define INSTALLED false
#define linear_to_ulaw(sample) ((uint8_t)(sample))
#define linear_to_alaw(sample) ((uint8_t)(sample))
#define ulaw_to_linear(code) ((int16_t)(code))
#define alaw_to_linear(code) ((int16_t)(code))
#endif

bool spandsp_has_g711(void) {
    return INSTALLED;
}

void spandsp_encode_ulaw(uint8_t *dst, const int16_t *src, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        dst[i] = linear_to_ulaw(src[i]);
}

void spandsp_encode_alaw(uint8_t *dst, const int16_t *src, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        dst[i] = linear_to_alaw(src[i]);
}

void spandsp_decode_ulaw(int16_t *dst, const uint8_t *src, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        dst[i] = ulaw_to_linear(src[i]);
}

void spandsp_decode_alaw(int16_t *dst, const uint8_t *src, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        dst[i] = alaw_to_linear(src[i]);
}
