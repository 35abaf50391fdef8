#include "beep_detector.h"
#include "bytes.h"
#include "conformance.h"
#include "machine_detector.h"
#include "tone.h"
#include "tone_detector.h"
#include "voice_detector.h"

static void put(struct conformance *run, struct detection detection) {
    if (detection.change == DETECTION_NONE)
        return;
    conformance_put_byte(run, (uint8_t)detection.kind);
    conformance_put_byte(run, (uint8_t)detection.change);
    conformance_put_word(run, (uint32_t)detection.position);
}

/* Its thresholds are short, so that all outcomes come. */
static void listen_for_machines(
    struct conformance *run, struct machine_detector *detector, const int16_t *frame,
    uint32_t count) {
    enum answered_by answered_by = machine_detector_feed(detector, frame, count);
    if (answered_by == ANSWERED_BY_NOBODY)
        return;
    struct machine_settings settings = {4000, 400, 300, 1500, answered_by % 2 == 0};
    conformance_put_byte(run, (uint8_t)answered_by);
    conformance_put_word(run, machine_detector_ms(detector));
    machine_detector_init(detector, &settings);
}

/* Call tones, beeps and bursts of noise, in more noise. */
void conformance_detectors(struct conformance *run) {
    static const uint16_t hz[][2] = {{350, 440}, {440, 480}, {480, 620}, {425, 0},  {1100, 0},
                                     {2100, 0},  {950, 0},   {1400, 0},  {1800, 0}, {777, 0}};
    struct voice_detector voice;
    struct tone_detector tones;
    struct beep_detector beep;
    struct machine_detector machines;
    struct machine_settings settings = {4000, 400, 300, 1500, true};
    voice_detector_init(&voice);
    tone_detector_init(&tones);
    beep_detector_init(&beep);
    machine_detector_init(&machines, &settings);
    for (uint32_t i = 0; i < 200; i++) {
        struct tone tone;
        int16_t frame[160];
        uint32_t row = i / 8 % 10, on_ms = i % 8 < 6 ? 500 : 100 + conformance_random(run) % 3000;
        uint32_t loudness = 20 + conformance_random(run) % 1000;
        tone_init(&tone, hz[row][0], hz[row][1], -10 - (int32_t)(i % 30), on_ms * 8, 4000, 1);
        for (uint32_t filled = 160; filled == 160;) {
            filled = tone_fill(&tone, frame, 160);
            for (uint32_t j = 0; j < filled; j++)
                frame[j] = saturate16(
                    frame[j] + (int32_t)(conformance_random(run) % loudness) -
                    (int32_t)loudness / 2);
            for (uint32_t at = 0, used; at < filled; at += used)
                put(run, voice_detector_feed(&voice, frame + at, filled - at, &used));
            for (uint32_t at = 0, used; at < filled; at += used)
                put(run, tone_detector_feed(&tones, frame + at, filled - at, &used));
            for (uint32_t at = 0, used; at < filled; at += used)
                put(run, beep_detector_feed(&beep, frame + at, filled - at, &used));
            listen_for_machines(run, &machines, frame, filled);
        }
    }
}
