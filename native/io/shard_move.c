#include "io_state.h"

/*
 * How a leg changes shards. The old one lifts it out of its plane and puts it on the list of
 * arrivals of the new one, which copies it into its own plane, runs the command for which it came,
 * and sends it back to be discarded: memory of a plane is allotted and freed by its own thread
 * only. When the new plane has no room the old one takes the leg back. The control thread posts
 * nothing for the leg until the old shard says that this is over, and shows nothing that the new
 * shard tells before what the old one had told of it.
 *
 * A list of arrivals is pushed by compare-and-swap (release) and taken whole by exchange (acquire),
 * so that no element can come back while somebody looks at it. It cannot be full: its elements are
 * the transits, one for each place.
 */

void shard_arrive(struct shard *shard, struct transit *transit) {
    transit->next = atomic_load_explicit(&shard->arrivals, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(
        &shard->arrivals, &transit->next, transit, memory_order_release, memory_order_relaxed)) {
    }
    shard_call(shard);
}

/* The transit is the control thread's again: it may have read the record before this returns. */
static void end_move(struct shard *shard, uint32_t endpoint_id, uint32_t where) {
    uint32_t fields[] = {endpoint_id, where};
    shard_tell(shard, RECORD_MOVE_ENDED, fields, 2);
    atomic_fetch_sub(&shard->io->moving, 1);
}

static void acknowledge(struct shard *shard, uint32_t token, enum record_status status) {
    uint32_t fields[] = {token, (uint32_t)status};
    shard_tell(shard, EVENT_ACK, fields, 2);
}

static struct writer_move writer_move(const struct transit *transit, uint32_t nth) {
    return (struct writer_move){transit->move.endpoint_id & 0xFFFF, transit->number, nth};
}

void shard_depart(struct shard *shard, uint32_t token, uint32_t endpoint_id) {
    struct io *io = shard->io;
    uint32_t place = endpoint_id & 0xFFFF;
    struct transit *transit = &io->transits[place];
    struct plane_move *move = &transit->move;
    transit->number++;
    bool lifted = plane_lift(shard->plane, endpoint_id, move, shard->now_ms);
    if (lifted && !writer_may_leave(io->writer, shard->index, move->recordings.count)) {
        plane_put_back(shard->plane, move);
        acknowledge(shard, token, STATUS_EXHAUSTED);
        end_move(shard, endpoint_id, shard->index);
        return;
    }
    if (!lifted) {
        acknowledge(shard, token, STATUS_UNKNOWN_ENDPOINT);
        end_move(shard, endpoint_id, shard->index);
        return;
    }
    for (uint32_t i = 0; i < move->recordings.count; i++)
        writer_leave(io->writer, shard->index, move->recordings.at[i], writer_move(transit, i));
    transit->sockets = shard->sockets[place];
    shard_unwatch(shard, &transit->sockets);
    transit->told = (uint32_t)shard->outbox.emitted;
    transit->stage = TRANSIT_ARRIVES;
    shard_arrive(&io->shards[transit->to], transit);
}

/* Whether the writer and the plane have room for it here. */
static bool adopt(struct shard *shard, struct transit *transit) {
    struct writer *writer = shard->io->writer;
    struct recording_slots slots;
    if (!writer_has_room(writer, shard->index, transit->move.recordings.count) ||
        !plane_adopt(shard->plane, &transit->move, &slots))
        return false;
    for (uint32_t i = 0; i < slots.count; i++)
        writer_take_over(writer, shard->index, slots.at[i], writer_move(transit, i));
    return true;
}

static void arrive(struct shard *shard, struct transit *transit) {
    if (adopt(shard, transit)) {
        uint32_t fields[] = {transit->move.endpoint_id, transit->from, transit->told};
        shard_watch(shard, &transit->sockets);
        shard_tell(shard, RECORD_MOVED, fields, 3);
        plane_commands(shard->plane, transit->command, transit->command_bytes, shard->now_ms);
        transit->stage = TRANSIT_TAKEN;
    } else {
        transit->stage = TRANSIT_REFUSED;
    }
    shard_arrive(&shard->io->shards[transit->from], transit);
}

static void discard(struct shard *shard, struct transit *transit) {
    plane_discard(shard->plane, &transit->move);
    for (uint32_t i = 0; i < transit->move.recordings.count; i++)
        writer_left(shard->io->writer, shard->index);
    end_move(shard, transit->move.endpoint_id, transit->to);
}

static void take_back(struct shard *shard, struct transit *transit) {
    const struct plane_move *move = &transit->move;
    struct record command = {.data = transit->command, .bytes = transit->command_bytes};
    plane_put_back(shard->plane, move);
    for (uint32_t i = 0; i < move->recordings.count; i++)
        writer_take_back(
            shard->io->writer, shard->index, move->recordings.at[i], writer_move(transit, i));
    shard_watch(shard, &transit->sockets);
    acknowledge(shard, record_u32(&command, 0), STATUS_EXHAUSTED);
    end_move(shard, move->endpoint_id, shard->index);
}

/* The list is the last one first. */
static struct transit *reversed(struct transit *list) {
    struct transit *first = NULL;
    while (list) {
        struct transit *next = list->next;
        list->next = first;
        first = list;
        list = next;
    }
    return first;
}

void shard_take_arrivals(struct shard *shard, struct transit *arrivals) {
    for (struct transit *transit = reversed(arrivals); transit;) {
        struct transit *next = transit->next;
        if (transit->stage == TRANSIT_ARRIVES)
            arrive(shard, transit);
        else if (transit->stage == TRANSIT_TAKEN)
            discard(shard, transit);
        else
            take_back(shard, transit);
        transit = next;
    }
}
