/* libFuzzer: G.722 payloads. A decoder that is given each packet in two parts says the same. */
#include "decoder.h"
#include "g722.h"

enum { STATE_BYTES = 1024 };

static _Alignas(16) uint8_t whole[STATE_BYTES], parted[STATE_BYTES];

static void decode_in_parts(const struct codec *codec, const struct decoded *decoded) {
    static int16_t pcm[DECODER_SAMPLES_MAX];
    uint32_t first = decoded->bytes * 3 / 7;
    uint32_t count = codec->decode(parted, pcm, 2 * first, decoded->payload, first);
    MUST(decoded->count == 2 * decoded->bytes && count == 2 * first);
    count += codec->decode(
        parted, pcm + count, decoded->count - count, decoded->payload + first,
        decoded->bytes - first);
    MUST(count == decoded->count);
    MUST(memcmp(pcm, decoded->pcm, count * sizeof *pcm) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct input input = {data, data + bytes};
    MUST(codec_g722.decoder_bytes <= STATE_BYTES);
    codec_g722.decoder_begin(parted, 16000);
    decoder_run(&codec_g722, whole, 16000, &input, decode_in_parts);
    return 0;
}
