/*
 * Random commands for the native shell: legs open, move between shards by joins and bridges while
 * they play, record and are listened to, and close; packets come by UDP. At the end everything that
 * began must have ended, once. Meant for ThreadSanitizer. Arguments: seconds (5), seed (1), and
 * anything (stops in the midst of it).
 */
#define _DEFAULT_SOURCE
#include "../core/bytes.h"
#include "../core/records.h"
#include "../io/io.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    SHARDS = 3,
    LEGS = 40,
    MIXERS = 6,
    PLACES = 1 << 16,
    TOKENS = 1 << 22,
    BATCH_BYTES = 1 << 20,
    STREAM_BYTES = 1600,
    WAIT_MS = 20000,
    HOARD = 70, /* taps: two such legs do not fit into one shard */
    HOARD_ID = 0xFFFFFF,
};

struct leg {
    uint32_t id, port;
    uint32_t player, recorder, tap, stream; /* the latest */
};

static struct leg legs[LEGS];
static uint32_t mixers[MIXERS], prompt;
static uint32_t open_id[PLACES]; /* by place: whose events may come */
static uint32_t audio_ms[PLACES][2];
static uint8_t
    command_of[TOKENS]; /* by token, round and round: its type until it is acknowledged */
static uint8_t batch[BATCH_BYTES];
static uint32_t batch_bytes, token, next_id;
static uint64_t state;
static struct io *io;
static atomic_uint wakes;
static struct {
    uint32_t opened, closed, mixers_opened, mixers_closed, acks, refused, players, players_ended;
    uint32_t recorders, recorders_ended, audio, bridges, joins, moves, sent, wrong;
} counts;

static void on_wake(void *context) {
    (void)context;
    atomic_fetch_add(&wakes, 1);
}

static uint32_t random_below(uint32_t limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}

static void wrong(const char *what, uint32_t id) {
    if (counts.wrong++ < 10)
        printf("wrong: %s (%08x)\n", what, id);
}

static void flush(void) {
    io_submit(io, batch, batch_bytes);
    batch_bytes = 0;
}

/* fields[0] becomes the token. */
static void
add(enum record_type type, uint8_t detail, uint32_t *fields, uint32_t count, uint32_t tail_bytes) {
    fields[0] = ++token;
    if (command_of[token % TOKENS])
        wrong("a command was never acknowledged", command_of[token % TOKENS]);
    command_of[token % TOKENS] = (uint8_t)type;
    if (batch_bytes + 4096 > BATCH_BYTES)
        flush();
    uint32_t bytes = record_write(batch + batch_bytes, type, detail, fields, count);
    memset(batch + batch_bytes + bytes, 7, tail_bytes);
    write_le16(batch + batch_bytes, (uint16_t)(bytes + tail_bytes));
    batch_bytes += bytes + tail_bytes;
}

static void configure(const struct leg *leg, uint32_t port) {
    static const struct {
        uint32_t codec, payload_type, clock_hz;
    } codecs[] = {{0, 0, 8000}, {1, 8, 8000}, {2, 9, 8000}, {4, 111, 48000}};
    uint32_t i = random_below(8) < 5 ? 0 : random_below(4);
    uint32_t fields[15] = {
        0,
        leg->id,
        codecs[i].codec | codecs[i].payload_type << 8 | 101u << 16 | 3u << 24,
        (random_below(4) ? 20u : 30u) | random_below(2) << 8 | 4u << 16 | 2u << 24,
        port,
        0x0100007F};
    fields[9] = leg->id;
    fields[11] = codecs[i].clock_hz;
    fields[12] = 8000;
    add(COMMAND_CONFIGURE, 0, fields, 15, 0);
}

static void open_leg(struct leg *leg) {
    struct io_opened opened;
    uint32_t near_id = random_below(3) ? 0 : legs[random_below(LEGS)].id;
    if (leg->id || io_open(io, "127.0.0.1", near_id, &opened))
        return;
    *leg = (struct leg){.id = opened.endpoint_id, .port = opened.rtp_port};
    if (open_id[leg->id & 0xFFFF])
        wrong("a place was given twice", leg->id);
    open_id[leg->id & 0xFFFF] = leg->id;
    counts.opened++;
    configure(leg, legs[random_below(LEGS)].port | 2);
}

