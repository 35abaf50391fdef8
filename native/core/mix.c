#include "mix.h"
#include "bytes.h"
#include "simd.h"

enum { UNITY_Q12 = 4096 };

void mix_add(int32_t *restrict sum, const int16_t *restrict frame, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        sum[i] += frame[i];
}

void mix_all(int16_t *restrict dst, const int32_t *restrict sum, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 8)
        saturate8(dst + i, sum + i);
}

void mix_minus(
    int16_t *restrict dst, const int32_t *restrict sum, const int16_t *restrict own,
    uint32_t count) {
    for (uint32_t i = 0; i < count; i += 8) {
        int32_t others[8];
        for (uint32_t j = 0; j < 8; j++)
            others[j] = sum[i + j] - own[i + j];
        saturate8(dst + i, others);
    }
}

void mix_gain(int16_t *frame, uint32_t count, uint32_t fade, int32_t from_q12, int32_t to_q12) {
    uint32_t ramp = from_q12 == to_q12 ? 0 : fade < count ? fade : count;
    for (uint32_t i = 0; i < ramp; i++) {
        int32_t gain = from_q12 + (to_q12 - from_q12) * (int32_t)(i + 1) / (int32_t)fade;
        frame[i] = saturate16(frame[i] * gain / UNITY_Q12);
    }
    if (to_q12 == UNITY_Q12)
        return;
    for (uint32_t i = ramp; i < count; i++)
        frame[i] = saturate16(frame[i] * to_q12 / UNITY_Q12);
}

uint32_t mix_level(const int16_t *frame, uint32_t count) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += frame[i] < 0 ? -frame[i] : frame[i];
    return (uint32_t)sum / count;
}
