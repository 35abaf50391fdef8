#ifndef DIALPLANE_SIMD_H
#define DIALPLANE_SIMD_H
/*
 * Arithmetic on four numbers at a time, in SSE2 and the SIMD of WASM, and without. The dot product
 * of 16-bit samples comes as four sums of 32 bits: sum i adds the products at places 2i
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

/* The mean of four complex numbers and four others, each turned by 16384 times cosine, -sine, sine,
 * cosine. Their magnitudes are below 2^15. */
static inline void mean_turned4(
    int16_t *restrict dst, const int16_t *restrict still, const int16_t *restrict turned,
    const int16_t *restrict turns) {
    const __m128i *turn = (const __m128i *)(const void *)turns;
    __m128i before = _mm_loadu_si128((const __m128i *)(const void *)still);
    __m128i all = _mm_loadu_si128((const __m128i *)(const void *)turned);
    __m128i low = _mm_madd_epi16(_mm_unpacklo_epi32(all, all), _mm_loadu_si128(turn));
    __m128i high = _mm_madd_epi16(_mm_unpackhi_epi32(all, all), _mm_loadu_si128(turn + 1));
    __m128i later = _mm_packs_epi32(_mm_srai_epi32(low, 14), _mm_srai_epi32(high, 14));
    /* Half their sum, without its carry. */
    __m128i half = _mm_srai_epi16(_mm_xor_si128(before, later), 1);
    _mm_storeu_si128((__m128i *)(void *)dst, _mm_add_epi16(_mm_and_si128(before, later), half));
}

/* Which of the four are above a limit, a bit for each. */
static inline uint32_t above4(const struct sums4 *sums, int32_t limit) {
    __m128i all = _mm_loadu_si128((const __m128i *)(const void *)sums->at);
    return (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(all, _mm_set1_epi32(limit))));
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

static inline void mean_turned4(
    int16_t *restrict dst, const int16_t *restrict still, const int16_t *restrict turned,
    const int16_t *restrict turns) {
    v128_t before = wasm_v128_load(still), all = wasm_v128_load(turned);
    v128_t low = wasm_i32x4_shuffle(all, all, 0, 0, 1, 1);
    v128_t high = wasm_i32x4_shuffle(all, all, 2, 2, 3, 3);
    low = wasm_i32x4_shr(wasm_i32x4_dot_i16x8(low, wasm_v128_load(turns)), 14);
    high = wasm_i32x4_shr(wasm_i32x4_dot_i16x8(high, wasm_v128_load(turns + 8)), 14);
    v128_t later = wasm_i16x8_narrow_i32x4(low, high);
    v128_t half = wasm_i16x8_shr(wasm_v128_xor(before, later), 1);
    wasm_v128_store(dst, wasm_i16x8_add(wasm_v128_and(before, later), half));
}

static inline uint32_t above4(const struct sums4 *sums, int32_t limit) {
    return (uint32_t)wasm_i32x4_bitmask(
        wasm_i32x4_gt(wasm_v128_load(sums->at), wasm_i32x4_splat(limit)));
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

static inline void mean_turned4(
    int16_t *restrict dst, const int16_t *restrict still, const int16_t *restrict turned,
    const int16_t *restrict turns) {
    for (uint32_t i = 0; i < 8; i++) {
        const int16_t *number = turned + i / 2 * 2;
        int32_t later = (number[0] * turns[2 * i] + number[1] * turns[2 * i + 1]) >> 14;
        dst[i] = (int16_t)((still[i] + later) >> 1);
    }
}

static inline uint32_t above4(const struct sums4 *sums, int32_t limit) {
    uint32_t above = 0;
    for (uint32_t i = 0; i < 4; i++)
        above |= (uint32_t)(sums->at[i] > limit) << i;
    return above;
}

#endif
#endif
