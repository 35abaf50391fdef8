#include "../core/recorder.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

enum { FRAME = 160 };

static struct {
    int16_t samples[64 * FRAME];
    uint32_t count, frames;
} written;

static bool keep(void *context, uint32_t slot, const int16_t *samples, uint32_t count) {
    (void)context, (void)slot;
    memcpy(written.samples + written.count, samples, count * sizeof *samples);
    written.count += count;
    return true;
}

static bool end(void *context, uint32_t slot, uint8_t reason, uint32_t frames) {
    (void)context, (void)slot, (void)reason;
    written.frames = frames;
    return true;
}

static void feed(struct recorder *recorder, uint32_t frames, int16_t received, int16_t sent) {
    int16_t in[FRAME], out[FRAME];
    for (uint32_t i = 0; i < FRAME; i++) {
        in[i] = received;
        out[i] = sent;
    }
    struct recorder_frame frame = {in, out, FRAME, FRAME, 8000};
    for (uint32_t i = 0; i < frames; i++)
        recorder_feed(recorder, &frame);
}

/* 5 frames, 4 of silence, 7 left out, 5 again. */
static void test_pausing(uint32_t channels, bool both) {
    struct recorder *recorder = calloc(1, sizeof *recorder);
    struct recorder_config config = {.channels = channels, .rate_hz = 8000, .both = both};
    struct plane_host host = idle_host(NULL);
    host.recording_write = keep;
    host.recording_end = end;
    memset(&written, 0, sizeof written);
    recorder_init(recorder, 0, &config);
    feed(recorder, 5, 20000, 15000);
    recorder->pause = RECORDER_SILENCES;
    feed(recorder, 4, 20000, 15000);
    recorder->pause = RECORDER_SKIPS;
    feed(recorder, 7, 20000, 15000);
    recorder->pause = RECORDER_RUNS;
    feed(recorder, 5, 1000, -3000);
    recorder_stop(recorder, RECORDER_STOPPED);
    CHECK(recorder_drain(recorder, &host));
    CHECK(written.frames == 14 * FRAME && written.count == 14 * FRAME * channels);
    const int16_t *at = written.samples;
    CHECK(at[0] == (both ? 32767 : 20000) && (channels == 1 || at[1] == 15000));
    CHECK(at[5 * FRAME * channels - channels] == at[0] && at[5 * FRAME * channels] == 0);
    CHECK(at[9 * FRAME * channels - 1] == 0);
    CHECK(at[9 * FRAME * channels] == (both ? -2000 : 1000));
    free(recorder);
}

/* Lost packets are not silence, but who sends nothing (DTX) is silent. */
static void test_silence_of_dtx(void) {
    struct recorder *recorder = calloc(1, sizeof *recorder);
    struct recorder_config config = {.channels = 1, .rate_hz = 8000, .silence_frames = 2000 * 8};
    int16_t loud[FRAME] = {0}, none[FRAME] = {0};
    for (uint32_t i = 0; i < FRAME; i++)
        loud[i] = i % 2 ? 4000 : -4000;
    recorder_init(recorder, 0, &config);
    struct recorder_frame frame = {loud, none, FRAME, FRAME, 8000};
    CHECK(recorder_feed(recorder, &frame));
    frame.received = none;
    frame.received_count = 0;
    uint32_t fed = 0;
    for (; fed < 20; fed++) /* lost after a sound: perhaps a sound */
        CHECK(recorder_feed(recorder, &frame) && recorder->silent_frames == 0);
    do /* a packet every 400 ms, as DTX sends them */
        frame.received_count = fed % 20 ? 0 : FRAME;
    while (recorder_feed(recorder, &frame) && ++fed < 1000);
    CHECK(fed == 20 + 100 - 1);
    CHECK(recorder->reason == RECORDER_SILENCE);
    recorder_init(recorder, 0, &config);
    frame.received = loud;
    frame.received_count = FRAME;
    CHECK(recorder_feed(recorder, &frame));
    frame.received = none;
    frame.received_count = 0;
    fed = 0;
    while (recorder_feed(recorder, &frame) && fed < 1000)
        fed++;
    CHECK(fed == (500 + 2000) / 20 - 1);
    free(recorder);
}

void test_recorder(void) {
    test_silence_of_dtx();
    test_pausing(1, false);
    test_pausing(1, true);
    test_pausing(2, false);
}
