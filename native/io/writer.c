#define _GNU_SOURCE
#include "writer.h"
#include "../core/records.h"
#include "recording_file.h"
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    BLOCK_SAMPLES = 2048,
    BLOCKS = 512, /* of a lane */
    PATH_BYTES_MAX = 800,
    MESSAGE_BYTES = 16,
    LANE_BYTES = 2048 * MESSAGE_BYTES,
    MESSAGES_AT_ONCE = 64, /* of a lane, before the next one */
    NO_BLOCK = 0xFFFFFFFF,
    EVENTS_RETRY_MS = 10,
};

enum message_type { MESSAGE_OPEN, MESSAGE_WRITE, MESSAGE_END, MESSAGE_LEAVE, MESSAGE_TAKE_OVER };

struct message {
    uint8_t type;
    uint8_t reason; /* of a move: which recording of the leg */
    uint16_t place;
    uint32_t slot;
    uint32_t count; /* samples, frames to keep, or the number of a move */
    uint32_t block;
};
_Static_assert(sizeof(struct message) == MESSAGE_BYTES, "the ring holds whole messages");

/* Written by the media thread before its message is sent, by nobody after. */
union block {
    int16_t samples[BLOCK_SAMPLES];
    struct {
        uint32_t recorder_id, endpoint_id, channels, rate_hz;
        char path[PATH_BYTES_MAX + 1];
    } opening;
};

struct lane {
    struct ring messages, returned;
    union block *blocks;
    /* of the media thread */
    uint32_t blocks_fresh;
    uint32_t owed; /* messages that it must be able to send */
    bool fed;
    /* of the writer */
    struct recording_file *files; /* by slot */
};

struct writer {
    struct writer_config config;
    pthread_t thread;
    bool running;
    struct lane *lanes;
    struct between {
        bool there;
        uint32_t move_number;
        struct recording_file file;
    } * between; /* by place, and which of its recordings */
    struct outbox outbox;
    int wake_fd;
    atomic_bool woken, stopping;
};

struct outbox *writer_outbox(struct writer *writer) {
    return &writer->outbox;
}

static uint64_t now_ns(const struct writer *writer) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec - writer->config.start_ns;
}

static void raise_ended(struct writer *writer, const struct recording_file *file, uint8_t reason) {
    uint32_t fields[] = {file->endpoint_id, file->recorder_id, recording_file_ms(file)};
    uint8_t record[RECORD_HEADER_BYTES + sizeof fields];
    outbox_put(
        &writer->outbox, record, record_write(record, EVENT_RECORDER_ENDED, reason, fields, 3));
}

static void
open_file(struct writer *writer, struct recording_file *file, const union block *block) {
    file->recorder_id = block->opening.recorder_id;
    file->endpoint_id = block->opening.endpoint_id;
    file->channels = block->opening.channels;
    file->rate_hz = block->opening.rate_hz;
    if (!recording_file_open(file, block->opening.path, now_ns(writer)))
        raise_ended(writer, file, RECORDER_FAILED);
}

/* False: what it asks for is not there yet. */
static bool handle(struct writer *writer, struct lane *lane, const struct message *message) {
    struct recording_file *file = &lane->files[message->slot];
    uint32_t nth = message->type >= MESSAGE_LEAVE ? message->reason : 0;
    struct between *between = &writer->between[message->place * RECORDERS_MAX + nth];
    const union block *block = message->block == NO_BLOCK ? NULL : &lane->blocks[message->block];
    switch ((enum message_type)message->type) {
    case MESSAGE_OPEN:
        open_file(writer, file, block);
        break;
    case MESSAGE_WRITE:
        if (file->open &&
            !recording_file_write(file, block->samples, message->count, now_ns(writer)))
            raise_ended(writer, file, RECORDER_FAILED);
        break;
    case MESSAGE_END:
        if (file->open) {
            bool ok = recording_file_end(file, message->count);
            raise_ended(writer, file, ok ? message->reason : RECORDER_FAILED);
        }
        break;
    case MESSAGE_LEAVE:
        *between = (struct between){true, message->count, *file};
        break;
    case MESSAGE_TAKE_OVER:
        if (!between->there || between->move_number != message->count)
            return false;
        *file = between->file;
        between->there = false;
        break;
    }
    if (block) /* there is room for all blocks */
        ring_push(&lane->returned, &message->block, sizeof message->block);
    return true;
}

