#include "tone_detector.h"
#include "bytes.h"
#include "kernels.h"
#include "sine.h"
#include "tone_pairs_tables.h"
#include "tone_rows.h"

enum {
    HALF = TONE_BLOCK_SAMPLES / 2,
    LEVEL_MIN = -45 * 16,
    PURITY_MIN_Q8 = 224,
    PAUSE_MIN = 2, /* blocks; a shorter one is a drop-out */
    STEP_MIN = 5,
    STEP_MAX = 12,
    STEP_PAUSE_MAX = 2,
};

_Static_assert(sizeof tone_rows / sizeof *tone_rows == TONE_ROWS, "a state for each row");

void tone_detector_init(struct tone_detector *detector) {
    memset(detector, 0, sizeof *detector);
}

/* The powers of the four frequencies of the pairs, in the unit that makes their sum the energy. */
static void measure(int64_t powers[4], int64_t *energy, const int16_t *block) {
    int16_t padded[TONE_BLOCK_SAMPLES], even[HALF], odd[HALF];
    for (uint32_t i = 0; i < TONE_BLOCK_SAMPLES; i++)
        padded[i] = (int16_t)(block[i] >> 3);
    for (uint32_t i = 0; i < HALF; i++) {
        even[i] = (int16_t)(padded[HALF + i] + padded[HALF - 1 - i]);
        odd[i] = (int16_t)(padded[HALF + i] - padded[HALF - 1 - i]);
    }
    struct sums4 squares = dot_sums4(padded, padded, TONE_BLOCK_SAMPLES);
    struct sums4 real = kernels->dot_columns(even, tone_pairs_cosines, HALF);
    struct sums4 imaginary = kernels->dot_columns(odd, tone_pairs_sines, HALF);
    *energy = (int64_t)squares.at[0] + squares.at[1] + squares.at[2] + squares.at[3];
    for (uint32_t i = 0; i < 4; i++) {
        int64_t re = real.at[i] >> 10, im = imaginary.at[i] >> 10;
        powers[i] = (re * re + im * im) / HALF;
    }
}

/* Whether two of them carry the block: four fifths of its energy, within 6 dB of each other. */
static bool is_pair(const int64_t *powers, int64_t energy, uint32_t a, uint32_t b) {
    return (powers[a] + powers[b]) * 10 >= energy * 8 && powers[a] <= powers[b] * 4 &&
           powers[b] <= powers[a] * 4;
}

/* One sound, or 0. Pairs come first: close ones also look like the sine between them. */
static uint32_t sound_of(const int16_t *block) {
    struct sine sine = sine_find(block, TONE_BLOCK_SAMPLES);
    if (sine.level < LEVEL_MIN)
        return 0;
    int64_t powers[4], energy;
    measure(powers, &energy, block);
    if (is_pair(powers, energy, 0, 1))
        return SOUND_350_440;
    if (is_pair(powers, energy, 1, 2))
        return SOUND_440_480;
    if (is_pair(powers, energy, 2, 3))
        return SOUND_480_620;
    for (uint32_t i = 0; i < sizeof tone_singles / sizeof *tone_singles; i++) {
        const struct tone_single *single = &tone_singles[i];
        if (sine.purity_q8 >= PURITY_MIN_Q8 && sine.hz >= single->hz_min &&
            sine.hz <= single->hz_max)
            return single->sound;
    }
    return 0;
}

static enum detection_change stop(struct tone_progress *row) {
    enum detection_change change = row->active ? DETECTION_ENDED : DETECTION_NONE;
    row->active = false;
    row->bursts = 0;
    return change;
}

static enum detection_change
go_on(struct tone_progress *row, const struct tone_row *rule, uint32_t block) {
    enum detection_change change = DETECTION_NONE;
    if (row->off >= PAUSE_MIN || row->on == 0) {
        if (row->bursts > 0 && (row->off < rule->off_min || row->off > rule->off_max))
            change = stop(row);
        if (row->bursts == 0)
            row->began = block;
        row->on = 0;
    } else {
        row->on += row->off;
    }
    row->on++;
    row->off = 0;
    if (row->on > rule->on_max)
        return stop(row);
    if (!row->active && row->on >= rule->on_min && row->bursts + 1 >= rule->bursts &&
        change == DETECTION_NONE) {
        row->active = true;
        change = DETECTION_BEGUN;
    }
    return change;
}

static enum detection_change pause(struct tone_progress *row, const struct tone_row *rule) {
    row->off++;
    if (row->off == PAUSE_MIN && row->on > 0) {
        bool valid = row->on >= rule->on_min && row->on <= rule->on_max;
        row->bursts = valid ? row->bursts + 1 : 0;
        if (!valid)
            return stop(row);
    }
    return row->off > rule->off_max ? stop(row) : DETECTION_NONE;
}

/* The three tones of SIT, each 5 to 12 blocks, with pauses of at most two. */
static void follow_steps(struct tone_steps *steps, uint32_t sound, uint32_t block) {
    static const uint32_t sounds[] = {SOUND_950, SOUND_1400, SOUND_1800};
    bool long_enough = steps->on >= STEP_MIN && steps->on <= STEP_MAX;
    if (sound == sounds[steps->step]) {
        if (steps->on == 0)
            steps->began = block;
        steps->on++;
        steps->off = 0;
    } else if (steps->step < 2 && sound == sounds[steps->step + 1] && long_enough) {
        steps->step++;
        steps->on = 1;
        steps->off = 0;
    } else if (++steps->off > STEP_PAUSE_MAX) {
        steps->step = steps->on = 0;
    }
}

/* The next row that has changed with the latest block. Rows of the same kind speak as one. */
static struct detection judge(struct tone_detector *detector) {
    while (detector->rows_left > 0) {
        uint32_t index = TONE_ROWS - detector->rows_left--, block = detector->blocks - 1;
        const struct tone_row *rule = &tone_rows[index];
        struct tone_progress *row = &detector->rows[index];
        bool is_sit = rule->kind == DETECTION_SIT;
        bool heard = detector->sound == rule->sound && (!is_sit || detector->steps.step == 2);
        enum detection_change change = heard ? go_on(row, rule, block) : pause(row, rule);
        bool another = false;
        for (uint32_t i = 0; i < TONE_ROWS; i++)
            another = another ||
                      (i != index && tone_rows[i].kind == rule->kind && detector->rows[i].active);
        if (change == DETECTION_NONE || another)
            continue;
        uint32_t began = is_sit ? detector->steps.began : row->began;
        uint32_t at = change == DETECTION_BEGUN ? began : block + 1 - row->off;
        return (struct detection){change, rule->kind, (uint64_t)at * TONE_BLOCK_SAMPLES};
    }
    return (struct detection){DETECTION_NONE, DETECTION_KINDS, 0};
}

struct detection tone_detector_feed(
    struct tone_detector *detector, const int16_t *frame, uint32_t count, uint32_t *used) {
    uint32_t at = 0;
    struct detection detection = judge(detector);
    while (at < count && detection.change == DETECTION_NONE) {
        uint32_t room = TONE_BLOCK_SAMPLES - detector->filled;
        uint32_t taken = count - at < room ? count - at : room;
        memcpy(detector->block + detector->filled, frame + at, taken * sizeof *frame);
        at += taken;
        detector->filled += taken;
        if (detector->filled == TONE_BLOCK_SAMPLES) {
            detector->filled = 0;
            detector->sound = sound_of(detector->block);
            follow_steps(&detector->steps, detector->sound, detector->blocks);
            detector->blocks++;
            detector->rows_left = TONE_ROWS;
            detection = judge(detector);
        }
    }
    *used = at;
    return detection;
}
