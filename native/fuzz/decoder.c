#include "decoder.h"

enum {
    LOSS = 1, /* in the byte that begins each packet; its upper half: how long [10 ms] */
    FROM_NEXT = 2,
    LITTLE_ROOM = 4,
    LONG = 8,
    LOSS_MS_MAX = 120,
    BUDGET_BYTES = 240, /* of an input, in most of them; else the whole of a packet */
    BUDGET_SAMPLES = 960,
    GENEROUS_SAMPLES = 2880,
    REPEATED_BYTES = 64, /* of a long payload: the rest repeats them */
};

static int16_t pcm[DECODER_SAMPLES_MAX];
static uint8_t payload[DECODER_PAYLOAD_MAX];

/* A payload of up to `most` bytes from fewer: what the input has is repeated. It ends where the
 * memory ends, so that reading further is seen. */
static const uint8_t *
take_payload(struct input *input, bool is_long, uint32_t most, uint32_t *bytes) {
    uint32_t wanted = is_long ? take_u16(input) % (DECODER_PAYLOAD_MAX + 1) : take_u8(input);
    wanted = wanted < most ? wanted : most;
    uint32_t given = is_long && wanted > REPEATED_BYTES ? REPEATED_BYTES : wanted;
    const uint8_t *from = take_bytes(input, &given);
    *bytes = is_long ? wanted : given;
    uint8_t *at = payload + sizeof payload - *bytes;
    for (uint32_t i = 0; i < *bytes; i++)
        at[i] = given ? from[i % given] : (uint8_t)i;
    return at;
}

static uint32_t lose(
    const struct codec *codec, void *decoder, uint32_t rate_hz, uint32_t tens_ms,
    const uint8_t *next, uint32_t next_bytes) {
    uint32_t count = tens_ms * rate_hz / 100;
    if (!codec->conceal || count > LOSS_MS_MAX * rate_hz / 1000)
        return 0;
    int16_t *dst = pcm + DECODER_SAMPLES_MAX - count;
    uint32_t done = codec->conceal(decoder, dst, count, next, next_bytes);
    MUST(done == 0 || done == count);
    return done;
}

static void decode(
    const struct codec *codec, void *decoder, uint32_t rate_hz, uint32_t short_by,
    struct decoded *decoded) {
    uint32_t announced = codec->payload_samples(decoded->payload, decoded->bytes, rate_hz);
    MUST(announced <= DECODER_SAMPLES_MAX);
    uint32_t room = announced > short_by ? announced - short_by : 0;
    /* The room ends where the memory ends. */
    int16_t *dst = pcm + DECODER_SAMPLES_MAX - room;
    decoded->pcm = dst;
    decoded->count = codec->decode(decoder, dst, room, decoded->payload, decoded->bytes);
    MUST(decoded->count <= room);
    MUST(short_by == 0 || announced == 0 || decoded->count == 0);
}

/* One input in sixteen may have what is as long as a packet, and decode more: that takes its time,
 * and libFuzzer would keep to it. By a hash (FNV-1a), so that an input always means the same. */
static bool is_generous(const struct input *input) {
    uint32_t hash = 2166136261u;
    for (const uint8_t *at = input->at; at < input->end; at++)
        hash = (hash ^ *at) * 16777619u;
    return hash >> 28 == 0;
}

void decoder_run(
    const struct codec *codec, void *decoder, uint32_t rate_hz, struct input *input,
    void (*check)(const struct codec *codec, const struct decoded *decoded)) {
    if (codec->decoder_begin)
        codec->decoder_begin(decoder, rate_hz);
    bool generous = is_generous(input);
    uint32_t budget = generous ? DECODER_PAYLOAD_MAX : BUDGET_BYTES, decoded_samples = 0;
    uint32_t samples_max = generous ? GENEROUS_SAMPLES : BUDGET_SAMPLES;
    for (uint32_t step = 0;
         step < DECODER_STEPS_MAX && input_left(input) > 0 && decoded_samples < samples_max;
         step++) {
        uint8_t how = take_u8(input);
        struct decoded decoded = {0};
        decoded.payload = take_payload(input, (how & LONG) != 0, budget, &decoded.bytes);
        budget -= decoded.bytes;
        if (how & LOSS)
            decoded_samples += lose(
                codec, decoder, rate_hz, how >> 4, how & FROM_NEXT ? decoded.payload : NULL,
                decoded.bytes);
        decode(codec, decoder, rate_hz, how & LITTLE_ROOM ? 1 : 0, &decoded);
        decoded_samples += decoded.count;
        if (check && decoded.count > 0)
            check(codec, &decoded);
    }
}
