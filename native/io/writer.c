#define _GNU_SOURCE
#include "../core/bytes.h"
#include "io_state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/*
 * One thread that writes every recording. Media threads hand it blocks from a fixed pool through a
 * bounded queue and never wait; when either is full they keep the audio and try again.
 */
enum { WAV_HEADER_BYTES = 44, BYTES_PER_SAMPLE = 2, FILES_ENDING = 256 };

enum message_type { MESSAGE_OPEN, MESSAGE_WRITE, MESSAGE_END };

struct message {
    enum message_type type;
    struct recording_file *file;
    uint32_t count; /* samples, or frames to keep */
    uint8_t reason;
    struct block *block;
};

struct block {
    struct block *next;
    int16_t samples[BLOCK_SAMPLES];
};

/* Belongs to a slot of a plane from open to end, and to the queue until its end is written. */
struct recording_file {
    struct recording_file *next;
    int fd; /* -1: failed */
    uint32_t recorder_id, endpoint_id, channels, rate_hz;
    uint32_t samples; /* written */
    uint64_t corrected_ns;
    char path[PATH_BYTES_MAX + 1];
};

struct writer {
    struct io *io;
    pthread_t thread;
    struct recording_file *files;
    struct recording_file **files_of_slots; /* each entry is touched by one media thread only */
    struct block *blocks;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    /* under `lock` */
    struct block *free_blocks;
    struct recording_file *free_files;
    uint32_t fresh_files, files_max;
    struct message queue[WRITER_QUEUE];
    uint32_t head, tail;
    bool stopping;
};

static void write_header(uint8_t *dst, uint32_t channels, uint32_t rate_hz, uint32_t samples) {
    uint32_t bytes = samples * BYTES_PER_SAMPLE;
    memcpy(dst, "RIFF", 4);
    write_le32(dst + 4, bytes + WAV_HEADER_BYTES - 8);
    memcpy(dst + 8, "WAVEfmt ", 8);
    write_le32(dst + 16, 16);
    write_le16(dst + 20, 1); /* PCM */
    write_le16(dst + 22, (uint16_t)channels);
    write_le32(dst + 24, rate_hz);
    write_le32(dst + 28, rate_hz * channels * BYTES_PER_SAMPLE);
    write_le16(dst + 32, (uint16_t)(channels * BYTES_PER_SAMPLE));
    write_le16(dst + 34, 8 * BYTES_PER_SAMPLE);
    memcpy(dst + 36, "data", 4);
    write_le32(dst + 40, bytes);
}

static void raise_ended(
    struct writer *writer, const struct recording_file *file, uint8_t reason, uint32_t frames) {
    uint32_t fields[] = {file->endpoint_id, file->recorder_id, frames / (file->rate_hz / 1000)};
    uint8_t record[RECORD_HEADER_BYTES + sizeof fields];
    io_emit(writer->io, record, record_write(record, EVENT_RECORDER_ENDED, reason, fields, 3));
}

static bool write_all(int fd, const void *bytes, size_t count, off_t offset) {
    const uint8_t *at = bytes;
    while (count > 0) {
        ssize_t written = pwrite(fd, at, count, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        offset += written;
        count -= (size_t)written;
    }
    return true;
}

static bool correct_header(struct writer *writer, struct recording_file *file) {
    uint8_t header[WAV_HEADER_BYTES];
    write_header(header, file->channels, file->rate_hz, file->samples);
    file->corrected_ns = io_now_ns(writer->io);
    return write_all(file->fd, header, sizeof header, 0);
}

static void fail(struct writer *writer, struct recording_file *file) {
    uint32_t frames = file->samples / file->channels;
    if (file->fd >= 0) {
        correct_header(writer, file);
        close(file->fd);
    }
    file->fd = -1;
    raise_ended(writer, file, RECORDER_FAILED, frames);
}

static void open_file(struct writer *writer, struct recording_file *file) {
    file->fd = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file->fd < 0 || !correct_header(writer, file))
        fail(writer, file);
}

static void write_block(
    struct writer *writer, struct recording_file *file, const struct block *block, uint32_t count) {
    off_t offset = WAV_HEADER_BYTES + (off_t)file->samples * BYTES_PER_SAMPLE;
    if (file->fd < 0)
        return;
    if (!write_all(file->fd, block->samples, count * BYTES_PER_SAMPLE, offset)) {
        fail(writer, file);
        return;
    }
    file->samples += count;
    if (io_now_ns(writer->io) - file->corrected_ns >= 1000000000u)
        correct_header(writer, file);
}

static void
end_file(struct writer *writer, struct recording_file *file, uint8_t reason, uint32_t frames) {
    if (file->fd < 0)
        return;
    uint32_t samples = frames * file->channels;
    file->samples = samples < file->samples ? samples : file->samples;
    bool ok = ftruncate(file->fd, WAV_HEADER_BYTES + (off_t)file->samples * BYTES_PER_SAMPLE) == 0;
    ok = correct_header(writer, file) && ok;
    ok = close(file->fd) == 0 && ok;
    file->fd = -1;
    raise_ended(writer, file, ok ? reason : RECORDER_FAILED, file->samples / file->channels);
}

