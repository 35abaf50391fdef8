#include "plc.h"
#include "bytes.h"
#include "pitch.h"

enum {
    PITCH_MS_MIN = 3,
    PITCH_MS_MAX = 15,
    WINDOW_MS = 10,
    STAGE_MS = 10, /* full level; then one more period, twice */
    FADE_MS = 50,  /* from full level to nothing */
    FULL_MS = 20,  /* so long, the end overlaps by a quarter period; then by more */
    RESUME_MS_MAX = 10,
    ONE_Q15 = 32768,
};

void plc_init(struct plc *plc, uint32_t rate_hz) {
    plc->per_ms = rate_hz / 1000;
    plc->concealed_samples = 0;
}

static int16_t *wave_end(const struct plc *plc, struct plc_wave *wave) {
    return wave->played + PLC_HISTORY_MS * plc->per_ms;
}

/* Makes the end of the wave lead over to the beginning of the repeated part. */
static void join(const struct plc *plc, struct plc_wave *wave) {
    uint32_t quarter = plc->pitch_samples / 4;
    int16_t *end = wave_end(plc, wave) - quarter;
    const int16_t *before = end - plc->periods * plc->pitch_samples;
    int32_t step = ONE_Q15 / (int32_t)quarter;
    for (uint32_t i = 0; i < quarter; i++) {
        int32_t in = (int32_t)(i + 1) * step;
        end[i] = (int16_t)((wave->tail[i] * (ONE_Q15 - in) + before[i] * in) >> 15);
    }
}

static void begin(struct plc *plc, struct plc_wave *wave, const int16_t *end) {
    uint32_t history = PLC_HISTORY_MS * plc->per_ms;
    struct pitch_search search = {
        .at = end - WINDOW_MS * plc->per_ms,
        .direction = -1,
        .window_samples = WINDOW_MS * plc->per_ms,
        .lag_min_samples = PITCH_MS_MIN * plc->per_ms,
        .lag_max_samples = PITCH_MS_MAX * plc->per_ms,
        .rate_hz = plc->per_ms * 1000,
    };
    plc->pitch_samples = pitch_find(&search).lag_samples;
    memcpy(wave->played, end - history, history * sizeof *wave->played);
    uint32_t quarter = plc->pitch_samples / 4;
    memcpy(wave->tail, end - quarter, quarter * sizeof *wave->tail);
    plc->periods = 1;
    plc->position = 0;
    plc->step = end[-1] - *(end - 1 - plc->pitch_samples);
    join(plc, wave);
}

/* Copies the next `count` samples of the repeated part. */
static void repeat(struct plc *plc, struct plc_wave *wave, int16_t *dst, uint32_t count) {
    uint32_t length = plc->periods * plc->pitch_samples;
    const int16_t *from = wave_end(plc, wave) - length;
    for (uint32_t done = 0; done < count;) {
        uint32_t run = length - plc->position;
        run = run < count - done ? run : count - done;
        memcpy(dst + done, from + plc->position, run * sizeof *dst);
        plc->position = plc->position + run == length ? 0 : plc->position + run;
        done += run;
    }
}

/* One more period is repeated; the last quarter period overlaps with how it went on before. */
static void lengthen(struct plc *plc, struct plc_wave *wave, int16_t *dst, uint32_t count) {
    int16_t old[4 * PLC_SAMPLES_PER_MS_MAX];
    uint32_t overlap = plc->pitch_samples / 4, position = plc->position;
    overlap = overlap < count ? overlap : count;
    repeat(plc, wave, old, overlap);
    plc->periods++;
    join(plc, wave);
    plc->position = position % plc->pitch_samples;
    repeat(plc, wave, dst, count);
    for (uint32_t i = 0; i < overlap; i++) {
        int32_t in = (int32_t)((i + 1) * ONE_Q15 / (overlap + 1));
        dst[i] = (int16_t)((old[i] * (ONE_Q15 - in) + dst[i] * in) >> 15);
    }
}

/* The first quarter period glides from the level at which the audio ended. */
static void lead_in(struct plc *plc, int16_t *dst, uint32_t count) {
    uint32_t quarter = plc->pitch_samples / 4;
    for (uint32_t i = 0; i < count && plc->concealed_samples + i < quarter; i++) {
        int32_t left = (int32_t)(quarter - plc->concealed_samples - i);
        dst[i] = saturate16(dst[i] + plc->step * left / (int32_t)(quarter + 1));
    }
}

static void fade(const struct plc *plc, int16_t *dst, uint32_t count) {
    uint32_t hold = STAGE_MS * plc->per_ms, length = FADE_MS * plc->per_ms;
    int32_t step = (int32_t)((ONE_Q15 << 8) / length);
    uint32_t done = plc->concealed_samples - hold;
    int32_t gain_q23 = (ONE_Q15 << 8) - (int32_t)done * step;
    for (uint32_t i = 0; i < count; i++) {
        dst[i] = (int16_t)((dst[i] * (gain_q23 >> 8)) >> 15);
        gain_q23 -= step;
    }
}

void plc_conceal(
    struct plc *plc, struct plc_wave *wave, const int16_t *end, int16_t *dst, uint32_t count) {
    if (plc->concealed_samples == 0)
        begin(plc, wave, end);
    uint32_t stage = STAGE_MS * plc->per_ms, silent = stage + FADE_MS * plc->per_ms;
    while (count > 0) {
        uint32_t done = plc->concealed_samples;
        if (done >= silent) {
            memset(dst, 0, count * sizeof *dst);
            return;
        }
        uint32_t next = done < stage ? stage : done < 2 * stage ? 2 * stage : silent;
        uint32_t run = next - done < count ? next - done : count;
        if (done == stage || done == 2 * stage)
            lengthen(plc, wave, dst, run);
        else
            repeat(plc, wave, dst, run);
        if (done < stage)
            lead_in(plc, dst, run);
        else
            fade(plc, dst, run);
        plc->concealed_samples += run;
        dst += run;
        count -= run;
    }
}

void plc_resume(struct plc *plc, struct plc_wave *wave, int16_t *frame, uint32_t count) {
    if (plc->concealed_samples == 0)
        return;
    int16_t old[RESUME_MS_MAX * PLC_SAMPLES_PER_MS_MAX];
    uint32_t most = RESUME_MS_MAX * plc->per_ms;
    uint32_t lost_ms = plc->concealed_samples / plc->per_ms;
    uint32_t overlap = plc->pitch_samples / 4;
    if (lost_ms > FULL_MS)
        overlap += 2 * (lost_ms - FULL_MS) / 10 * plc->per_ms;
    overlap = overlap > most ? most : overlap;
    overlap = overlap > count ? count : overlap;
    plc_conceal(plc, wave, frame, old, overlap);
    for (uint32_t i = 0; i < overlap; i++) {
        int32_t in = (int32_t)((i + 1) * ONE_Q15 / (overlap + 1));
        frame[i] = (int16_t)((old[i] * (ONE_Q15 - in) + frame[i] * in) >> 15);
    }
    plc->concealed_samples = 0;
}
