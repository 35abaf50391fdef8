/*
 * libFuzzer: any packets of any codec, on two endpoints that share a bridge or a mixer, with time
 * passing between them. What must hold is in world.h.
 */
#include "world.h"

enum { MIXER = 1, MS_MAX = 600, MIXES = 64, RECORDS = 128 };

static void configure(struct world *world, uint32_t endpoint_id, uint32_t codec) {
    uint32_t clock_hz = codec == CODEC_OPUS ? 48000 : codec == CODEC_L16 ? 16000 : 8000;
    uint32_t fields[] = {
        0,
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
    world_command(world, COMMAND_CONFIGURE, 0, fields, 15);
}

/* The first byte chooses both codecs and the graph. */
static void connect(struct world *world, uint8_t how) {
    uint32_t bridge[] = {0, 1, 2}, recorder[] = {0, 1, 1, 0, 0, 1, 'a'};
    world_open_mixer(world, MIXER);
    for (uint32_t i = 1; i <= 2; i++) {
        uint32_t join[] = {0, i, MIXER, 4096, 0};
        world_open(world, i);
        configure(world, i, (how >> (i == 1 ? 0 : 3) & 7u) % CODECS);
        if (how & MIXES)
            world_command(world, COMMAND_JOIN, 0, join, 5);
    }
    if (!(how & MIXES))
        world_command(world, COMMAND_BRIDGE, 0, bridge, 3);
    if (how & RECORDS)
        world_command(world, COMMAND_RECORD, 1, recorder, 7);
}

/* Each packet: a byte that says how long it is, one for endpoint, port and time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static struct world world;
    struct input input = {data, data + bytes};
    world_begin(&world);
    connect(&world, take_u8(&input));
    while (input_left(&input) > 2 && world.now_ms < MS_MAX) {
        uint32_t length = take_u8(&input);
        uint8_t how = take_u8(&input);
        const uint8_t *packet = take_bytes(&input, &length);
        world_receive(
            &world, 1 + (how & 1), (how & 2) != 0, (uint16_t)(4000 + (how >> 6)), packet, length);
        world_pass(&world, 1 + (how >> 2 & 15));
    }
    world_end(&world);
    return 0;
}