static void play(struct leg *leg, uint32_t owner_id, uint8_t detail) {
    uint32_t player = ++next_id;
    if (leg)
        leg->player = player;
    uint32_t prompted[] = {0, owner_id, player, prompt, random_below(20), 0};
    uint32_t toned[] = {0, owner_id, player, 440, 0, (uint32_t)-20, 100, 50, random_below(10)};
    uint32_t dialled[] = {0, owner_id, player, 60, 40, 2, 0x3231};
    if (random_below(2))
        add(COMMAND_PLAY, detail, prompted, 6, 0);
    else if (detail || random_below(2))
        add(COMMAND_TONE, detail, toned, 9, 0);
    else
        add(COMMAND_SEND_DIGITS, detail, dialled, 7, 0);
}

static void record(struct leg *leg, uint32_t owner_id, uint8_t detail) {
    uint32_t fields[16] = {0, owner_id, ++next_id, random_below(3) ? 0 : 500, 0, 0};
    char path[40] = {0};
    int bytes = snprintf(path, sizeof path, "/tmp/io-stress-%d-%u.wav", getpid(), next_id % 64);
    fields[5] = (uint32_t)bytes;
    memcpy(&fields[6], path, sizeof path);
    if (leg)
        leg->recorder = next_id;
    add(COMMAND_RECORD, detail, fields, 6 + ((uint32_t)bytes + 3) / 4, 0);
}

static void stream(struct leg *leg) {
    uint32_t begin[] = {0, leg->id, leg->stream, 16000};
    uint32_t feed[] = {0, leg->id, leg->stream, STREAM_BYTES};
    uint32_t mark[] = {0, leg->id, leg->stream, 5};
    if (leg->stream == 0 || random_below(4) == 0) {
        begin[2] = leg->stream = ++next_id;
        add(COMMAND_STREAM, 0, begin, 4, 0);
        return;
    }
    add(COMMAND_FEED, 0, feed, 4, STREAM_BYTES);
    add(COMMAND_MARK, 0, mark, 4, 0);
    if (random_below(6) == 0)
        add(COMMAND_END_STREAM, 0, mark, 3, 0);
}

static void join(struct leg *leg, uint32_t mixer) {
    uint32_t fields[] = {0, leg->id, mixer, 4096, 0};
    counts.joins++;
    add(COMMAND_JOIN, 0, fields, 5, 0);
}

static void close_leg(struct leg *leg) {
    uint32_t fields[] = {0, leg->id};
    if (leg->id)
        add(COMMAND_CLOSE, 0, fields, 2, 0);
    leg->id = 0;
}

/* Commands for it are refused, before or after it is known to be gone. */
static void use_closed(struct leg *leg, const struct leg *other) {
    uint32_t id = leg->id, bridged[] = {0, id, other->id}, turned[] = {0, other->id, id};
    close_leg(leg);
    struct leg gone = {.id = id};
    join(&gone, mixers[random_below(MIXERS)]);
    add(COMMAND_BRIDGE, 0, random_below(2) ? bridged : turned, 3, 0);
}

static void close_mixer(uint32_t *mixer) {
    uint32_t fields[] = {0, *mixer};
    if (*mixer)
        add(COMMAND_CLOSE_MIXER, RECORD_OF_MIXER, fields, 2, 0);
    *mixer = 0;
}

static void use_mixer(uint32_t *mixer) {
    uint32_t settings[] = {0, *mixer, 0, 3};
    if (*mixer == 0) {
        *mixer = io_open_mixer(io, legs[random_below(LEGS)].id);
        counts.mixers_opened += *mixer != 0;
        return;
    }
    switch (random_below(12)) {
    case 0:
        close_mixer(mixer);
        break;
    case 1:
        record(NULL, *mixer, RECORD_OF_MIXER);
        break;
    case 2:
        add(COMMAND_MIXER, 1, settings, 4, 0);
        break;
    case 3: /* everybody at once, from wherever they are */
        for (uint32_t i = 0; i < LEGS; i++)
            join(&legs[i], *mixer);
        break;
    default:
        play(NULL, *mixer, RECORD_OF_MIXER);
    }
}

/* Then it cannot move to where another one is that has as many. */
static void hoard_taps(const struct leg *leg) {
    uint32_t fields[] = {0, leg->id, HOARD_ID, 0};
    for (uint32_t i = 0; i < HOARD; i++)
        add(COMMAND_TAP, 1, fields, 4, 0);
}

/* More than an inbox holds. */
static void flood(const struct leg *leg) {
    uint32_t fields[] = {0, leg->id, 0};
    for (uint32_t i = 0; i < 40000; i++)
        add(COMMAND_STOP_PLAYER, 0, fields, 3, 0);
}

