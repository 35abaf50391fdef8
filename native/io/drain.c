#include "../core/bytes.h"
#include "io_state.h"

/* Events on their way out, for the control thread. */

static size_t take_own(struct io *io, uint8_t *dst, size_t room) {
    struct buffer *own = &io->own_events;
    size_t bytes = 0;
    while (bytes < own->count && bytes + read_le16(own->bytes + bytes) <= room)
        bytes += read_le16(own->bytes + bytes);
    if (bytes == 0)
        return 0;
    memcpy(dst, own->bytes, bytes);
    own->count -= bytes;
    memmove(own->bytes, own->bytes + bytes, own->count);
    return bytes;
}

static void note_closed(struct io *io, const struct record *record) {
    uint32_t id = record_u32(record, 0);
    struct shard *shard = record->type == EVENT_CLOSED ? &io->shards[io->legs[id & 0xFFFF].shard]
                                                       : io_mixer_shard(io, id);
    if (record->type == EVENT_CLOSED) {
        places_give_back(&io->endpoint_places, shard->index, id);
        shard->endpoints--;
    } else if (shard) {
        places_give_back(&shard->mixer_places, 0, id);
    }
}

/* Whether all was read that the shard which a leg has left told of it. That is in its ring, or
 * still with the shard; what it waits for itself was told earlier still, so that nothing waits in a
 * ring (of causes). */
static bool is_its_turn(struct io *io, const struct record *moved) {
    struct ring *ring = &io->shards[record_u32(moved, 1)].outbox.ring;
    return (int32_t)((uint32_t)ring_taken(ring) - record_u32(moved, 2)) >= 0;
}

/* Returns the bytes written; `*more` becomes true when anything was read. */
static size_t take(struct io *io, struct outbox *outbox, uint8_t *dst, size_t room, bool *more) {
    size_t count = 0;
    for (uint32_t bytes; (bytes = outbox_peek(outbox, dst + count, room - count)) > 0;) {
        const uint8_t *at = dst + count;
        struct record record = {.data = at, .bytes = bytes, .type = at[2], .detail = at[3]};
        if (record.type == (uint8_t)RECORD_MOVED && !is_its_turn(io, &record))
            break;
        if (record.type == (uint8_t)RECORD_MOVE_ENDED)
            submit_move_ended(io, record_u32(&record, 0), record_u32(&record, 1));
        if (record.type == EVENT_CLOSED || record.type == EVENT_MIXER_CLOSED)
            note_closed(io, &record);
        if (record.type < RECORD_SHELL)
            count += bytes;
        ring_drop(&outbox->ring, bytes);
        *more = true;
    }
    return count;
}

/* What threads that have ended kept is moved on by who reads it. */
static void flush_all(struct io *io) {
    for (uint32_t i = 0; i < io->config.shards; i++)
        outbox_flush(&io->shards[i].outbox);
    outbox_flush(writer_outbox(io->writer));
}

size_t io_drain(struct io *io, uint8_t *dst, size_t room) {
    bool joined = atomic_load(&io->joined);
    atomic_exchange(&io->announced, false); /* before reading: what comes later announces itself */
    size_t count = take_own(io, dst, room);
    for (bool more = true; more;) {
        more = false;
        if (joined)
            flush_all(io);
        for (uint32_t i = 0; i < io->config.shards; i++) {
            uint32_t index = (io->next_drained + i) % io->config.shards;
            count += take(io, &io->shards[index].outbox, dst + count, room - count, &more);
        }
        count += take(io, writer_outbox(io->writer), dst + count, room - count, &more);
    }
    io->next_drained++;
    prompts_collect(&io->prompts);
    submit_waiting(io);
    return count;
}
