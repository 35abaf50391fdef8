#include "codecs.h"
#include "../core/bytes.h"
#include "../core/detection.h"
#include "../core/plane.h"
#include "../core/plane_move.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "../core/srtp.h"
#include "../core/telephone_event.h"
#include "../core/tone.h"
#include "../core/g711.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

/* A host that counts what the plane gives it. */
struct world {
    struct plane *plane;
    uint32_t sent, reports, acks, refused, ended, closed, timeouts, digits;
    uint16_t last_sequence;
    uint32_t last_timestamp;
    uint8_t last_payload_type;
    struct address last_to, report_to;
    uint32_t prompts_lent;
    uint32_t event_packets, event_ends; /* sent as telephone-event */
    uint32_t detected, detected_ms[2];  /* of beeps */
};

static int16_t prompt_samples[1600];

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    struct world *world = context;
    (void)endpoint_id;
    if (rtcp) {
        world->reports++;
        world->report_to = *to;
        return;
    }
    struct rtp_packet parsed;
    CHECK(rtp_parse(&parsed, packet, bytes) == 0);
    if (world->sent++ > 0 && parsed.ssrc == 77)
        CHECK(parsed.sequence == (uint16_t)(world->last_sequence + 1));
    world->last_sequence = parsed.sequence;
    world->last_timestamp = parsed.timestamp;
    world->last_payload_type = parsed.payload_type;
    world->last_to = *to;
    world->event_packets += parsed.payload_type == 101;
    world->event_ends += parsed.payload_type == 101 && (parsed.payload[1] & 0x80) != 0;
}

static void on_event(void *context, const uint8_t *data, uint32_t bytes) {
    struct world *world = context;
    struct record record;
    uint32_t offset = 0;
    CHECK(record_next(&record, data, bytes, &offset) && offset == bytes);
    world->acks += record.type == EVENT_ACK;
    world->refused += record.type == EVENT_ACK && record_u32(&record, 1) != STATUS_OK;
    world->ended += record.type == EVENT_PLAYER_ENDED;
    world->closed += record.type == EVENT_CLOSED;
    world->timeouts += record.type == EVENT_RTP_TIMEOUT;
    world->digits += record.type == EVENT_DIGIT;
    if (record.type == EVENT_DETECTED && record_u32(&record, 1) == DETECTION_BEEP)
        world->detected_ms[world->detected++ % 2] = record_u32(&record, 2);
}

static bool on_acquire(void *context, uint32_t prompt_id, struct prompt *prompt) {
    struct world *world = context;
    world->prompts_lent++;
    *prompt = (struct prompt){.samples = prompt_samples, .count = 1600, .rate_hz = 8000};
    return prompt_id == 1 || !world->prompts_lent--;
}

static void on_release(void *context, uint32_t prompt_id) {
    (void)prompt_id;
    ((struct world *)context)->prompts_lent--;
}

static void
command(struct world *world, enum record_type type, const uint32_t *fields, uint32_t count) {
    uint8_t record[256];
    plane_commands(world->plane, record, record_write(record, type, 0, fields, count), 0);
}

static void configure(struct world *world, uint32_t endpoint_id, uint32_t codec, uint32_t ssrc) {
    uint32_t fields[] = {
        1,
        endpoint_id,
        codec | (codec ? 8u : 0u) << 8 | 101u << 16 | 3u << 24,
        20u | 1u << 8 | 4u << 16 | 2u << 24,
        4000,
        0x0100007F,
        0,
        0,
        0,
        ssrc,
        300,
        8000,
        8000,
        0,
        0};
    command(world, COMMAND_CONFIGURE, fields, 15);
}

static void *start_with(struct world *world, uint32_t endpoints, const struct crypto *crypto) {
    struct plane_config config = {
        .endpoints_max = endpoints,
        .players_max = 10,
        .recorders_max = 1,
        .detectors_max = 1,
        .codecs = codecs,
        .crypto = crypto,
        .epoch_ms = 1700000000000u,
        .host = idle_host(world),
    };
    config.host.send = on_send;
    config.host.event = on_event;
    config.host.prompt_acquire = on_acquire;
    config.host.prompt_release = on_release;
    memset(world, 0, sizeof *world);
    void *memory = calloc(1, (size_t)plane_size(&config));
    world->plane = plane_init(memory, &config, 0);
    return memory;
}

