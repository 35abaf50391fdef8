#include "bytes.h"
#include "conformance.h"
#include "g711.h"
#include "jitter_buffer.h"
#include "tone.h"

enum { PACKETS = 1000, PACKET_MS = 20, PAYLOAD_BYTES_MAX = 640 };

static uint32_t ulaw_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    (void)payload;
    (void)rate_hz;
    return bytes;
}

static uint32_t
ulaw_decode(void *decoder, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    (void)decoder;
    bytes = bytes < room ? bytes : room;
    g711_decode(CODEC_PCMU, dst, payload, bytes);
    return bytes;
}

static uint32_t linear_samples(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz) {
    (void)payload;
    (void)rate_hz;
    return bytes / 2;
}

static uint32_t
linear_decode(void *decoder, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes) {
    (void)decoder;
    uint32_t count = bytes / 2 < room ? bytes / 2 : room;
    for (uint32_t i = 0; i < count; i++)
        dst[i] = (int16_t)read_be16(payload + 2 * i);
    return count;
}

/* A tone that swells and pauses. */
static int16_t sample_at(uint32_t index, uint32_t rate_hz) {
    uint32_t ms = index / (rate_hz / 1000);
    uint32_t step = rate_hz == 8000 ? 107374182u : 53687091u;
    int32_t level = ms % 1500 < 1000 ? (int32_t)(ms % 250) : 0;
    return (int16_t)(tone_sine(index * step) * level / 512);
}

static uint32_t write_payload(uint8_t *payload, uint32_t packet, uint32_t rate_hz) {
    uint32_t samples = PACKET_MS * rate_hz / 1000;
    for (uint32_t i = 0; i < samples; i++) {
        int16_t sample = sample_at(packet * samples + i, rate_hz);
        if (rate_hz == 8000)
            payload[i] = g711_ulaw_encode(sample);
        else
            write_be16(payload + 2 * i, (uint16_t)sample);
    }
    return rate_hz == 8000 ? samples : 2 * samples;
}

static void put(struct conformance *run, struct jitter_buffer *jb, uint32_t packet, uint32_t ms) {
    uint8_t payload[PAYLOAD_BYTES_MAX], noise[] = {50, 140, 100};
    uint32_t rate_hz = jb->config.rate_hz, samples = PACKET_MS * rate_hz / 1000;
    uint16_t sequence = (uint16_t)(packet + 65000);
    uint32_t timestamp = packet * samples + 0xFFFF0000u;
    if (packet % 97 == 0) {
        jitter_buffer_note_event(jb, sequence);
    } else if (packet % 200 > 190) {
        jitter_buffer_put_comfort_noise(jb, sequence, timestamp, noise, sizeof noise, ms);
    } else {
        uint32_t bytes = write_payload(payload, packet, rate_hz);
        conformance_put_byte(
            run, (uint8_t)jitter_buffer_put(jb, sequence, timestamp, payload, bytes, ms));
    }
}

/* A lossy, jittery, reordering path: packets come when they come, frames leave every 20 ms. */
static void run_path(struct conformance *run, const struct codec *codec, uint32_t rate_hz) {
    static struct jitter_buffer jb; /* too large for a small stack; the run is not reentrant */
    uint32_t arrival_ms[16] = {0}, count = PACKET_MS * rate_hz / 1000;
    struct jitter_buffer_config config = {
        .codec = codec, .rate_hz = rate_hz, .mode = JITTER_BUFFER_MEDIUM};
    jitter_buffer_init(&jb, &config);
    for (uint32_t step = 0; step < PACKETS; step++) {
        uint32_t spread_ms = step % 300 < 100 ? 90 : 5;
        arrival_ms[step % 16] = conformance_random(run) % 20 == 0
                                    ? UINT32_MAX
                                    : step * PACKET_MS + conformance_random(run) % spread_ms;
        for (uint32_t back = 0; back < 8 && back <= step; back++) {
            uint32_t packet = step - back, at_ms = arrival_ms[packet % 16];
            if (at_ms == UINT32_MAX || at_ms >= (step + 1) * PACKET_MS)
                continue;
            arrival_ms[packet % 16] = UINT32_MAX;
            put(run, &jb, packet, at_ms);
        }
        int16_t frame[PAYLOAD_BYTES_MAX];
        conformance_put_word(run, jitter_buffer_get(&jb, frame, count, (step + 1) * PACKET_MS));
        conformance_put_samples(run, frame, count);
    }
    struct jitter_buffer_stats stats = jitter_buffer_stats(&jb);
    conformance_put_word(run, stats.late);
    conformance_put_word(run, (uint32_t)stats.concealed_samples);
    conformance_put_word(run, (uint32_t)stats.shortened_samples);
    conformance_put_word(run, (uint32_t)stats.lengthened_samples);
}

void conformance_jitter_buffer(struct conformance *run) {
    static const struct codec ulaw = {
        .clock_hz = 8000, .payload_samples = ulaw_samples, .decode = ulaw_decode};
    static const struct codec linear = {.payload_samples = linear_samples, .decode = linear_decode};
    run_path(run, &ulaw, 8000);
    run_path(run, &linear, 16000);
}
