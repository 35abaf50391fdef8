/*
 * libFuzzer: commands of every kind, mostly valid, on a few endpoints and mixers, with packets and
 * time between them. What must hold is in world.h.
 */
#include "world.h"
#include "../core/bytes.h"
#include "../core/detection.h"
#include "../core/rtp.h"
#include "../core/telephone_event.h"

enum { STEPS_MAX = 64, MS_MAX = 1200, RAW_FIELDS = 12, SSRC = 9 };

static struct world world;
static uint16_t sequences[WORLD_ENDPOINTS];

/* Mostly one that is open. */
static uint32_t endpoint_of(uint8_t choice) {
    uint32_t place = choice % WORLD_ENDPOINTS;
    return (choice & 0x60) == 0x60 ? place | 0x70000u
           : world.open[place]     ? world.open[place]
                                   : place;
}

static uint32_t mixer_of(uint8_t choice) {
    uint32_t place = 1 + (choice >> 2) % (WORLD_MIXERS - 1);
    return world.open_mixers[place] ? world.open_mixers[place] : place;
}

static void configure(struct input *input, uint8_t which) {
    static const uint8_t ptimes_ms[] = {20, 20, 10, 30, 40, 60, 15, 20};
    static const uint32_t rates_hz[] = {0, 8000, 16000, 48000};
    uint8_t how = take_u8(input), more = take_u8(input), flags = take_u8(input);
    uint32_t codec = how % 6, suite = more & 3;
    uint32_t clock_hz = codec == CODEC_OPUS  ? 48000
                        : codec == CODEC_L16 ? rates_hz[how >> 3 & 3]
                                             : 8000;
    uint32_t event_type = more & 4 ? 255u : 101u, direction = more & 8 ? more >> 4 & 3u : 3u;
    uint32_t fields[32] = {
        0,
        endpoint_of(which),
        codec | codec << 8 | event_type << 16 | direction << 24,
        ptimes_ms[how >> 5] | (flags & 15u) << 8 | 4u << 16 | (uint32_t)(more >> 6) << 24,
        4000 | (more & 1u) << 16,
        0x0100007F};
    fields[9] = 1 + which;
    fields[10] = flags & 16 ? 300 : 0;
    fields[11] = clock_hz;
    fields[12] = flags & 32 && codec == CODEC_OPUS ? 48000 : 8000;
    fields[13] = flags & 64 ? rates_hz[how >> 3 & 3] : 0;
    fields[15] = suite;
    world_command(&world, COMMAND_CONFIGURE, 0, fields, flags & 128 ? 32 : 15);
}

/* Of an endpoint or a mixer, as the detail says. */
static void play(struct input *input, uint8_t which, uint8_t kind) {
    uint8_t how = take_u8(input), detail = which & 128 ? RECORD_OF_MIXER : 0;
    uint32_t id = detail ? mixer_of(which) : endpoint_of(which), player = 1 + how % 4;
    uint32_t prompted[] = {0, id, player, how >> 2 & 3, take_u8(input), take_u8(input)};
    uint32_t toned[] = {
        0,           id,     player, 400, how & 128 ? 440 : 0, (uint32_t)-20, 1u + prompted[4],
        prompted[5], how & 3};
    uint32_t dialled[] = {0, id, player, 1u + prompted[4], prompted[5], how >> 6, 0x2A773123};
    uint32_t streamed[] = {0, id, player, how & 64 ? 16000 : how & 32 ? 48000 : 8000};
    uint32_t stopped[] = {0, id, player};
    switch (kind % 5) {
    case 0:
        world_command(&world, COMMAND_PLAY, detail, prompted, 6);
        break;
    case 1:
        world_command(&world, COMMAND_TONE, detail, toned, 9);
        break;
    case 2:
        world_command(&world, COMMAND_SEND_DIGITS, detail, dialled, 7);
        break;
    case 3:
        world_command(&world, COMMAND_STREAM, detail, streamed, 4);
        break;
    default:
        world_command(&world, COMMAND_STOP_PLAYER, detail, stopped, 3);
    }
}

