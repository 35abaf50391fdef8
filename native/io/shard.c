#define _GNU_SOURCE
#include "../core/bytes.h"
#include "../core/player_queue.h"
#include "codecs.h"
#include "io_state.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    EPOLL_EVENTS = 256,
    /* Endpoints from which on the thread wakes once a millisecond for all packets. */
    BATCHED_FROM = 32,
    STOP_TURNS_MAX = 5000,
    STOPPING_TURN_MS = 5,
    EFFORT_FIRST = 5,
    NICENESS = -10,
};

static const uint64_t wake_tag = UINT64_MAX;

void shard_call(struct shard *shard) {
    uint64_t one = 1;
    if (atomic_exchange(&shard->woken, true))
        return; /* it will look, after this */
    while (write(shard->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

static void open_endpoint(struct shard *shard, const struct record *record) {
    uint32_t id = record_u32(record, 1);
    struct sockets sockets = {
        .rtp = (int)record_u32(record, 2), .rtcp = (int)record_u32(record, 3), .endpoint_id = id};
    plane_open(shard->plane, id, shard->now_ms);
    shard_watch(shard, &sockets);
}

static void run_command(struct shard *shard, const struct record *record) {
    switch ((uint32_t)record->type) {
    case RECORD_OPEN:
        open_endpoint(shard, record);
        break;
    case RECORD_OPEN_MIXER:
        shard->mixer_ids[record_u32(record, 1) & 0xFFFF] = record_u32(record, 1);
        plane_open_mixer(shard->plane, record_u32(record, 1), shard->now_ms);
        break;
    case RECORD_MOVE:
        shard_depart(shard, record_u32(record, 0), record_u32(record, 1));
        break;
    default:
        plane_commands(shard->plane, record->data, record->bytes, shard->now_ms);
    }
}

/* Those that are there now. */
static void run_inbox(struct shard *shard) {
    uint8_t *bytes = shard->command;
    for (size_t left = ring_waiting(&shard->inbox); left > 0;) {
        uint32_t offset = 0;
        struct record record;
        ring_peek(&shard->inbox, bytes, RECORD_HEADER_BYTES);
        uint32_t length = read_le16(bytes);
        ring_peek(&shard->inbox, bytes, length);
        ring_drop(&shard->inbox, length);
        left -= length;
        if (record_next(&record, bytes, length, &offset))
            run_command(shard, &record);
    }
    if (atomic_exchange(&shard->starving, false))
        io_announce(shard->io);
}

/* Arrivals are taken first and looked at last: commands that the control thread gave here before it
 * let a leg go are in the inbox by then. */
static void run_called(struct shard *shard) {
    struct transit *arrivals =
        atomic_exchange_explicit(&shard->arrivals, NULL, memory_order_acquire);
    shard->called = false;
    run_inbox(shard);
    if (arrivals) {
        plane_tick(shard->plane, shard->now_ms);
        shard_take_arrivals(shard, arrivals);
    }
}

static void publish(struct shard *shard) {
    struct plane_counts counts;
    plane_counts(shard->plane, &counts);
    atomic_store_explicit(&shard->counts[0], counts.packets_received, memory_order_relaxed);
    atomic_store_explicit(&shard->counts[1], counts.packets_sent, memory_order_relaxed);
    atomic_store_explicit(&shard->counts[2], counts.packets_dropped, memory_order_relaxed);
    atomic_store_explicit(&shard->counts[3], counts.recorder_overruns, memory_order_relaxed);
    writer_flush(shard->io->writer, shard->index);
    if (outbox_flush(&shard->outbox))
        io_announce(shard->io);
}

static void sleep_to_next_ms(const struct shard *shard) {
    uint64_t at_ns = shard->io->start_ns + (io_now_ns(shard->io) / 1000000 + 1) * 1000000;
    struct timespec at = {(time_t)(at_ns / 1000000000u), (long)(at_ns % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* Sleeps to the next millisecond when many packets are due in it anyway; else until one comes. */
static int wait_timeout_ms(struct shard *shard, uint64_t due_ms) {
    int most_ms = atomic_load_explicit(&shard->stopping, memory_order_relaxed) ? STOPPING_TURN_MS
                  : outbox_kept(&shard->outbox) > 0                            ? 1
                                                                               : -1;
    if (due_ms == UINT64_MAX)
        return most_ms;
    if (shard->endpoints_here >= BATCHED_FROM) {
        sleep_to_next_ms(shard);
        return 0;
    }
    uint64_t now_ns = io_now_ns(shard->io), due_ns = due_ms * 1000000;
    int due_in_ms = due_ns > now_ns ? (int)((due_ns - now_ns + 999999) / 1000000) : 0;
    return most_ms >= 0 && most_ms < due_in_ms ? most_ms : due_in_ms;
}

static void take_packets(struct shard *shard, uint64_t due_ms) {
    struct epoll_event events[EPOLL_EVENTS];
    int timeout_ms = wait_timeout_ms(shard, due_ms), count;
    do {
        count = epoll_wait(shard->epoll_fd, events, EPOLL_EVENTS, timeout_ms);
        shard->now_ms = io_now_ns(shard->io) / 1000000;
        timeout_ms = 0;
        for (int i = 0; i < count; i++) {
            uint64_t tag = events[i].data.u64, unused;
            if (tag != wake_tag) {
                packets_receive(shard, (uint32_t)(tag >> 1), (tag & 1) != 0);
            } else if (read(shard->wake_fd, &unused, sizeof unused) > 0) {
                atomic_exchange(&shard->woken, false); /* before looking for what it is about */
                shard->called = true;
            }
        }
    } while (count == EPOLL_EVENTS && shard->now_ms < due_ms);
}

/* The control thread does not read events: what would cause more of them waits outside. */
static bool is_clogged(struct shard *shard) {
    return outbox_kept(&shard->outbox) > KEPT_EVENTS_BYTES &&
           !atomic_load_explicit(&shard->stopping, memory_order_relaxed);
}

static uint64_t thread_cpu_ns(void) {
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static void turn(struct shard *shard) {
    uint64_t due_ms = plane_next_due_ms(shard->plane);
    load_expect(&shard->load, due_ms);
    if (is_clogged(shard)) {
        sleep_to_next_ms(shard);
    } else {
        take_packets(shard, due_ms);
        if (shard->called)
            run_called(shard);
    }
    uint64_t now_ns = io_now_ns(shard->io);
    shard->now_ms = now_ns / 1000000;
    if (due_ms <= shard->now_ms)
        load_note(&shard->load, due_ms, now_ns);
    if (load_is_due(&shard->load, now_ns))
        plane_set_effort(shard->plane, load_judge(&shard->load, thread_cpu_ns(), now_ns));
    plane_tick(shard->plane, shard->now_ms);
    publish(shard);
}

static void close_one(struct shard *shard, enum record_type type, uint32_t id) {
    uint32_t fields[] = {0, id};
    uint8_t record[RECORD_HEADER_BYTES + sizeof fields];
    record_write(record, type, 0, fields, 2);
    if (id)
        plane_commands(shard->plane, record, sizeof record, shard->now_ms);
}

static void close_all(struct shard *shard) {
    run_inbox(shard);
    for (uint32_t place = 0; place < shard->io->places_count; place++)
        close_one(shard, COMMAND_CLOSE, shard->sockets[place].endpoint_id);
    for (uint32_t place = 0; place < shard->io->mixers_max; place++)
        close_one(shard, COMMAND_CLOSE_MIXER, shard->mixer_ids[place]);
    for (uint32_t i = 0; i < STOP_TURNS_MAX; i++) { /* until the writer has taken everything */
        plane_tick(shard->plane, shard->now_ms);
        publish(shard);
        if (plane_next_due_ms(shard->plane) == UINT64_MAX)
            break;
        usleep(1000);
    }
}

/* Who works little and must never wait goes first, where the process may say so (CAP_SYS_NICE or
 * RLIMIT_NICE); without that it waits its turn like all others. On Linux it is of the thread alone.
 */
static void go_first(void) {
    if (getpriority(PRIO_PROCESS, 0) > NICENESS)
        (void)setpriority(PRIO_PROCESS, 0, NICENESS);
}

/* Legs on their way must arrive somewhere first. The control thread has let go of no further one
 * since `stopping` was set. */
static void *run(void *context) {
    struct shard *shard = context;
    prctl(PR_SET_NAME, "dialplane-media");
    prctl(PR_SET_TIMERSLACK, 1000);
    go_first();
    while (!atomic_load(&shard->stopping) || atomic_load(&shard->io->moving) > 0)
        turn(shard);
    close_all(shard);
    return NULL;
}

static struct plane_config plane_config(const struct shard *shard, uint64_t wall_ms) {
    uint32_t places = shard->io->places_count, mixers = shard->io->mixers_max;
    struct plane_config config = {
        .endpoints_max = places,
        .players_max = (places + mixers) * PLAYER_QUEUE_MAX,
        .recorders_max = (places + mixers) * 2,
        .streams_max = places,
        .taps_max = places * 2,
        .detectors_max = places,
        .mixers_max = mixers,
        .codecs = codecs,
        .crypto = &shard->io->crypto,
        .states_max = {[CODEC_G722] = places + mixers, [CODEC_OPUS] = places + mixers},
        .epoch_ms = wall_ms - shard->now_ms,
        .host = shard_host,
    };
    config.host.context = (void *)(uintptr_t)shard;
    return config;
}

bool shard_start(struct shard *shard, struct io *io, uint32_t index) {
    uint32_t places = io->places_count;
    shard->io = io;
    shard->index = index;
    shard->now_ms = io_now_ns(io) / 1000000;
    load_expect(&shard->load, UINT64_MAX);
    shard->load.effort = EFFORT_FIRST;
    struct plane_config config = plane_config(shard, io->epoch_ms + shard->now_ms);
    shard->plane_bytes = plane_size(&config);
    /* Pages become resident as endpoints are used. */
    void *memory = mmap(
        NULL, shard->plane_bytes, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    shard->plane = plane_init(memory, &config, shard->now_ms);
    shard->sockets = calloc(places, sizeof *shard->sockets);
    shard->mixer_ids = calloc(io->mixers_max, sizeof *shard->mixer_ids);
    shard->command = malloc(COMMAND_BYTES_MAX);
    shard->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    shard->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    size_t kept_bytes = 2 * KEPT_EVENTS_BYTES + (size_t)places * KEPT_EVENTS_PLACE_BYTES;
    if (!shard->sockets || !shard->mixer_ids || !shard->command || shard->epoll_fd < 0 ||
        shard->wake_fd < 0 || !packets_init(shard) ||
        !places_init(&shard->mixer_places, io->mixers_max, 1, MIXER_GENERATIONS) ||
        !ring_init(&shard->inbox, INBOX_BYTES) || !outbox_init(&shard->outbox, kept_bytes, false))
        return false;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = wake_tag};
    epoll_ctl(shard->epoll_fd, EPOLL_CTL_ADD, shard->wake_fd, &event);
    shard->running = pthread_create(&shard->thread, NULL, run, shard) == 0;
    return shard->running;
}

void shard_request_stop(struct shard *shard) {
    if (!shard->running)
        return;
    atomic_store(&shard->stopping, true);
    shard_call(shard);
}

void shard_join(struct shard *shard) {
    if (shard->running)
        pthread_join(shard->thread, NULL);
    shard->running = false;
}

void shard_destroy(struct shard *shard) {
    if (!shard->io)
        return;
    if (shard->plane)
        munmap(shard->plane, shard->plane_bytes);
    if (shard->epoll_fd > 0)
        close(shard->epoll_fd);
    if (shard->wake_fd > 0)
        close(shard->wake_fd);
    free(shard->sockets);
    free(shard->mixer_ids);
    free(shard->packets);
    free(shard->command);
    free(shard->overflow.bytes);
    places_destroy(&shard->mixer_places);
    ring_destroy(&shard->inbox);
    outbox_destroy(&shard->outbox);
}
