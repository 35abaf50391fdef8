#define _GNU_SOURCE
#include "codecs.h"
#include "../core/bytes.h"
#include "io_state.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EPOLL_EVENTS = 256,
    BATCHED_FROM =
        32, /* endpoints: from here on the thread wakes once a millisecond for all packets */
    STOP_TURNS_MAX = 5000,
};

static const uint64_t wake_tag = UINT64_MAX;

/* Hosts of the plane: each takes the shard as its context. */

static void host_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    struct shard *shard = context;
    const struct sockets *sockets = &shard->sockets[endpoint_id & 0xFFFF];
    int fd = rtcp ? sockets->rtcp : sockets->rtp;
    if (to->family == 4) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(to->port)};
        memcpy(&address.sin_addr, to->ip, 4);
        sendto(fd, packet, bytes, MSG_DONTWAIT, (struct sockaddr *)&address, sizeof address);
    } else if (to->family == 6) {
        struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(to->port)};
        memcpy(&address.sin6_addr, to->ip, 16);
        sendto(fd, packet, bytes, MSG_DONTWAIT, (struct sockaddr *)&address, sizeof address);
    }
}

static void host_event(void *context, const uint8_t *record, uint32_t bytes) {
    struct shard *shard = context;
    if (record[2] == EVENT_CLOSED) {
        struct record closed = {.data = record, .bytes = bytes};
        uint32_t id = record_u32(&closed, 0);
        struct sockets *sockets = &shard->sockets[id & 0xFFFF];
        close(sockets->rtp); /* which also takes it out of the epoll set */
        close(sockets->rtcp);
        sockets->endpoint_id = 0;
        shard_release(shard, id);
    }
    if (record[2] == EVENT_MIXER_CLOSED)
        shard_release_mixer(shard, read_le32(record + RECORD_HEADER_BYTES));
    buffer_append(&shard->local_events, record, bytes);
}

static bool host_prompt_acquire(void *context, uint32_t prompt_id, struct prompt *prompt) {
    return prompts_acquire(&((struct shard *)context)->io->prompts, prompt_id, prompt);
}

static void host_prompt_release(void *context, uint32_t prompt_id) {
    prompts_release(&((struct shard *)context)->io->prompts, prompt_id);
}

static uint32_t recording_index(const struct shard *shard, uint32_t slot) {
    return shard->index * shard->io->places_per_shard + slot;
}

static bool host_recording_open(void *context, const struct recording *recording) {
    struct shard *shard = context;
    return writer_open(shard->io->writer, recording_index(shard, recording->slot), recording);
}

static bool
host_recording_write(void *context, uint32_t slot, const int16_t *samples, uint32_t count) {
    struct shard *shard = context;
    return writer_write(shard->io->writer, recording_index(shard, slot), samples, count);
}

static bool host_recording_end(void *context, uint32_t slot, uint8_t reason, uint32_t frames) {
    struct shard *shard = context;
    return writer_end(shard->io->writer, recording_index(shard, slot), reason, frames);
}

