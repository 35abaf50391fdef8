#define _GNU_SOURCE
#include "io_state.h"
#include "../core/bytes.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_BYTES_MAX = 64 << 20, PORT_TRIES = 4096 };

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

static uint64_t clock_ns(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t io_now_ns(const struct io *io) {
    return clock_ns(CLOCK_MONOTONIC) - io->start_ns;
}

void io_emit(struct io *io, const uint8_t *records, size_t bytes) {
    pthread_mutex_lock(&io->events_lock);
    bool was_empty = io->events.count == 0;
    if (io->events.count < EVENTS_BYTES_MAX)
        buffer_append(&io->events, records, bytes);
    pthread_mutex_unlock(&io->events_lock);
    if (was_empty)
        io->config.wake(io->config.wake_context);
}

size_t io_pending(struct io *io) {
    pthread_mutex_lock(&io->events_lock);
    size_t bytes = io->events.count;
    pthread_mutex_unlock(&io->events_lock);
    return bytes;
}

size_t io_drain(struct io *io, uint8_t *dst, size_t room) {
    pthread_mutex_lock(&io->events_lock);
    size_t bytes = 0;
    while (bytes + RECORD_HEADER_BYTES <= io->events.count) {
        size_t length = read_le16(io->events.bytes + bytes);
        if (bytes + length > room)
            break;
        bytes += length;
    }
    memcpy(dst, io->events.bytes ? io->events.bytes : dst, bytes);
    memmove(io->events.bytes, io->events.bytes + bytes, io->events.count - bytes);
    io->events.count -= bytes;
    pthread_mutex_unlock(&io->events_lock);
    return bytes;
}

struct io *io_create(const struct io_config *config) {
    if (config->shards == 0 || config->shards > IO_SHARDS_MAX || config->endpoints_max == 0 ||
        config->port_min > config->port_max || config->port_max > 65535)
        return NULL;
    struct io *io = calloc(1, sizeof *io);
    if (!io)
        return NULL;
    io->config = *config;
    io->places_per_shard =
        config->endpoints_max < PLANE_ENDPOINTS_MAX ? config->endpoints_max : PLANE_ENDPOINTS_MAX;
    io->start_ns = clock_ns(CLOCK_MONOTONIC) - 1000000000u;
    pthread_mutex_init(&io->events_lock, NULL);
    pthread_mutex_init(&io->prompts.lock, NULL);
    uint32_t pairs = (config->port_max - config->port_min + 1) / 2;
    io->next_port = pairs ? (uint32_t)(clock_ns(CLOCK_REALTIME) / 1000 % pairs) : 0;
    io->writer = writer_create(io, config->shards * io->places_per_shard);
    io->shards = calloc(config->shards, sizeof *io->shards);
    bool ok = io->writer && io->shards;
    for (uint32_t i = 0; ok && i < config->shards; i++)
        ok = shard_start(&io->shards[i], io, i);
    if (ok)
        return io;
    io_stop(io);
    io_destroy(io);
    return NULL;
}

void io_stop(struct io *io) {
    if (io->stopped)
        return;
    io->stopped = true;
    for (uint32_t i = 0; io->shards && i < io->config.shards; i++)
        shard_stop(&io->shards[i]);
    if (io->writer)
        writer_destroy(io->writer);
    io->writer = NULL;
}

void io_destroy(struct io *io) {
    io_stop(io);
    for (uint32_t i = 0; io->shards && i < io->config.shards; i++)
        shard_destroy(&io->shards[i]);
    free(io->shards);
    prompts_destroy(&io->prompts);
    pthread_mutex_destroy(&io->events_lock);
    free(io->events.bytes);
    free(io);
}

static bool parse_address(const char *text, struct sockaddr_storage *address, socklen_t *bytes) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        *bytes = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        *bytes = sizeof *v6;
        return true;
    }
    return false;
}

