/*
 * The floor that the media plane is measured against: an epoll process that receives each packet on
 * a socket of its own leg and sends one back, and does nothing else. echo <first-port> <count>
 * binds count even ports from first-port on 127.0.0.1 On SIGTERM it prints the CPU seconds that it
 * used, and how many packets it echoed.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { EVENTS = 256, PACKET_BYTES = 2048 };

static volatile sig_atomic_t stopping;

static void stop(int signal) {
    (void)signal;
    stopping = 1;
}

static int open_leg(int epoll_fd, uint16_t port) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return -1;
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static uint64_t echo(int fd) {
    uint8_t packet[PACKET_BYTES];
    struct sockaddr_in from;
    socklen_t from_bytes = sizeof from;
    ssize_t bytes = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &from_bytes);
    if (bytes < 0)
        return 0;
    sendto(fd, packet, (size_t)bytes, 0, (struct sockaddr *)&from, from_bytes);
    return 1;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: echo <first-port> <count>\n");
        return 2;
    }
    int first = atoi(arguments[1]), legs = atoi(arguments[2]);
    int epoll_fd = epoll_create1(0);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    for (int i = 0; i < legs; i++) {
        if (open_leg(epoll_fd, (uint16_t)(first + 2 * i)) < 0) {
            perror("echo: bind");
            return 1;
        }
    }
    printf("ready\n");
    fflush(stdout);
    uint64_t packets = 0;
    while (!stopping) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < ready; i++)
            packets += echo(events[i].data.fd);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"cpuSeconds\": %.6f, \"packets\": %llu}\n", cpu_s, (unsigned long long)packets);
    return 0;
}