/* Whether there may be more. */
static bool serve(struct writer *writer, struct lane *lane) {
    struct message message;
    for (uint32_t i = 0; i < MESSAGES_AT_ONCE; i++) {
        if (!ring_peek(&lane->messages, &message, sizeof message))
            return false;
        if (!handle(writer, lane, &message))
            return true;
        ring_drop(&lane->messages, sizeof message);
    }
    return true;
}

/* `woken` is set by a media thread after its messages, and cleared here before they are read: who
 * finds it set already is sure that they will be. */
static void *run(void *context) {
    struct writer *writer = context;
    prctl(PR_SET_NAME, "dialplane-write");
    for (bool stopping = false; !stopping;) {
        struct pollfd wake = {.fd = writer->wake_fd, .events = POLLIN};
        uint64_t unused;
        stopping = atomic_load(&writer->stopping);
        if (!stopping && poll(&wake, 1, outbox_kept(&writer->outbox) ? EVENTS_RETRY_MS : -1) > 0)
            (void)!read(writer->wake_fd, &unused, sizeof unused);
        atomic_exchange(&writer->woken, false);
        for (bool more = true; more;) {
            more = false;
            for (uint32_t i = 0; i < writer->config.lanes; i++)
                more = serve(writer, &writer->lanes[i]) || more;
            if (outbox_flush(&writer->outbox))
                writer->config.announce(writer->config.context);
        }
    }
    return NULL;
}

static uint32_t take_block(struct lane *lane) {
    uint32_t block;
    if (ring_peek(&lane->returned, &block, sizeof block)) {
        ring_drop(&lane->returned, sizeof block);
        return block;
    }
    return lane->blocks_fresh < BLOCKS ? lane->blocks_fresh++ : NO_BLOCK;
}

static bool has_room(struct lane *lane, uint32_t messages) {
    return ring_room(&lane->messages) >= (size_t)(lane->owed + messages) * MESSAGE_BYTES;
}

static void post(struct lane *lane, struct message message) {
    ring_push(&lane->messages, &message, sizeof message);
    lane->fed = true;
}

bool writer_open(struct writer *writer, uint32_t lane_index, const struct recording *recording) {
    struct lane *lane = &writer->lanes[lane_index];
    if (recording->path_bytes > PATH_BYTES_MAX || memchr(recording->path, 0, recording->path_bytes))
        return false;
    uint32_t block = has_room(lane, 1) ? take_block(lane) : NO_BLOCK;
    if (block == NO_BLOCK)
        return false;
    union block *opening = &lane->blocks[block];
    opening->opening.recorder_id = recording->recorder_id;
    opening->opening.endpoint_id = recording->endpoint_id;
    opening->opening.channels = recording->channels;
    opening->opening.rate_hz = recording->rate_hz;
    memcpy(opening->opening.path, recording->path, recording->path_bytes);
    opening->opening.path[recording->path_bytes] = 0;
    post(lane, (struct message){.type = MESSAGE_OPEN, .slot = recording->slot, .block = block});
    return true;
}

bool writer_write(
    struct writer *writer, uint32_t lane_index, uint32_t slot, const int16_t *samples,
    uint32_t count) {
    struct lane *lane = &writer->lanes[lane_index];
    uint32_t block = has_room(lane, 1) ? take_block(lane) : NO_BLOCK;
    if (block == NO_BLOCK)
        return false;
    memcpy(lane->blocks[block].samples, samples, count * sizeof *samples);
    post(
        lane,
        (struct message){.type = MESSAGE_WRITE, .slot = slot, .count = count, .block = block});
    return true;
}

bool writer_end(
    struct writer *writer, uint32_t lane_index, uint32_t slot, uint8_t reason, uint32_t frames) {
    struct lane *lane = &writer->lanes[lane_index];
    if (!has_room(lane, 1))
        return false;
    post(
        lane, (struct message){
                  .type = MESSAGE_END,
                  .reason = reason,
                  .slot = slot,
                  .count = frames,
                  .block = NO_BLOCK});
    return true;
}