static int bind_port(const struct sockaddr_storage *address, socklen_t bytes, uint32_t port) {
    struct sockaddr_storage local = *address;
    int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (address->ss_family == AF_INET)
        ((struct sockaddr_in *)&local)->sin_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in6 *)&local)->sin6_port = htons((uint16_t)port);
    int tos = 0xB8; /* expedited forwarding (RFC 3246) */
    if (address->ss_family == AF_INET)
        setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
    if (bind(fd, (struct sockaddr *)&local, bytes) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Binds the next pair that is free: RTP even, RTCP the odd port above (RFC 3550 §11). */
static const char *
bind_pair(struct io *io, const char *text, struct sockets *sockets, uint32_t *port) {
    struct sockaddr_storage address;
    socklen_t bytes;
    if (!parse_address(text, &address, &bytes))
        return "the bind address is not an IP address";
    uint32_t first = (io->config.port_min + 1) & ~1u;
    uint32_t pairs = io->config.port_max > first ? (io->config.port_max + 1 - first) / 2 : 0;
    uint32_t tries = pairs < PORT_TRIES ? pairs : PORT_TRIES;
    for (uint32_t i = 0; i < tries; i++) {
        *port = first + 2 * (io->next_port++ % pairs);
        sockets->rtp = bind_port(&address, bytes, *port);
        if (sockets->rtp < 0 && (errno == EADDRNOTAVAIL || errno == EMFILE || errno == ENFILE))
            return errno == EADDRNOTAVAIL ? "the bind address is not one of this machine"
                                          : "too many open files";
        if (sockets->rtp < 0)
            continue;
        sockets->rtcp = bind_port(&address, bytes, *port + 1);
        if (sockets->rtcp >= 0)
            return NULL;
        close(sockets->rtp);
    }
    return "no media port is free";
}

static struct shard *choose_shard(struct io *io, uint32_t near_id) {
    if (near_id)
        return (near_id >> 26) < io->config.shards ? &io->shards[near_id >> 26] : NULL;
    struct shard *best = &io->shards[0];
    for (uint32_t i = 1; i < io->config.shards; i++) {
        if (atomic_load(&io->shards[i].endpoints) < atomic_load(&best->endpoints))
            best = &io->shards[i];
    }
    return best;
}

const char *
io_open(struct io *io, const char *address, uint32_t near_id, struct io_opened *opened) {
    struct shard *shard = choose_shard(io, near_id);
    if (io->stopped || !shard)
        return io->stopped ? "the media plane is closed" : "unknown endpoint";
    if (atomic_load(&io->endpoints) >= io->config.endpoints_max)
        return "every endpoint is in use";
    uint32_t id = shard_reserve(shard);
    if (id == 0)
        return "every endpoint of this shard is in use";
    struct sockets sockets;
    uint32_t port;
    const char *error = bind_pair(io, address, &sockets, &port);
    if (error) {
        shard_release(shard, id);
        return error;
    }
    uint32_t fields[] = {0, id, (uint32_t)sockets.rtp, (uint32_t)sockets.rtcp};
    uint8_t record[RECORD_HEADER_BYTES + sizeof fields];
    record_write(record, (enum record_type)RECORD_OPEN, 0, fields, 4);
    shard_post(shard, record, sizeof record);
    *opened = (struct io_opened){id, port, port + 1};
    return NULL;
}

uint32_t io_open_mixer(struct io *io, uint32_t near_id) {
    struct shard *shard = choose_shard(io, near_id);
    uint32_t id = io->stopped || !shard ? 0 : shard_reserve_mixer(shard);
    uint32_t fields[] = {0, id};
    uint8_t record[RECORD_HEADER_BYTES + sizeof fields];
    record_write(record, (enum record_type)RECORD_OPEN_MIXER, 0, fields, 2);
    if (id)
        shard_post(shard, record, sizeof record);
    return id;
}

void io_submit(struct io *io, const uint8_t *batch, uint32_t bytes) {
    struct record record;
    for (uint32_t offset = 0; record_next(&record, batch, bytes, &offset);) {
        uint32_t index = record_u32(&record, 1) >> 26;
        if (index < io->config.shards && record.type < EVENT_ACK && !io->stopped) {
            shard_post(&io->shards[index], record.data, record.bytes);
            continue;
        }
        uint32_t fields[] = {record_u32(&record, 0), STATUS_UNKNOWN_ENDPOINT};
        uint8_t ack[RECORD_HEADER_BYTES + sizeof fields];
        io_emit(io, ack, record_write(ack, EVENT_ACK, 0, fields, 2));
    }
}

void io_stats(struct io *io, struct io_stats *stats) {
    memset(stats, 0, sizeof *stats);
    stats->endpoints = atomic_load(&io->endpoints);
    pthread_mutex_lock(&io->prompts.lock);
    stats->prompts = io->prompts.count;
    pthread_mutex_unlock(&io->prompts.lock);
    for (uint32_t i = 0; i < io->config.shards; i++) {
        struct shard *shard = &io->shards[i];
        stats->packets_received += atomic_load(&shard->counts[0]);
        stats->packets_sent += atomic_load(&shard->counts[1]);
        stats->packets_dropped += atomic_load(&shard->counts[2]);
        stats->recorder_overruns += atomic_load(&shard->counts[3]);
        for (uint32_t j = 0; j < IO_LATENESS_BUCKETS; j++)
            stats->lateness[j] += atomic_load(&shard->lateness[j]);
    }
}
