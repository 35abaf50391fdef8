#include "audio_ring.h"
#include "codec.h"

static uint32_t places(const struct audio_ring *ring) {
    return ring->rate_hz > 16000 ? AUDIO_RING_SAMPLES : ring->rate_hz > 8000 ? 2048 : 1024;
}

void audio_ring_clear(struct audio_ring *ring) {
    ring->head = ring->tail = 0;
    ring->rate_hz = 0;
}

void audio_ring_push(
    struct audio_ring *ring, const int16_t *frame, uint32_t count, uint32_t from_hz,
    uint32_t to_hz) {
    int16_t converted[CODEC_FRAME_MAX];
    if (ring->rate_hz != to_hz) {
        audio_ring_clear(ring);
        ring->rate_hz = to_hz;
    }
    if (from_hz != to_hz) {
        rate_converter_set(&ring->converter, from_hz, to_hz);
        count = rate_converter_run(&ring->converter, converted, frame, count);
        frame = converted;
    }
    uint32_t mask = places(ring) - 1;
    for (uint32_t i = 0; i < count; i++)
        ring->samples[ring->head++ & mask] = frame[i];
    if (ring->head - ring->tail > mask + 1)
        ring->tail = ring->head - mask - 1;
}

bool audio_ring_take(struct audio_ring *ring, int16_t *dst, uint32_t count) {
    uint32_t waiting = ring->head - ring->tail, mask = places(ring) - 1;
    if (waiting < count)
        return false;
    if (waiting > mask / 16 * 15) /* the two never drift; this follows a change of ptime */
        ring->tail = ring->head - count;
    for (uint32_t i = 0; i < count; i++)
        dst[i] = ring->samples[ring->tail++ & mask];
    return true;
}