static void use_leg(struct leg *leg) {
    uint32_t fields[] = {0, leg->id, 0, 0};
    const struct leg *other = &legs[random_below(LEGS)];
    switch (random_below(16)) {
    case 0:
    case 1:
    case 2:
        join(leg, mixers[random_below(MIXERS)]);
        break;
    case 3:
    case 4:
    case 5:
        fields[2] = other->id;
        counts.bridges++;
        add(COMMAND_BRIDGE, 0, fields, 3, 0);
        break;
    case 6:
        add(random_below(2) ? COMMAND_LEAVE : COMMAND_UNBRIDGE, 0, fields, 2, 0);
        break;
    case 7:
    case 8:
        play(leg, leg->id, 0);
        break;
    case 9:
        fields[2] = leg->player;
        add(COMMAND_STOP_PLAYER, 0, fields, 3, 0);
        break;
    case 10:
        record(leg, leg->id, (uint8_t)random_below(4));
        break;
    case 11:
        fields[2] = leg->recorder;
        add(COMMAND_STOP_RECORDER, 0, fields, 3, 0);
        break;
    case 12:
        fields[2] = leg->tap = ++next_id;
        fields[3] = random_below(3);
        audio_ms[leg->tap & 0xFFFF][0] = audio_ms[leg->tap & 0xFFFF][1] = 0; /* of an older one */
        add(COMMAND_TAP, (uint8_t)(1 + random_below(3)), fields, 4, 0);
        break;
    case 13:
        fields[2] = random_below(2) ? leg->tap : HOARD_ID;
        add(COMMAND_STOP_TAP, 0, fields, 3, 0);
        break;
    case 14:
        stream(leg);
        break;
    default:
        if (random_below(6) == 0)
            close_leg(leg);
        else if (random_below(6) == 0)
            use_closed(leg, other);
        else if (random_below(6) == 0)
            hoard_taps(leg);
        else
            configure(leg, other->port | 2);
    }
}

static void note_ack(const struct record *event) {
    uint32_t at = record_u32(event, 0), status = record_u32(event, 1);
    uint8_t type = command_of[at % TOKENS];
    if (at == 0) /* of the shell itself, when it stops */
        return;
    if (type == 0)
        wrong("an acknowledgement too many", at);
    command_of[at % TOKENS] = 0;
    counts.acks++;
    counts.refused += status != STATUS_OK;
    if (status == STATUS_OK) {
        counts.players += type == COMMAND_PLAY || type == COMMAND_TONE ||
                          type == COMMAND_SEND_DIGITS || type == COMMAND_STREAM;
        counts.recorders += type == COMMAND_RECORD;
    }
}

/* Frames of a tap come in order, whichever shard its leg was on. */
static void note_audio(const struct record *event) {
    uint32_t tap = record_u32(event, 1), ms = record_u32(event, 2);
    uint32_t *last = &audio_ms[tap & 0xFFFF][event->detail - 1];
    if (tap != HOARD_ID && ms != 0 && ms <= *last)
        wrong("live audio out of order", tap);
    *last = ms;
    counts.audio++;
}

static void note(const struct record *event) {
    uint32_t id = record_u32(event, 0);
    bool of_leg = event->type == EVENT_DIGIT || event->type == EVENT_AUDIO ||
                  event->type == EVENT_CLOSED || event->type == EVENT_VOICE;
    if (of_leg && open_id[id & 0xFFFF] != id)
        wrong("an event after the end", id);
    counts.players_ended += event->type == EVENT_PLAYER_ENDED;
    counts.recorders_ended += event->type == EVENT_RECORDER_ENDED;
    counts.mixers_closed += event->type == EVENT_MIXER_CLOSED;
    if (event->type == EVENT_ACK)
        note_ack(event);
    if (event->type == EVENT_AUDIO)
        note_audio(event);
    if (event->type == EVENT_CLOSED) {
        counts.closed++;
        open_id[id & 0xFFFF] = 0;
    }
}

static void drain(void) {
    static uint8_t events[1 << 16];
    for (size_t bytes; (bytes = io_drain(io, events, sizeof events)) > 0;) {
        struct record event;
        for (uint32_t offset = 0; record_next(&event, events, (uint32_t)bytes, &offset);)
            note(&event);
    }
}

