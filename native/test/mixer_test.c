#define _GNU_SOURCE
#include "codecs.h"
#include "../core/bytes.h"
#include "../core/g711.h"
#include "../core/mix.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "idle_host.h"
#include "test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 12, FRAME = 160, HEARD = 1600, MIXER = 1, MUTED = 1, HELD = 2 };

/* A room whose members each say a tone of their own; what each hears is kept. */
struct room {
    struct plane *plane;
    uint64_t now_ms;
    bool silent[MEMBERS + 1];
    uint32_t codec[MEMBERS + 1]; /* PCMU or PCMA */
    int16_t heard[MEMBERS + 1][HEARD];
    uint32_t packets[MEMBERS + 1];
    uint32_t refused, voices_begun, voices_ended, encodings;
    int32_t step_max; /* between two samples that anybody hears */
};

static double tone_hz(uint32_t member) {
    return 300.0 + 200.0 * member;
}

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    struct room *room = context;
    (void)to;
    if (rtcp)
        return;
    int16_t *heard = room->heard[endpoint_id], before = heard[HEARD - 1];
    uint32_t count = bytes - RTP_HEADER_BYTES;
    memmove(heard, heard + count, (HEARD - count) * sizeof *heard);
    g711_decode(
        (enum codec_id)room->codec[endpoint_id], heard + HEARD - count, packet + RTP_HEADER_BYTES,
        count);
    for (uint32_t i = HEARD - count; i < HEARD; i++) {
        int32_t step = abs(heard[i] - before);
        room->step_max = step > room->step_max ? step : room->step_max;
        before = heard[i];
    }
    room->packets[endpoint_id]++;
}

static void on_event(void *context, const uint8_t *data, uint32_t bytes) {
    struct room *room = context;
    struct record record;
    uint32_t offset = 0;
    CHECK(record_next(&record, data, bytes, &offset));
    room->refused += record.type == EVENT_ACK && record_u32(&record, 1) != STATUS_OK;
    room->voices_begun += record.type == EVENT_VOICE && record.detail == 1;
    room->voices_ended += record.type == EVENT_VOICE && record.detail == 0;
}

static void command(
    struct room *room, enum record_type type, uint8_t detail, const uint32_t *fields,
    uint32_t count) {
    uint8_t record[128];
    plane_commands(
        room->plane, record, record_write(record, type, detail, fields, count), room->now_ms);
}

static void join(struct room *room, uint32_t member, uint8_t flags, uint32_t coached) {
    uint32_t fields[] = {1, member, MIXER, 4096, coached};
    command(room, COMMAND_JOIN, flags, fields, 5);
}

static void open_member(struct room *room, uint32_t member, uint32_t ptime_ms) {
    uint32_t codec = room->codec[member];
    uint32_t fields[] = {
        1,
        member,
        codec | (codec ? 8u : 0u) << 8 | 255u << 16 | 3u << 24,
        ptime_ms | 4u << 16 | 2u << 24,
        4000,
        0x0100007F,
        0,
        0,
        0,
        member,
        0,
        8000,
        8000,
        0,
        0};
    plane_open(room->plane, member, room->now_ms);
    command(room, COMMAND_CONFIGURE, 0, fields, 15);
}

static void speak(struct room *room, uint32_t member, uint32_t frame) {
    uint8_t packet[RTP_HEADER_BYTES + FRAME];
    int16_t samples[FRAME];
    for (uint32_t i = 0; i < FRAME; i++) {
        double phase = 2 * M_PI * tone_hz(member) * (frame * FRAME + i) / 8000;
        samples[i] = (int16_t)(room->silent[member] ? 0 : 2000 * sin(phase));
    }
    rtp_write_header(
        packet, room->codec[member] ? 8 : 0, false, (uint16_t)frame, frame * FRAME, member + 100);
    g711_encode((enum codec_id)room->codec[member], packet + RTP_HEADER_BYTES, samples, FRAME);
    struct address from = {4, 4000, {127, 0, 0, 1}};
    plane_receive(room->plane, member, false, &from, packet, sizeof packet, room->now_ms);
}

static void run(struct room *room, uint32_t members, uint32_t ms) {
    for (uint32_t i = 0; i < ms; i++) {
        room->now_ms++;
        for (uint32_t member = 1; member <= members; member++) {
            if (room->now_ms % 20 == member)
                speak(room, member, (uint32_t)(room->now_ms / 20));
        }
        plane_tick(room->plane, room->now_ms);
    }
}

