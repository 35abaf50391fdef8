#ifndef DIALPLANE_IO_H
#define DIALPLANE_IO_H
/*
 * The native shell of the media plane (Linux): one thread and one plane per shard, which own their
 * sockets; a writer thread for recordings; prompts. Commands and events are batches of records
 * (core/records.h). Every function here is for one thread at a time, the control thread, but
 * io_stop; none blocks on the media.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IO_SHARDS_MAX = 63, IO_LATENESS_BUCKETS = 7 };

struct io;

struct io_config {
    uint32_t port_min;
    uint32_t port_max;
    uint32_t shards;
    uint32_t endpoints_max;
    /* Called from any thread when the event queue stops being empty. */
    void (*wake)(void *context);
    void *wake_context;
};

struct io_opened {
    uint32_t endpoint_id;
    uint32_t rtp_port;
    uint32_t rtcp_port;
};

struct io_stats {
    uint32_t endpoints;
    uint32_t prompts;
    uint64_t packets_received;
    uint64_t packets_sent;
    uint64_t packets_dropped;
    uint64_t recorder_overruns;
    uint64_t lateness[IO_LATENESS_BUCKETS]; /* at most 1, 2, 5, 10, 20, 50 ms, and more */
    uint64_t moves;                         /* of legs from one shard to another */
    uint64_t audio_lost;  /* frames of live audio that the control thread was too slow for */
    uint64_t events_lost; /* others: never, unless a bound is wrong */
};

/* NULL: out of memory or threads, or a value out of range. */
struct io *io_create(const struct io_config *config);
/* Takes no more commands. */
void io_close(struct io *io);
/* Closes every endpoint, finishes recordings, joins the threads. Events can be drained meanwhile
 * and afterwards. After io_close, any thread may call it. */
void io_stop(struct io *io);
void io_destroy(struct io *io);

/* Returns NULL, or why not. `near_id` is a hint: the endpoint or mixer that it will be with; 0:
 * none. Where a command brings two of different shards together, one moves. */
const char *io_open(struct io *io, const char *address, uint32_t near_id, struct io_opened *opened);
void io_submit(struct io *io, const uint8_t *batch, uint32_t bytes);
/* Moves up to `room` bytes of whole records to `dst`; returns how many. */
size_t io_drain(struct io *io, uint8_t *dst, size_t room);

/* A mixer on the shard of `near_id` (an endpoint or a mixer), or where most is free; 0: none is. */
uint32_t io_open_mixer(struct io *io, uint32_t near_id);

/* Copies the samples; 0: out of memory. */
uint32_t io_load_prompt(struct io *io, const int16_t *samples, uint32_t count, uint32_t rate_hz);
void io_release_prompt(struct io *io, uint32_t prompt_id);
void io_stats(struct io *io, struct io_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
