#ifndef DIALPLANE_STREAM_H
#define DIALPLANE_STREAM_H
/*
 * Audio that comes while it is played: a ring that the control plane fills piece by piece, with
 * marks that tell when they are reached. A piece that finds no room is refused, so that nothing
 * waits here but what the ring holds; the control plane learns when there is room again. Counts in
 * [samples] of the stream's own rate.
 */
#include <stdbool.h>
#include <stdint.h>

enum { STREAM_SAMPLES = 16384, STREAM_LOW_SAMPLES = STREAM_SAMPLES / 2, STREAM_MARKS_MAX = 32 };

struct stream_mark {
    uint32_t id;
    uint32_t at; /* samples that are played before it */
};

struct stream {
    struct stream *next; /* in the pool */
    uint32_t written, played;
    bool ending;   /* no more will come */
    bool told_low; /* since it was last filled above the low mark */
    uint32_t marks_first, marks_count;
    struct stream_mark marks[STREAM_MARKS_MAX];
    int16_t samples[STREAM_SAMPLES];
};

void stream_init(struct stream *stream);
/* `count` samples, little-endian, at any alignment. False: there is no room for all of them. */
bool stream_write(struct stream *stream, const uint8_t *samples, uint32_t count);
/* False: there are too many. */
bool stream_mark(struct stream *stream, uint32_t mark_id);
/* Drops what was not played; its marks are reached. */
void stream_clear(struct stream *stream);
/* Returns how many of `count` there were. */
uint32_t stream_read(struct stream *stream, int16_t *dst, uint32_t count);
/* The next mark that has been reached; false: none has. */
bool stream_next_mark(struct stream *stream, uint32_t *mark_id);
/* Once each time that it runs low. */
bool stream_runs_low(struct stream *stream);
static inline bool stream_is_over(const struct stream *stream) {
    return stream->ending && stream->written == stream->played;
}

#endif
