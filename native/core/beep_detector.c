#include "beep_detector.h"
#include "bytes.h"
#include "sine.h"

enum {
    HZ_MIN = 385,
    HZ_MAX = 2020,
    LEVEL_MIN = -40 * 16,
    PURITY_MIN_Q8 = 240,
    STEADY_LEVEL = 2 * 16,
    STEADY_HZ = 10,        /* and what follows */
    STEADY_HZ_SHARE = 128, /* of its frequency */
    LEVEL_DROP = 10 * 16,
    BLOCKS_MIN = 4, /* whole ones within 100 ms */
    BLOCKS_MAX = 100,
};

void beep_detector_init(struct beep_detector *detector) {
    memset(detector, 0, sizeof *detector);
    detector->earlier[0] = detector->earlier[1] = SINE_LEVEL_MIN;
}

static bool is_tone(const struct sine *sine) {
    return sine->level >= LEVEL_MIN && sine->purity_q8 >= PURITY_MIN_Q8 && sine->hz >= HZ_MIN &&
           sine->hz <= HZ_MAX;
}

static bool goes_on(const struct beep_detector *detector, const struct sine *sine) {
    int32_t off_hz = (int32_t)sine->hz - (int32_t)detector->hz;
    int32_t off_level = sine->level - detector->level;
    int32_t most = STEADY_HZ + (int32_t)(detector->hz / STEADY_HZ_SHARE);
    return off_hz <= most && off_hz >= -most && off_level <= STEADY_LEVEL &&
           off_level >= -STEADY_LEVEL;
}

/* Whether the tone that is over, `level` being what comes two blocks after it, was a beep. */
static bool was_beep(const struct beep_detector *detector, int32_t level) {
    int32_t most = detector->level - LEVEL_DROP;
    return detector->steady >= BLOCKS_MIN && detector->steady <= BLOCKS_MAX &&
           detector->before <= most && level <= most;
}

static struct detection hear(struct beep_detector *detector) {
    struct detection detection = {DETECTION_NONE, DETECTION_BEEP, 0};
    struct sine sine = sine_find(detector->block, BEEP_BLOCK_SAMPLES);
    bool tone = is_tone(&sine);
    int32_t before = detector->earlier[0];
    detector->earlier[0] = detector->earlier[1];
    detector->earlier[1] = sine.level;
    detector->blocks++;
    if (detector->steady > 0 && tone && goes_on(detector, &sine)) {
        if (detector->steady == 1) { /* which was perhaps only part of a block */
            detector->hz = sine.hz;
            detector->level = sine.level;
        }
        detector->steady += 1 + detector->missing;
        detector->missing = 0;
        return detection;
    }
    if (detector->steady > 1 && detector->missing == 0) {
        detector->missing = 1; /* a click, or the end */
        return detection;
    }
    if (was_beep(detector, sine.level)) {
        detector->end = detector->blocks - 1 - detector->missing;
        detector->ends = true;
        detection.change = DETECTION_BEGUN;
        detection.position = (uint64_t)(detector->end - detector->steady) * BEEP_BLOCK_SAMPLES;
    }
    detector->steady = tone ? 1 : 0;
    detector->missing = 0;
    detector->hz = sine.hz;
    detector->level = sine.level;
    detector->before = before;
    return detection;
}

struct detection beep_detector_feed(
    struct beep_detector *detector, const int16_t *frame, uint32_t count, uint32_t *used) {
    struct detection detection = {DETECTION_NONE, DETECTION_BEEP, 0};
    uint32_t at = 0;
    *used = 0;
    if (detector->ends) {
        detector->ends = false;
        return (struct detection){
            DETECTION_ENDED, DETECTION_BEEP, (uint64_t)detector->end * BEEP_BLOCK_SAMPLES};
    }
    while (at < count && detection.change == DETECTION_NONE) {
        uint32_t room = BEEP_BLOCK_SAMPLES - detector->filled;
        uint32_t taken = count - at < room ? count - at : room;
        memcpy(detector->block + detector->filled, frame + at, taken * sizeof *frame);
        at += taken;
        detector->filled += taken;
        if (detector->filled == BEEP_BLOCK_SAMPLES) {
            detection = hear(detector);
            detector->filled = 0;
        }
    }
    *used = at;
    return detection;
}
