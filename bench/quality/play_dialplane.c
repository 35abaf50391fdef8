#include "../../native/core/g711.h"
#include "../../native/core/jitter_buffer.h"
#include "players.h"
#include "rows.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int16_t speech[SPEECH_SAMPLES_MAX];
static uint32_t speech_samples;

static int by_arrival(const void *a, const void *b) {
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

struct arrival {
    double ms;
    uint32_t packet;
};

static bool put(struct jitter_buffer *jb, uint32_t packet, double at_ms) {
    uint8_t payload[160];
    g711_encode(CODEC_PCMU, payload, speech + packet * 160 % (speech_samples - 160), 160);
    return jitter_buffer_put(
               jb, (uint16_t)(packet + 65000), packet * 160 + 0xFFFF0000u, payload, 160,
               (uint64_t)ceil(at_ms)) == JB_RESYNCED;
}

struct outcome play_dialplane(const struct trace *trace, double phase_ms) {
    static struct jitter_buffer jb;
    static struct arrival arrivals[TRACE_PACKETS];
    uint32_t count = 0, next = 0;
    if (speech_samples == 0)
        speech_samples = speech_load(speech, SPEECH_SAMPLES_MAX, getenv("SPEECH"));
    for (uint32_t i = 0; i < TRACE_PACKETS; i++) {
        if (trace->arrival_ms[i] >= 0)
            arrivals[count++] = (struct arrival){trace->arrival_ms[i], i};
    }
    qsort(arrivals, count, sizeof *arrivals, by_arrival);
    struct jitter_buffer_config config = {
        .codec = &row_pcmu, .rate_hz = 8000, .mode = JITTER_BUFFER_LARGE};
    jitter_buffer_init(&jb, &config);
    int64_t zero = 0; /* position of the first sample sent */
    double delay_sum = 0, left_out = 0, total = 0;
    uint32_t delays = 0;
    for (double now = phase_ms; now < TRACE_PACKETS * TRACE_PTIME_MS; now += TRACE_PTIME_MS) {
        for (; next < count && arrivals[next].ms <= now; next++) {
            if (put(&jb, arrivals[next].packet, arrivals[next].ms))
                zero = jb.known_position - arrivals[next].packet * 160;
        }
        int16_t frame[160];
        int64_t head = jb.position - jb.pending_samples;
        uint64_t stretched = jb.stats.shortened_samples - jb.stats.lengthened_samples;
        bool primed = jb.primed;
        uint32_t received = jitter_buffer_get(&jb, frame, 160, (uint64_t)ceil(now));
        if (!jb.primed || !primed) { /* nothing is to be heard, but after the start it should */
            left_out += total > 0 ? 160 : 0;
            total += total > 0 || jb.primed ? 160 : 0;
            continue;
        }
        total += 160;
        stretched = jb.stats.shortened_samples - jb.stats.lengthened_samples - stretched;
        int64_t skipped = jb.position - jb.pending_samples - head - 160 - (int64_t)stretched;
        left_out += skipped > 0 ? (double)skipped : 0;
        if (received > 0) {
            double sample = (double)(jb.position - jb.pending_samples - 160 - zero);
            double sent_ms = sample / 160 * (trace->sent_ms[1] - trace->sent_ms[0]);
            delay_sum += now - sent_ms - trace->transit_min_ms;
            delays++;
        }
    }
    struct outcome outcome;
    double stretched = (double)(jb.stats.shortened_samples + jb.stats.lengthened_samples);
    outcome.delay_ms = delay_sum / delays;
    outcome.concealed = ((double)jb.stats.concealed_samples + left_out) / total;
    outcome.stretched = stretched / total;
    outcome.mos = mos_of(outcome.delay_ms, outcome.concealed + outcome.stretched / 4);
    return outcome;
}
