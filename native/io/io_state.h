#ifndef DIALPLANE_IO_STATE_H
#define DIALPLANE_IO_STATE_H
/*
 * The bodies behind io.h, for its own files only. Who may touch what is said at each part; what
 * crosses threads does so in one of four ways: a ring (one producer, one consumer), a list of legs
 * in transit (any producer, taken whole), a word of a prompt, or an atomic that is only a figure.
 */
#include "../core/plane.h"
#include "../core/plane_move.h"
#include "../core/records.h"
#include "../core/srtp.h"
#include "ciphers.h"
#include "io.h"
#include "load.h"
#include "outbox.h"
#include "places.h"
#include "prompts.h"
#include "writer.h"
#include <pthread.h>

enum {
    RECORD_OPEN = RECORD_SHELL, /* token endpoint rtpSocket rtcpSocket */
    RECORD_OPEN_MIXER,          /* token mixer */
    RECORD_MOVE,                /* token endpoint: goes as its transit says */
    /* from a shard to the control thread */
    RECORD_MOVED,      /* endpoint shard position: what that shard told before comes first */
    RECORD_MOVE_ENDED, /* endpoint shard: where it is now */

    COMMAND_BYTES_MAX = 1 << 16,
    INBOX_BYTES = 1 << 18,
    KEPT_EVENTS_BYTES = 1 << 19,    /* from here on a shard takes no commands and no packets */
    KEPT_EVENTS_PLACE_BYTES = 1024, /* what objects of a leg may still tell then */
    OVERFLOW_BYTES_MAX = 8 << 20,
    MIXERS_MAX = 16384, /* of a shard */
    MIXER_GENERATIONS = 1023,
    TRANSIT_COMMAND_BYTES = 32,
};

/* A run of bytes of the control thread. */
struct buffer {
    uint8_t *bytes;
    size_t count, capacity;
};
bool buffer_append(struct buffer *buffer, const void *bytes, size_t count);

struct sockets {
    int rtp, rtcp;
    uint32_t endpoint_id; /* 0: none */
    uint64_t received_ms; /* when either last had something */
};

/* A leg on its way to another shard, and the command that it goes for. Written by the control
 * thread while the leg rests, then by the one thread that has it: the record in the inbox and the
 * lists of arrivals hand it on, RECORD_MOVE_ENDED gives it back. */
struct transit {
    struct transit *next;
    enum { TRANSIT_ARRIVES, TRANSIT_TAKEN, TRANSIT_REFUSED } stage;
    uint32_t from, to; /* shards */
    struct plane_move move;
    uint32_t number; /* of its moves so far */
    struct sockets sockets;
    uint32_t told; /* the lower half of what `from` had told of it, and all before */
    uint32_t command_bytes;
    uint8_t command[TRANSIT_COMMAND_BYTES];
};

struct shard {
    struct io *io;
    uint32_t index;
    pthread_t thread;
    bool running;
    int epoll_fd, wake_fd;
    /* of the thread */
    struct plane *plane;
    size_t plane_bytes;
    struct sockets *sockets; /* by place */
    uint32_t *mixer_ids;     /* by place; 0: none */
    struct packets *packets; /* room for those of one socket */
    uint8_t *command;        /* room for one */
    uint64_t now_ms;
    bool called; /* there may be commands or arrivals */
    uint32_t endpoints_here;
    struct load load;
    /* between threads */
    struct ring inbox;                  /* from the control thread */
    struct outbox outbox;               /* to the control thread */
    _Atomic(struct transit *) arrivals; /* from any shard; the last one first */
    atomic_bool woken; /* set after something was sent, cleared before it is looked for */
    atomic_bool
        starving; /* set while the control thread keeps commands, cleared when there is room */
    atomic_bool stopping;
    atomic_ullong counts[4]; /* received, sent, dropped, overruns */
    /* of the control thread */
    struct buffer overflow; /* commands for which the inbox had no room */
    struct places mixer_places;
    uint32_t endpoints; /* that live here, or are on their way from here */
};

/* What the control thread knows of a place. */
struct leg {
    uint32_t companion_id; /* whom it goes to be bridged with; 0: nobody */
    uint8_t shard;
    bool moving; /* it, or the leg that goes to be bridged with it */
    bool held;   /* commands wait for it */
};

struct io {
    struct io_config config;
    uint32_t places_count, mixers_max;
    uint64_t start_ns, epoch_ms; /* time 0 on the monotonic clock, and on the wall */
    struct shard *shards;
    struct prompts prompts;
    struct ciphers *ciphers;
    struct crypto crypto;
    struct writer *writer;
    struct transit *transits; /* by place */
    atomic_bool announced;    /* set when there are events, cleared before they are read */
    atomic_uint moving;       /* legs between a RECORD_MOVE in an inbox and its end */
    atomic_bool joined;       /* all threads have ended */
    /* of the control thread */
    bool closed;
    uint32_t next_port;
    uint64_t called; /* shards that have something new, one bit each */
    struct places endpoint_places;
    uint64_t moves; /* that have come about */
    uint32_t next_drained;
    struct leg *legs;   /* by place */
    struct buffer held; /* commands that wait for a leg on its way */
    bool unheld;        /* they may go on */
    struct buffer own_events;
};

uint64_t io_now_ns(const struct io *io);
struct shard *io_mixer_shard(struct io *io, uint32_t mixer_id); /* NULL: there is no such mixer */
/* For any thread: tells the control thread that there are events. */
void io_announce(struct io *io);

/* control thread (submit.c) */
/* Goes on with what had to wait. */
void submit_waiting(struct io *io);
void submit_move_ended(struct io *io, uint32_t endpoint_id, uint32_t shard);
/* False: its queue is full. */
bool submit_post(struct io *io, uint32_t shard, const uint8_t *record, uint32_t bytes);
/* Wakes whom something was posted. */
void submit_call(struct io *io);
/* Closes what never reached a shard; all threads have ended. */
void submit_abandon(struct io *io);

/* Binds the next pair that is free (sockets.c). NULL, or why not. */
const char *
sockets_bind(struct io *io, const char *address, struct sockets *sockets, uint32_t *port);

bool shard_start(struct shard *shard, struct io *io, uint32_t index);
void shard_request_stop(struct shard *shard);
void shard_join(struct shard *shard);
void shard_destroy(struct shard *shard);
/* For any thread. */
void shard_call(struct shard *shard);
void shard_arrive(struct shard *shard, struct transit *transit);

/* shard thread */
extern const struct plane_host shard_host; /* without a context */
void shard_watch(struct shard *shard, const struct sockets *sockets);
void shard_unwatch(struct shard *shard, const struct sockets *sockets);
void shard_depart(struct shard *shard, uint32_t token, uint32_t endpoint_id);
void shard_take_arrivals(struct shard *shard, struct transit *arrivals);
void shard_tell(struct shard *shard, uint32_t type, const uint32_t *fields, uint32_t count);
bool packets_init(struct shard *shard);
void packets_receive(struct shard *shard, uint32_t endpoint_id, bool rtcp);

#endif