static void *start(struct room *room, uint32_t members) {
    struct plane_config config = {
        .endpoints_max = MEMBERS + 1,
        .players_max = 10,
        .recorders_max = 2,
        .mixers_max = 2,
        .codecs = codecs,
        .epoch_ms = 1700000000000u,
        .host = idle_host(room),
    };
    config.host.send = on_send;
    config.host.event = on_event;
    void *memory = calloc(1, (size_t)plane_size(&config));
    uint32_t mixer[] = {1, MIXER, 0, 0};
    room->plane = plane_init(memory, &config, 0);
    plane_open_mixer(room->plane, MIXER, 0);
    command(room, COMMAND_MIXER, 1, mixer, 4);
    for (uint32_t member = 1; member <= members; member++) {
        open_member(room, member, 20);
        join(room, member, 0, 0);
    }
    return memory;
}

/* Amplitude of what `listener` hears of the tone of `speaker`. */
static double hears(const struct room *room, uint32_t listener, uint32_t speaker) {
    double a = 0, b = 0;
    for (uint32_t i = 0; i < HEARD; i++) {
        double phase = 2 * M_PI * tone_hz(speaker) * i / 8000;
        a += 2.0 / HEARD * room->heard[listener][i] * cos(phase);
        b += 2.0 / HEARD * room->heard[listener][i] * sin(phase);
    }
    return sqrt(a * a + b * b);
}

static bool hears_nothing(const struct room *room, uint32_t listener) {
    for (uint32_t i = 0; i < HEARD; i++) {
        if (abs(room->heard[listener][i]) > 8) /* the smallest step of A-law */
            return false;
    }
    return true;
}

static void test_everybody_but_oneself(void) {
    struct room room = {.now_ms = 0};
    for (uint32_t i = 1; i <= MEMBERS; i++)
        room.codec[i] = i % 3 == 0;
    void *memory = start(&room, 10);
    run(&room, 10, 1000);
    for (uint32_t listener = 1; listener <= 10; listener++) {
        for (uint32_t speaker = 1; speaker <= 10; speaker++) {
            double level = hears(&room, listener, speaker);
            CHECK(listener == speaker ? level < 100 : level > 1800 && level < 2200);
        }
    }
    CHECK(room.voices_begun == 10 && room.voices_ended == 0 && room.refused == 0);
    free(memory);
}

static void test_lone_speaker(void) {
    struct room room = {.silent = {[2] = true, [3] = true}};
    void *memory = start(&room, 3);
    run(&room, 3, 1000);
    CHECK(hears_nothing(&room, 1)); /* never itself */
    CHECK(hears(&room, 2, 1) > 1900 && hears(&room, 3, 1) > 1900);
    room.silent[1] = true;
    run(&room, 3, 1000);
    CHECK(room.voices_begun == 1 && room.voices_ended == 1);
    free(memory);
}

static void test_mute_hold_coach(void) {
    struct room room = {.now_ms = 0};
    void *memory = start(&room, 4);
    run(&room, 4, 600);
    join(&room, 1, MUTED, 0);
    run(&room, 4, 600);
    CHECK(hears(&room, 2, 1) < 40 && hears(&room, 1, 2) > 1800);
    join(&room, 1, HELD, 0);
    run(&room, 4, 600);
    CHECK(hears_nothing(&room, 1) && hears(&room, 2, 1) < 40 && hears(&room, 2, 3) > 1800);
    join(&room, 1, 0, 3); /* speaks to 3 alone, hears all */
    run(&room, 4, 600);
    CHECK(hears(&room, 3, 1) > 1800 && hears(&room, 2, 1) < 40 && hears(&room, 4, 1) < 40);
    CHECK(hears(&room, 1, 2) > 1800 && hears(&room, 3, 3) < 40 && hears(&room, 1, 1) < 40);
    uint32_t leave[] = {1, 1}, unknown[] = {1, 2, 9, 4096, 0};
    command(&room, COMMAND_LEAVE, 0, leave, 2);
    run(&room, 4, 600);
    CHECK(hears_nothing(&room, 1) && hears(&room, 3, 1) < 40 && hears(&room, 2, 3) > 1800);
    CHECK(room.packets[1] >= 149 && room.packets[1] <= 151);
    CHECK(room.refused == 0);
    command(&room, COMMAND_JOIN, 0, unknown, 5);
    CHECK(room.refused == 1);
    free(memory);
}

