/* libFuzzer: any packets of any codec, on two endpoints that share a bridge or a mixer, with time
 * passing between them. */
#include "codecs.h"
#include "../core/bytes.h"
#include "../core/plane.h"
#include "../core/records.h"

enum { MEMORY_BYTES = 4 << 20, STATES = 4, MIXER = 1 };

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    (void)context, (void)endpoint_id, (void)rtcp, (void)to, (void)packet, (void)bytes;
}

static void on_event(void *context, const uint8_t *record, uint32_t bytes) {
    (void)context, (void)record, (void)bytes;
}

static void configure(struct plane *plane, uint32_t endpoint_id, uint32_t codec) {
    uint32_t clock_hz = codec == CODEC_OPUS ? 48000 : codec == CODEC_L16 ? 16000 : 8000;
    uint32_t fields[] = {
        1,
        endpoint_id,
        codec | codec << 8 | 101u << 16 | 3u << 24,
        20u | 1u << 8 | 4u << 16 | (codec & 3u) << 24,
        4000,
        0x0100007F,
        0,
        0,
        0,
        endpoint_id,
        0,
        clock_hz,
        clock_hz,
        0,
        0};
    uint8_t record[128];
    plane_commands(plane, record, record_write(record, COMMAND_CONFIGURE, 0, fields, 15), 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The first byte chooses both codecs and the graph. Each packet: a byte that says how long it is,
 * one for endpoint, port and time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static _Alignas(16) uint8_t memory[MEMORY_BYTES];
    struct plane_config config = {
        .endpoints_max = 3,
        .players_max = 4,
        .mixers_max = 2,
        .codecs = codecs,
        .states_max = {[CODEC_G722] = STATES, [CODEC_OPUS] = STATES},
        .host = {.send = on_send, .event = on_event}};
    uint32_t bridge[] = {1, 1, 2}, join[] = {1, 0, MIXER, 4096, 0};
    bool mixes = bytes > 0 && (data[0] & 64);
    uint8_t record[32];
    uint64_t now_ms = 0;
    if (bytes == 0 || plane_size(&config) > sizeof memory)
        return 0;
    memset(memory, 0, sizeof memory);
    struct plane *plane = plane_init(memory, &config, 0);
    plane_open(plane, 1, 0);
    plane_open(plane, 2, 0);
    configure(plane, 1, (data[0] & 7u) % CODECS);
    configure(plane, 2, (data[0] >> 3 & 7u) % CODECS);
    plane_open_mixer(plane, MIXER, 0);
    for (uint32_t i = 1; mixes && i <= 2; i++) {
        join[1] = i;
        plane_commands(plane, record, record_write(record, COMMAND_JOIN, 0, join, 5), 0);
    }
    if (!mixes)
        plane_commands(plane, record, record_write(record, COMMAND_BRIDGE, 0, bridge, 3), 0);
    for (size_t at = 1; at + 2 < bytes;) {
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
