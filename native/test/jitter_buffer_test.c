#include "../core/jitter_buffer.h"
#include "../core/bytes.h"
#include "../core/g711.h"
#include "jitter_codecs.h"
#include "test.h"
#include <string.h>

/*
 * Traces: P = the next packet comes, L = it is lost, D = the last one comes again, S = the next two
 * come swapped, R = the SSRC's timestamps jump before the next packet, E = a telephone-event takes
 * the next number and 20 ms, C = a comfort noise packet, M = 20 ms pass at the sender without one
 * (DTX), G = a frame is taken, 20 ms after the last: written as r (received), c (concealed),
 * m (partly). The delay is fixed: 20 ms.
 */
struct trace {
    struct jitter_buffer jb;
    uint16_t sequence;
    uint32_t timestamp;
    uint64_t now_ms;
    char frames[256];
};

static enum jitter_buffer_put packet(struct trace *trace, uint16_t sequence, uint32_t timestamp) {
    uint8_t payload[160];
    memset(payload, 0x20 + sequence % 64, sizeof payload);
    return jitter_buffer_put(&trace->jb, sequence, timestamp, payload, 160, trace->now_ms);
}

static void begin(struct trace *trace, enum jitter_buffer_mode mode) {
    struct jitter_buffer_config config = {.codec = &test_ulaw, .rate_hz = 8000, .mode = mode};
    memset(trace, 0, sizeof *trace);
    jitter_buffer_init(&trace->jb, &config);
    trace->sequence = 65533;
    trace->timestamp = 0xFFFFFF00u;
    trace->now_ms = 1000;
}

static void step(struct trace *trace, char what, size_t *frames) {
    static const uint8_t noise[] = {40};
    int16_t frame[160];
    uint32_t received;
    switch (what) {
    case 'P':
        packet(trace, trace->sequence, trace->timestamp);
        break;
    case 'L':
        break;
    case 'D':
        packet(trace, (uint16_t)(trace->sequence - 1), trace->timestamp - 160);
        return;
    case 'S':
        packet(trace, (uint16_t)(trace->sequence + 1), trace->timestamp + 160);
        packet(trace, trace->sequence++, trace->timestamp);
        trace->timestamp += 160;
        break;
    case 'R':
        trace->timestamp += 1000000;
        return;
    case 'E':
        jitter_buffer_note_event(&trace->jb, trace->sequence);
        break;
    case 'C':
        jitter_buffer_put_comfort_noise(
            &trace->jb, trace->sequence, trace->timestamp, noise, 1, trace->now_ms);
        break;
    case 'M':
        trace->timestamp += 160;
        return;
    default:
        received = jitter_buffer_get(&trace->jb, frame, 160, trace->now_ms);
        trace->frames[(*frames)++] = received == 160 ? 'r' : received == 0 ? 'c' : 'm';
        trace->now_ms += 20;
        return;
    }
    trace->sequence++;
    trace->timestamp += 160;
}

