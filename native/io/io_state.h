#ifndef DIALPLANE_IO_STATE_H
#define DIALPLANE_IO_STATE_H
/* The bodies behind io.h, for its own files only. */
#include "../core/plane.h"
#include "../core/records.h"
#include "io.h"
#include <pthread.h>
#include <stdatomic.h>

enum {
    RECORD_OPEN = RECORD_SHELL, /* token endpoint rtpSocket rtcpSocket */
    RECORD_OPEN_MIXER,          /* token mixer */
    PATH_BYTES_MAX = 800,
    LOCAL_EVENTS_BYTES = 65536,
    BLOCK_SAMPLES = 2048,
    BLOCKS = 512,
    WRITER_QUEUE = 2048,
    PROMPT_BUCKETS = 1024,
    MIXERS_MAX = 16384, /* of a shard */
};

/* A growable run of bytes; a caller that must not allocate uses it within its capacity. */
struct buffer {
    uint8_t *bytes;
    size_t count, capacity;
};
bool buffer_append(struct buffer *buffer, const void *bytes, size_t count);

/* Numbered places and their ids: a place is taken again only under another id. Not locked. */
struct places {
    uint32_t count, fresh, free_count;
    uint16_t *free;
    uint16_t *generations;
};
bool places_init(struct places *places, uint32_t count);
void places_destroy(struct places *places);
/* generation << 16 | place; 0: all are taken. */
uint32_t places_take(struct places *places);
void places_give_back(struct places *places, uint32_t id);

struct sockets {
    int rtp, rtcp;
    uint32_t endpoint_id;
};

struct shard {
    struct io *io;
    uint32_t index;
    pthread_t thread;
    bool running;
    int epoll_fd, wake_fd;
    struct plane *plane;
    size_t plane_bytes;
    struct sockets *sockets; /* by place in the plane */
    uint64_t now_ms;
    struct buffer local_events; /* of the turn under way */
    /* under `lock` */
    pthread_mutex_t lock;
    struct buffer inbox;
    struct buffer taken; /* swapped with the inbox by the thread, outside the lock */
    struct places endpoint_places, mixer_places;
    /* written by the thread, read by the control thread */
    atomic_uint endpoints;
    atomic_bool stopping;
    atomic_ullong counts[4]; /* received, sent, dropped, overruns */
    atomic_ullong lateness[IO_LATENESS_BUCKETS];
};

struct prompt_entry {
    struct prompt_entry *next;
    uint32_t id;
    uint32_t references;
    uint32_t count, rate_hz;
    int16_t samples[];
};

struct prompts {
    pthread_mutex_t lock;
    struct prompt_entry *buckets[PROMPT_BUCKETS];
    uint32_t next_id;
    uint32_t count;
};

struct writer;

struct io {
    struct io_config config;
    uint32_t places_per_shard;
    uint32_t next_port;
    atomic_uint endpoints;
    uint64_t start_ns;
    struct shard *shards;
    struct prompts prompts;
    struct writer *writer;
    pthread_mutex_t events_lock;
    struct buffer events;
    size_t events_taken;
    bool stopped;
};

uint64_t io_now_ns(const struct io *io);
/* Appends records for the control thread and wakes it when it has none yet. */
void io_emit(struct io *io, const uint8_t *records, size_t bytes);

bool shard_start(struct shard *shard, struct io *io, uint32_t index);
void shard_stop(struct shard *shard);
void shard_destroy(struct shard *shard);
void shard_post(struct shard *shard, const uint8_t *record, uint32_t bytes);
/* A place for an endpoint and its id; 0: none is free. */
uint32_t shard_reserve(struct shard *shard);
void shard_release(struct shard *shard, uint32_t endpoint_id);
uint32_t shard_reserve_mixer(struct shard *shard);
void shard_release_mixer(struct shard *shard, uint32_t mixer_id);

bool prompts_acquire(struct prompts *prompts, uint32_t id, struct prompt *prompt);
void prompts_release(struct prompts *prompts, uint32_t id);
void prompts_destroy(struct prompts *prompts);

struct writer *writer_create(struct io *io, uint32_t recordings_max);
void writer_destroy(struct writer *writer); /* after all recordings have ended */
bool writer_open(struct writer *writer, uint32_t index, const struct recording *recording);
bool writer_write(struct writer *writer, uint32_t index, const int16_t *samples, uint32_t count);
bool writer_end(struct writer *writer, uint32_t index, uint8_t reason, uint32_t frames);

#endif
