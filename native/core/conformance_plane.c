#include "bytes.h"
#include "conformance.h"
#include "g711.h"
#include "plane.h"
#include "records.h"
#include "rtp.h"
#include "tone.h"

/*
 * A whole plane for a few seconds: two endpoints of different codecs, a prompt, a tone, digits, two
 * recordings at once, a transcoding bridge. Everything that it hands to its host is written out.
 */
enum { ENDPOINTS = 4, PROMPT_SAMPLES = 3001, MEMORY_BYTES = 1 << 19, RUN_MS = 4000 };

static const struct codec *const codecs[CODECS] = {
    [CODEC_PCMU] = &codec_pcmu,
    [CODEC_PCMA] = &codec_pcma,
};

struct stage {
    uint8_t *dst;
    uint32_t bytes, room;
    int16_t prompt[PROMPT_SAMPLES];
    struct plane *plane;
};

static void put(struct stage *stage, uint8_t tag, const uint8_t *data, uint32_t count) {
    if (stage->room - stage->bytes < count + 3)
        return;
    stage->dst[stage->bytes++] = tag;
    write_le16(stage->dst + stage->bytes, (uint16_t)count);
    memcpy(stage->dst + stage->bytes + 2, data, count);
    stage->bytes += count + 2;
}

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    (void)to;
    put(context, (uint8_t)(endpoint_id << 1 | rtcp), packet, bytes);
}

static void on_event(void *context, const uint8_t *record, uint32_t bytes) {
    put(context, 'e', record, bytes);
}

static bool on_acquire(void *context, uint32_t prompt_id, struct prompt *prompt) {
    struct stage *stage = context;
    *prompt = (struct prompt){.samples = stage->prompt, .count = PROMPT_SAMPLES, .rate_hz = 8000};
    return prompt_id == 1;
}

static void on_release(void *context, uint32_t prompt_id) {
    (void)context;
    (void)prompt_id;
}

static bool on_recording_open(void *context, const struct recording *recording) {
    put(context, 'o', (const uint8_t *)recording->path, recording->path_bytes);
    return true;
}

static bool
on_recording_write(void *context, uint32_t slot, const int16_t *samples, uint32_t count) {
    uint8_t bytes[2 * 2048];
    (void)slot;
    for (uint32_t i = 0; i < count; i++)
        write_le16(bytes + 2 * i, (uint16_t)samples[i]);
    put(context, 'w', bytes, 2 * count);
    return true;
}

static bool on_recording_end(void *context, uint32_t slot, uint8_t reason, uint32_t frames) {
    uint8_t bytes[8];
    write_le32(bytes, slot << 8 | reason);
    write_le32(bytes + 4, frames);
    put(context, 'z', bytes, sizeof bytes);
    return true;
}

static void command(
    struct stage *stage, enum record_type type, const uint32_t *fields, uint32_t count,
    uint64_t now_ms) {
    uint8_t record[RECORD_HEADER_BYTES + 4 * 16];
    uint8_t detail = type != COMMAND_RECORD ? 0 : fields[2] == 14 ? 1 : 8; /* dual, or sent */
    plane_commands(stage->plane, record, record_write(record, type, detail, fields, count), now_ms);
}

static void configure(struct stage *stage, uint32_t endpoint_id, enum codec_id codec) {
    uint32_t payload_type = codec == CODEC_PCMU ? 0 : 8;
    uint32_t fields[] = {
        1,
        endpoint_id,
        (uint32_t)codec | payload_type << 8 | 101u << 16 | 3u << 24,
        20u | 1u << 8 | 4u << 16 | 2u << 24,
        4000 + endpoint_id,
        0x0100007F,
        0,
        0,
        0,
        0x11111111 * endpoint_id,
        700,
        8000,
        8000,
        0,
        0,
    };
    command(stage, COMMAND_CONFIGURE, fields, 15, 0);
}

