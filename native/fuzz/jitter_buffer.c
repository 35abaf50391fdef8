/*
 * libFuzzer: packets, comfort noise and events put into a jitter buffer in any order, and frames
 * taken, while time passes. Every frame is whole; what waits stays within the store, and what is
 * decoded ahead within its room; and where nothing else is added, no sample is louder than what was
 * put.
 */
#include "checked_codec.h"
#include "input.h"
#include "jitter_buffer.h"
#include "../core/bytes.h"

enum {
    STEPS_MAX = 80,
    LOUDEST = 12000,
    GUARD = 0x5A5A,
    STATE_BYTES = 1024,
    EVALUATED_PACKETS = 8, /* after so many the delay is chosen anew */
    TARGET_MS_MAX = 600,   /* of JITTER_BUFFER_LARGE */
    FRAMES_MAX = 24,       /* decoding is what costs time */
};

static struct {
    struct jitter_buffer jb;
    const struct codec *codec;
    enum codec_id codec_id;
    uint32_t rate_hz, clock_per_10ms;
    uint16_t sequence;
    uint32_t timestamp, frames, puts;
    uint64_t now_ms;
    /* Something was concealed, which may be louder than what was heard, or may have been. */
    bool gap;
} world;

static void check_store(const struct jitter_store *store) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < JITTER_STORE_SLOTS; i++) {
        const struct jitter_slot *slot = &store->slots[i];
        if (!(store->waiting >> i & 1))
            continue;
        MUST(slot->sequence % JITTER_STORE_SLOTS == i && slot->kind != SLOT_EMPTY);
        used += (slot->bytes + JITTER_STORE_BLOCK_BYTES - 1u) / JITTER_STORE_BLOCK_BYTES;
    }
    MUST(used + store->free_blocks == JITTER_STORE_BLOCKS);
}

static void check(void) {
    check_store(&world.jb.store);
    MUST(world.jb.head + world.jb.pending_samples <= JITTER_BUFFER_PCM_SAMPLES);
    MUST(world.jb.missing_samples <= world.jb.pending_samples);
}

/* A payload whose samples are at most LOUDEST, where the codec lets one say so. */
static uint32_t make_payload(struct input *input, uint8_t *payload, uint32_t tens_ms) {
    int16_t level = (int16_t)((int8_t)take_u8(input) * (LOUDEST / 128));
    uint32_t samples = tens_ms * world.rate_hz / 100, bytes = 0;
    switch (world.codec_id) {
    case CODEC_L16:
        for (; bytes < 2 * samples && bytes < CODEC_PAYLOAD_BYTES_MAX; bytes += 2)
            write_be16(payload + bytes, (uint16_t)(bytes & 64 ? level : -level));
        return bytes;
    case CODEC_OPUS:
        payload[0] = (uint8_t)tens_ms;
        payload[1] = (uint8_t)(level / 256);
        payload[2] = (uint8_t)(-level / 256);
        return 3;
    case CODEC_G722:
        memset(payload, take_u8(input), samples / 2);
        return samples / 2;
    default:
        for (uint32_t i = 0; i < samples; i++)
            payload[i] = (uint8_t)(i & 32 ? level : level ^ 0x80);
        return samples;
    }
}

/* Most packets follow the one before. */
static void put(struct input *input) {
    static uint8_t room[CODEC_PAYLOAD_BYTES_MAX + 200], payload[CODEC_PAYLOAD_BYTES_MAX];
    uint8_t how = take_u8(input);
    uint32_t tens_ms = (how & 3) == 0 ? 2 : (how & 3) == 1 ? 1 : take_u8(input) % 8;
    uint16_t sequence = world.sequence;
    uint32_t timestamp = world.timestamp;
    if (how & 4)
        sequence = (uint16_t)(sequence + (int8_t)take_u8(input));
    if (how & 8)
        timestamp += (uint32_t)((int8_t)take_u8(input) * (int32_t)world.clock_per_10ms);
    if (how & 16)
        timestamp += (uint32_t)(int16_t)take_u16(input) << (how >> 6 << 2);
    if (how & 32)
        sequence = take_u16(input);
    uint32_t bytes = make_payload(input, payload, tens_ms);
    uint8_t *at = room + sizeof room - bytes;
    memcpy(at, payload, bytes);
    enum jitter_buffer_put result =
        jitter_buffer_put(&world.jb, sequence, timestamp, at, bytes, world.now_ms);
    bool whole = bytes > 0 && world.codec->payload_samples(at, bytes, world.rate_hz) ==
                                  tens_ms * world.rate_hz / 100;
    world.gap = world.gap || (how & 0x3C) || !whole || (result != JB_STORED && world.puts > 0);
    world.puts++;
    if (result == JB_STORED && world.jb.delay.packets % EVALUATED_PACKETS == 0)
        MUST(jitter_buffer_stats(&world.jb).target_ms <= TARGET_MS_MAX);
    world.sequence = (uint16_t)(sequence + 1);
    world.timestamp = timestamp + tens_ms * world.clock_per_10ms;
}

