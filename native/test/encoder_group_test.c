#include "../core/g722.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

/* Legs whose frames are encoded together send what each would send alone. */

enum { LEGS = 200, PACKETS = 25, RUN_MS = 1100 };

/* Of one leg: its first packets, summed up in order. */
struct heard {
    uint32_t packets, hash, first_timestamp;
    uint16_t first_sequence;
};

static struct heard heard[LEGS + 1];
static uint64_t now_ms;
static uint32_t sent_in[20]; /* milliseconds of 20: first packets of that packet time */

static uint32_t ptime_ms(uint32_t id) {
    return id % 7 == 0 ? 10 : id % 7 == 3 ? 40 : 20;
}

static void add_byte(uint32_t *hash, uint8_t byte) {
    *hash = (*hash ^ byte) * 16777619u;
}

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *data,
    uint32_t bytes) {
    struct rtp_packet packet;
    struct heard *leg = &heard[endpoint_id];
    (void)context, (void)to;
    if (rtcp || rtp_parse(&packet, data, bytes) != 0 || leg->packets == PACKETS)
        return;
    sent_in[now_ms % 20] += ptime_ms(endpoint_id) == 20;
    if (leg->packets++ == 0) {
        leg->first_timestamp = packet.timestamp;
        leg->first_sequence = packet.sequence;
    }
    add_byte(&leg->hash, packet.marker);
    add_byte(&leg->hash, (uint8_t)(packet.sequence - leg->first_sequence));
    add_byte(&leg->hash, (uint8_t)((packet.timestamp - leg->first_timestamp) / 80));
    for (uint32_t i = 0; i < packet.payload_bytes; i++)
        add_byte(&leg->hash, packet.payload[i]);
}

/* Each says a tone of its own. */
static void add(struct plane *plane, uint32_t id) {
    uint8_t record[128];
    uint32_t fields[] = {
        1,
        id,
        CODEC_G722 | 9u << 8 | 255u << 16 | 3u << 24,
        ptime_ms(id) | 4u << 16 | 2u << 24,
        4000,
        0x0100007F,
        0,
        0,
        0,
        id + 1000,
        0,
        8000,
        8000,
        0,
        0};
    uint32_t tone[] = {1, id, id, 200 + 10 * id, 0, (uint32_t)-10, 20000, 0, 0};
    plane_open(plane, id, 0);
    plane_commands(plane, record, record_write(record, COMMAND_CONFIGURE, 0, fields, 15), 0);
    plane_commands(plane, record, record_write(record, COMMAND_TONE, 0, tone, 9), 0);
}

/* Legs `first` to `last`, alone in a plane. */
static void run(uint32_t first, uint32_t last) {
    static const struct codec *const table[CODECS] = {[CODEC_G722] = &codec_g722};
    struct plane_config config = {
        .endpoints_max = LEGS + 1,
        .players_max = LEGS,
        .codecs = table,
        .states_max = {[CODEC_G722] = LEGS},
        .host = idle_host(NULL),
    };
    config.host.send = on_send;
    struct plane *plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    for (uint32_t id = first; id <= last; id++) {
        memset(&heard[id], 0, sizeof heard[id]);
        add(plane, id);
    }
    memset(sent_in, 0, sizeof sent_in);
    for (now_ms = 1; now_ms < RUN_MS; now_ms++)
        plane_tick(plane, now_ms);
    free(plane);
}

static void test_packets(void) {
    struct heard together[LEGS + 1];
    run(1, LEGS);
    memcpy(together, heard, sizeof together);
    for (uint32_t id = 1; id <= LEGS; id++) {
        run(id, id);
        CHECK(together[id].packets == PACKETS && heard[id].packets == PACKETS);
        CHECK(together[id].hash == heard[id].hash);
        CHECK(id == 1 || heard[id].hash != heard[id - 1].hash);
    }
}

/* They tick in the same milliseconds, as many as are encoded together. */
static void test_company(void) {
    uint32_t legs = 0, busy = 0;
    run(1, 40);
    for (uint32_t id = 1; id <= 40; id++)
        legs += ptime_ms(id) == 20;
    for (uint32_t i = 0; i < 20; i++) {
        CHECK(sent_in[i] % PACKETS == 0 && sent_in[i] <= CODEC_GROUP_MAX * PACKETS);
        busy += sent_in[i] > 0;
    }
    CHECK(busy == (legs + CODEC_GROUP_MAX - 1) / CODEC_GROUP_MAX);
}

enum { FRAME_MAX = 960, ROUNDS = 400 };

static int16_t noise[CODEC_GROUP_MAX][FRAME_MAX];

/* Of several loudnesses; the last ones are nothing but clipping and silence. */
static void fill(uint32_t round) {
    static uint32_t state = 1;
    for (uint32_t who = 0; who < CODEC_GROUP_MAX; who++) {
        for (uint32_t i = 0; i < FRAME_MAX; i++) {
            state = state * 1664525u + 1013904223u;
            int32_t value = (int32_t)(state >> 16) - 32768;
            if (who == 6)
                value = value < 0 ? -32768 : 32767;
            else if (who == 7)
                value = round % 3 ? 0 : value;
            else
                value >>= 2 * who;
            noise[who][i] = (int16_t)value;
        }
    }
}

/* The same states, however many are together and in whichever lane. */
static void test_codec(const struct codec *codec) {
    uint8_t expected[CODEC_PAYLOAD_BYTES_MAX], got[CODEC_GROUP_MAX][CODEC_PAYLOAD_BYTES_MAX];
    struct encoder_options options = {.rate_hz = 16000};
    void *alone[CODEC_GROUP_MAX], *grouped[CODEC_GROUP_MAX];
    for (uint32_t i = 0; i < CODEC_GROUP_MAX; i++) {
        codec->encoder_begin(alone[i] = calloc(1, codec->encoder_bytes), &options);
        codec->encoder_begin(grouped[i] = calloc(1, codec->encoder_bytes), &options);
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t members = 1 + round * 5 % CODEC_GROUP_MAX, count = 160 * (1 + round % 6);
        void *encoders[CODEC_GROUP_MAX];
        uint8_t *dst[CODEC_GROUP_MAX];
        const int16_t *src[CODEC_GROUP_MAX];
        fill(round);
        for (uint32_t lane = 0; lane < members; lane++) {
            uint32_t who = (lane + round) % CODEC_GROUP_MAX;
            encoders[lane] = grouped[who];
            dst[lane] = got[lane];
            src[lane] = noise[who];
        }
        uint32_t bytes = codec->encode_group(encoders, dst, src, members, count);
        for (uint32_t lane = 0; lane < members; lane++) {
            void *encoder = alone[(lane + round) % CODEC_GROUP_MAX];
            CHECK(bytes == codec->encode(encoder, expected, sizeof expected, src[lane], count));
            CHECK(memcmp(expected, got[lane], bytes) == 0);
        }
    }
    for (uint32_t i = 0; i < CODEC_GROUP_MAX; i++) {
        free(alone[i]);
        free(grouped[i]);
    }
}

void test_encoder_group(void) {
    test_codec(&codec_g722);
    test_packets();
    test_company();
}
