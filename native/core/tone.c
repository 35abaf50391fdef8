#include "tone.h"
#include "bytes.h"
#include "tone_tables.h"

static const uint16_t row_hz[4] = {697, 770, 852, 941};
static const uint16_t column_hz[4] = {1209, 1336, 1477, 1633};
/* Row * 4 + column of events 0-9 * # A-D. */
static const uint8_t key_of_event[16] = {13, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 14, 3, 7, 11, 15};

int16_t tone_sine(uint32_t phase) {
    uint32_t index = phase >> 24;
    int32_t here = tone_sine_table[index];
    int32_t next = tone_sine_table[(index + 1) & 255];
    int32_t fraction = (int32_t)((phase >> 8) & 0xFFFF);
    return (int16_t)(here + (((next - here) * fraction) >> 16));
}

static uint32_t phase_step(uint32_t hz) {
    return (uint32_t)(((uint64_t)hz << 32) / 8000);
}

void tone_init(
    struct tone *tone, uint32_t first_hz, uint32_t second_hz, int32_t level_dbfs,
    uint32_t on_samples, uint32_t off_samples, uint32_t loops) {
    int32_t level = level_dbfs > 0                     ? 0
                    : level_dbfs < TONE_LEVEL_MIN_DBFS ? TONE_LEVEL_MIN_DBFS
                                                       : level_dbfs;
    memset(tone, 0, sizeof *tone);
    tone->step[0] = phase_step(first_hz);
    tone->step[1] = phase_step(second_hz);
    tone->amplitude = tone_level_table[-level];
    tone->on_samples = on_samples;
    tone->off_samples = off_samples;
    tone->loops = loops;
}

void tone_init_digit(struct tone *tone, uint8_t event, uint32_t on_samples, uint32_t off_samples) {
    uint8_t key = key_of_event[event & 15];
    tone_init(tone, row_hz[key >> 2], column_hz[key & 3], -10, on_samples, off_samples, 1);
}

static int32_t envelope(const struct tone *tone) {
    uint32_t rising = tone->position + 1;
    uint32_t falling = tone->on_samples - tone->position;
    uint32_t edge = rising < falling ? rising : falling;
    return edge < TONE_FADE_SAMPLES ? (int32_t)edge : TONE_FADE_SAMPLES;
}

uint32_t tone_fill(struct tone *tone, int16_t *dst, uint32_t count) {
    uint32_t period = tone->on_samples + tone->off_samples;
    if (period == 0)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        if (tone->position == period) {
            tone->position = 0;
            tone->done++;
        }
        if (tone->loops != 0 && tone->done == tone->loops)
            return i;
        int32_t sample = 0;
        if (tone->position < tone->on_samples) {
            int32_t sum = tone_sine(tone->phase[0]);
            if (tone->step[1])
                sum += tone_sine(tone->phase[1]);
            int32_t gain = tone->amplitude * envelope(tone) / TONE_FADE_SAMPLES;
            sample = (int32_t)(((int64_t)sum * gain + (1 << 14)) >> 15);
        }
        tone->phase[0] += tone->step[0];
        tone->phase[1] += tone->step[1];
        tone->position++;
        dst[i] = saturate16(sample);
    }
    if (tone->position == period && tone->loops != 0 && tone->done + 1 == tone->loops) {
        tone->position = 0;
        tone->done++;
    }
    return count;
}
