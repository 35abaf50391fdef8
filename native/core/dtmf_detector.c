#include "dtmf_detector.h"
#include "bytes.h"
#include "dtmf_tables.h"
#include "kernels.h"

enum {
    HITS_TO_START = 4,
    MISSES_TO_END = 4,
    ENERGY_MIN = 102 * 55 * 55, /* of a window: about -41 dBm0 for each tone */
    /* A pure pair has 3264 times the energy; a frequency 1.5 % off loses up to a quarter. */
    PAIR_PER_ENERGY_MIN = 2350,
    PER_ENERGY = 65536,
    COLUMN_WEAKER_MAX = 12, /* 10.8 dB */
    /* The least of a column, with a little to spare. */
    COLUMN_PER_ENERGY_MIN = (PAIR_PER_ENERGY_MIN - 50) * 2 / (1 + COLUMN_WEAKER_MAX),
    DIGIT_NONE = -1,
};

static const char digits[] = "123A456B789C*0#D";

void dtmf_detector_init(struct dtmf_detector *detector) {
    memset(detector, 0, sizeof *detector);
    detector->candidate = detector->active = DIGIT_NONE;
}

/* False: there is too little. */
static bool take_in(struct dtmf_half *half, const int16_t *samples) {
    uint32_t energy = kernels->dtmf_fold(half->folded, samples);
    half->has_rows = false;
    half->energy = energy < ENERGY_MIN / 4 ? 0 : energy;
    return half->energy != 0;
}

static void project(struct dtmf_half *half, uint32_t group) {
    kernels->dtmf_project(half->spectrum.parts[group], half->folded, dtmf_projection[group]);
}

static void project_rows(struct dtmf_half *half) {
    if (!half->has_rows)
        project(half, DTMF_ROWS);
    half->has_rows = true;
}

static struct sums4 measure(const struct dtmf_spectrum *spectrum, uint32_t group) {
    return dot_sums4(spectrum->parts[group], spectrum->parts[group], 8);
}

/* The mean of two halves, the later turned back by what each frequency advances in a half. */
static void join(
    struct dtmf_spectrum *window, const struct dtmf_spectrum *earlier,
    const struct dtmf_spectrum *later, uint32_t group) {
    mean_turned4(
        window->parts[group], earlier->parts[group], later->parts[group], dtmf_turns[group]);
}

static uint32_t strongest(const struct sums4 *powers) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < 4; i++)
        best = powers->at[i] > powers->at[best] ? i : best;
    return best;
}

/* By 6 dB: the other group leaks that much. */
static bool dominates(const struct sums4 *powers, uint32_t best) {
    return above4(powers, powers->at[best] >> 2) == 1u << best;
}

/* Whether the phase advanced since the last window as it does at (nearly) the nominal frequency. */
static bool is_on_frequency(
    const struct dtmf_spectrum *now, const struct dtmf_spectrum *before, uint32_t group,
    uint32_t i) {
    const int16_t *here = now->parts[group] + 2 * i, *there = before->parts[group] + 2 * i;
    int64_t real = here[0] * there[0] + here[1] * there[1];
    int64_t imaginary = here[0] * there[1] - here[1] * there[0];
    int64_t turn_cosine = dtmf_turns[group][4 * i];
    int64_t turn_sine = dtmf_turns[group][4 * i + 2];
    int64_t along = (real * turn_cosine + imaginary * turn_sine) >> 14;
    int64_t across = (imaginary * turn_cosine - real * turn_sine) >> 14;
    int64_t tangent = dtmf_tangent[group][i];
    across = across < 0 ? -across : across;
    if (tangent >= 0)
        return along > 0 && across * 256 <= along * tangent;
    return along >= 0 || across * 256 >= along * tangent;
}