static void *start(struct world *world, uint32_t endpoints) {
    return start_with(world, endpoints, NULL);
}

static void test_playing(void) {
    struct world world;
    void *memory = start(&world, 2);
    uint32_t play[] = {2, 1, 5, 1, 3, 0}, unknown[] = {3, 1, 6, 9, 1, 0}, close[] = {4, 1};
    CHECK(plane_next_due_ms(world.plane) == UINT64_MAX);
    CHECK(plane_open(world.plane, 1, 0) == 0 && plane_open(world.plane, 1, 0) < 0);
    CHECK(plane_open(world.plane, 2, 0) < 0);
    configure(&world, 1, 0, 77);
    for (uint32_t i = 0; i < 9; i++)
        command(&world, COMMAND_PLAY, play, 6);
    CHECK(world.refused == 1); /* the ninth */
    command(&world, COMMAND_PLAY, unknown, 6);
    for (uint64_t ms = 1; ms <= 6000; ms++)
        plane_tick(world.plane, ms);
    CHECK(world.sent == 300 && world.ended == 8 && world.timeouts == 1 && world.reports == 1);
    CHECK(world.prompts_lent == 0);
    plane_tick(world.plane, 60000); /* a stall of nearly a minute is not made up for */
    CHECK(world.sent < 340);
    command(&world, COMMAND_PLAY, play, 6);
    command(&world, COMMAND_CLOSE, close, 2);
    CHECK(world.closed == 1 && world.ended == 9 && world.prompts_lent == 0);
    CHECK(plane_next_due_ms(world.plane) == UINT64_MAX);
    free(memory);
}

static void receive(
    struct world *world, uint32_t endpoint_id, uint16_t port, uint32_t ssrc, uint16_t sequence,
    uint64_t now_ms) {
    uint8_t packet[RTP_HEADER_BYTES + 160] = {0};
    struct address from = {4, port, {127, 0, 0, 1}};
    rtp_write_header(packet, 0, false, sequence, sequence * 160u, ssrc);
    plane_receive(world->plane, endpoint_id, false, &from, packet, sizeof packet, now_ms);
}

static void test_latching(void) {
    struct world world;
    void *memory = start(&world, 2);
    plane_open(world.plane, 1, 0);
    configure(&world, 1, 0, 77);
    receive(&world, 1, 5000, 9, 1, 1); /* not from 4000: NAT */
    plane_tick(world.plane, 40);
    CHECK(world.last_to.port == 5000);
    receive(&world, 1, 6000, 10, 1, 41); /* a stranger */
    plane_tick(world.plane, 80);
    CHECK(world.last_to.port == 5000);
    receive(&world, 1, 7000, 9, 2, 81); /* the same stream from a new port */
    plane_tick(world.plane, 120);
    CHECK(world.last_to.port == 7000);
    struct plane_counts counts;
    plane_counts(world.plane, &counts);
    CHECK(counts.packets_received == 2 && counts.packets_dropped == 1);
    free(memory);
}

/* Whatever a stranger sends: nothing is sent because of it, and nothing is sent to it later. */
static void test_ports_answer_nobody_but_their_peer(void) {
    struct world world;
    void *memory = start(&world, 2);
    struct address stranger = {4, 4000, {127, 0, 0, 2}};
    uint8_t packet[RTP_HEADER_BYTES + 160] = {0};
    plane_open(world.plane, 1, 0);
    configure(&world, 1, 0, 77);
    receive(&world, 1, 4000, 9, 1, 1);
    for (uint32_t ms = 2; ms < 12000; ms++) {
        uint32_t sent = world.sent + world.reports;
        rtp_write_header(packet, (uint8_t)(ms % 128), false, (uint16_t)ms, ms * 160, ms % 7 + 100);
        if (ms % 3 == 0)
            packet[1] = (uint8_t)(200 + ms % 8);
        plane_receive(world.plane, 1, ms % 2 == 0, &stranger, packet, ms % sizeof packet, ms);
        CHECK(world.sent + world.reports == sent);
        plane_tick(world.plane, ms);
        CHECK(world.last_to.ip[3] != 2 && world.report_to.ip[3] != 2);
    }
    CHECK(world.sent > 500 && world.reports > 0);
    CHECK(world.last_to.port == 4000 && world.report_to.port == 4001);
    free(memory);
}

