#define _GNU_SOURCE
#include "io_state.h"
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_TRIES = 4096 };

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

/* RTP even, RTCP the odd port above (RFC 3550 §11). */
const char *sockets_bind(struct io *io, const char *text, struct sockets *sockets, uint32_t *port) {
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