static void stream(struct input *input, uint8_t which) {
    static uint8_t record[RECORD_HEADER_BYTES + 16 + 2048];
    uint8_t how = take_u8(input), detail = which & 128 ? RECORD_OF_MIXER : 0;
    uint32_t bytes = 8u * take_u8(input), id = detail ? mixer_of(which) : endpoint_of(which);
    uint32_t fields[] = {0, id, 1 + how % 4u, how & 64 ? bytes : how};
    static const uint8_t types[] = {COMMAND_MARK, COMMAND_CLEAR, COMMAND_END_STREAM};
    if (how & 128) {
        world_command(&world, (enum record_type)types[(how >> 2) % 3], detail, fields, 4);
        return;
    }
    fields[3] = how & 64 ? bytes + 1 : bytes;
    uint32_t at = record_write(record, COMMAND_FEED, detail, fields, 4);
    memset(record + at, how, bytes);
    world_submit(&world, record, at + bytes);
}

static void record(struct input *input, uint8_t which) {
    static const uint8_t types[] = {
        COMMAND_RECORD, COMMAND_STOP_RECORDER, COMMAND_PAUSE_RECORDER, COMMAND_RESUME_RECORDER};
    uint8_t how = take_u8(input), of_mixer = which & 128 ? RECORD_OF_MIXER : 0;
    uint32_t id = of_mixer ? mixer_of(which) : endpoint_of(which);
    uint32_t fields[] = {
        0, id, 1 + (which >> 2 & 1), how & 8 ? 100 : 0, how & 16 ? 60 : 0, 1, how & 32 ? 0 : 'a'};
    world_command(&world, (enum record_type)types[how >> 6], of_mixer | (how & 15), fields, 7);
}

/* Bridges, rooms, and listening in. */
static void connect(struct input *input, uint8_t which) {
    static const uint16_t gains[] = {4096, 0, 1000, 16384, 16385, 4096, 4096, 4096};
    uint8_t how = take_u8(input), other = take_u8(input);
    uint32_t two[] = {0, endpoint_of(which), endpoint_of(other)};
    uint32_t joined[] = {
        0, two[1], mixer_of(which), gains[other >> 5], other & 16 ? endpoint_of(other) : 0};
    uint32_t mixed[] = {0, mixer_of(which), other & 1 ? 16000 : 0, other >> 1 & 3};
    uint32_t detected[] = {0, two[1], other & 15};
    uint32_t machines[] = {0, two[1], 100u * (other >> 4), 20u * (other & 15), 40, 200};
    uint32_t tapped[] = {0, two[1], 1 + (other & 1), other >> 1 & 3};
    switch (how & 7) {
    case 0:
    case 1:
        world_command(&world, COMMAND_BRIDGE, 0, two, 3);
        break;
    case 2:
    case 3:
        world_command(&world, COMMAND_JOIN, how >> 3 & 3, joined, 5);
        break;
    case 4:
        world_command(&world, how & 8 ? COMMAND_UNBRIDGE : COMMAND_LEAVE, 0, two, 2);
        break;
    case 5:
        world_command(&world, COMMAND_MIXER, how >> 3 & 1, mixed, 4);
        break;
    case 6:
        if (how & 8)
            world_command(&world, COMMAND_DETECT_MACHINE, how >> 4 & 1, machines, 6);
        else
            world_command(&world, COMMAND_DETECT, 0, detected, 3);
        break;
    default:
        world_command(&world, how & 8 ? COMMAND_STOP_TAP : COMMAND_TAP, how >> 4 & 3, tapped, 4);
    }
}