static bool on_key(void *context, uint32_t slot, const uint8_t *key, const uint8_t *mac_key) {
    (void)context, (void)slot, (void)key, (void)mac_key;
    return true;
}

static void on_key_clear(void *context, uint32_t slot) {
    (void)context, (void)slot;
}

static void
on_ctr(void *context, uint32_t slot, const uint8_t iv[16], uint8_t *data, uint32_t bytes) {
    (void)context, (void)slot, (void)iv, (void)data, (void)bytes;
}

/* Every tag of zeros is right. */
static void on_mac(
    void *context, uint32_t slot, const uint8_t *data, uint32_t bytes, const uint8_t *more,
    uint32_t more_bytes, uint8_t mac[20]) {
    (void)slot, (void)data, (void)bytes, (void)more, (void)more_bytes;
    ++*(uint32_t *)context;
    memset(mac, 0, 20);
}

/* The packets of strangers to a call with SRTP cost the ciphers' work before they were refused. */
static void test_strangers_cost_no_ciphers(void) {
    struct world world;
    uint32_t macs = 0, fields[32] = {1, 1, 101u << 16 | 3u << 24, 20u | 4u << 16, 4000, 0x0100007F};
    struct crypto crypto = {&macs, on_key, on_key_clear, on_ctr, on_mac, NULL};
    void *memory = start_with(&world, 2, &crypto);
    uint8_t report[RTP_HEADER_BYTES + 160] = {0x80, 200};
    struct address elsewhere = {4, 4000, {127, 0, 0, 2}};
    fields[9] = 77;
    fields[11] = fields[12] = 8000;
    fields[15] = SRTP_AES_CM_128_HMAC_SHA1_80;
    plane_open(world.plane, 1, 0);
    command(&world, COMMAND_CONFIGURE, fields, 32);
    CHECK(world.refused == 0 && macs == 0);
    receive(&world, 1, 5000, 9, 1, 1); /* not from 4000: NAT */
    CHECK(macs == 1);
    receive(&world, 1, 6000, 10, 1, 2);
    plane_receive(world.plane, 1, true, &elsewhere, report, sizeof report, 2);
    CHECK(macs == 1);
    receive(&world, 1, 4000, 10, 1, 3); /* from where it said that it is */
    CHECK(macs == 2);
    free(memory);
}

/* Any bytes as commands and as packets. */
static void test_garbage(void) {
    struct world world;
    void *memory = start(&world, 3);
    uint32_t seed = 3, bridge[] = {2, 1, 2};
    plane_open(world.plane, 1, 0);
    plane_open(world.plane, 2, 0);
    configure(&world, 1, 0, 1);
    configure(&world, 2, 1, 2);
    command(&world, COMMAND_BRIDGE, bridge, 3);
    for (uint64_t i = 0; i < 100000; i++) {
        uint8_t bytes[200];
        struct address from = {4, 4000, {127, 0, 0, 1}};
        for (uint32_t j = 0; j < sizeof bytes; j++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[j] = (uint8_t)(seed >> 24);
        }
        uint32_t count = (seed >> 8) % sizeof bytes;
        if (i % 2) {
            bytes[0] = 0x80;
            bytes[1] = i % 4 == 1 ? 101 : i % 8 == 3 ? 0 : 8;
            write_be32(bytes + 8, (uint32_t)(i / 1000));
        }
        plane_receive(world.plane, 1 + (seed & 1), i % 7 == 0, &from, bytes, count, i / 4);
        if (i % 16 == 0) {
            write_le16(bytes, (uint16_t)(count & ~3u));
            bytes[2] = (uint8_t)(2 + bytes[2] % 12);
            write_le32(bytes + 8, 1 + (seed & 1));
            if (bytes[2] != COMMAND_CLOSE)
                plane_commands(world.plane, bytes, count, i / 4);
        }
        plane_tick(world.plane, i / 4);
    }
    CHECK(world.sent > 0);
    free(memory);
}

