/* libFuzzer: mu-law and A-law payloads. What is decoded gives the same codes when it is encoded. */
#include "decoder.h"
#include "g711.h"

/* Mu-law has two zeros, and the encoder gives one of them. */
static bool means_the_same(enum codec_id codec_id, uint8_t given, uint8_t back) {
    return back == given ||
           (codec_id == CODEC_PCMU && g711_ulaw_decode(given) == 0 && g711_ulaw_decode(back) == 0);
}

static void encode_again(const struct codec *codec, const struct decoded *decoded) {
    static uint8_t again[DECODER_PAYLOAD_MAX];
    enum codec_id codec_id = codec == &codec_pcma ? CODEC_PCMA : CODEC_PCMU;
    MUST(decoded->count == decoded->bytes);
    g711_encode(codec_id, again, decoded->pcm, decoded->count);
    for (uint32_t i = 0; i < decoded->count; i++)
        MUST(means_the_same(codec_id, decoded->payload[i], again[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct input input = {data, data + bytes};
    const struct codec *codec = take_u8(&input) & 1 ? &codec_pcma : &codec_pcmu;
    decoder_run(codec, NULL, 8000, &input, encode_again);
    return 0;
}