static const char *run(struct trace *trace, const char *text) {
    begin(trace, JITTER_BUFFER_OFF);
    size_t frames = 0;
    for (; *text; text++)
        step(trace, *text, &frames);
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

static void test_strings(void) {
    TRACE("GG", "cc");
    TRACE("PGPGPGPGPG", "crrrr");
    TRACE("PGPGLGPGPGPG", "crrcrr");
    TRACE("PGPGSGGPGPG", "crrrrr");
    TRACE("PGDPGDPGDPGD", "crrr");
    TRACE("PPPGGGGG", "crrrc");
    TRACE("PGPGPGRPGPGPGPG", "crrcrrr");
    /* What an event took is not concealed; nor is what comfort noise stands for. */
    TRACE("PGPGEGPGPGPG", "crrrrr");
    TRACE("PGPGCGGGGGPGPG", "crrrrrrrr");
    /* The sender pauses: until it goes on that is not known; from then on it is. */
    TRACE("PGPGMGMGMPPGGG", "crrcrrr");
    static struct trace trace;
    run(&trace, "PGDPGDPGD");
    CHECK(trace.jb.stats.duplicates == 3 && trace.jb.stats.late == 0);
    run(&trace, "PGPGLGPGPG");
    CHECK(trace.jb.stats.concealed_samples == 160);
    run(&trace, "PGPGEGPGPG");
    CHECK(trace.jb.stats.concealed_samples == 0);
    /* An event instead of audio for a while: nothing is received, nothing is lost. */
    CHECK(strcmp(run(&trace, "PGPGEGEGEGEGPGPGPG"), "crrcccrrr") == 0);
    CHECK(trace.jb.stats.concealed_samples == 0);
}

/* A late packet is counted; what is refused leaves no trace. */
static void test_late(void) {
    static struct trace trace;
    run(&trace, "PGPGPGLGPGPG");
    CHECK(packet(&trace, (uint16_t)(trace.sequence - 3), trace.timestamp - 480) == JB_LATE);
    CHECK(trace.jb.stats.late == 1);
    uint8_t payload[CODEC_PAYLOAD_BYTES_MAX + 1] = {0};
    CHECK(jitter_buffer_put(&trace.jb, 9, 9, payload, 0, 1) == JB_REFUSED);
    CHECK(jitter_buffer_put(&trace.jb, 9, 9, payload, sizeof payload, 1) == JB_REFUSED);
    CHECK(jitter_buffer_put(&trace.jb, 9, 9, payload, 481, 1) == JB_REFUSED); /* over 60 ms */
    /* Restarting keeps what was counted. */
    jitter_buffer_restart(&trace.jb);
    CHECK(trace.jb.stats.late == 1 && !trace.jb.started);
    /* Sequence numbers that begin anew while the timestamps go on. */
    size_t frames = 0;
    begin(&trace, JITTER_BUFFER_OFF);
    for (int i = 0; i < 20; i++) {
        step(&trace, 'P', &frames);
        step(&trace, 'G', &frames);
    }
    trace.sequence = (uint16_t)(trace.sequence - 5000);
    for (int i = 0; i < 20; i++) {
        step(&trace, 'P', &frames);
        step(&trace, 'G', &frames);
    }
    CHECK(trace.frames[39] == 'r' && trace.jb.stats.resyncs == 1);
}

/* Every packet through a codec with a state is decoded once, in order, at any rate and ptime. */
static void test_stateful(uint32_t rate_hz, uint32_t clock_hz, uint32_t ptime_ms, uint32_t get_ms) {
    static struct jitter_buffer jb;
    struct test_counter counter;
    struct codec codec = test_counting;
    codec.clock_hz = clock_hz;
    struct jitter_buffer_config config = {
        .codec = &codec, .decoder = &counter, .rate_hz = rate_hz, .mode = JITTER_BUFFER_MEDIUM};
    jitter_buffer_init(&jb, &config);
    uint32_t sent = 0, received = 0, per_ms = rate_hz / 1000, get = get_ms * per_ms;
    for (uint32_t ms = 0; ms < 20000; ms++) {
        uint8_t payload[6];
        if (ms % ptime_ms == 0) {
            bool lost = sent % 50 == 49, late = sent % 50 == 20;
            test_counting_write(payload, sent, ptime_ms * per_ms);
            if (!lost && !late)
                jitter_buffer_put(
                    &jb, (uint16_t)sent, sent * ptime_ms * (clock_hz / 1000), payload, 6, ms);
            if (sent % 50 == 21) { /* the one before came behind it */
                test_counting_write(payload, sent - 1, ptime_ms * per_ms);
                jitter_buffer_put(
                    &jb, (uint16_t)(sent - 1), (sent - 1) * ptime_ms * (clock_hz / 1000), payload,
                    6, ms);
            }
            sent++;
        }
        if (ms % get_ms == 0) {
            int16_t frame[CODEC_FRAME_MAX];
            received += jitter_buffer_get(&jb, frame, get, ms);
        }
    }
    CHECK(counter.disordered == 0);
    CHECK(counter.decoded > sent * 95 / 100);
    CHECK(received > 20000 * per_ms / 100 * 95);
    CHECK(counter.from_next > 0);
    CHECK(jb.stats.concealed_samples < 20000 * per_ms / 100 * 5);
}

/* Anything goes: no crash, no endless loop, no memory but its own. */
static void test_hostile(uint32_t rate_hz, const struct codec *codec, void *decoder) {
    static struct jitter_buffer jb;
    struct jitter_buffer_config config = {
        .codec = codec, .decoder = decoder, .rate_hz = rate_hz, .mode = JITTER_BUFFER_LARGE};
    jitter_buffer_init(&jb, &config);
    uint32_t seed = 1;
    uint64_t now_ms = 5000;
    for (uint32_t i = 0; i < 60000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint8_t payload[CODEC_PAYLOAD_BYTES_MAX];
        memset(payload, (uint8_t)(seed >> 16), sizeof payload);
        bool tame = i % 4096 < 3000; /* near the stream, so that it is not always a jump */
        uint16_t sequence = (uint16_t)(tame ? i + seed / 65536 % 80 : seed >> (seed % 13));
        uint32_t timestamp = tame ? i * 160 + seed / 4096 % 3000 : seed >> (seed % 17);
        uint32_t bytes = (seed >> 8) % 1500;
        uint32_t what = (seed >> 20) % 16;
        if (what == 0)
            jitter_buffer_note_event(&jb, sequence);
        else if (what == 1)
            jitter_buffer_put_comfort_noise(&jb, sequence, timestamp, payload, bytes, now_ms);
        else
            jitter_buffer_put(&jb, sequence, timestamp, payload, bytes % 481, now_ms);
        int16_t frame[CODEC_FRAME_MAX];
        if (i % 3 == 0)
            jitter_buffer_get(&jb, frame, rate_hz / 100 * (1 + seed % 6), now_ms);
        now_ms += (seed >> 28) == 0 ? seed % 3000 : seed % 30;
        if (seed % 5000 == 0)
            jitter_buffer_restart(&jb);
    }
    CHECK(jb.pending_samples < JITTER_BUFFER_PCM_SAMPLES);
}

/* A peer that makes up a stream with each packet had a decoder begun for each. */
static void test_streams_made_up_begin_no_decoder(void) {
    static struct jitter_buffer jb;
    struct test_counter counter = {.decoded = 7};
    struct jitter_buffer_config config = {
        .codec = &test_counting,
        .decoder = &counter,
        .rate_hz = 8000,
        .mode = JITTER_BUFFER_MEDIUM};
    uint8_t payload[6];
    int16_t frame[160];
    jitter_buffer_init(&jb, &config);
    for (uint16_t i = 0; i < 10; i++) {
        test_counting_write(payload, i, 160);
        jitter_buffer_restart(&jb);
        jitter_buffer_put(&jb, (uint16_t)(i * 1000), i * 12345u, payload, sizeof payload, 100);
    }
    CHECK(counter.decoded == 7);
    for (uint64_t ms = 100; ms < 200; ms += 20)
        jitter_buffer_get(&jb, frame, 160, ms);
    CHECK(counter.decoded == 1);
}

void test_jitter_buffer(void) {
    test_streams_made_up_begin_no_decoder();
    test_strings();
    test_late();
    test_stateful(16000, 8000, 20, 20);
    test_stateful(16000, 48000, 20, 10);
    test_stateful(48000, 48000, 20, 20);
    test_stateful(8000, 48000, 60, 20);
    test_stateful(8000, 8000, 10, 30);
    struct test_counter counter;
    test_hostile(8000, &test_ulaw, NULL);
    test_hostile(16000, &test_counting, &counter);
    test_hostile(48000, &test_counting, &counter);
    test_hostile(48000, &test_ulaw, NULL);
}