static void wake(struct shard *shard) {
    uint64_t one = 1;
    while (write(shard->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

void shard_post(struct shard *shard, const uint8_t *record, uint32_t bytes) {
    pthread_mutex_lock(&shard->lock);
    bool was_empty = shard->inbox.count == 0;
    buffer_append(&shard->inbox, record, bytes);
    pthread_mutex_unlock(&shard->lock);
    if (was_empty)
        wake(shard);
}

static uint32_t reserve(struct shard *shard, struct places *places) {
    pthread_mutex_lock(&shard->lock);
    uint32_t id = places_take(places);
    pthread_mutex_unlock(&shard->lock);
    return id ? shard->index << 26 | id : 0;
}

static void release(struct shard *shard, struct places *places, uint32_t id) {
    pthread_mutex_lock(&shard->lock);
    places_give_back(places, id);
    pthread_mutex_unlock(&shard->lock);
}

uint32_t shard_reserve(struct shard *shard) {
    uint32_t id = reserve(shard, &shard->endpoint_places);
    if (id) {
        atomic_fetch_add(&shard->endpoints, 1);
        atomic_fetch_add(&shard->io->endpoints, 1);
    }
    return id;
}

void shard_release(struct shard *shard, uint32_t endpoint_id) {
    release(shard, &shard->endpoint_places, endpoint_id);
    atomic_fetch_sub(&shard->endpoints, 1);
    atomic_fetch_sub(&shard->io->endpoints, 1);
}

uint32_t shard_reserve_mixer(struct shard *shard) {
    return reserve(shard, &shard->mixer_places);
}

void shard_release_mixer(struct shard *shard, uint32_t mixer_id) {
    release(shard, &shard->mixer_places, mixer_id);
}

static void watch(struct shard *shard, int fd, uint64_t tag) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
    epoll_ctl(shard->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void open_endpoint(struct shard *shard, const struct record *record) {
    uint32_t id = record_u32(record, 1);
    struct sockets *sockets = &shard->sockets[id & 0xFFFF];
    *sockets = (struct sockets){(int)record_u32(record, 2), (int)record_u32(record, 3), id};
    plane_open(shard->plane, id, shard->now_ms);
    watch(shard, sockets->rtp, (uint64_t)id << 1);
    watch(shard, sockets->rtcp, (uint64_t)id << 1 | 1);
}

static void run_commands(struct shard *shard) {
    pthread_mutex_lock(&shard->lock);
    struct buffer taken = shard->inbox;
    shard->inbox = shard->taken;
    pthread_mutex_unlock(&shard->lock);
    struct record record;
    for (uint32_t offset = 0; record_next(&record, taken.bytes, (uint32_t)taken.count, &offset);) {
        if (record.type == (uint8_t)RECORD_OPEN)
            open_endpoint(shard, &record);
        else if (record.type == (uint8_t)RECORD_OPEN_MIXER)
            plane_open_mixer(shard->plane, record_u32(&record, 1), shard->now_ms);
        else
            plane_commands(shard->plane, record.data, record.bytes, shard->now_ms);
    }
    taken.count = 0;
    shard->taken = taken;
}

static struct address address_of(const struct sockaddr_storage *from) {
    struct address address = {0};
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        address.family = 4;
        address.port = ntohs(v4->sin_port);
        memcpy(address.ip, &v4->sin_addr, 4);
    } else {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        address.family = 6;
        address.port = ntohs(v6->sin6_port);
        memcpy(address.ip, &v6->sin6_addr, 16);
    }
    return address;
}

static void receive(struct shard *shard, uint64_t tag) {
    uint32_t id = (uint32_t)(tag >> 1);
    bool rtcp = (tag & 1) != 0;
    const struct sockets *sockets = &shard->sockets[id & 0xFFFF];
    uint8_t packet[2048];
    struct sockaddr_storage from;
    socklen_t from_bytes = sizeof from;
    if (sockets->endpoint_id != id)
        return;
    ssize_t bytes = recvfrom(
        rtcp ? sockets->rtcp : sockets->rtp, packet, sizeof packet, MSG_DONTWAIT,
        (struct sockaddr *)&from, &from_bytes);
    if (bytes < 0)
        return;
    struct address address = address_of(&from);
    plane_receive(shard->plane, id, rtcp, &address, packet, (uint32_t)bytes, shard->now_ms);
}

static void note_lateness(struct shard *shard, uint64_t due_ms, uint64_t now_ns) {
    static const uint64_t limits_ms[IO_LATENESS_BUCKETS - 1] = {1, 2, 5, 10, 20, 50};
    uint64_t late_ns = now_ns > due_ms * 1000000 ? now_ns - due_ms * 1000000 : 0;
    uint32_t bucket = 0;
    while (bucket < IO_LATENESS_BUCKETS - 1 && late_ns > limits_ms[bucket] * 1000000)
        bucket++;
    atomic_fetch_add_explicit(&shard->lateness[bucket], 1, memory_order_relaxed);
}

static void publish(struct shard *shard) {
    struct plane_counts counts;
    plane_counts(shard->plane, &counts);
    atomic_store_explicit(&shard->counts[0], counts.packets_received, memory_order_relaxed);
    atomic_store_explicit(&shard->counts[1], counts.packets_sent, memory_order_relaxed);
    atomic_store_explicit(&shard->counts[2], counts.packets_dropped, memory_order_relaxed);
    atomic_store_explicit(&shard->counts[3], counts.recorder_overruns, memory_order_relaxed);
    if (shard->local_events.count > 0)
        io_emit(shard->io, shard->local_events.bytes, shard->local_events.count);
    shard->local_events.count = 0;
}

/* Sleeps to the next millisecond when many packets are due in it anyway; else until one comes. */
static int wait_timeout_ms(struct shard *shard, uint64_t due_ms) {
    uint64_t now_ns = io_now_ns(shard->io);
    if (due_ms == UINT64_MAX)
        return -1;
    if (atomic_load_explicit(&shard->endpoints, memory_order_relaxed) >= BATCHED_FROM) {
        uint64_t at_ns = shard->io->start_ns + (now_ns / 1000000 + 1) * 1000000;
        struct timespec at = {(time_t)(at_ns / 1000000000u), (long)(at_ns % 1000000000u)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        return 0;
    }
    uint64_t due_ns = due_ms * 1000000;
    return due_ns > now_ns ? (int)((due_ns - now_ns + 999999) / 1000000) : 0;
}

static void turn(struct shard *shard) {
    uint64_t due_ms = plane_next_due_ms(shard->plane);
    int timeout_ms = wait_timeout_ms(shard, due_ms);
    struct epoll_event events[EPOLL_EVENTS];
    int count;
    bool woken = false;
    do {
        count = epoll_wait(shard->epoll_fd, events, EPOLL_EVENTS, timeout_ms);
        shard->now_ms = io_now_ns(shard->io) / 1000000;
        timeout_ms = 0;
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == wake_tag)
                woken = true;
            else
                receive(shard, events[i].data.u64);
        }
    } while (count == EPOLL_EVENTS && shard->now_ms < due_ms);
    if (woken) {
        uint64_t unused;
        if (read(shard->wake_fd, &unused, sizeof unused) > 0)
            run_commands(shard);
    }
    uint64_t now_ns = io_now_ns(shard->io);
    shard->now_ms = now_ns / 1000000;
    if (due_ms <= shard->now_ms)
        note_lateness(shard, due_ms, now_ns);
    plane_tick(shard->plane, shard->now_ms);
    publish(shard);
}

static void close_all(struct shard *shard) {
    run_commands(shard);
    for (uint32_t place = 0; place < shard->io->places_per_shard; place++) {
        uint32_t id = shard->sockets[place].endpoint_id;
        uint32_t fields[] = {0, id};
        uint8_t record[RECORD_HEADER_BYTES + sizeof fields];
        record_write(record, COMMAND_CLOSE, 0, fields, 2);
        if (id)
            plane_commands(shard->plane, record, sizeof record, shard->now_ms);
    }
    struct plane_counts counts;
    for (uint32_t i = 0; i < STOP_TURNS_MAX; i++) { /* until the writer has taken everything */
        plane_tick(shard->plane, shard->now_ms);
        plane_counts(shard->plane, &counts);
        if (counts.recorders_free == shard->io->places_per_shard)
            break;
        usleep(1000);
    }
    publish(shard);
}

static void *run(void *context) {
    struct shard *shard = context;
    prctl(PR_SET_NAME, "dialplane-media");
    prctl(PR_SET_TIMERSLACK, 1000);
    while (!atomic_load(&shard->stopping))
        turn(shard);
    close_all(shard);
    return NULL;
}

static uint64_t wall_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

bool shard_start(struct shard *shard, struct io *io, uint32_t index) {
    uint32_t places = io->places_per_shard;
    shard->io = io;
    shard->index = index;
    pthread_mutex_init(&shard->lock, NULL);
    shard->now_ms = io_now_ns(io) / 1000000;
    struct plane_config config = {
        .endpoints_max = places,
        .players_max = places * 4 + 64,
        .recorders_max = places,
        .streams_max = places,
        .taps_max = places * 2,
        .mixers_max = places < MIXERS_MAX ? places : MIXERS_MAX,
        .codecs = codecs,
        .states_max = {[CODEC_G722] = places, [CODEC_OPUS] = places},
        .epoch_ms = wall_ms() - shard->now_ms,
        .host =
            {shard, host_send, host_event, host_prompt_acquire, host_prompt_release,
             host_recording_open, host_recording_write, host_recording_end},
    };
    shard->plane_bytes = plane_size(&config);
    /* Pages become resident as endpoints are used. */
    void *memory = mmap(
        NULL, shard->plane_bytes, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    shard->sockets = calloc(places, sizeof *shard->sockets);
    bool reserved = places_init(&shard->endpoint_places, places) &&
                    places_init(&shard->mixer_places, config.mixers_max);
    shard->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    shard->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (memory == MAP_FAILED || !shard->sockets || !reserved || shard->epoll_fd < 0 || shard->wake_fd < 0)
        return false;
    shard->plane = plane_init(memory, &config, shard->now_ms);
    watch(shard, shard->wake_fd, wake_tag);
    shard->running = pthread_create(&shard->thread, NULL, run, shard) == 0;
    return shard->running;
}

void shard_stop(struct shard *shard) {
    if (!shard->running)
        return;
    atomic_store(&shard->stopping, true);
    wake(shard);
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
    places_destroy(&shard->endpoint_places);
    places_destroy(&shard->mixer_places);
    free(shard->inbox.bytes);
    free(shard->taken.bytes);
    free(shard->local_events.bytes);
    pthread_mutex_destroy(&shard->lock);
}
