#include "plc.h"
#include "bytes.h"

enum {
    PITCH_MIN = 40,
    PITCH_MAX = 160,
    MATCH_SAMPLES = 120,
    HOLD_SAMPLES = 80,
    FADE_SAMPLES = 400
};

void plc_init(struct plc *plc) {
    memset(plc, 0, sizeof *plc);
}

static uint32_t find_pitch(const int16_t *history) {
    const int16_t *recent = history + PLC_HISTORY_SAMPLES - MATCH_SAMPLES;
    uint32_t best_lag = PITCH_MAX;
    int32_t best_difference = INT32_MAX;
    for (uint32_t lag = PITCH_MIN; lag <= PITCH_MAX; lag++) {
        int32_t difference = 0;
        for (uint32_t i = 0; i < MATCH_SAMPLES; i++) {
            int32_t step = recent[i] - *(recent + i - lag);
            difference += step < 0 ? -step : step;
        }
        if (difference < best_difference) {
            best_difference = difference;
            best_lag = lag;
        }
    }
    return best_lag;
}

static void remember(struct plc *plc, const int16_t *frame, uint32_t count) {
    if (count >= PLC_HISTORY_SAMPLES) {
        memcpy(plc->history, frame + count - PLC_HISTORY_SAMPLES, sizeof plc->history);
        return;
    }
    uint32_t kept = PLC_HISTORY_SAMPLES - count;
    memmove(plc->history, plc->history + count, kept * sizeof(int16_t));
    memcpy(plc->history + kept, frame, count * sizeof(int16_t));
}

static int16_t next_concealed(struct plc *plc) {
    uint32_t done = plc->concealed_samples;
    if (done >= HOLD_SAMPLES + FADE_SAMPLES)
        return 0;
    int32_t sample = plc->history[PLC_HISTORY_SAMPLES - plc->pitch_samples + plc->position];
    plc->position = plc->position + 1 == plc->pitch_samples ? 0 : plc->position + 1;
    plc->concealed_samples++;
    if (done > HOLD_SAMPLES)
        sample = sample * (int32_t)(HOLD_SAMPLES + FADE_SAMPLES - done) / FADE_SAMPLES;
    return (int16_t)sample;
}

void plc_conceal(struct plc *plc, int16_t *dst, uint32_t count) {
    if (plc->concealed_samples == 0) {
        plc->pitch_samples = find_pitch(plc->history);
        plc->position = 0;
    }
    for (uint32_t i = 0; i < count; i++)
        dst[i] = next_concealed(plc);
    if (plc->concealed_samples == 0)
        plc->concealed_samples = 1;
}

void plc_received(struct plc *plc, int16_t *frame, uint32_t count) {
    if (plc->concealed_samples > 0) {
        uint32_t blend = count < PLC_BLEND_SAMPLES ? count : PLC_BLEND_SAMPLES;
        for (uint32_t i = 0; i < blend; i++) {
            int32_t old = next_concealed(plc);
            int32_t weight = (int32_t)(i + 1);
            int32_t rest = (int32_t)PLC_BLEND_SAMPLES + 1 - weight;
            frame[i] = (int16_t)((frame[i] * weight + old * rest) / (PLC_BLEND_SAMPLES + 1));
        }
        plc->concealed_samples = 0;
    }
    remember(plc, frame, count);
}