static bool take(struct writer *writer, struct message *message) {
    pthread_mutex_lock(&writer->lock);
    while (writer->head == writer->tail && !writer->stopping)
        pthread_cond_wait(&writer->filled, &writer->lock);
    bool any = writer->head != writer->tail;
    if (any)
        *message = writer->queue[writer->tail++ % WRITER_QUEUE];
    pthread_mutex_unlock(&writer->lock);
    return any;
}

static void *run(void *context) {
    struct writer *writer = context;
    struct message message;
    prctl(PR_SET_NAME, "dialplane-write");
    while (take(writer, &message)) {
        struct recording_file *file = message.file;
        switch (message.type) {
        case MESSAGE_OPEN:
            open_file(writer, file);
            break;
        case MESSAGE_WRITE:
            write_block(writer, file, message.block, message.count);
            pthread_mutex_lock(&writer->lock);
            message.block->next = writer->free_blocks;
            writer->free_blocks = message.block;
            pthread_mutex_unlock(&writer->lock);
            break;
        case MESSAGE_END:
            end_file(writer, file, message.reason, message.count);
            pthread_mutex_lock(&writer->lock);
            file->next = writer->free_files;
            writer->free_files = file;
            pthread_mutex_unlock(&writer->lock);
            break;
        }
    }
    return NULL;
}

/* Under `lock`. */
static bool push(struct writer *writer, const struct message *message) {
    if (writer->head - writer->tail == WRITER_QUEUE)
        return false;
    writer->queue[writer->head++ % WRITER_QUEUE] = *message;
    pthread_cond_signal(&writer->filled);
    return true;
}

/* Under `lock`. */
static struct recording_file *take_file(struct writer *writer) {
    struct recording_file *file = writer->free_files;
    if (file)
        writer->free_files = file->next;
    else if (writer->fresh_files < writer->files_max)
        file = &writer->files[writer->fresh_files++];
    return file;
}

bool writer_open(struct writer *writer, uint32_t index, const struct recording *recording) {
    if (recording->path_bytes > PATH_BYTES_MAX || memchr(recording->path, 0, recording->path_bytes))
        return false;
    pthread_mutex_lock(&writer->lock);
    bool room = writer->head - writer->tail < WRITER_QUEUE;
    struct recording_file *file = room ? take_file(writer) : NULL;
    if (file) {
        memcpy(file->path, recording->path, recording->path_bytes);
        file->path[recording->path_bytes] = 0;
        file->recorder_id = recording->recorder_id;
        file->endpoint_id = recording->endpoint_id;
        file->channels = recording->channels;
    file->rate_hz = recording->rate_hz;
        file->samples = 0;
        writer->files_of_slots[index] = file;
        push(writer, &(struct message){.type = MESSAGE_OPEN, .file = file});
    }
    pthread_mutex_unlock(&writer->lock);
    return file != NULL;
}

bool writer_write(struct writer *writer, uint32_t index, const int16_t *samples, uint32_t count) {
    pthread_mutex_lock(&writer->lock);
    struct block *block = writer->free_blocks;
    bool room = block && writer->head - writer->tail < WRITER_QUEUE;
    if (room)
        writer->free_blocks = block->next;
    pthread_mutex_unlock(&writer->lock);
    if (!room)
        return false;
    memcpy(block->samples, samples, count * sizeof *samples);
    struct message message = {

        .type = MESSAGE_WRITE,
        .file = writer->files_of_slots[index],
        .count = count,
        .block = block};
    pthread_mutex_lock(&writer->lock);
    bool pushed = push(writer, &message);
    if (!pushed) {
        block->next = writer->free_blocks;
        writer->free_blocks = block;
    }
    pthread_mutex_unlock(&writer->lock);
    return pushed;
}

bool writer_end(struct writer *writer, uint32_t index, uint8_t reason, uint32_t frames) {
    struct message message = {
        .type = MESSAGE_END,
        .file = writer->files_of_slots[index],
        .count = frames,
        .reason = reason};
    pthread_mutex_lock(&writer->lock);
    bool pushed = push(writer, &message);
    pthread_mutex_unlock(&writer->lock);
    return pushed;
}

struct writer *writer_create(struct io *io, uint32_t recordings_max) {
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->io = io;
    writer->files_max = recordings_max + FILES_ENDING;
    writer->files = calloc(writer->files_max, sizeof *writer->files);
    writer->files_of_slots = calloc(recordings_max, sizeof *writer->files_of_slots);
    writer->blocks = calloc(BLOCKS, sizeof *writer->blocks);
    for (uint32_t i = 0; writer->blocks && i < BLOCKS; i++) {
        writer->blocks[i].next = writer->free_blocks;
        writer->free_blocks = &writer->blocks[i];
    }
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->filled, NULL);
    if (writer->files && writer->files_of_slots && writer->blocks &&
        pthread_create(&writer->thread, NULL, run, writer) == 0)
        return writer;
    free(writer->files);
    free(writer->files_of_slots);
    free(writer->blocks);
    free(writer);
    return NULL;
}

void writer_destroy(struct writer *writer) {
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->filled);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->filled);
    free(writer->files);
    free(writer->files_of_slots);
    free(writer->blocks);
    free(writer);
}
