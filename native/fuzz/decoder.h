#ifndef DIALPLANE_FUZZ_DECODER_H
#define DIALPLANE_FUZZ_DECODER_H
/*
 * Any payloads through a row of the codec table, as the jitter buffer calls it, and as it would
 * never: with too little room, and longer than a packet. What a row promises must hold: the count
 * that it announces is the count that it writes, or it writes nothing.
 */
#include "codec.h"
#include "input.h"

enum {
    DECODER_STEPS_MAX = 6,      /* packets and losses of one input */
    DECODER_PAYLOAD_MAX = 1500, /* [bytes], of one packet, and of all of an input */
    DECODER_SAMPLES_MAX = 8192, /* more than any payload stands for */
};

struct decoded {
    const int16_t *pcm;
    uint32_t count; /* [samples] */
    const uint8_t *payload;
    uint32_t bytes;
};

/* Takes the packets from `input`. `decoder` is begun here and may be NULL; `check` (or NULL) is
 * given each packet that was decoded. */
void decoder_run(
    const struct codec *codec, void *decoder, uint32_t rate_hz, struct input *input,
    void (*check)(const struct codec *codec, const struct decoded *decoded));

#endif