static void
post_move(struct lane *lane, enum message_type type, uint32_t slot, struct writer_move move) {
    post(
        lane, (struct message){
                  .type = (uint8_t)type,
                  .reason = (uint8_t)move.nth,
                  .slot = slot,
                  .place = (uint16_t)move.place,
                  .count = move.number,
                  .block = NO_BLOCK});
}

bool writer_may_leave(struct writer *writer, uint32_t lane_index, uint32_t recordings) {
    return has_room(&writer->lanes[lane_index], 2 * recordings);
}

void writer_leave(
    struct writer *writer, uint32_t lane_index, uint32_t slot, struct writer_move move) {
    struct lane *lane = &writer->lanes[lane_index];
    post_move(lane, MESSAGE_LEAVE, slot, move);
    lane->owed++;
}

void writer_take_over(
    struct writer *writer, uint32_t lane_index, uint32_t slot, struct writer_move move) {
    post_move(&writer->lanes[lane_index], MESSAGE_TAKE_OVER, slot, move);
}

bool writer_has_room(struct writer *writer, uint32_t lane_index, uint32_t messages) {
    return has_room(&writer->lanes[lane_index], messages);
}

void writer_take_back(
    struct writer *writer, uint32_t lane_index, uint32_t slot, struct writer_move move) {
    struct lane *lane = &writer->lanes[lane_index];
    post_move(lane, MESSAGE_TAKE_OVER, slot, move);
    lane->owed--;
}

void writer_left(struct writer *writer, uint32_t lane_index) {
    writer->lanes[lane_index].owed--;
}

static void wake(struct writer *writer) {
    uint64_t one = 1;
    if (!atomic_exchange(&writer->woken, true))
        (void)!write(writer->wake_fd, &one, sizeof one);
}

void writer_flush(struct writer *writer, uint32_t lane_index) {
    struct lane *lane = &writer->lanes[lane_index];
    if (lane->fed)
        wake(writer);
    lane->fed = false;
}

static bool lane_init(struct lane *lane, const struct writer_config *config) {
    lane->blocks = calloc(BLOCKS, sizeof *lane->blocks);
    lane->files = calloc(config->slots, sizeof *lane->files);
    return lane->blocks && lane->files && ring_init(&lane->messages, LANE_BYTES) &&
           ring_init(&lane->returned, BLOCKS * sizeof(uint32_t));
}

struct writer *writer_create(const struct writer_config *config) {
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->config = *config;
    writer->wake_fd = eventfd(0, EFD_CLOEXEC);
    writer->lanes = calloc(config->lanes, sizeof *writer->lanes);
    writer->between = calloc((size_t)config->places * RECORDERS_MAX, sizeof *writer->between);
    bool ok = writer->wake_fd >= 0 && writer->lanes && writer->between &&
              outbox_init(&writer->outbox, 4096, true);
    for (uint32_t i = 0; ok && i < config->lanes; i++)
        ok = lane_init(&writer->lanes[i], config);
    writer->running = ok && pthread_create(&writer->thread, NULL, run, writer) == 0;
    if (writer->running)
        return writer;
    writer_destroy(writer);
    return NULL;
}

void writer_stop(struct writer *writer) {
    uint64_t one = 1;
    if (!writer->running)
        return;
    atomic_store(&writer->stopping, true);
    (void)!write(writer->wake_fd, &one, sizeof one);
    pthread_join(writer->thread, NULL);
    writer->running = false;
}

void writer_destroy(struct writer *writer) {
    writer_stop(writer);
    for (uint32_t i = 0; writer->lanes && i < writer->config.lanes; i++) {
        struct lane *lane = &writer->lanes[i];
        ring_destroy(&lane->messages);
        ring_destroy(&lane->returned);
        free(lane->blocks);
        free(lane->files);
    }
    if (writer->wake_fd >= 0)
        close(writer->wake_fd);
    outbox_destroy(&writer->outbox);
    free(writer->lanes);
    free(writer->between);
    free(writer);
}
