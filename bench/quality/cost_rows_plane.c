/*
 * Whole graphs without a shell: 300 legs of PCMU for so many frames; per frame and leg it takes one
 * packet in and gives one. Nobody's stands beside them.
 */
#include "../../native/core/bytes.h"
#include "../../native/core/g711.h"
#include "../../native/core/plane.h"
#include "../../native/core/records.h"
#include "../../native/core/rtp.h"
#include "kernel_rows.h"
#include <stdlib.h>
#include <string.h>

enum { LEGS = 300, GRAPHS = 5, FRAME = ROW_FRAME, FRAME_MS = 20, SPOKEN = 50, MIXER = 1 };

static const struct {
    uint32_t room, talkers; /* of each room; 0: pairs */
    bool in_band_dtmf;
} graphs[GRAPHS] = {
    {0, 2, false},
    {3, 1, false},
    {300, 3, false},
    {300, 300, false},
    {300, 300, true},
};

/* Every graph keeps its own, so that rows may be measured in turns. */
static struct plane *planes[GRAPHS], *plane;
static uint64_t clocks_ms[GRAPHS], now_ms;
static uint8_t spoken[SPOKEN][FRAME];

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    (void)context, (void)endpoint_id, (void)rtcp, (void)to, (void)bytes;
    rows_sink = packet[0];
}

static void on_event(void *context, const uint8_t *record, uint32_t bytes) {
    (void)context, (void)bytes;
    if (record[2] == EVENT_ACK && read_le32(record + RECORD_HEADER_BYTES + 4) != STATUS_OK)
        abort();
}

static void command(enum record_type type, uint8_t detail, const uint32_t *fields, uint32_t count) {
    uint8_t record[128];
    plane_commands(plane, record, record_write(record, type, detail, fields, count), now_ms);
}

static void open_leg(uint32_t leg, uint32_t in_band_dtmf) {
    uint32_t fields[] = {
        1,      leg, 255u << 16 | 3u << 24, FRAME_MS | in_band_dtmf << 8 | 4u << 16 | 2u << 24,
        4000,   0x0100007F, 0, 0, 0, leg, 0, 8000, 8000, 0, 0};
    plane_open(plane, leg, now_ms);
    command(COMMAND_CONFIGURE, 0, fields, 15);
}

static bool begin(uint32_t graph) {
    static const struct codec *const codecs[CODECS] = {[CODEC_PCMU] = &codec_pcmu};
    struct plane_config config = {
        .endpoints_max = LEGS + 1,
        .players_max = 8,
        .recorders_max = 1,
        .mixers_max = LEGS,
        .streams_max = 1,
        .taps_max = 1,
        .detectors_max = 1,
        .codecs = codecs,
        .host = {.send = on_send, .event = on_event},
    };
    now_ms = 1000;
    plane = plane_init(calloc(1, plane_size(&config)), &config, now_ms);
    uint32_t room = graphs[graph].room;
    for (uint32_t leg = 1; leg <= LEGS; leg++) {
        uint32_t mixer = room ? MIXER + (leg - 1) / room : 0;
        open_leg(leg, graphs[graph].in_band_dtmf);
        if (room && (leg - 1) % room == 0)
            plane_open_mixer(plane, mixer, now_ms);
        uint32_t join[] = {1, leg, mixer, 4096, 0}, bridge[] = {1, leg - 1, leg};
        if (room)
            command(COMMAND_JOIN, 0, join, 5);
        else if (leg % 2 == 0)
            command(COMMAND_BRIDGE, 0, bridge, 3);
    }
    for (uint32_t i = 0; i < SPOKEN; i++)
        g711_encode(CODEC_PCMU, spoken[i], rows_speech(1000 + i), FRAME);
    planes[graph] = plane;
    clocks_ms[graph] = now_ms;
    return false;
}

static void run(uint32_t graph, uint32_t frames) {
    struct address from = {4, 4000, {127, 0, 0, 1}};
    uint32_t room = graphs[graph].room ? graphs[graph].room : 2;
    plane = planes[graph];
    now_ms = clocks_ms[graph];
    for (uint32_t tick = 0; tick < frames / LEGS * FRAME_MS; tick++, now_ms++) {
        for (uint32_t leg = 1 + tick % FRAME_MS; leg <= LEGS; leg += FRAME_MS) {
            uint8_t packet[RTP_HEADER_BYTES + FRAME];
            uint32_t number = (uint32_t)(now_ms / FRAME_MS);
            rtp_write_header(packet, 0, false, (uint16_t)number, number * FRAME, leg);
            if ((leg - 1) % room < graphs[graph].talkers)
                memcpy(packet + RTP_HEADER_BYTES, spoken[(number + leg) % SPOKEN], FRAME);
            else
                memset(packet + RTP_HEADER_BYTES, codec_pcmu.silence, FRAME);
            plane_receive(plane, leg, false, &from, packet, sizeof packet, now_ms);
        }
        plane_tick(plane, now_ms);
    }
    clocks_ms[graph] = now_ms;
}

const struct kernel_row plane_rows[] = {
    {"plane: relay", NULL, 0, begin, run, .at_once = LEGS},
    {"plane: room of 3, 1 speaks", NULL, 1, begin, run, .at_once = LEGS},
    {"plane: room of 300, 3 speak", NULL, 2, begin, run, .at_once = LEGS},
    {"plane: room of 300, all speak", NULL, 3, begin, run, .at_once = LEGS},
    {"plane: the same with DTMF detection", NULL, 4, begin, run, .at_once = LEGS},
    {0}};
