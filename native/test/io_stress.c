/* Opens, plays, records and closes on all shards at once; meant for ThreadSanitizer. */
#define _DEFAULT_SOURCE
#include "../core/bytes.h"
#include "../core/records.h"
#include "../io/io.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ENDPOINTS = 24, ROUNDS = 8 };

static atomic_uint wakes;

static void on_wake(void *context) {
    (void)context;
    atomic_fetch_add(&wakes, 1);
}

static void submit(
    struct io *io, enum record_type type, uint8_t detail, const uint32_t *fields, uint32_t count) {
    uint8_t record[256];
    io_submit(io, record, record_write(record, type, detail, fields, count));
}

static uint32_t count_events(struct io *io, uint8_t type) {
    static uint8_t batch[1 << 16];
    uint32_t found = 0;
    for (size_t bytes; (bytes = io_drain(io, batch, sizeof batch)) > 0;) {
        struct record record;
        for (uint32_t offset = 0; record_next(&record, batch, (uint32_t)bytes, &offset);)
            found += record.type == type;
    }
    return found;
}

static void use(struct io *io, uint32_t id, uint32_t port, uint32_t prompt) {
    uint32_t configure[] = {
        1,
        id,
        101u << 16 | 3u << 24,
        10u | 1u << 8 | 4u << 16 | 2u << 24,
        port,
        0x0100007F,
        0,
        0,
        0,
        id,
        0,
        8000,
        8000,
        0,
        0};
    uint32_t play[] = {2, id, id, prompt, 2, 0};
    uint32_t record[] = {3, id, id, 0, 0, 9, 0, 0, 0};
    memcpy(&record[6], "/dev/null", 9);
    submit(io, COMMAND_CONFIGURE, 0, configure, 15);
    submit(io, COMMAND_PLAY, 0, play, 6);
    submit(io, COMMAND_RECORD, 1, record, 9);
}

int main(void) {
    struct io_config config = {
        .port_min = 33000,
        .port_max = 33999,
        .shards = 3,
        .endpoints_max = ENDPOINTS,
        .wake = on_wake};
    struct io *io = io_create(&config);
    static int16_t samples[800];
    uint32_t closed = 0;
    if (!io)
        return 1;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t prompt = io_load_prompt(io, samples, 800, 8000);
        struct io_opened opened[ENDPOINTS];
        uint32_t count = 0;
        while (count < ENDPOINTS && !io_open(io, "127.0.0.1", 0, &opened[count]))
            count++;
        for (uint32_t i = 0; i < count; i++) /* each sends to the next */
            use(io, opened[i].endpoint_id, opened[(i + 1) % count].rtp_port, prompt);
        usleep(60000);
        io_release_prompt(io, prompt);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t fields[] = {4, opened[i].endpoint_id};
            submit(io, COMMAND_CLOSE, 0, fields, 2);
        }
        struct io_stats stats;
        do {
            usleep(1000);
            closed += count_events(io, EVENT_CLOSED);
            io_stats(io, &stats);
        } while (stats.endpoints > 0);
    }
    io_stop(io);
    closed += count_events(io, EVENT_CLOSED);
    io_destroy(io);
    printf("closed %u of %d, woken %u times\n", closed, ENDPOINTS * ROUNDS, atomic_load(&wakes));
    return closed == ENDPOINTS * ROUNDS ? 0 : 1;
}
