#include "../core/g711.h"
#include "test.h"
#include <stdlib.h>

/* The ITU-T G.191 routines, written as there. */
static uint8_t reference_ulaw(int16_t sample) {
    int absolute = sample < 0 ? ((~sample) >> 2) + 33 : (sample >> 2) + 33;
    absolute = absolute > 0x1FFF ? 0x1FFF : absolute;
    int segment = 1;
    for (int i = absolute >> 6; i != 0; i >>= 1)
        segment++;
    int code = ((8 - segment) << 4) | (0xF - ((absolute >> segment) & 0xF));
    return (uint8_t)(sample >= 0 ? code | 0x80 : code);
}

static uint8_t reference_alaw(int16_t sample) {
    int value = sample < 0 ? (~sample) >> 4 : sample >> 4;
    if (value > 15) {
        int exponent = 1;
        while (value > 16 + 15) {
            value >>= 1;
            exponent++;
        }
        value = value - 16 + (exponent << 4);
    }
    return (uint8_t)((sample >= 0 ? value | 0x80 : value) ^ 0x55);
}

void test_g711(void) {
    for (int sample = -32768; sample <= 32767; sample++) {
        CHECK(g711_ulaw_encode((int16_t)sample) == reference_ulaw((int16_t)sample));
        CHECK(g711_alaw_encode((int16_t)sample) == reference_alaw((int16_t)sample));
    }
    for (int code = 0; code < 256; code++) {
        int16_t ulaw = g711_ulaw_decode((uint8_t)code), alaw = g711_alaw_decode((uint8_t)code);
        CHECK(g711_alaw_encode(alaw) == code);
        CHECK(g711_ulaw_encode(ulaw) == code || code == 0x7F); /* two zeros */
    }
    CHECK(g711_ulaw_decode(0x00) == -32124 && g711_ulaw_decode(0x80) == 32124);
    CHECK(g711_alaw_decode(0x2A) == -32256 && g711_alaw_decode(0xD5) == 8);
    CHECK(g711_ulaw_decode(codec_pcmu.silence) == 0);
}
