#ifndef DIALPLANE_WRITER_H
#define DIALPLANE_WRITER_H
/*
 * One thread that writes every recording. Each media thread has a lane: a ring of messages to the
 * writer (media thread produces), a ring of blocks that come back (writer produces), and a fixed
 * pool of blocks. A media thread never waits: when a lane is full it keeps the audio and tries
 * again.
 *
 * A recording that changes lanes is left by the one and taken over by the other. Its file waits in
 * between under the place of its leg, with the number of the move, and the other lane is not read
 * on until it is there; the first has sent its message by then, as the leg comes after it.
 */
#include "../core/host.h"
#include "../core/recorder.h"
#include "outbox.h"

struct writer;

struct writer_config {
    uint32_t lanes;
    uint32_t slots;  /* recordings of a lane */
    uint32_t places; /* of legs */
    uint64_t start_ns;
    void (*announce)(void *context); /* there are events */
    void *context;
};

struct writer *writer_create(const struct writer_config *config);
void writer_stop(struct writer *writer); /* when all recordings have ended */
void writer_destroy(struct writer *writer);
/* The ends of recordings, for the control thread. */
struct outbox *writer_outbox(struct writer *writer);

/* For the thread of the lane. False: no room now, or (open) never. */
bool writer_open(struct writer *writer, uint32_t lane, const struct recording *recording);
bool writer_write(
    struct writer *writer, uint32_t lane, uint32_t slot, const int16_t *samples, uint32_t count);
bool writer_end(
    struct writer *writer, uint32_t lane, uint32_t slot, uint8_t reason, uint32_t frames);
/* Which move of which leg: both lanes say the same. */
struct writer_move {
    uint32_t place, number;
    uint32_t nth; /* of the recordings of the leg, below RECORDERS_MAX */
};
/* Leaves a recording to another lane, when there is room for that. Keeps room for taking it back
 * until writer_left() says that this will not be. */
bool writer_may_leave(struct writer *writer, uint32_t lane, uint32_t recordings);
void writer_leave(struct writer *writer, uint32_t lane, uint32_t slot, struct writer_move move);
/* When there is room for so many messages. */
void writer_take_over(struct writer *writer, uint32_t lane, uint32_t slot, struct writer_move move);
bool writer_has_room(struct writer *writer, uint32_t lane, uint32_t messages);
void writer_take_back(struct writer *writer, uint32_t lane, uint32_t slot, struct writer_move move);
void writer_left(struct writer *writer, uint32_t lane);
/* Wakes the writer if there is anything new: once per turn of the media thread. */
void writer_flush(struct writer *writer, uint32_t lane);

#endif
