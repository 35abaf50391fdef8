#define _GNU_SOURCE
#include "../core/bytes.h"
#include "io_state.h"
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the plane of a shard asks of it: each takes the shard as its context. */

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
        uint32_t id = read_le32(record + RECORD_HEADER_BYTES);
        struct sockets *sockets = &shard->sockets[id & 0xFFFF];
        close(sockets->rtp); /* which also takes it out of the epoll set */
        close(sockets->rtcp);
        sockets->endpoint_id = 0;
        shard->endpoints_here--;
    }
    if (record[2] == EVENT_MIXER_CLOSED)
        shard->mixer_ids[read_le32(record + RECORD_HEADER_BYTES) & 0xFFFF] = 0;
    outbox_put(&shard->outbox, record, bytes);
}

static bool host_prompt_acquire(void *context, uint32_t prompt_id, struct prompt *prompt) {
    return prompts_acquire(&((struct shard *)context)->io->prompts, prompt_id, prompt);
}

static void host_prompt_release(void *context, uint32_t prompt_id) {
    prompts_release(&((struct shard *)context)->io->prompts, prompt_id);
}

static bool host_recording_open(void *context, const struct recording *recording) {
    struct shard *shard = context;
    return writer_open(shard->io->writer, shard->index, recording);
}

static bool
host_recording_write(void *context, uint32_t slot, const int16_t *samples, uint32_t count) {
    struct shard *shard = context;
    return writer_write(shard->io->writer, shard->index, slot, samples, count);
}

static bool host_recording_end(void *context, uint32_t slot, uint8_t reason, uint32_t frames) {
    struct shard *shard = context;
    return writer_end(shard->io->writer, shard->index, slot, reason, frames);
}

const struct plane_host shard_host = {
    .send = host_send,
    .event = host_event,
    .prompt_acquire = host_prompt_acquire,
    .prompt_release = host_prompt_release,
    .recording_open = host_recording_open,
    .recording_write = host_recording_write,
    .recording_end = host_recording_end,
};

void shard_tell(struct shard *shard, uint32_t type, const uint32_t *fields, uint32_t count) {
    uint8_t record[RECORD_HEADER_BYTES + 4 * 4];
    outbox_put(
        &shard->outbox, record, record_write(record, (enum record_type)type, 0, fields, count));
}

static void watch(struct shard *shard, int fd, uint64_t tag) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
    epoll_ctl(shard->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

void shard_watch(struct shard *shard, const struct sockets *sockets) {
    shard->sockets[sockets->endpoint_id & 0xFFFF] = *sockets;
    shard->endpoints_here++;
    watch(shard, sockets->rtp, (uint64_t)sockets->endpoint_id << 1);
    watch(shard, sockets->rtcp, (uint64_t)sockets->endpoint_id << 1 | 1);
}

void shard_unwatch(struct shard *shard, const struct sockets *sockets) {
    epoll_ctl(shard->epoll_fd, EPOLL_CTL_DEL, sockets->rtp, NULL);
    epoll_ctl(shard->epoll_fd, EPOLL_CTL_DEL, sockets->rtcp, NULL);
    shard->sockets[sockets->endpoint_id & 0xFFFF].endpoint_id = 0;
    shard->endpoints_here--;
}
