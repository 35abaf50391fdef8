#include "detectors.h"
#include "plane_state.h"

void detectors_init(struct detectors *detectors, uint32_t endpoint_id) {
    detectors->wanted = 0;
    detectors->endpoint_id = endpoint_id;
    detectors->heard = 0;
}

void detectors_want(struct detectors *detectors, uint32_t wanted) {
    uint32_t begin = wanted & ~detectors->wanted;
    if (begin & DETECT_VOICE) {
        voice_detector_init(&detectors->voice);
        detectors->voice_at = detectors->heard;
    }
    if (begin & DETECT_TONES) {
        tone_detector_init(&detectors->tones);
        detectors->tones_at = detectors->heard;
    }
    if (begin & DETECT_BEEP) {
        beep_detector_init(&detectors->beep);
        detectors->beep_at = detectors->heard;
    }
    detectors->wanted = wanted | (detectors->wanted & DETECT_MACHINE);
}

void detectors_want_machine(struct detectors *detectors, const struct machine_settings *settings) {
    detectors->wanted &= ~(uint32_t)DETECT_MACHINE;
    if (settings) {
        detectors->wanted |= DETECT_MACHINE;
        machine_detector_init(&detectors->machine, settings);
    }
}

/* It has told all it can: the others go on. */
static void
report_machine(struct plane *plane, struct detectors *detectors, enum answered_by answered_by) {
    uint32_t fields[] = {detectors->endpoint_id, machine_detector_ms(&detectors->machine)};
    detectors->wanted &= ~(uint32_t)DETECT_MACHINE;
    plane_event(plane, EVENT_ANSWERED_BY, (uint8_t)answered_by, fields, 2);
}

/* `position` counts like `heard`, which is at `end_ms` now. */
static void report(
    struct plane *plane, const struct detectors *detectors, struct detection detection,
    uint64_t began_at, uint32_t end_ms) {
    if (detection.change == DETECTION_NONE)
        return;
    uint32_t ago_ms =
        (uint32_t)((detectors->heard - began_at - detection.position) / SAMPLES_PER_MS);
    uint32_t fields[] = {
        detectors->endpoint_id, (uint32_t)detection.kind, end_ms > ago_ms ? end_ms - ago_ms : 0};
    plane_event(plane, EVENT_DETECTED, detection.change == DETECTION_BEGUN, fields, 3);
}

void detectors_feed(
    struct plane *plane, struct detectors *detectors, const int16_t *frame, uint32_t count,
    uint32_t end_ms) {
    uint32_t wanted = detectors->wanted, used;
    detectors->heard += count;
    for (uint32_t at = 0; wanted & DETECT_VOICE && at < count; at += used)
        report(
            plane, detectors, voice_detector_feed(&detectors->voice, frame + at, count - at, &used),
            detectors->voice_at, end_ms);
    for (uint32_t at = 0; wanted & DETECT_TONES && at < count; at += used)
        report(
            plane, detectors, tone_detector_feed(&detectors->tones, frame + at, count - at, &used),
            detectors->tones_at, end_ms);
    for (uint32_t at = 0; wanted & DETECT_BEEP && at < count; at += used)
        report(
            plane, detectors, beep_detector_feed(&detectors->beep, frame + at, count - at, &used),
            detectors->beep_at, end_ms);
    if (wanted & DETECT_MACHINE) {
        enum answered_by answered_by = machine_detector_feed(&detectors->machine, frame, count);
        if (answered_by != ANSWERED_BY_NOBODY)
            report_machine(plane, detectors, answered_by);
    }
}
