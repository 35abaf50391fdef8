#include "beep_detector.h"
#include "bytes.h"
#include "conformance.h"
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

/* Call tones, beeps and bursts of noise, in more noise. */
void conformance_detectors(struct conformance *run) {
    static const uint16_t hz[][2] = {{350, 440}, {440, 480}, {480, 620}, {425, 0},  {1100, 0},
                                     {2100, 0},  {950, 0},   {1400, 0},  {1800, 0}, {777, 0}};
    struct voice_detector voice;
    struct tone_detector tones;
    struct beep_detector beep;
    voice_detector_init(&voice);
    tone_detector_init(&tones);
    beep_detector_init(&beep);
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
        }
    }
}