static void send_packets(int fd) {
    static uint16_t sequence;
    uint8_t packet[172] = {0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    sequence++;
    for (uint32_t i = 0; i < LEGS; i++) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)legs[i].port)};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        uint32_t burst = random_below(40) == 0 ? 20 : 1;
        memset(packet + 12, (int)random_below(256), 160);
        for (uint32_t j = 0; legs[i].id && j < burst; j++) {
            write_be16(packet + 2, (uint16_t)(sequence + j));
            write_be32(packet + 4, (sequence + j) * 160u);
            counts.sent +=
                sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&to, sizeof to) > 0;
        }
    }
}

static uint32_t descriptors(void) {
    uint32_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static double now_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run(double seconds, int fd) {
    double until = now_seconds() + seconds;
    for (uint32_t turn = 0; now_seconds() < until; turn++) {
        for (uint32_t i = random_below(10); i > 0; i--) {
            struct leg *leg = &legs[random_below(LEGS)];
            if (leg->id == 0)
                open_leg(leg);
            else
                use_leg(leg);
        }
        if (random_below(8) == 0)
            use_mixer(&mixers[random_below(MIXERS)]);
        if (random_below(200) == 0)
            flood(&legs[random_below(LEGS)]);
        if (random_below(1500) == 0) { /* most of it must wait for legs that move */
            for (uint32_t i = 0; i < 20000; i++)
                use_leg(&legs[i % LEGS]);
        }
        flush();
        if (turn % 8 == 0)
            send_packets(fd);
        if (random_below(500) == 0)
            usleep(300000); /* nobody reads events for a while */
        usleep(random_below(3000));
        drain();
    }
}

static void close_everything(void) {
    struct io_stats stats;
    for (uint32_t i = 0; i < MIXERS; i++)
        close_mixer(&mixers[i]);
    for (uint32_t i = 0; i < LEGS; i++)
        close_leg(&legs[i]);
    flush();
    for (uint32_t ms = 0; ms < WAIT_MS; ms++) {
        drain();
        io_stats(io, &stats);
        if (stats.endpoints == 0 && counts.acks == token &&
            counts.recorders == counts.recorders_ended &&
            counts.mixers_opened == counts.mixers_closed)
            break;
        usleep(1000);
    }
    if (stats.endpoints != 0)
        wrong("endpoints are left", stats.endpoints);
    counts.moves = (uint32_t)stats.moves;
    if (stats.events_lost != 0)
        wrong("events were lost", (uint32_t)stats.events_lost);
    io_release_prompt(io, prompt);
    io_stats(io, &stats);
    if (stats.prompts != 0)
        wrong("prompts are left", stats.prompts);
}

static void expect_equal(const char *what, uint32_t begun, uint32_t ended) {
    printf("%s %u, ended %u\n", what, begun, ended);
    if (begun != ended)
        wrong(what, begun - ended);
}

int main(int argc, char **argv) {
    static int16_t samples[800];
    double seconds = argc > 1 ? atof(argv[1]) : 5;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    struct io_config config = {
        .port_min = 33000,
        .port_max = 33999,
        .shards = SHARDS,
        .endpoints_max = LEGS + 8,
        .wake = on_wake};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    uint32_t before = descriptors();
    io = io_create(&config);
    if (!io || fd < 0)
        return 1;
    prompt = io_load_prompt(io, samples, 800, 8000);
    run(seconds, fd);
    bool abrupt = argc > 3;
    if (!abrupt)
        close_everything();
    io_close(io);
    io_stop(io);
    drain();
    io_destroy(io);
    expect_equal("legs", counts.opened, counts.closed);
    if (!abrupt) {
        expect_equal("mixers", counts.mixers_opened, counts.mixers_closed);
        expect_equal("commands", token, counts.acks);
        expect_equal("players", counts.players, counts.players_ended);
        expect_equal("recorders", counts.recorders, counts.recorders_ended);
    }
    expect_equal("descriptors", before, descriptors());
    printf(
        "refused %u, joins %u, bridges %u, moves %u, audio frames %u, packets %u, woken %u times\n",
        counts.refused, counts.joins, counts.bridges, counts.moves, counts.audio, counts.sent,
        atomic_load(&wakes));
    for (uint32_t i = 0; i < 64; i++) {
        char path[40];
        snprintf(path, sizeof path, "/tmp/io-stress-%d-%u.wav", getpid(), i);
        unlink(path);
    }
    return counts.wrong ? 1 : 0;
}