/* The key that sounds in a window (row * 4 + column), or DIGIT_NONE. */
static int8_t
classify(const struct dtmf_detector *detector, const struct dtmf_spectrum *window, int64_t energy) {
    struct sums4 rows = measure(window, DTMF_ROWS), columns = measure(window, DTMF_COLUMNS);
    uint32_t row = strongest(&rows), column = strongest(&columns);
    int64_t row_power = rows.at[row], column_power = columns.at[column];
    if ((row_power + column_power) * PER_ENERGY < PAIR_PER_ENERGY_MIN * energy)
        return DIGIT_NONE;
    if (column_power * COLUMN_WEAKER_MAX < row_power || row_power * 7 < column_power * 2)
        return DIGIT_NONE; /* the row may be 5.4 dB weaker */
    if (!dominates(&rows, row) || !dominates(&columns, column))
        return DIGIT_NONE;
    int8_t key = (int8_t)(row * 4 + column);
    if (detector->hits > 0 && key != detector->active &&
        (!is_on_frequency(window, &detector->window, DTMF_ROWS, row) ||
         !is_on_frequency(window, &detector->window, DTMF_COLUMNS, column)))
        return DIGIT_NONE;
    return key;
}

/* Whether the column may be strong enough: joined, two halves have at most half their powers. */
static bool may_be_key(const struct sums4 *earlier, const struct sums4 *later, int64_t energy) {
    struct sums4 powers;
    for (uint32_t i = 0; i < 4; i++)
        powers.at[i] = earlier->at[i] + later->at[i];
    return above4(&powers, (int32_t)((uint64_t)energy * COLUMN_PER_ENERGY_MIN / PER_ENERGY)) != 0;
}

/* The key of the window that ends with these samples. What is cheap comes first, and most of speech
 * has too little of the columns. */
static int8_t look(struct dtmf_detector *detector, const int16_t *samples) {
    struct dtmf_half *earlier = &detector->halves[detector->latest];
    struct dtmf_half *later = &detector->halves[detector->latest ^ 1];
    detector->latest ^= 1;
    if (!take_in(later, samples))
        return DIGIT_NONE;
    project(later, DTMF_COLUMNS);
    later->column_powers = measure(&later->spectrum, DTMF_COLUMNS);
    int64_t energy = (int64_t)earlier->energy + later->energy;
    if (earlier->energy == 0 || energy < ENERGY_MIN)
        return DIGIT_NONE;
    if (detector->active == DIGIT_NONE && /* else it will pass, as a rule */
        !may_be_key(&earlier->column_powers, &later->column_powers, energy))
        return DIGIT_NONE;
    struct dtmf_spectrum window;
    project_rows(earlier);
    project_rows(later);
    join(&window, &earlier->spectrum, &later->spectrum, DTMF_ROWS);
    join(&window, &earlier->spectrum, &later->spectrum, DTMF_COLUMNS);
    int8_t key = classify(detector, &window, energy);
    detector->window = window;
    return key;
}

static struct dtmf_outcome end_active(struct dtmf_detector *detector) {
    uint64_t end = detector->position - (uint64_t)(detector->misses * DTMF_HALF_SAMPLES);
    struct dtmf_outcome outcome = {
        .change = DTMF_ENDED,
        .digit = digits[detector->active],
        .duration = (uint32_t)(end - detector->active_since),
    };
    detector->active = DIGIT_NONE;
    detector->misses = 0;
    return outcome;
}

static struct dtmf_outcome hear(struct dtmf_detector *detector, const int16_t *half) {
    struct dtmf_outcome outcome = {.change = DTMF_NONE};
    int8_t key = look(detector, half);
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
        uint32_t span = DTMF_WINDOW_SAMPLES + DTMF_HALF_SAMPLES * (uint32_t)(detector->hits - 1);
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
        const int16_t *half = frame + at;
        uint32_t room = DTMF_HALF_SAMPLES - detector->filled;
        uint32_t taken = count - at < room ? count - at : room;
        if (taken < DTMF_HALF_SAMPLES) {
            memcpy(detector->samples + detector->filled, half, taken * sizeof *half);
            half = detector->samples;
        }
        at += taken;
        detector->position += taken;
        detector->filled += taken;
        if (detector->filled == DTMF_HALF_SAMPLES) {
            outcome = hear(detector, half);
            detector->filled = 0;
        }
    }
    *used = at;
    return outcome;
}
