/* libFuzzer: any packets, on two bridged endpoints of a plane, with time passing between them. */
#include "../core/bytes.h"
#include "../core/plane.h"
#include "../core/records.h"

enum { MEMORY_BYTES = 1 << 18 };

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    (void)context, (void)endpoint_id, (void)rtcp, (void)to, (void)packet, (void)bytes;
}

static void on_event(void *context, const uint8_t *record, uint32_t bytes) {
    (void)context, (void)record, (void)bytes;
}

static void configure(struct plane *plane, uint32_t endpoint_id, uint32_t codec) {
    uint32_t fields[] = {
        1,
        endpoint_id,
        codec | codec << 11 | 101u << 16 | 3u << 24,
        20u | 1u << 8 | 4u << 16,
        4000,
        0x0100007F,
        0,
        0,
        0,
        endpoint_id,
        0};
    uint8_t record[64];
    plane_commands(plane, record, record_write(record, COMMAND_CONFIGURE, 0, fields, 11), 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Each packet: a byte that says how long it is, one for endpoint, port and time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static _Alignas(16) uint8_t memory[MEMORY_BYTES];
    struct plane_config config = {
        .endpoints_max = 3, .players_max = 4, .host = {.send = on_send, .event = on_event}};
    uint32_t bridge[] = {1, 1, 2};
    uint8_t record[32];
    uint64_t now_ms = 0;
    memset(memory, 0, sizeof memory);
    struct plane *plane = plane_init(memory, &config, 0);
    plane_open(plane, 1, 0);
    plane_open(plane, 2, 0);
    configure(plane, 1, 0);
    configure(plane, 2, bytes % 2);
    plane_commands(plane, record, record_write(record, COMMAND_BRIDGE, 0, bridge, 3), 0);
    for (size_t at = 0; at + 2 < bytes;) {
        uint8_t how = data[at + 1];
        size_t length = data[at] < bytes - at - 2 ? data[at] : bytes - at - 2;
        struct address from = {4, (uint16_t)(4000 + (how >> 6)), {127, 0, 0, 1}};
        plane_receive(
            plane, 1 + (how & 1), (how & 2) != 0, &from, data + at + 2, (uint32_t)length, now_ms);
        now_ms += how >> 2 & 15;
        plane_tick(plane, now_ms);
        at += 2 + length;
    }
    return 0;
}