/* Any type, any fields, of any length. */
static void submit_raw(struct input *input, uint8_t which) {
    uint8_t bytes[RECORD_HEADER_BYTES + 4 * RAW_FIELDS] = {0};
    uint32_t count = 1 + take_u8(input) % RAW_FIELDS, tail = 4 * count;
    bytes[2] = take_u8(input);
    bytes[3] = take_u8(input);
    const uint8_t *fields = take_bytes(input, &tail);
    memcpy(bytes + RECORD_HEADER_BYTES, fields, tail);
    if (count > 1 && which & 1)
        write_le32(bytes + RECORD_HEADER_BYTES + 4, endpoint_of(which));
    world_submit(&world, bytes, RECORD_HEADER_BYTES + 4 * count);
}

static void receive(struct input *input, uint8_t which) {
    static uint8_t packet[RTP_HEADER_BYTES + 480];
    uint8_t how = take_u8(input), value = take_u8(input);
    uint32_t place = which % WORLD_ENDPOINTS, count = 160;
    bool event = (how & 7) == 6;
    uint16_t sequence = sequences[place] =
        (uint16_t)(sequences[place] + 1 + (how & 64 ? value : 0));
    uint8_t type = event ? 101 : (how & 7) == 7 ? 13 : how & 7;
    rtp_write_header(
        packet, type, (how & 8) != 0, sequence, sequence * (type == CODEC_OPUS ? 960u : 160u),
        how & 16 ? value : SSRC);
    memset(packet + RTP_HEADER_BYTES, value, sizeof packet - RTP_HEADER_BYTES);
    if (event)
        telephone_event_write(packet + RTP_HEADER_BYTES, value & 15, (value & 16) != 0, 8u * value);
    if (type == CODEC_OPUS)
        packet[RTP_HEADER_BYTES] = value % 8;
    count = event ? 4 : type == 13 ? value % 12 : type == CODEC_OPUS ? 5 : type == 3 ? 320 : count;
    world_receive(
        &world, endpoint_of(which), (how & 32) != 0, how & 128 ? 4100 : 4000, packet,
        RTP_HEADER_BYTES + count);
}

static void open_or_close(struct input *input, uint8_t which) {
    uint8_t how = take_u8(input);
    uint32_t place = which % WORLD_ENDPOINTS;
    uint32_t endpoint[] = {0, endpoint_of(which)}, mixer[] = {0, mixer_of(which)};
    if ((how & 3) == 0)
        world_command(&world, COMMAND_CLOSE, 0, endpoint, 2);
    else if ((how & 3) == 1)
        world_command(&world, COMMAND_CLOSE_MIXER, RECORD_OF_MIXER, mixer, 2);
    else if ((how & 3) == 2)
        world_open(&world, place | (how >> 2) * 0x10000u);
    else
        world_open_mixer(&world, (which >> 2) % WORLD_MIXERS | (how >> 2) * 0x10000u);
}

static void step(struct input *input) {
    uint8_t how = take_u8(input), which = take_u8(input);
    switch (how & 15) {
    case 0:
    case 1:
        configure(input, which);
        break;
    case 2:
    case 3:
        play(input, which, how >> 4);
        break;
    case 4:
        stream(input, which);
        break;
    case 5:
        record(input, which);
        break;
    case 6:
    case 7:
        connect(input, which);
        break;
    case 8:
        submit_raw(input, which);
        break;
    case 9:
        open_or_close(input, which);
        break;
    case 10:
        world.busy = (how & 16) != 0;
        break;
    case 11:
    case 12:
    case 13:
        receive(input, which);
        break;
    default:
        if (world.now_ms < MS_MAX)
            world_pass(&world, how & 16 && which > 250 ? 30000u : which % 64u);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct input input = {data, data + bytes};
    world_begin(&world);
    memset(sequences, 0, sizeof sequences);
    for (uint32_t i = 1; i < WORLD_ENDPOINTS; i++)
        world_open(&world, i);
    world_open_mixer(&world, 1);
    for (uint32_t i = 0; i < STEPS_MAX && input_left(&input) > 0; i++)
        step(&input);
    world_end(&world);
    return 0;
}
