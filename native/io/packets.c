#define _GNU_SOURCE
#include "io_state.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Of one socket before the others have their turn: a burst of one leg waits in the kernel. */
enum { PACKETS_AT_ONCE = 8, PACKET_BYTES = 2048, BURST_WITHIN_MS = 5 };

struct packets {
    struct mmsghdr headers[PACKETS_AT_ONCE];
    struct iovec vectors[PACKETS_AT_ONCE];
    struct sockaddr_storage from[PACKETS_AT_ONCE];
    uint8_t bytes[PACKETS_AT_ONCE][PACKET_BYTES];
};

bool packets_init(struct shard *shard) {
    struct packets *packets = calloc(1, sizeof *packets);
    for (uint32_t i = 0; packets && i < PACKETS_AT_ONCE; i++) {
        packets->vectors[i] = (struct iovec){packets->bytes[i], PACKET_BYTES};
        packets->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &packets->from[i],
            .msg_namelen = sizeof packets->from[i],
            .msg_iov = &packets->vectors[i],
            .msg_iovlen = 1,
        };
    }
    shard->packets = packets;
    return packets != NULL;
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

/* Takes up to PACKETS_AT_ONCE or one: asking for a second one that is not there costs half as much
 * as a packet, and so does the list of messages. Returns how many came. */
static int take(struct packets *packets, int fd, bool several) {
    if (several)
        return recvmmsg(fd, packets->headers, PACKETS_AT_ONCE, MSG_DONTWAIT, NULL);
    struct msghdr *header = &packets->headers[0].msg_hdr;
    ssize_t bytes = recvfrom(
        fd, packets->bytes[0], PACKET_BYTES, MSG_DONTWAIT, header->msg_name, &header->msg_namelen);
    packets->headers[0].msg_len = (unsigned)bytes;
    return bytes >= 0;
}

void packets_receive(struct shard *shard, uint32_t endpoint_id, bool rtcp) {
    struct sockets *sockets = &shard->sockets[endpoint_id & 0xFFFF];
    struct packets *packets = shard->packets;
    if (sockets->endpoint_id != endpoint_id)
        return;
    int fd = rtcp ? sockets->rtcp : sockets->rtp;
    /* A stream that comes evenly is asked for one. */
    bool bursts = shard->now_ms - sockets->received_ms < BURST_WITHIN_MS;
    int count = take(packets, fd, bursts);
    sockets->received_ms = shard->now_ms;
    for (int i = 0; i < count; i++) {
        struct address address = address_of(&packets->from[i]);
        packets->headers[i].msg_hdr.msg_namelen = sizeof packets->from[i];
        plane_receive(
            shard->plane, endpoint_id, rtcp, &address, packets->bytes[i],
            packets->headers[i].msg_len, shard->now_ms);
    }
}