/* Who is coached and recorded comes in at any phase of the room's tick. */
static void test_coached_comes_in(void) {
    struct room room = {.now_ms = 0};
    void *memory = start(&room, 3);
    uint32_t close[] = {1, 3}, record[] = {1, 3, 1, 0, 0, 1, 'x'};
    join(&room, 1, 0, 3);
    for (uint32_t phase = 0; phase < 2 * 20; phase++) {
        command(&room, COMMAND_CLOSE, 0, close, 2);
        run(&room, 2, 41);
        open_member(&room, 3, 20);
        command(&room, COMMAND_RECORD, 1, record, 7);
        run(&room, 3, 20 + phase);
        join(&room, 3, 0, 0);
        run(&room, 3, 60);
    }
    memset(room.packets, 0, sizeof room.packets);
    run(&room, 3, 600);
    CHECK(room.packets[3] == 30 && hears(&room, 3, 1) > 1800 && room.refused == 0);
    free(memory);
}

/* Whoever comes, goes or is muted does so without a click: the tones alone explain every step. */
static void test_no_clicks(void) {
    struct room room = {.now_ms = 0};
    void *memory = start(&room, 4);
    run(&room, 4, 500);
    room.step_max = 0;
    for (uint32_t round = 0; round < 20; round++) {
        uint32_t leave[] = {1, 2};
        run(&room, 4, 33 + round);
        join(&room, 1, round % 2 ? MUTED : 0, 0);
        run(&room, 4, 27 + round);
        if (round % 4 == 0)
            command(&room, COMMAND_LEAVE, 0, leave, 2);
        else if (round % 4 == 2)
            join(&room, 2, 0, 0);
    }
    double slope = 0; /* of all tones at once, with a little for the steps of the codec */
    for (uint32_t member = 1; member <= 4; member++)
        slope += 2000 * 2 * M_PI * tone_hz(member) / 8000;
    CHECK(room.step_max < slope * 1.15);
    free(memory);
}

static void test_packet_times(void) {
    struct room room = {.now_ms = 0};
    void *memory = start(&room, 2);
    open_member(&room, 3, 30);
    join(&room, 3, 0, 0);
    open_member(&room, 4, 10);
    join(&room, 4, 0, 0);
    run(&room, 4, 1200);
    for (uint32_t listener = 1; listener <= 4; listener++) {
        for (uint32_t speaker = 1; speaker <= 4; speaker++) {
            double level = hears(&room, listener, speaker);
            CHECK(listener == speaker ? level < 60 : level > 1800 && level < 2200);
        }
    }
    CHECK(room.packets[3] == 40 && room.packets[4] == 120 && room.packets[1] == 60);
    uint32_t close[] = {1, MIXER};
    command(&room, COMMAND_CLOSE_MIXER, 0, close, 2);
    run(&room, 4, 400);
    for (uint32_t listener = 1; listener <= 4; listener++)
        CHECK(hears_nothing(&room, listener));
    CHECK(room.packets[1] >= 79 && room.packets[1] <= 81);
    free(memory);
}

/* Exact for any number at any level. */
static void test_arithmetic(void) {
    static const uint32_t sizes[] = {2, 3, 10, 63, 64, 1000};
    int16_t(*frames)[FRAME] = malloc(sizeof(int16_t[1000][FRAME]));
    uint32_t seed = 7;
    for (uint32_t i = 0; frames && i < 6; i++) {
        int32_t sum[FRAME] = {0};
        int64_t oracle[FRAME] = {0};
        for (uint32_t voice = 0; voice < sizes[i]; voice++) {
            for (uint32_t j = 0; j < FRAME; j++) {
                seed = seed * 1664525u + 1013904223u;
                frames[voice][j] = (int16_t)(seed >> 16);
                oracle[j] += frames[voice][j];
            }
            mix_add(sum, frames[voice], FRAME);
        }
        for (uint32_t voice = 0; voice < sizes[i]; voice++) {
            int16_t out[FRAME];
            mix_minus(out, sum, frames[voice], FRAME);
            for (uint32_t j = 0; j < FRAME; j++) {
                int64_t others = oracle[j] - frames[voice][j];
                others = others > 32767 ? 32767 : others < -32768 ? -32768 : others;
                CHECK(out[j] == others);
            }
        }
    }
    free(frames);
}

void test_mixer(void) {
    test_arithmetic();
    test_everybody_but_oneself();
    test_lone_speaker();
    test_mute_hold_coach();
    test_coached_comes_in();
    test_no_clicks();
    test_packet_times();
}
