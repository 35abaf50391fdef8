#include "machine_detector.h"
#include "bytes.h"
#include "sine.h"

enum {
    FRAME_MS = 20,
    ABOVE_NOISE = 6 * 16,
    LEVEL_MIN = -50 * 16,
    NOISE_AT_FIRST_MAX = -42 * 16,
    NOISE_MAX = -25 * 16,
    NOISE_MIN = -75 * 16,
    STEADY_RANGE =
        5 * 16,        /* between the loudest and the softest frame of a window without speech */
    LOUD_TO_BEGIN = 3, /* of four frames */
    LATE_MS = 3900,    /* who says little, and late, is given less time to go on: known by then */
    BEEP_STEADY_MIN = 4,
    BEEP_STEADY_MAX = 100,
    BEEP_DROP = 10 * 16,
    BEEP_QUIET_BLOCKS = 2,
    TONE_STEADY_MIN = 3,
    CNG_HZ_MIN = 1050,
    CNG_HZ_MAX = 1150, /* T.30: 1100 Hz, 0.5 s, within 15 % */
    CNG_STEADY_MIN = 19,
    CNG_STEADY_MAX = 30,
};

static const uint32_t window_bits = (1u << MACHINE_WINDOW) - 1;

void machine_detector_init(
    struct machine_detector *detector, const struct machine_settings *settings) {
    memset(detector, 0, sizeof *detector);
    detector->settings = *settings;
    beep_detector_init(&detector->beep);
    tone_detector_init(&detector->tones);
}

static int32_t between(int32_t value, int32_t least, int32_t most) {
    return value < least ? least : value > most ? most : value;
}

