#include "dtmf_detector.h"
#include "bytes.h"
#include "dtmf_tables.h"

enum {
    HITS_TO_START = 4,
    MISSES_TO_END = 4,
    ENERGY_MIN = 102 * 60 * 60, /* about -42 dBm0 for each tone */
    DIGIT_NONE = -1,
};

static const char digits[] = "123A456B789C*0#D";

void dtmf_detector_init(struct dtmf_detector *detector) {
    memset(detector, 0, sizeof *detector);
    detector->candidate = detector->active = DIGIT_NONE;
}

static int32_t project(const int16_t *restrict window, const int16_t *restrict wave) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < 104; i++)
        sum += window[i] * wave[i];
    return sum >> 8;
}

static uint32_t strongest(const int64_t *power) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < 4; i++)
        best = power[i] > power[best] ? i : best;
    return best;
}

static bool dominates(const int64_t *power, uint32_t best) {
    for (uint32_t i = 0; i < 4; i++) {
        if (i != best && power[i] * 4 > power[best]) /* 6 dB; the other group leaks that much */
            return false;
    }
    return true;
}

/* Whether the phase advanced since the last window as it does at (nearly) the nominal frequency. */
static bool is_on_frequency(const int32_t *now, const int32_t *before, uint32_t frequency) {
    int64_t cosine = now[frequency * 2], sine = -now[frequency * 2 + 1];
    int64_t cosine_before = before[frequency * 2], sine_before = -before[frequency * 2 + 1];
    int64_t real = (cosine * cosine_before + sine * sine_before) >> 14;
    int64_t imaginary = (sine * cosine_before - cosine * sine_before) >> 14;
    int64_t turn_cosine = dtmf_advance[frequency][0], turn_sine = dtmf_advance[frequency][1];
    int64_t along = (real * turn_cosine + imaginary * turn_sine) >> 14;
    int64_t across = (imaginary * turn_cosine - real * turn_sine) >> 14;
    int64_t tangent = dtmf_tangent[frequency];
    across = across < 0 ? -across : across;
    if (tangent >= 0)
        return along > 0 && across * 256 <= along * tangent;
    return along >= 0 || across * 256 >= along * tangent;
}

/* The key that sounds in the window (row * 4 + column), or DIGIT_NONE. */
static int8_t classify(struct dtmf_detector *detector) {
    int64_t energy = 0;
    for (uint32_t i = 0; i < DTMF_WINDOW_SAMPLES; i++)
        energy += detector->window[i] * detector->window[i];
    if (energy < ENERGY_MIN) {
        memset(detector->previous, 0, sizeof detector->previous);
        return DIGIT_NONE;
    }
    int32_t projections[16], before[16];
    int64_t power[8];
    for (uint32_t i = 0; i < 16; i++)
        projections[i] = project(detector->window, dtmf_projections[i]);
    for (uint32_t i = 0; i < 8; i++)
        power[i] = (int64_t)projections[2 * i] * projections[2 * i] +
                   (int64_t)projections[2 * i + 1] * projections[2 * i + 1];
    memcpy(before, detector->previous, sizeof before);
    memcpy(detector->previous, projections, sizeof before);
    uint32_t row = strongest(power), column = strongest(power + 4);
    int64_t row_power = power[row], column_power = power[4 + column];
    /* A pure pair gives 32 * 102 = 3264 times the energy; a frequency 1.5 % off loses up to a
     * quarter. */
    if (row_power + column_power < 2350 * energy)
        return DIGIT_NONE;
    if (column_power * 12 < row_power || row_power * 3 < column_power) /* -10.8, +4.8 dB */
        return DIGIT_NONE;
    if (!dominates(power, row) || !dominates(power + 4, column))
        return DIGIT_NONE;
    if (!is_on_frequency(projections, before, row) ||
        !is_on_frequency(projections, before, 4 + column))
        return (int8_t)(detector->hits == 0 ? (int32_t)(row * 4 + column) : DIGIT_NONE);
    return (int8_t)(row * 4 + column);
}

static struct dtmf_outcome end_active(struct dtmf_detector *detector) {
    uint64_t end = detector->position - (uint64_t)(detector->misses * DTMF_HOP_SAMPLES);
    struct dtmf_outcome outcome = {
        .change = DTMF_ENDED,
        .digit = digits[detector->active],
        .duration = (uint32_t)(end - detector->active_since),
    };
    detector->active = DIGIT_NONE;
    detector->misses = 0;
    return outcome;
}

static struct dtmf_outcome hear(struct dtmf_detector *detector) {
    struct dtmf_outcome outcome = {.change = DTMF_NONE};
    int8_t key = classify(detector);
    if (key != DIGIT_NONE && key == detector->candidate) {
        detector->hits = detector->hits < 255 ? (uint8_t)(detector->hits + 1) : (uint8_t)255;
    } else {
        detector->candidate = key;
        detector->hits = key == DIGIT_NONE ? 0 : 1;
    }
    if (detector->active != DIGIT_NONE) {
        if (key == detector->active)
            detector->misses = 0;
        else if (!detector->concealed)
            detector->misses++;
        if (detector->misses >= MISSES_TO_END)
            outcome = end_active(detector);
    } else if (detector->hits >= HITS_TO_START) {
        uint32_t span = DTMF_WINDOW_SAMPLES + DTMF_HOP_SAMPLES * (uint32_t)(detector->hits - 1);
        detector->active = detector->candidate;
        detector->misses = 0;
        detector->active_since = detector->position > span ? detector->position - span : 0;
        outcome = (struct dtmf_outcome){DTMF_STARTED, digits[detector->active], 0};
    }
    return outcome;
}

struct dtmf_outcome dtmf_detector_feed(
    struct dtmf_detector *detector, const int16_t *frame, uint32_t count, uint32_t *used) {
    struct dtmf_outcome outcome = {.change = DTMF_NONE};
    uint32_t at = 0;
    while (at < count && outcome.change == DTMF_NONE) {
        detector->window[detector->filled++] = (int16_t)(frame[at++] >> 2);
        detector->position++;
        if (detector->filled == DTMF_WINDOW_SAMPLES) {
            outcome = hear(detector);
            memmove(
                detector->window, detector->window + DTMF_HOP_SAMPLES,
                (DTMF_WINDOW_SAMPLES - DTMF_HOP_SAMPLES) * sizeof(int16_t));
            detector->filled = DTMF_WINDOW_SAMPLES - DTMF_HOP_SAMPLES;
        }
    }
    *used = at;
    return outcome;
}
