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

/* Eight sums, saturated to 16 bits. */
static inline void saturate8(int16_t *dst, const int32_t *src) {
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)src);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(src + 4));
    _mm_storeu_si128((__m128i *)(void *)dst, _mm_packs_epi32(low, high));
}

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

static inline struct sums4
dot_columns4(const int16_t *samples, const int16_t (*table)[8], uint32_t count) {
    __m128i sums = _mm_setzero_si128();
    for (uint32_t i = 0; i < count; i += 8) {
        __m128i pairs = _mm_loadu_si128((const __m128i *)(const void *)(samples + i));
        const __m128i *rows = (const __m128i *)(const void *)table[i / 2];
        __m128i first = _mm_madd_epi16(_mm_shuffle_epi32(pairs, 0x00), rows[0]);
        __m128i second = _mm_madd_epi16(_mm_shuffle_epi32(pairs, 0x55), rows[1]);
        __m128i third = _mm_madd_epi16(_mm_shuffle_epi32(pairs, 0xAA), rows[2]);
        __m128i fourth = _mm_madd_epi16(_mm_shuffle_epi32(pairs, 0xFF), rows[3]);
        sums = _mm_add_epi32(sums, _mm_add_epi32(first, second));
        sums = _mm_add_epi32(sums, _mm_add_epi32(third, fourth));
    }
    struct sums4 out;
    _mm_storeu_si128((__m128i *)(void *)out.at, sums);
    return out;
}

static inline void
fold(int16_t *sums, int16_t *differences, const int16_t *middle, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 8) {
        __m128i after = _mm_loadu_si128((const __m128i *)(const void *)(middle + i));
        __m128i before = _mm_loadu_si128((const __m128i *)(const void *)(middle - i - 7));
        before = _mm_shufflehi_epi16(_mm_shufflelo_epi16(before, 0x1B), 0x1B);
        before = _mm_shuffle_epi32(before, 0x4E);
        _mm_storeu_si128((__m128i *)(void *)(sums + i), _mm_add_epi16(after, before));
        _mm_storeu_si128((__m128i *)(void *)(differences + i), _mm_sub_epi16(after, before));
    }
}

#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>

static inline void saturate8(int16_t *dst, const int32_t *src) {
    wasm_v128_store(dst, wasm_i16x8_narrow_i32x4(wasm_v128_load(src), wasm_v128_load(src + 4)));
}

static inline struct sums4 dot_sums4(const int16_t *a, const int16_t *b, uint32_t count) {
    v128_t sums = wasm_i32x4_const(0, 0, 0, 0);
    for (uint32_t i = 0; i < count; i += 8)
        sums = wasm_i32x4_add(
            sums, wasm_i32x4_dot_i16x8(wasm_v128_load(a + i), wasm_v128_load(b + i)));
    struct sums4 out;
    wasm_v128_store(out.at, sums);
    return out;
}

static inline struct sums4
dot_columns4(const int16_t *samples, const int16_t (*table)[8], uint32_t count) {
    v128_t sums = wasm_i32x4_const(0, 0, 0, 0);
    for (uint32_t i = 0; i < count; i += 2) {
        v128_t pair = wasm_v128_load32_splat(samples + i);
        sums = wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(pair, wasm_v128_load(table[i / 2])));
    }
    struct sums4 out;
    wasm_v128_store(out.at, sums);
    return out;
}

static inline void
fold(int16_t *sums, int16_t *differences, const int16_t *middle, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 8) {
        v128_t after = wasm_v128_load(middle + i), before = wasm_v128_load(middle - i - 7);
        before = wasm_i16x8_shuffle(before, before, 7, 6, 5, 4, 3, 2, 1, 0);
        wasm_v128_store(sums + i, wasm_i16x8_add(after, before));
        wasm_v128_store(differences + i, wasm_i16x8_sub(after, before));
    }
}

#else

static inline void saturate8(int16_t *dst, const int32_t *src) {
    for (uint32_t i = 0; i < 8; i++)
        dst[i] = (int16_t)(src[i] > 32767 ? 32767 : src[i] < -32768 ? -32768 : src[i]);
}

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

static inline struct sums4
dot_columns4(const int16_t *samples, const int16_t (*table)[8], uint32_t count) {
    uint32_t sums[4] = {0, 0, 0, 0};
    for (uint32_t i = 0; i < count; i += 2) {
        for (uint32_t j = 0; j < 4; j++) {
            uint32_t first = (uint32_t)(samples[i] * table[i / 2][2 * j]);
            sums[j] += first + (uint32_t)(samples[i + 1] * table[i / 2][2 * j + 1]);
        }
    }
    struct sums4 out;
    for (uint32_t j = 0; j < 4; j++)
        out.at[j] = (int32_t)sums[j];
    return out;
}

static inline void
fold(int16_t *sums, int16_t *differences, const int16_t *middle, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        sums[i] = (int16_t)(middle[i] + *(middle - i));
        differences[i] = (int16_t)(middle[i] - *(middle - i));
    }
}

#endif
#endif