static uint32_t count_bits(uint32_t bits) {
    uint32_t count = 0;
    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

/* Down at once, up by 3 dB a second. */
static void follow_noise(struct machine_detector *detector, int32_t level) {
    if (detector->frames == 0)
        detector->noise = between(level, NOISE_MIN, NOISE_AT_FIRST_MAX);
    else if (level < detector->noise)
        detector->noise -= (detector->noise - level + 3) / 4;
    else
        detector->noise++;
    detector->noise = between(detector->noise, NOISE_MIN, NOISE_MAX);
}

/* What has not changed for a window is noise, or a tone: it was no speech. */
static void take_back_steady_sound(struct machine_detector *detector) {
    if (detector->frames < MACHINE_WINDOW)
        return;
    int32_t least = detector->levels[0], most = least;
    for (uint32_t i = 1; i < MACHINE_WINDOW; i++) {
        least = detector->levels[i] < least ? detector->levels[i] : least;
        most = detector->levels[i] > most ? detector->levels[i] : most;
    }
    if (most - least > STEADY_RANGE)
        return;
    detector->noise =
        between(least > detector->noise ? least : detector->noise, NOISE_MIN, NOISE_MAX);
    detector->voiced &= ~window_bits;
    detector->loud &= ~window_bits;
    detector->speaking = detector->speaking && detector->confirmed > detector->begun;
    detector->last = detector->confirmed;
}

/* A frame of 20 ms: whether somebody speaks. */
static void hear_voice(struct machine_detector *detector, int32_t level) {
    follow_noise(detector, level);
    uint32_t frame = ++detector->frames;
    detector->levels[frame % MACHINE_WINDOW] = level;
    bool loud = level >= LEVEL_MIN && level >= detector->noise + ABOVE_NOISE;
    detector->loud = detector->loud << 1 | loud;
    detector->voiced <<= 1;
    if (detector->voiced >> MACHINE_WINDOW & 1)
        detector->confirmed = frame - MACHINE_WINDOW;
    if (!detector->speaking && count_bits(detector->loud & 15) >= LOUD_TO_BEGIN) {
        detector->speaking = true;
        detector->begun = detector->loud & 8 ? frame - 3 : frame - 2;
        detector->confirmed = 0;
        detector->last = frame;
        detector->voiced = detector->loud & 15;
    } else if (detector->speaking && (detector->loud & 3) == 3) { /* one alone is a click */
        detector->last = frame;
        detector->voiced |= 1;
    }
    take_back_steady_sound(detector);
}

/* Whether the tone that the beep detector follows is over. That detector makes sure, which takes
 * longer. */
static bool beep_ends(struct machine_detector *detector, int32_t level) {
    const struct beep_detector *beep = &detector->beep;
    if (beep->steady < BEEP_STEADY_MIN || beep->steady > BEEP_STEADY_MAX ||
        beep->before > beep->level - BEEP_DROP || level > beep->level - BEEP_DROP) {
        detector->quiet_blocks = 0;
        return false;
    }
    detector->beep_hz = beep->hz;
    detector->beep_blocks = beep->steady;
    return ++detector->quiet_blocks >= BEEP_QUIET_BLOCKS;
}

/* A block of 10 ms: whether it ends a beep. */
static bool hear_beep(struct machine_detector *detector, const int16_t *block, int32_t level) {
    bool ends = beep_ends(detector, level);
    for (uint32_t at = 0, used; at < MACHINE_BLOCK_SAMPLES; at += used) {
        struct detection found =
            beep_detector_feed(&detector->beep, block + at, MACHINE_BLOCK_SAMPLES - at, &used);
        ends = ends || found.change == DETECTION_BEGUN;
    }
    return ends;
}

/* Whether it ends in, or is, what an answering or a calling fax says. */
static bool hear_fax(struct machine_detector *detector, const int16_t *block) {
    bool fax = false;
    for (uint32_t at = 0, used; at < MACHINE_BLOCK_SAMPLES; at += used) {
        struct detection found =
            tone_detector_feed(&detector->tones, block + at, MACHINE_BLOCK_SAMPLES - at, &used);
        fax = fax || (found.change == DETECTION_BEGUN &&
                      (found.kind == DETECTION_FAX_CED || found.kind == DETECTION_FAX_CNG));
    }
    return fax;
}

/* The first burst of CNG is a beep of just this length and pitch that nobody has announced. */
static bool is_fax_beep(const struct machine_detector *detector) {
    bool announced = detector->speaking && detector->confirmed > detector->begun;
    return !announced && detector->beep_hz >= CNG_HZ_MIN && detector->beep_hz <= CNG_HZ_MAX &&
           detector->beep_blocks >= CNG_STEADY_MIN && detector->beep_blocks <= CNG_STEADY_MAX;
}

static enum answered_by machine_found(struct machine_detector *detector) {
    detector->machine = true;
    return detector->settings.message_end ? ANSWERED_BY_NOBODY : ANSWERED_BY_MACHINE;
}

/* Silence that ends what has been said. */
static uint32_t silence_needed_ms(const struct machine_detector *detector) {
    uint32_t needed_ms = detector->settings.speech_end_ms, least_ms = needed_ms - needed_ms / 4;
    uint32_t end_ms = detector->last * FRAME_MS;
    uint32_t left_ms = end_ms < LATE_MS ? LATE_MS - end_ms : 0;
    uint32_t spoken_ms = end_ms - detector->begun * FRAME_MS;
    bool brief = spoken_ms <= detector->settings.speech_ms / 3 * 2;
    if (detector->machine || !brief || left_ms >= needed_ms)
        return needed_ms;
    return left_ms > least_ms ? left_ms : least_ms;
}

static enum answered_by judge_speech(struct machine_detector *detector) {
    const struct machine_settings *settings = &detector->settings;
    bool tone =
        detector->beep.steady >= TONE_STEADY_MIN && detector->beep.steady <= BEEP_STEADY_MAX;
    if (!detector->speaking || tone)
        return ANSWERED_BY_NOBODY;
    uint32_t spoken_ms = (detector->last - detector->begun + 1) * FRAME_MS;
    if (!detector->machine && detector->last == detector->frames &&
        spoken_ms >= settings->speech_ms)
        return machine_found(detector);
    if ((detector->frames - detector->last) * FRAME_MS < silence_needed_ms(detector))
        return ANSWERED_BY_NOBODY;
    return detector->machine ? ANSWERED_BY_END_SILENCE : ANSWERED_BY_HUMAN;
}

static enum answered_by judge_time(const struct machine_detector *detector) {
    uint32_t now_ms = machine_detector_ms(detector);
    if (now_ms >= detector->settings.timeout_ms)
        return detector->machine ? ANSWERED_BY_END_OTHER : ANSWERED_BY_UNKNOWN;
    if (!detector->speaking && !detector->machine && now_ms >= detector->settings.silence_ms)
        return ANSWERED_BY_UNKNOWN;
    return ANSWERED_BY_NOBODY;
}

/* The block of 10 ms that has just been filled: the first or the second of a frame. */
static enum answered_by hear(struct machine_detector *detector) {
    bool second = detector->filled == 2 * MACHINE_BLOCK_SAMPLES;
    const int16_t *block = detector->frame + (second ? MACHINE_BLOCK_SAMPLES : 0);
    detector->blocks++;
    if (hear_fax(detector, block))
        return ANSWERED_BY_FAX;
    if (hear_beep(detector, block, sine_level(block, MACHINE_BLOCK_SAMPLES))) {
        if (!detector->machine && is_fax_beep(detector))
            return ANSWERED_BY_FAX;
        return detector->settings.message_end ? ANSWERED_BY_END_BEEP : ANSWERED_BY_MACHINE;
    }
    enum answered_by outcome = ANSWERED_BY_NOBODY;
    if (second) {
        detector->filled = 0;
        hear_voice(detector, sine_level(detector->frame, 2 * MACHINE_BLOCK_SAMPLES));
        outcome = judge_speech(detector);
    }
    return outcome == ANSWERED_BY_NOBODY ? judge_time(detector) : outcome;
}

enum answered_by
machine_detector_feed(struct machine_detector *detector, const int16_t *frame, uint32_t count) {
    for (uint32_t at = 0; at < count && !detector->done;) {
        uint32_t room = MACHINE_BLOCK_SAMPLES - detector->filled % MACHINE_BLOCK_SAMPLES;
        uint32_t taken = count - at < room ? count - at : room;
        memcpy(detector->frame + detector->filled, frame + at, taken * sizeof *frame);
        at += taken;
        detector->filled += taken;
        if (detector->filled % MACHINE_BLOCK_SAMPLES > 0)
            continue;
        enum answered_by outcome = hear(detector);
        detector->done = outcome != ANSWERED_BY_NOBODY;
        if (detector->done)
            return outcome;
    }
    return ANSWERED_BY_NOBODY;
}
