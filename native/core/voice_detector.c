#include "voice_detector.h"
#include "bytes.h"
#include "sine.h"

enum {
    ABOVE_NOISE = 9 * 16,
    LEVEL_MIN = -50 * 16,
    NOISE_AT_FIRST_MAX = -45 * 16,
    NOISE_MAX = -25 * 16,
    NOISE_MIN = -75 * 16,
    BLOCKS_TO_BEGIN = 3,
    BLOCKS_TO_END = 30,
    RISE_BLOCKS = 2, /* per 1/16 dB */
};

void voice_detector_init(struct voice_detector *detector) {
    memset(detector, 0, sizeof *detector);
}

static int32_t between(int32_t value, int32_t least, int32_t most) {
    return value < least ? least : value > most ? most : value;
}

static void follow_noise(struct voice_detector *detector, int32_t level) {
    if (detector->blocks == 0)
        detector->noise = between(level, NOISE_MIN, NOISE_AT_FIRST_MAX);
    else if (level < detector->noise)
        detector->noise -= (detector->noise - level + 3) / 4;
    else if (detector->blocks % RISE_BLOCKS == 0)
        detector->noise++;
    detector->noise = between(detector->noise, NOISE_MIN, NOISE_MAX);
}

static struct detection hear(struct voice_detector *detector) {
    struct detection detection = {DETECTION_NONE, DETECTION_VOICE, 0};
    int32_t level = sine_level(detector->block, VOICE_BLOCK_SAMPLES);
    follow_noise(detector, level);
    detector->blocks++;
    if (level >= LEVEL_MIN && level >= detector->noise + ABOVE_NOISE) {
        detector->loud++;
        detector->quiet = 0;
        detector->last_loud = detector->blocks;
    } else {
        detector->loud = 0;
        detector->quiet++;
    }
    if (!detector->active && detector->loud >= BLOCKS_TO_BEGIN) {
        detector->active = true;
        detection.change = DETECTION_BEGUN;
        detection.position = (uint64_t)(detector->blocks - BLOCKS_TO_BEGIN) * VOICE_BLOCK_SAMPLES;
    } else if (detector->active && detector->quiet >= BLOCKS_TO_END) {
        detector->active = false;
        detection.change = DETECTION_ENDED;
        detection.position = (uint64_t)detector->last_loud * VOICE_BLOCK_SAMPLES;
    }
    return detection;
}

struct detection voice_detector_feed(
    struct voice_detector *detector, const int16_t *frame, uint32_t count, uint32_t *used) {
    struct detection detection = {DETECTION_NONE, DETECTION_VOICE, 0};
    uint32_t at = 0;
    while (at < count && detection.change == DETECTION_NONE) {
        uint32_t room = VOICE_BLOCK_SAMPLES - detector->filled;
        uint32_t taken = count - at < room ? count - at : room;
        memcpy(detector->block + detector->filled, frame + at, taken * sizeof *frame);
        at += taken;
        detector->filled += taken;
        if (detector->filled == VOICE_BLOCK_SAMPLES) {
            detection = hear(detector);
            detector->filled = 0;
        }
    }
    *used = at;
    return detection;
}
