#ifndef DIALPLANE_SIMD_H
#define DIALPLANE_SIMD_H
/*
 * The dot product of 16-bit samples as four sums of 32 bits: sum i adds the products at places 2i
 * and 2i + 1 of every eight. Each wraps around like an unsigned number, and every build gives the
 * same four. `count` is a multiple of 8; any alignment.
 */
#include <stdint.h>

struct sums4 {
    int32_t at[4];
};

#if defined(__SSE2__)
#include <emmintrin.h>

static inline struct sums4 dot_sums4(const int16_t *a, const int16_t *b, uint32_t count) {
    __m128i sums = _mm_setzero_si128();
    for (uint32_t i = 0; i < count; i += 8) {
        __m128i left = _mm_loadu_si128((const __m128i *)(const void *)(a + i));
        __m128i right = _mm_loadu_si128((const __m128i *)(const void *)(b + i));
        sums = _mm_add_epi32(sums, _mm_madd_epi16(left, right));
    }
    struct sums4 out;
    _mm_storeu_si128((__m128i *)(void *)out.at, sums);
    return out;
}

#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>

static inline struct sums4 dot_sums4(const int16_t *a, const int16_t *b, uint32_t count) {
    v128_t sums = wasm_i32x4_const(0, 0, 0, 0);
    for (uint32_t i = 0; i < count; i += 8)
        sums = wasm_i32x4_add(
            sums, wasm_i32x4_dot_i16x8(wasm_v128_load(a + i), wasm_v128_load(b + i)));
    struct sums4 out;
    wasm_v128_store(out.at, sums);
    return out;
}

#else

static inline struct sums4 dot_sums4(const int16_t *a, const int16_t *b, uint32_t count) {
    uint32_t sums[4] = {0, 0, 0, 0};
    for (uint32_t i = 0; i < count; i += 2) {
        uint32_t first = (uint32_t)(a[i] * b[i]), second = (uint32_t)(a[i + 1] * b[i + 1]);
        sums[(i / 2) % 4] += first + second;
    }
    struct sums4 out;
    for (uint32_t i = 0; i < 4; i++)
        out.at[i] = (int32_t)sums[i];
    return out;
}

#endif
#endif