/* Sends `keys` digits of 100 ms and 100 ms of silence each, without the packets of `lost`. */
static uint32_t digits_heard(uint32_t keys, const uint16_t *lost, uint32_t lost_count) {
    struct world world;
    void *memory = start(&world, 2);
    plane_open(world.plane, 1, 0);
    configure(&world, 1, 0, 77);
    uint16_t sequence = 0;
    for (uint32_t key = 0; key < keys; key++) {
        struct tone tone;
        tone_init_digit(&tone, 9, 800, 800);
        for (uint32_t part = 0; part < 10; part++, sequence++) {
            uint8_t packet[RTP_HEADER_BYTES + 160];
            struct address from = {4, 4000, {127, 0, 0, 1}};
            int16_t samples[160] = {0};
            tone_fill(&tone, samples, 160);
            rtp_write_header(packet, 0, false, sequence, sequence * 160u, 5);
            g711_encode(CODEC_PCMU, packet + RTP_HEADER_BYTES, samples, 160);
            bool missing = false;
            for (uint32_t i = 0; i < lost_count; i++)
                missing = missing || lost[i] == sequence;
            for (uint64_t ms = 0; ms < 20; ms++) {
                uint64_t now_ms = sequence * 20u + ms;
                if (ms == 0 && !missing)
                    plane_receive(world.plane, 1, false, &from, packet, sizeof packet, now_ms);
                plane_tick(world.plane, now_ms);
            }
        }
    }
    for (uint64_t ms = 0; ms < 200; ms++)
        plane_tick(world.plane, sequence * 20u + ms);
    free(memory);
    return world.digits;
}

/* A tone that loses packets is not two digits, and two digits are not one. */
static void test_lost_digits(void) {
    const uint16_t one[] = {2}, two[] = {2, 3}, gap[] = {5, 6};
    CHECK(digits_heard(1, NULL, 0) == 1);
    CHECK(digits_heard(1, one, 1) == 1);
    CHECK(digits_heard(1, two, 2) == 1);
    CHECK(digits_heard(2, NULL, 0) == 2);
    CHECK(digits_heard(2, one, 1) == 2);
    CHECK(digits_heard(2, gap, 2) == 2);
}

/* A key of 100 ms in the audio, and as telephone-event `lead` packets later (or earlier). */
static uint32_t heard_both_ways(int32_t lead) {
    struct world world;
    struct tone tone;
    void *memory = start(&world, 2);
    plane_open(world.plane, 1, 0);
    configure(&world, 1, 0, 77);
    tone_init_digit(&tone, 9, 800, 800);
    for (uint32_t part = 0; part < 40; part++) {
        uint8_t audio[RTP_HEADER_BYTES + 160], event[RTP_HEADER_BYTES + 4];
        struct address from = {4, 4000, {127, 0, 0, 1}};
        int16_t samples[160] = {0};
        if (part >= 10)
            tone_fill(&tone, samples, 160);
        int32_t at = (int32_t)part - 10 - lead;
        rtp_write_header(audio, 0, false, (uint16_t)(2 * part), part * 160u, 5);
        g711_encode(CODEC_PCMU, audio + RTP_HEADER_BYTES, samples, 160);
        rtp_write_header(
            event, 101, at == 0, (uint16_t)(2 * part + 1), (uint32_t)(10 + lead) * 160u, 5);
        telephone_event_write(
            event + RTP_HEADER_BYTES, 9, at >= 4, (at < 4 ? (uint32_t)at + 1 : 5) * 160u);
        for (uint32_t ms = 0; ms < 20; ms++) {
            uint64_t now_ms = part * 20u + ms;
            if (ms == 0)
                plane_receive(world.plane, 1, false, &from, audio, sizeof audio, now_ms);
            if (ms == 0 && at >= 0 && at < 7)
                plane_receive(world.plane, 1, false, &from, event, sizeof event, now_ms);
            plane_tick(world.plane, now_ms);
        }
    }
    free(memory);
    return world.digits;
}

static void test_in_band_copy(void) {
    for (int32_t lead = -5; lead <= 8; lead++)
        CHECK(heard_both_ways(lead) == 1);
}

/* Whoever hears the digit begin also hears its end. */
static void test_closed_within_digit(void) {
    struct world world;
    void *memory = start(&world, 2);
    uint32_t digits[] = {2, 1, 5, 400, 60, 1, '7'}, stop[] = {3, 1, 5}, close[] = {4, 1};
    for (uint32_t closes = 0; closes < 2; closes++) {
        plane_open(world.plane, 1, 0);
        configure(&world, 1, 0, 77);
        command(&world, COMMAND_SEND_DIGITS, digits, 7);
        world.sent = world.event_packets = world.event_ends = 0;
        for (uint64_t ms = 1; ms <= 150; ms++)
            plane_tick(world.plane, closes * 1000 + ms);
        CHECK(world.event_packets > 3 && world.event_ends == 0);
        if (closes == 0)
            command(&world, COMMAND_STOP_PLAYER, stop, 3);
        command(&world, COMMAND_CLOSE, close, 2);
        CHECK(world.event_ends == TELEPHONE_EVENT_END_PACKETS);
    }
    free(memory);
}

