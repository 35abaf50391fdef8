#include "stream.h"
#include "bytes.h"

enum { SAMPLE_MASK = STREAM_SAMPLES - 1 };

void stream_init(struct stream *stream) {
    stream->written = stream->played = 0;
    stream->ending = stream->told_low = false;
    stream->marks_first = stream->marks_count = 0;
}

bool stream_write(struct stream *stream, const uint8_t *samples, uint32_t count) {
    uint32_t waiting = stream->written - stream->played;
    if (count > STREAM_SAMPLES - waiting)
        return false;
    for (uint32_t i = 0; i < count; i++)
        stream->samples[stream->written++ & SAMPLE_MASK] = (int16_t)read_le16(samples + 2 * i);
    if (stream->written - stream->played > STREAM_LOW_SAMPLES)
        stream->told_low = false;
    return true;
}

bool stream_mark(struct stream *stream, uint32_t mark_id) {
    if (stream->marks_count == STREAM_MARKS_MAX)
        return false;
    uint32_t place = (stream->marks_first + stream->marks_count++) % STREAM_MARKS_MAX;
    stream->marks[place] = (struct stream_mark){.id = mark_id, .at = stream->written};
    return true;
}

void stream_clear(struct stream *stream) {
    stream->played = stream->written;
}

uint32_t stream_read(struct stream *stream, int16_t *dst, uint32_t count) {
    uint32_t waiting = stream->written - stream->played;
    count = waiting < count ? waiting : count;
    for (uint32_t i = 0; i < count; i++)
        dst[i] = stream->samples[stream->played++ & SAMPLE_MASK];
    return count;
}

bool stream_next_mark(struct stream *stream, uint32_t *mark_id) {
    if (stream->marks_count == 0)
        return false;
    const struct stream_mark *mark = &stream->marks[stream->marks_first];
    if ((int32_t)(stream->played - mark->at) < 0)
        return false;
    *mark_id = mark->id;
    stream->marks_first = (stream->marks_first + 1) % STREAM_MARKS_MAX;
    stream->marks_count--;
    return true;
}

bool stream_runs_low(struct stream *stream) {
    bool low = stream->written - stream->played <= STREAM_LOW_SAMPLES;
    if (!low || stream->told_low || stream->ending)
        return false;
    stream->told_low = true;
    return true;
}
