#include "mix.h"
#include "bytes.h"

enum { UNITY_Q12 = 4096 };

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