/* Whoever was told of the start is told of the end. */
static void test_closed_within_received_digit(void) {
    struct world world;
    void *memory = start(&world, 2);
    uint8_t packet[RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES];
    struct address from = {4, 4000, {127, 0, 0, 1}};
    uint32_t close[] = {4, 1};
    plane_open(world.plane, 1, 0);
    configure(&world, 1, 0, 77);
    rtp_write_header(packet, 101, true, 1, 160, 9);
    telephone_event_write(packet + RTP_HEADER_BYTES, 4, false, 320);
    plane_receive(world.plane, 1, false, &from, packet, sizeof packet, 5);
    CHECK(world.digits == 0);
    command(&world, COMMAND_CLOSE, close, 2);
    CHECK(world.digits == 1 && world.closed == 1);
    free(memory);
}

/* A beep of 300 ms at 400 ms; half way through, the endpoint moves to another plane if it is to. */
static void hear_beep(struct world *worlds, bool moves) {
    struct world *world = &worlds[0];
    struct tone tone;
    uint32_t detect[] = {2, 1, 4}, other[] = {3, 2, 4}, nonsense[] = {4, 1, 8}, none[] = {5, 1, 0};
    void *memories[] = {start(&worlds[0], 3), start(&worlds[1], 3)};
    plane_open(world->plane, 1, 0);
    plane_open(world->plane, 2, 0);
    configure(world, 1, 0, 77);
    command(world, COMMAND_DETECT, detect, 3);
    CHECK(world->refused == 0);
    command(world, COMMAND_DETECT, other, 3); /* the pool has but one */
    command(world, COMMAND_DETECT, nonsense, 3);
    CHECK(world->refused == 2);
    tone_init(&tone, 1000, 0, -12, 2400, 8000, 1);
    for (uint32_t part = 0; part < 50; part++) {
        uint8_t packet[RTP_HEADER_BYTES + 160];
        struct address from = {4, 4000, {127, 0, 0, 1}};
        int16_t samples[160] = {0};
        if (part >= 20)
            tone_fill(&tone, samples, 160);
        rtp_write_header(packet, 0, false, (uint16_t)part, part * 160u, 5);
        g711_encode(CODEC_PCMU, packet + RTP_HEADER_BYTES, samples, 160);
        struct plane_move move;
        struct recording_slots slots;
        if (moves && part == 27 && plane_lift(world->plane, 1, &move, part * 20u)) {
            plane_tick(worlds[1].plane, part * 20u - 1);
            CHECK(plane_adopt(worlds[1].plane, &move, &slots));
            plane_discard(world->plane, &move);
            command(world, COMMAND_DETECT, other, 3); /* there is room again */
            CHECK(world->refused == 2);
            world = &worlds[1];
        }
        for (uint32_t ms = 0; ms < 20; ms++) {
            if (ms == 0)
                plane_receive(world->plane, 1, false, &from, packet, sizeof packet, part * 20u);
            plane_tick(world->plane, part * 20u + ms);
        }
    }
    CHECK(world->detected == 2);
    uint32_t lasted_ms = world->detected_ms[1] - world->detected_ms[0];
    CHECK(lasted_ms >= 250 && lasted_ms <= 350);
    CHECK(world->detected_ms[0] >= 380 && world->detected_ms[0] <= 500);
    command(world, COMMAND_DETECT, none, 3);
    free(memories[0]);
    free(memories[1]);
}

static void test_detecting(void) {
    struct world worlds[2];
    hear_beep(worlds, false);
    hear_beep(worlds, true);
}

void test_plane(void) {
    test_playing();
    test_lost_digits();
    test_in_band_copy();
    test_closed_within_digit();
    test_closed_within_received_digit();
    test_detecting();
    test_latching();
    test_ports_answer_nobody_but_their_peer();
    test_strangers_cost_no_ciphers();
    test_garbage();
}
