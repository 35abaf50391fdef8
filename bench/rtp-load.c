/* A caller's media, many times over: one socket per leg, one RTP packet each 20 ms, spread over the
 * 20 ms; counts what comes back and how evenly.
 *
 *   rtp-load <first local port> <legs> <seconds> [<payload type>:<ticks per packet>:<file>]...
 *
 * Binds the even ports from the first on, prints "bound", reads a line per leg from standard input:
 * its remote port (all on 127.0.0.1) and perhaps which of the files it says, from 0 on; else it
 * says PCMU silence. A file is payloads, each after its length in two bytes, little-endian. Runs,
 * and prints one line of JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    LEGS_MAX = 4096,
    HEADER_BYTES = 12,
    PAYLOAD_BYTES_MAX = 1400,
    PTIME_MS = 20,
    LATE_SLOTS = 7,
    STREAMS_MAX = 16,
    PAYLOADS_MAX = 2000,
};

/* What a leg says, over and over. */
struct stream {
    int payload_type, ticks, count;
    struct {
        uint8_t bytes[PAYLOAD_BYTES_MAX];
        int length;
    } * payloads;
};

static struct stream streams[STREAMS_MAX + 1]; /* the first is silence */

struct leg {
    int fd;
    const struct stream *stream;
    uint16_t seq;
    uint32_t timestamp;
    uint64_t sent, received, gaps;
    int have_seq;
    uint16_t last_seq;
    /* Offset of the stream's schedule: the smallest arrival minus its nominal time so far [ns]. */
    int64_t base_ns;
    uint32_t first_timestamp;
};

static struct leg legs[LEGS_MAX];
static const double late_limits_ms[LATE_SLOTS - 1] = {1, 2, 5, 10, 20, 50};
static uint64_t late_counts[LATE_SLOTS];

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "rtp-load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int bind_socket(int port) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("bind");
    return fd;
}

static void send_packet(struct leg *leg, uint32_t ssrc) {
    uint8_t packet[HEADER_BYTES + PAYLOAD_BYTES_MAX];
    const struct stream *stream = leg->stream;
    const int number = (int)(leg->sent % (uint64_t)stream->count);
    const int length = stream->payloads[number].length;
    memcpy(packet + HEADER_BYTES, stream->payloads[number].bytes, (size_t)length);
    packet[0] = 0x80;
    packet[1] = (uint8_t)stream->payload_type;
    const uint16_t seq = htons(leg->seq++);
    const uint32_t timestamp = htonl(leg->timestamp), source = htonl(ssrc);
    memcpy(packet + 2, &seq, 2);
    memcpy(packet + 4, &timestamp, 4);
    memcpy(packet + 8, &source, 4);
    leg->timestamp += (uint32_t)stream->ticks;
    if (send(leg->fd, packet, (size_t)(HEADER_BYTES + length), 0) > 0)
        leg->sent++;
}

/* Lateness of one packet against the schedule of its own stream. */
static void count_arrival(struct leg *leg, const uint8_t *packet, int64_t at_ns) {
    uint16_t seq;
    uint32_t timestamp;
    memcpy(&seq, packet + 2, 2);
    memcpy(&timestamp, packet + 4, 4);
    seq = ntohs(seq);
    timestamp = ntohl(timestamp);
    leg->received++;
    if (!leg->have_seq) {
        leg->have_seq = 1;
        leg->first_timestamp = timestamp;
        leg->base_ns = at_ns;
    } else if ((uint16_t)(seq - leg->last_seq) != 1) {
        leg->gaps++;
    }
    leg->last_seq = seq;
    const int64_t nominal_ns = (int64_t)(int32_t)(timestamp - leg->first_timestamp) *
                               (PTIME_MS * 1000000 / leg->stream->ticks);
    if (at_ns - nominal_ns < leg->base_ns)
        leg->base_ns = at_ns - nominal_ns;
    const double late_ms = (double)(at_ns - nominal_ns - leg->base_ns) / 1e6;
    int slot = 0;
    while (slot < LATE_SLOTS - 1 && late_ms > late_limits_ms[slot])
        slot++;
    late_counts[slot]++;
}

/* When the kernel took the packet in: our own wake-ups do not count as its lateness. */
static int64_t arrival_ns(struct msghdr *message) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        struct timespec at;
        memcpy(&at, CMSG_DATA(part), sizeof at);
        return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
    }
    return 0;
}

static void receive_all(struct leg *leg) {
    uint8_t packet[1500], control[128];
    struct iovec data = {.iov_base = packet, .iov_len = sizeof packet};
    for (;;) {
        struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t bytes = recvmsg(leg->fd, &message, 0);
        if (bytes <= 0)
            return;
        if (bytes >= 12 && packet[0] >> 6 == 2)
            count_arrival(leg, packet, arrival_ns(&message));
    }
}

