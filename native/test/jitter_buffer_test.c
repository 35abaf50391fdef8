#include "../core/jitter_buffer.h"
#include "test.h"
#include <string.h>

/*
 * Traces: P = the next packet comes, L = it is lost, D = the last one comes again, S = the next two
 * come swapped, R = the SSRC's timestamps jump before the next packet, G = a frame is taken:
 * written as r (received), c (concealed).
 */
struct trace {
    struct jitter_buffer jb;
    uint16_t sequence;
    uint32_t timestamp;
    char frames[256];
};

static void packet(struct trace *trace, uint16_t sequence, uint32_t timestamp) {
    uint8_t payload[160];
    memset(payload, 0x20 + sequence % 64, sizeof payload);
    jitter_buffer_put(&trace->jb, sequence, timestamp, CODEC_PCMU, payload, 160);
}

static const char *run(struct trace *trace, const char *text) {
    memset(trace, 0, sizeof *trace);
    jitter_buffer_reset(&trace->jb);
    trace->sequence = 65533;
    trace->timestamp = 0xFFFFFF00u;
    size_t frames = 0;
    for (; *text; text++) {
        int16_t frame[160];
        uint32_t received;
        switch (*text) {
        case 'P':
            packet(trace, trace->sequence++, trace->timestamp);
            trace->timestamp += 160;
            break;
        case 'L':
            trace->sequence++;
            trace->timestamp += 160;
            break;
        case 'D':
            packet(trace, (uint16_t)(trace->sequence - 1), trace->timestamp - 160);
            break;
        case 'S':
            packet(trace, (uint16_t)(trace->sequence + 1), trace->timestamp + 160);
            packet(trace, trace->sequence, trace->timestamp);
            trace->sequence = (uint16_t)(trace->sequence + 2);
            trace->timestamp += 320;
            break;
        case 'R':
            trace->timestamp += 1000000;
            break;
        default:
            received = jitter_buffer_get(&trace->jb, frame, 160);
            trace->frames[frames++] = received == 160 ? 'r' : received == 0 ? 'c' : 'm';
            break;
        }
    }
    return trace->frames;
}

static void check(const char *text, const char *expected, const char *file, int line) {
    static struct trace trace;
    const char *frames = run(&trace, text);
    if (strcmp(frames, expected) != 0) {
        fprintf(stderr, "%s:%d: %s gave %s, not %s\n", file, line, text, frames, expected);
        test_failures++;
    }
}
#define TRACE(text, expected) check(text, expected, __FILE__, __LINE__)

void test_jitter_buffer(void) {
    TRACE("GG", "cc");
    TRACE("PGPGPGPGPG", "ccrrr");
    TRACE("PGPGLGPGPGPG", "ccrrcr");
    TRACE("PGPGSGGPGPG", "ccrrrr");
    TRACE("PGDPGDPGDPGD", "ccrr");
    TRACE("PPPGGGGG", "ccrrr");
    TRACE("PGPGPGRPGPGPGPG", "ccrccrr");
    static struct trace trace;
    run(&trace, "PGDPGDPGD");
    CHECK(trace.jb.duplicates == 3 && trace.jb.late == 0);
    /* A packet that comes two frames late is dropped, and from then on there is more delay. */
    run(&trace, "PGPGPGPGLGLGLGLG");
    uint32_t margin = trace.jb.margin_samples;
    packet(&trace, (uint16_t)(trace.sequence - 4), trace.timestamp - 640);
    CHECK(trace.jb.late == 1 && trace.jb.margin_samples > margin && trace.jb.expand_samples > 0);
    /* Silence of the sender (DTX), then it goes on: heard again, with the usual delay. */
    run(&trace, "PGPGPGGGGGGGGGGGGGGGGGGGGGGGGGG");
    CHECK(!trace.jb.started);
    /* Anything goes: no crash, no endless loop. */
    uint32_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint8_t payload[JITTER_BUFFER_PACKET_BYTES_MAX] = {0};
        uint32_t bytes = (seed >> 8) % 1000;
        jitter_buffer_put(
            &trace.jb, (uint16_t)(seed >> (seed % 13)), seed >> (seed % 17), CODEC_PCMA, payload,
            bytes);
        int16_t frame[480];
        if (i % 3 == 0)
            jitter_buffer_get(&trace.jb, frame, 80 * (1 + seed % 6));
    }
    /* A steady stream after a burst of lateness comes back to little delay. */
    memset(&trace, 0, sizeof trace);
    jitter_buffer_reset(&trace.jb);
    int16_t frame[160];
    for (uint32_t i = 0; i < 3000; i++) {
        if (i < 100 || i > 110)
            packet(&trace, (uint16_t)i, i * 160);
        if (i == 111)
            for (uint32_t late = 100; late < 111; late++)
                packet(&trace, (uint16_t)late, late * 160);
        jitter_buffer_get(&trace.jb, frame, 160);
    }
    CHECK((uint32_t)(2999 * 160 - trace.jb.playout) < 800);
}
