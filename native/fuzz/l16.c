/* libFuzzer: L16 payloads at each rate. What is decoded gives the same bytes when it is encoded. */
#include "decoder.h"
#include "l16.h"

static void encode_again(const struct codec *codec, const struct decoded *decoded) {
    static uint8_t again[DECODER_PAYLOAD_MAX];
    uint32_t bytes = codec->encode(NULL, again, sizeof again, decoded->pcm, decoded->count);
    MUST(decoded->count * 2 == decoded->bytes);
    MUST(bytes == (decoded->bytes <= CODEC_PAYLOAD_BYTES_MAX ? decoded->bytes : 0));
    MUST(memcmp(again, decoded->payload, bytes) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct input input = {data, data + bytes};
    decoder_run(&codec_l16, NULL, codec_l16.rates_hz[take_u8(&input) % 3], &input, encode_again);
    return 0;
}
