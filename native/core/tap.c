#include "tap.h"
#include "bytes.h"
#include "g711.h"
#include "plane_state.h"

enum {
    FRAME_MAX = 16000 / 1000 * TAP_FRAME_MS,
    FIELDS = 4,
    AUDIO_AT = RECORD_HEADER_BYTES + 4 * FIELDS,
};

void tap_init(struct tap *tap, uint32_t id, uint32_t tracks, enum tap_format format) {
    tap->id = id;
    tap->tracks = tracks;
    tap->format = format;
    for (uint32_t i = 0; i < TAP_TRACKS; i++) {
        tap->frames[i] = 0;
        tap->rings[i].converter.from_hz = 0;
        audio_ring_clear(&tap->rings[i]);
    }
}

static uint32_t write_audio(uint8_t *dst, enum tap_format format, int16_t *frame, uint32_t count) {
    if (format == TAP_PCMU) {
        g711_encode(CODEC_PCMU, dst, frame, count);
        return count;
    }
    for (uint32_t i = 0; i < count; i++)
        write_le16(dst + 2 * i, (uint16_t)frame[i]);
    return 2 * count;
}

static void give(
    struct plane *plane, struct tap *tap, uint32_t endpoint_id, uint32_t track, int16_t *frame,
    uint32_t count) {
    uint8_t record[AUDIO_AT + 2 * FRAME_MAX];
    uint32_t bytes = write_audio(record + AUDIO_AT, tap->format, frame, count);
    uint32_t fields[FIELDS] = {
        endpoint_id, tap->id, tap->frames[track - 1]++ * TAP_FRAME_MS, bytes};
    record_write(record, EVENT_AUDIO, (uint8_t)track, fields, FIELDS);
    write_le16(record, (uint16_t)(AUDIO_AT + bytes));
    plane->host.event(plane->host.context, record, AUDIO_AT + bytes);
}

void tap_feed(
    struct plane *plane, struct tap *tap, uint32_t endpoint_id, uint32_t track,
    const int16_t *frame, uint32_t count, uint32_t rate_hz) {
    uint32_t to_hz = tap->format == TAP_PCM_16K ? 16000 : 8000;
    int16_t out[FRAME_MAX];
    if (!(tap->tracks & track))
        return;
    struct audio_ring *ring = &tap->rings[track - 1];
    audio_ring_push(ring, frame, count, rate_hz, to_hz);
    while (audio_ring_take(ring, out, to_hz / 1000 * TAP_FRAME_MS))
        give(plane, tap, endpoint_id, track, out, to_hz / 1000 * TAP_FRAME_MS);
}
