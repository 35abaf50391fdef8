/* libFuzzer: Opus payloads at each rate, with losses concealed from the next packet and without. */
#include "decoder.h"
#include "opus_codec.h"

enum { STATE_BYTES = 32 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static _Alignas(16) uint8_t state[STATE_BYTES];
    struct input input = {data, data + bytes};
    MUST(codec_opus.decoder_bytes <= STATE_BYTES);
    decoder_run(&codec_opus, state, codec_opus.rates_hz[take_u8(&input) % 3], &input, NULL);
    return 0;
}
