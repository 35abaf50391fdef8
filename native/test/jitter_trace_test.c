#include "../core/g711.h"
#include "../core/jitter_buffer.h"
#include "../core/tone.h"
#include "jitter_codecs.h"
#include "test.h"
#include <string.h>

/* Paths of some minutes, 20 ms packets and frames, and bounds on what is heard of them. */
struct path {
    uint32_t packets;
    uint32_t jitter_ms; /* uniform, up to so much */
    uint32_t spike_ms;  /* held up for so long every `spike_packets` */
    uint32_t spike_packets;
    int32_t drift_ppm; /* of the sender, slow */
    uint32_t step_ms;  /* from the middle on */
    uint32_t loss_per_mille;
    bool pauses;
};

struct heard {
    uint32_t concealed_per_mille, delay_ms, delay_max_ms;
    uint64_t concealed_samples;
    struct jitter_buffer_stats stats;
};

static uint32_t seed;

static uint32_t draw(uint32_t below) {
    seed = seed * 1664525u + 1013904223u;
    return below ? (seed >> 8) % below : 0;
}

static uint64_t arrival_of(const struct path *path, uint32_t packet, uint64_t *free_ms) {
    uint64_t sent = (uint64_t)packet * 20 + 1000;
    sent = (uint64_t)((int64_t)sent + (int64_t)packet * 20 * path->drift_ppm / 1000000);
    uint64_t at = sent + draw(path->jitter_ms + 1);
    if (path->spike_packets && packet % path->spike_packets == path->spike_packets - 1)
        *free_ms = sent + path->spike_ms;
    if (packet >= path->packets / 2)
        at += path->step_ms;
    return at < *free_ms ? *free_ms : at;
}

static void write(uint8_t *payload, uint32_t packet, bool pauses) {
    for (uint32_t i = 0; i < 160; i++) {
        uint32_t at = packet * 160 + i;
        int32_t level = pauses && packet % 100 > 60 ? 0 : 8000;
        int32_t voice = tone_sine(at * 80530637u) + tone_sine(at * 161061274u) / 2;
        payload[i] = g711_ulaw_encode((int16_t)(voice * level / 65536));
    }
}

static struct heard play(const struct path *path) {
    static struct jitter_buffer jb;
    static uint64_t arrivals_ms[64];
    struct jitter_buffer_config config = {
        .codec = &test_ulaw, .rate_hz = 8000, .mode = JITTER_BUFFER_LARGE};
    jitter_buffer_init(&jb, &config);
    struct heard heard = {0};
    uint64_t free_ms = 0, delays = 0;
    uint32_t sent = 0;
    for (uint32_t tick = 0; tick < path->packets; tick++) {
        uint64_t now = (uint64_t)tick * 20 + 1003;
        uint32_t soon = tick + 8 - (uint32_t)((int64_t)tick * path->drift_ppm / 1000000);
        for (; sent < soon; sent++) {
            arrivals_ms[sent % 64] = arrival_of(path, sent, &free_ms);
            if (draw(1000) < path->loss_per_mille)
                arrivals_ms[sent % 64] = UINT64_MAX;
        }
        for (uint32_t k = sent < 56 ? 0 : sent - 56; k < sent; k++) {
            if (arrivals_ms[k % 64] > now)
                continue;
            uint8_t payload[160];
            write(payload, k, path->pauses);
            jitter_buffer_put(
                &jb, (uint16_t)(k + 65000), k * 160 + 0xFFFF0000u, payload, 160,
                arrivals_ms[k % 64]);
            arrivals_ms[k % 64] = UINT64_MAX;
        }
        int16_t frame[160];
        jitter_buffer_get(&jb, frame, 160, now);
        uint32_t delay_ms = jitter_buffer_stats(&jb).delay_ms;
        delays += delay_ms;
        if (tick > 1000 && delay_ms > heard.delay_max_ms)
            heard.delay_max_ms = delay_ms;
    }
    heard.stats = jitter_buffer_stats(&jb);
    heard.concealed_samples = heard.stats.concealed_samples;
    heard.concealed_per_mille = (uint32_t)(heard.concealed_samples * 1000 / (path->packets * 160));
    heard.delay_ms = (uint32_t)(delays / path->packets);
    return heard;
}

void test_jitter_trace(void) {
    seed = 7;
    struct heard heard = play(&(struct path){.packets = 6000});
    CHECK(heard.delay_ms < 30 && heard.concealed_samples == 0 && heard.stats.late == 0);
    CHECK(heard.stats.delay_ms <= 20); /* no more than until the next frame */
    heard = play(&(struct path){.packets = 15000, .jitter_ms = 60});
    CHECK(heard.delay_ms < 85 && heard.concealed_per_mille <= 1);
    heard = play(&(struct path){.packets = 15000, .jitter_ms = 60, .loss_per_mille = 20});
    CHECK(heard.delay_ms < 85 && heard.concealed_per_mille >= 15 && heard.concealed_per_mille < 25);
    /* A regular outage is learnt; one in a minute is not worth the delay. */
    heard = play(&(struct path){.packets = 15000, .spike_ms = 100, .spike_packets = 50});
    CHECK(heard.delay_ms < 125 && heard.concealed_per_mille <= 2);
    heard = play(&(struct path){.packets = 15000, .spike_ms = 200, .spike_packets = 3000});
    CHECK(heard.delay_ms < 40 && heard.concealed_samples <= 5 * 1600);
    /* A step up is followed within a few packets, a step down (seen from the end) soon. */
    heard = play(&(struct path){.packets = 15000, .jitter_ms = 10, .step_ms = 80});
    CHECK(heard.concealed_per_mille <= 1 && heard.stats.delay_ms < 45);
    /* Clocks that differ by 200 ppm over an hour: no growing delay, one concealment a minute. */
    for (int32_t ppm = -200; ppm <= 200; ppm += 400) {
        heard = play(
            &(struct path){.packets = 180000, .jitter_ms = 3, .drift_ppm = ppm, .pauses = true});
        CHECK(heard.delay_max_ms < 50);
        CHECK(heard.concealed_samples <= 60 * 160);
        CHECK(heard.stats.duplicates == 0 && heard.stats.resyncs == 0);
    }
}
