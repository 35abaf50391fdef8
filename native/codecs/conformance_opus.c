#include "codecs.h"
#include "bytes.h"
#include "conformance.h"
#include "opus_codec.h"
#include "tone.h"
#include <string.h>

enum {
    PACKETS = 50, /* of each stream */
    PACKET_BYTES_MAX = 400,
    HEADER_BYTES = 3, /* the number of the stream, and the length of the packet */
    LOSS_INTERVAL = 12,
    END = 0xFF,
};

/* All modes of Opus: SILK at 8 and 16 kHz, hybrid, and CELT alone. */
static const struct encoder_options streams[] = {
    {.rate_hz = 8000},
    {.rate_hz = 16000, .fec = true},
    {.rate_hz = 48000},
    {.rate_hz = 48000, .bitrate_bps = 96000},
};
enum { STREAMS = sizeof streams / sizeof *streams };

static union {
    uint64_t words[6 * 1024];
    uint8_t bytes[STREAMS * PACKETS * (HEADER_BYTES + PACKET_BYTES_MAX)];
} memory;

/* A voice of a kind: harmonics of a gliding pitch that come and go, over hiss. */
static void
fill(struct conformance *run, int16_t *dst, uint32_t count, uint32_t rate_hz, uint32_t *phase) {
    for (uint32_t i = 0; i < count; i++) {
        *phase += UINT32_MAX / rate_hz * (110 + (*phase >> 27));
        int32_t sum = 0;
        for (uint32_t k = 1; k <= 12; k++)
            sum += tone_sine(*phase * k) / (int32_t)(3 + k);
        int32_t envelope = tone_sine(i * (UINT32_MAX / count / 2)) >> 5;
        int32_t hiss = (int32_t)(conformance_random(run) % 400) - 200;
        dst[i] = saturate16((sum >> 3) * envelope / 512 + hiss);
    }
}

static void run_encode(struct conformance *run) {
    int16_t frame[960];
    uint8_t payload[PACKET_BYTES_MAX];
    for (uint32_t stream = 0; stream < STREAMS; stream++) {
        uint32_t phase = 0, rate_hz = streams[stream].rate_hz;
        codec_opus.encoder_begin(memory.words, &streams[stream]);
        for (uint32_t packet = 0; packet < PACKETS; packet++) {
            fill(run, frame, rate_hz / 50, rate_hz, &phase);
            uint32_t bytes =
                codec_opus.encode(memory.words, payload, sizeof payload, frame, rate_hz / 50);
            conformance_put_byte(run, (uint8_t)stream);
            conformance_put_byte(run, (uint8_t)bytes);
            conformance_put_byte(run, (uint8_t)(bytes >> 8));
            for (uint32_t i = 0; i < bytes; i++)
                conformance_put_byte(run, payload[i]);
        }
    }
    conformance_put_byte(run, END);
}

/* Every so often a packet is lost, and concealed from the one after it. */
static void run_decode(struct conformance *run, const uint8_t *packets, uint32_t bytes_max) {
    static uint64_t state[3 * 1024];
    int16_t frame[960];
    uint32_t stream = END, lost = 0, at = 0;
    for (uint32_t index = 0; at + HEADER_BYTES < bytes_max && packets[at] < STREAMS; index++) {
        uint32_t bytes = read_le16(packets + at + 1), rate_hz = streams[packets[at]].rate_hz;
        const uint8_t *payload = packets + at + HEADER_BYTES;
        if (bytes > bytes_max - at - HEADER_BYTES)
            return;
        if (stream != packets[at]) {
            stream = packets[at];
            lost = 0;
            codec_opus.decoder_begin(state, rate_hz);
        }
        at += HEADER_BYTES + bytes;
        if (index % LOSS_INTERVAL == LOSS_INTERVAL - 1) {
            lost = rate_hz / 50;
            continue;
        }
        if (lost)
            conformance_put_samples(
                run, frame, codec_opus.conceal(state, frame, lost, payload, bytes));
        lost = 0;
        conformance_put_samples(
            run, frame, codec_opus.decode(state, frame, rate_hz / 50, payload, bytes));
    }
}

void codecs_conformance(const char *program, uint8_t *dst, uint32_t *bytes, uint32_t room) {
    struct conformance run = {.dst = dst, .room = room, .seed = 20260101};
    if (codec_opus.encoder_bytes > sizeof memory)
        return;
    if (strcmp(program, "opus_encode") == 0) {
        run_encode(&run);
    } else if (strcmp(program, "opus_decode") == 0) {
        uint32_t bytes_max = room < sizeof memory.bytes ? room : sizeof memory.bytes;
        memcpy(memory.bytes, dst, bytes_max);
        run_decode(&run, memory.bytes, bytes_max);
    } else {
        conformance_run(program, dst, &run.bytes, room);
    }
    *bytes = run.bytes;
}