/* Sleeps by the clock and never in epoll: a process that waits for packets would be woken by each,
 * at the expense of the one that sends them, and that would be counted as a cost of the server. */
static void run(int count, int seconds, int poll_fd) {
    const int64_t start_ns = now_ns(), end_ns = start_ns + (int64_t)seconds * 1000000000;
    const int64_t step_ns = (int64_t)PTIME_MS * 1000000 / count;
    int64_t next_ns = start_ns;
    for (int64_t turn = 0; next_ns < end_ns;) {
        for (int64_t at = now_ns(); next_ns <= at && next_ns < end_ns; next_ns += step_ns, turn++) {
            send_packet(&legs[turn % count], (uint32_t)(turn % count) + 1);
        }
        struct epoll_event events[256];
        int ready;
        do {
            ready = epoll_wait(poll_fd, events, 256, 0);
            for (int index = 0; index < ready; index++)
                receive_all(&legs[events[index].data.u32]);
        } while (ready == 256);
        const struct timespec pause = {.tv_nsec = 500000};
        nanosleep(&pause, NULL);
    }
}

static void report(int count, int seconds) {
    uint64_t sent = 0, received = 0, gaps = 0;
    for (int index = 0; index < count; index++) {
        sent += legs[index].sent;
        received += legs[index].received;
        gaps += legs[index].gaps;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf(
        "{\"legs\":%d,\"seconds\":%d,\"sent\":%llu,\"received\":%llu,\"gaps\":%llu,\"lateCounts\":"
        "[",
        count, seconds, (unsigned long long)sent, (unsigned long long)received,
        (unsigned long long)gaps);
    for (int slot = 0; slot < LATE_SLOTS; slot++) {
        printf("%s%llu", slot ? "," : "", (unsigned long long)late_counts[slot]);
    }
    printf("]}\n");
}

static void make_silence(struct stream *stream) {
    *stream = (struct stream){.ticks = 160, .count = 1};
    stream->payloads = calloc(1, sizeof *stream->payloads);
    if (!stream->payloads)
        die("memory");
    stream->payloads[0].length = 160;
    memset(stream->payloads[0].bytes, 0xff, 160);
}

static void read_stream(struct stream *stream, const char *text) {
    char path[256];
    if (sscanf(text, "%d:%d:%255s", &stream->payload_type, &stream->ticks, path) != 3)
        die("a stream is payload type:ticks:file");
    FILE *file = fopen(path, "rb");
    stream->payloads = calloc(PAYLOADS_MAX, sizeof *stream->payloads);
    if (!file || !stream->payloads)
        die(path);
    uint8_t length[2];
    while (stream->count < PAYLOADS_MAX && fread(length, 1, 2, file) == 2) {
        const int bytes = length[0] | length[1] << 8;
        if (bytes > PAYLOAD_BYTES_MAX ||
            fread(stream->payloads[stream->count].bytes, 1, (size_t)bytes, file) != (size_t)bytes)
            die("the file is cut off");
        stream->payloads[stream->count++].length = bytes;
    }
    fclose(file);
    if (stream->count == 0)
        die("the file is empty");
}

int main(int argc, char **argv) {
    if (argc < 4 || argc > 4 + STREAMS_MAX) {
        fprintf(stderr, "usage: rtp-load <first local port> <legs> <seconds> [<stream>]...\n");
        return 2;
    }
    make_silence(&streams[0]);
    for (int index = 4; index < argc; index++)
        read_stream(&streams[index - 3], argv[index]);
    const int first = atoi(argv[1]), count = atoi(argv[2]), seconds = atoi(argv[3]);
    if (count < 1 || count > LEGS_MAX)
        return 2;
    const int poll_fd = epoll_create1(0);
    for (int index = 0; index < count; index++) {
        legs[index].fd = bind_socket(first + 2 * index);
        struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = (uint32_t)index}};
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, legs[index].fd, &event) != 0)
            die("epoll_ctl");
    }
    puts("bound");
    fflush(stdout);
    for (int index = 0; index < count; index++) {
        int port, said = -1;
        char line[64];
        if (!fgets(line, sizeof line, stdin) || sscanf(line, "%d %d", &port, &said) < 1 ||
            said > argc - 5)
            return 2;
        legs[index].stream = &streams[said + 1];
        struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        remote.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(legs[index].fd, (struct sockaddr *)&remote, sizeof remote) != 0)
            die("connect");
        receive_all(&legs[index]);
        memset(
            (char *)&legs[index] + offsetof(struct leg, seq), 0,
            sizeof legs[index] - offsetof(struct leg, seq));
    }
    memset(late_counts, 0, sizeof late_counts);
    run(count, seconds, poll_fd);
    report(count, seconds);
    return 0;
}
