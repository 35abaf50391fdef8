#include "audio_ring.h"
#include "codec.h"
#include <string.h>

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
    uint32_t size = places(ring), at = ring->head & (size - 1), run = size - at;
    run = run < count ? run : count;
    memcpy(ring->samples + at, frame, run * sizeof *frame);
    memcpy(ring->samples, frame + run, (count - run) * sizeof *frame);
    ring->head += count;
    if (ring->head - ring->tail > size)
        ring->tail = ring->head - size;
}

bool audio_ring_take(struct audio_ring *ring, int16_t *dst, uint32_t count) {
    uint32_t waiting = ring->head - ring->tail, size = places(ring);
    if (waiting < count)
        return false;
    if (waiting > size / 16 * 15) /* the two never drift; this follows a change of ptime */
        ring->tail = ring->head - count;
    uint32_t at = ring->tail & (size - 1), run = size - at;
    run = run < count ? run : count;
    memcpy(dst, ring->samples + at, run * sizeof *dst);
    memcpy(dst + run, ring->samples, (count - run) * sizeof *dst);
    ring->tail += count;
    return true;
}