static void send_packets(struct stage *stage, uint32_t step, uint64_t now_ms) {
    for (uint32_t endpoint_id = 1; endpoint_id <= 2; endpoint_id++) {
        enum codec_id codec = endpoint_id == 1 ? CODEC_PCMU : CODEC_PCMA;
        uint8_t packet[RTP_HEADER_BYTES + 160];
        int16_t samples[160];
        for (uint32_t i = 0; i < 160; i++)
            samples[i] = (int16_t)(tone_sine((step * 160 + i) * 53687091u * endpoint_id) / 3);
        g711_encode(codec, packet + RTP_HEADER_BYTES, samples, 160);
        rtp_write_header(
            packet, codec == CODEC_PCMU ? 0 : 8, step == 0, (uint16_t)step, step * 160,
            endpoint_id);
        struct address from = {4, (uint16_t)(5000 + endpoint_id), {127, 0, 0, 1}};
        if (step % 17 != 5)
            plane_receive(stage->plane, endpoint_id, false, &from, packet, sizeof packet, now_ms);
    }
}

static void act(struct stage *stage, uint32_t step, uint64_t now_ms) {
    static const uint32_t play[] = {2, 1, 11, 1, 2, 50};
    static const uint32_t tone[] = {3, 1, 12, 440, 480, (uint32_t)-12, 200, 100, 2};
    static const uint32_t digits[] = {4, 2, 13, 100, 60, 4, 0x23773135};
    static const uint32_t record[] = {5, 1, 14, 1500, 0, 4, 0x7661772E};
    static const uint32_t sent[] = {8, 1, 15, 0, 700, 4, 0x7661772E};
    static const uint32_t bridge[] = {6, 1, 2};
    static const uint32_t close_first[] = {7, 1};
    if (step == 2)
        command(stage, COMMAND_PLAY, play, 6, now_ms);
    if (step == 3)
        command(stage, COMMAND_TONE, tone, 9, now_ms);
    if (step == 4)
        command(stage, COMMAND_SEND_DIGITS, digits, 7, now_ms);
    if (step == 40)
        command(stage, COMMAND_RECORD, record, 7, now_ms);
    if (step == 44)
        command(stage, COMMAND_RECORD, sent, 7, now_ms);
    if (step == 100)
        command(stage, COMMAND_BRIDGE, bridge, 3, now_ms);
    if (step == 180)
        command(stage, COMMAND_CLOSE, close_first, 2, now_ms);
}

void conformance_plane(struct conformance *run) {
    static _Alignas(16) uint8_t memory[MEMORY_BYTES];
    static struct stage stage;
    stage = (struct stage){.dst = run->dst, .room = run->room};
    struct plane_config config = {
        .endpoints_max = ENDPOINTS,
        .players_max = 8,
        .recorders_max = 2,
        .codecs = codecs,
        .epoch_ms = 1700000000000u,
        .host =
            {&stage, on_send, on_event, on_acquire, on_release, on_recording_open,
             on_recording_write, on_recording_end},
    };
    if (plane_size(&config) > MEMORY_BYTES)
        return;
    memset(memory, 0, sizeof memory);
    for (uint32_t i = 0; i < PROMPT_SAMPLES; i++)
        stage.prompt[i] = (int16_t)(tone_sine(i * 0x05000000u) / 2);
    stage.plane = plane_init(memory, &config, 0);
    plane_open(stage.plane, 1, 0);
    plane_open(stage.plane, 2, 0);
    configure(&stage, 1, CODEC_PCMU);
    configure(&stage, 2, CODEC_PCMA);
    for (uint32_t ms = 1; ms <= RUN_MS; ms++) {
        if (ms % 20 == 7 && ms < RUN_MS - 1000) {
            act(&stage, ms / 20, ms);
            send_packets(&stage, ms / 20, ms);
        } else if (ms % 20 == 7) {
            act(&stage, ms / 20, ms);
        }
        plane_tick(stage.plane, ms);
    }
    run->bytes = stage.bytes;
}