static void put_noise(struct input *input) {
    uint32_t bytes = take_u8(input) % 24;
    const uint8_t *payload = take_bytes(input, &bytes);
    world.gap = true;
    jitter_buffer_put_comfort_noise(
        &world.jb, world.sequence++, world.timestamp, payload, bytes, world.now_ms);
}

static bool is_bounded(void) {
    return world.codec_id == CODEC_L16 || world.codec_id == CODEC_OPUS;
}

/* A frame of 10 to 60 ms ends where its memory ends. */
static void get(uint32_t tens_ms) {
    static int16_t room[CODEC_FRAME_MAX + 8];
    uint32_t count = tens_ms * world.rate_hz / 100;
    int16_t *frame = room + CODEC_FRAME_MAX - count;
    if (world.frames++ >= FRAMES_MAX)
        return;
    for (uint32_t i = 0; i < count + 8; i++)
        frame[i] = GUARD;
    uint32_t received = jitter_buffer_get(&world.jb, frame, count, world.now_ms);
    MUST(received <= count);
    for (uint32_t i = 0; i < 8; i++)
        MUST(frame[count + i] == GUARD);
    world.gap = world.gap || (received < count && world.jb.primed);
    for (uint32_t i = 0; !world.gap && i < count && is_bounded(); i++)
        MUST(frame[i] <= LOUDEST && frame[i] >= -LOUDEST);
}

static void step(struct input *input) {
    uint8_t how = take_u8(input);
    switch (how & 7) {
    case 0:
    case 1:
        put(input);
        get(2);
        world.now_ms += 20;
        break;
    case 2:
    case 3:
        put(input);
        break;
    case 4:
        get(1 + (how >> 3) % 6);
        world.now_ms += how & 128 ? 20 : 10 + (how >> 3) % 6 * 10u;
        break;
    case 5:
        world.now_ms += how & 128 ? take_u16(input) : (how >> 3);
        break;
    case 6:
        put_noise(input);
        break;
    default:
        if (how & 128)
            jitter_buffer_restart(&world.jb);
        else
            jitter_buffer_note_event(&world.jb, (uint16_t)(world.sequence++ + (how >> 3)));
    }
}

static void begin(struct input *input) {
    static _Alignas(16) uint8_t state[STATE_BYTES];
    uint8_t how = take_u8(input);
    uint32_t rates = 0;
    memset(&world, how & 128 ? 0xA5 : 0, sizeof world.jb); /* nothing may rest on what was there */
    memset((uint8_t *)&world + sizeof world.jb, 0, sizeof world - sizeof world.jb);
    world.codec_id = (enum codec_id)((how & 7) % CODECS);
    world.codec = checked_codecs[world.codec_id];
    MUST(world.codec->decoder_bytes <= sizeof state);
    while (rates < 4 && world.codec->rates_hz[rates])
        rates++;
    world.rate_hz = world.codec->rates_hz[(uint32_t)(how >> 3) % rates];
    world.clock_per_10ms = codec_clock_hz(world.codec, world.rate_hz) / 100;
    world.sequence = 65530;
    world.timestamp = 0xFFFFFF00;
    world.now_ms = 1000;
    struct jitter_buffer_config config = {
        world.codec, state, world.rate_hz, (enum jitter_buffer_mode)(take_u8(input) & 3)};
    jitter_buffer_init(&world.jb, &config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct input input = {data, data + bytes};
    begin(&input);
    for (uint32_t i = 0; i < STEPS_MAX && input_left(&input) > 0; i++) {
        step(&input);
        check();
    }
    return 0;
}
