#include "../core/bytes.h"
#include "io_state.h"
#include <stdlib.h>
#include <unistd.h>

/*
 * Where commands go: each to the shard of its leg or mixer. One that brings together what is on
 * different shards goes along with a leg that moves; commands for a leg that is on its way, or that
 * come after such a one, are held here. What finds an inbox full is kept here too, in order, and
 * sent on when the shard says that there is room. All of this belongs to the control thread.
 */

bool buffer_append(struct buffer *buffer, const void *bytes, size_t count) {
    if (buffer->count + count > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : 4096;
        while (capacity < buffer->count + count)
            capacity *= 2;
        uint8_t *grown = realloc(buffer->bytes, capacity);
        if (!grown)
            return false;
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
    return true;
}

static void refuse(struct io *io, const struct record *record, enum record_status status) {
    uint32_t fields[] = {record_u32(record, 0), (uint32_t)status};
    uint8_t ack[RECORD_HEADER_BYTES + sizeof fields];
    buffer_append(&io->own_events, ack, record_write(ack, EVENT_ACK, 0, fields, 2));
    io_announce(io);
}

/* A leg counts as moving before its shard can know, so that threads which stop wait for it. */
static bool push(struct io *io, struct shard *shard, const uint8_t *record, uint32_t bytes) {
    bool moves = record[2] == (uint8_t)RECORD_MOVE;
    if (moves)
        atomic_fetch_add(&io->moving, 1);
    bool pushed = ring_push(&shard->inbox, record, bytes);
    if (moves && !pushed)
        atomic_fetch_sub(&io->moving, 1);
    if (pushed)
        io->called |= (uint64_t)1 << shard->index;
    return pushed;
}

/* The shard clears `starving` after it has made room and tells us then; so it is set before the
 * last look. */
static void push_overflow(struct io *io, struct shard *shard) {
    struct buffer *overflow = &shard->overflow;
    size_t taken = 0;
    atomic_store(&shard->starving, true);
    while (taken < overflow->count) {
        uint32_t bytes = read_le16(overflow->bytes + taken);
        if (!push(io, shard, overflow->bytes + taken, bytes))
            break;
        taken += bytes;
    }
    overflow->count -= taken;
    if (overflow->count > 0 && taken > 0)
        memmove(overflow->bytes, overflow->bytes + taken, overflow->count);
    else if (overflow->count == 0)
        io->unheld = true;
}

bool submit_post(struct io *io, uint32_t index, const uint8_t *record, uint32_t bytes) {
    struct shard *shard = &io->shards[index];
    if (shard->overflow.count == 0 && push(io, shard, record, bytes))
        return true;
    if (shard->overflow.count + bytes > OVERFLOW_BYTES_MAX ||
        !buffer_append(&shard->overflow, record, bytes))
        return false;
    if (shard->overflow.count == bytes) /* the first; the others follow when there is room */
        push_overflow(io, shard);
    return true;
}

void submit_call(struct io *io) {
    for (uint32_t i = 0; io->called != 0; i++, io->called >>= 1) {
        if (io->called & 1)
            shard_call(&io->shards[i]);
    }
}

static void post(struct io *io, uint32_t shard, const struct record *record) {
    if (!submit_post(io, shard, record->data, record->bytes))
        refuse(io, record, STATUS_QUEUE_FULL);
}

static struct leg *leg_of(struct io *io, uint32_t endpoint_id) {
    return places_hold(&io->endpoint_places, endpoint_id) ? &io->legs[endpoint_id & 0xFFFF] : NULL;
}

static bool must_wait(const struct leg *leg) {
    return leg && (leg->moving || leg->held);
}

static void hold(struct io *io, const struct record *record, struct leg *leg, struct leg *other) {
    if (io->held.count + record->bytes > OVERFLOW_BYTES_MAX ||
        !buffer_append(&io->held, record->data, record->bytes)) {
        refuse(io, record, STATUS_QUEUE_FULL);
        return;
    }
    leg->held = true;
    if (other)
        other->held = true;
}

/* Sends a leg with the command to another shard; `companion` is where it is, waiting for it. */
static void
move(struct io *io, uint32_t id, uint32_t to, const struct record *record, uint32_t companion_id) {
    struct leg *leg = leg_of(io, id), *companion = companion_id ? leg_of(io, companion_id) : NULL;
    if (record->bytes > TRANSIT_COMMAND_BYTES) {
        refuse(io, record, STATUS_INVALID);
        return;
    }
    /* What was posted there before must be in the inbox by then. */
    if (io->shards[to].overflow.count > 0) {
        hold(io, record, leg, companion);
        return;
    }
    struct transit *transit = &io->transits[id & 0xFFFF];
    transit->from = leg->shard;
    transit->to = to;
    transit->command_bytes = record->bytes;
    memcpy(transit->command, record->data, record->bytes);
    uint32_t fields[] = {record_u32(record, 0), id};
    uint8_t request[RECORD_HEADER_BYTES + sizeof fields];
    record_write(request, (enum record_type)RECORD_MOVE, 0, fields, 2);
    if (!submit_post(io, leg->shard, request, sizeof request)) {
        refuse(io, record, STATUS_QUEUE_FULL);
        return;
    }
    leg->moving = true;
    leg->companion_id = companion_id;
    if (companion)
        companion->moving = true;
}

static void join(struct io *io, const struct record *record, struct leg *leg) {
    struct shard *shard = io_mixer_shard(io, record_u32(record, 2));
    if (!shard)
        refuse(io, record, STATUS_NOT_TOGETHER);
    else if (shard->index == leg->shard)
        post(io, leg->shard, record);
    else
        move(io, record_u32(record, 1), shard->index, record, 0);
}

/* The first moves to the second, or the other way where that thread has too much to do. */
static void bridge(struct io *io, const struct record *record, struct leg *leg, struct leg *other) {
    uint64_t now_ms = io_now_ns(io) / 1000000;
    uint32_t id = record_u32(record, 1), other_id = record_u32(record, 2);
    if (!other || other->shard == leg->shard)
        post(io, leg->shard, record);
    else if (!load_is_over(&io->shards[other->shard].load, now_ms))
        move(io, id, other->shard, record, other_id);
    else
        move(io, other_id, leg->shard, record, id);
}

static void submit_record(struct io *io, const struct record *record) {
    uint32_t id = record_u32(record, 1);
    if (record->type >= EVENT_ACK || io->closed) {
        refuse(io, record, STATUS_UNKNOWN_ENDPOINT);
        return;
    }
    if (record_is_of_mixer(record)) {
        struct shard *shard = io_mixer_shard(io, id);
        if (shard)
            post(io, shard->index, record);
        else
            refuse(io, record, STATUS_UNKNOWN_ENDPOINT);
        return;
    }
    struct leg *leg = leg_of(io, id);
    struct leg *other = record->type == COMMAND_BRIDGE ? leg_of(io, record_u32(record, 2)) : NULL;
    if (!leg)
        refuse(io, record, STATUS_UNKNOWN_ENDPOINT);
    else if (must_wait(leg) || must_wait(other))
        hold(io, record, leg, other);
    else if (record->type == COMMAND_JOIN)
        join(io, record, leg);
    else if (record->type == COMMAND_BRIDGE)
        bridge(io, record, leg, other);
    else
        post(io, leg->shard, record);
}

static void submit_all(struct io *io, const uint8_t *batch, size_t bytes) {
    struct record record;
    for (uint32_t offset = 0; record_next(&record, batch, (uint32_t)bytes, &offset);)
        submit_record(io, &record);
}

void io_submit(struct io *io, const uint8_t *batch, uint32_t bytes) {
    submit_all(io, batch, bytes);
    submit_call(io);
}

static void forget_held(struct io *io, const struct buffer *held) {
    struct record record;
    for (uint32_t offset = 0; record_next(&record, held->bytes, (uint32_t)held->count, &offset);) {
        io->legs[record_u32(&record, 1) & 0xFFFF].held = false;
        if (record.type == COMMAND_BRIDGE && (record_u32(&record, 2) & 0xFFFF) < io->places_count)
            io->legs[record_u32(&record, 2) & 0xFFFF].held = false;
    }
}

void submit_waiting(struct io *io) {
    if (io->closed)
        return;
    for (uint32_t i = 0; i < io->config.shards; i++) {
        if (io->shards[i].overflow.count > 0)
            push_overflow(io, &io->shards[i]);
    }
    if (io->unheld && io->held.count > 0) {
        struct buffer held = io->held;
        io->held = (struct buffer){0};
        forget_held(io, &held);
        submit_all(io, held.bytes, held.count);
        free(held.bytes);
    }
    io->unheld = false;
    submit_call(io);
}

void submit_move_ended(struct io *io, uint32_t endpoint_id, uint32_t shard) {
    struct leg *place = &io->legs[endpoint_id & 0xFFFF];
    if (places_hold(&io->endpoint_places, endpoint_id) && place->shard != shard) {
        io->shards[place->shard].endpoints--;
        io->shards[shard].endpoints++;
        place->shard = (uint8_t)shard;
        io->moves++;
    }
    if (place->companion_id)
        io->legs[place->companion_id & 0xFFFF].moving = false;
    place->companion_id = 0;
    place->moving = false;
    io->unheld = true;
}

void submit_abandon(struct io *io) {
    struct record record;
    for (uint32_t i = 0; i < io->config.shards; i++) {
        const struct buffer *overflow = &io->shards[i].overflow;
        uint32_t offset = 0;
        while (record_next(&record, overflow->bytes, (uint32_t)overflow->count, &offset)) {
            if (record.type == (uint8_t)RECORD_OPEN) {
                close((int)record_u32(&record, 2));
                close((int)record_u32(&record, 3));
            }
        }
    }
    free(io->held.bytes);
    free(io->own_events.bytes);
}
