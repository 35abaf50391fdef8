#ifndef DIALPLANE_KERNELS_VECTORS_H
#define DIALPLANE_KERNELS_VECTORS_H
/*
 * What kernels_loops.h is written in: vectors of VECTOR_SAMPLES samples of 16 bits, or half as many
 * of 32. These are those of SSE2 and of WASM; kernels_avx2.c has its own. Where there are none,
 * VECTOR_SAMPLES is not defined, and the scalar forms do all.
 */
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#define VECTOR_SAMPLES 8
typedef __m128i vector;

#define vector_zero() _mm_setzero_si128()
#define vector_all32(value) _mm_set1_epi32(value)
#define vector_load(at) _mm_loadu_si128((const __m128i *)(const void *)(at))
#define vector_store(at, a) _mm_storeu_si128((__m128i *)(void *)(at), a)
#define vector_add32 _mm_add_epi32
#define vector_sub32 _mm_sub_epi32
#define vector_shift_right32(a, bits) _mm_srai_epi32(a, bits)
/* Sums of two neighbouring products. */
#define vector_dot _mm_madd_epi16
/* 1, or -1 where a sample is negative. */
#define vector_signs(a) _mm_or_si128(_mm_srai_epi16(a, 15), _mm_set1_epi16(1))
/* Samples of 32 bits, saturated: one after the other, and by turns. */
#define vector_join _mm_packs_epi32
#define vector_weave(even, odd)                                                                    \
    _mm_packs_epi32(_mm_unpacklo_epi32(even, odd), _mm_unpackhi_epi32(even, odd))

/* Half as many samples, as 32 bits. */
static inline vector vector_widen32(const int16_t *at) {
    __m128i samples = _mm_loadl_epi64((const __m128i *)(const void *)at);
    return _mm_srai_epi32(_mm_unpacklo_epi16(samples, samples), 16);
}

static inline int32_t vector_total32(vector a) {
    a = _mm_add_epi32(a, _mm_shuffle_epi32(a, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(a, _mm_shuffle_epi32(a, 0xB1)));
}

/* Samples of two by turns: twice as many. */
static inline void vector_store_by_turns(int16_t *dst, vector even, vector odd) {
    vector_store(dst, _mm_unpacklo_epi16(even, odd));
    vector_store(dst + VECTOR_SAMPLES, _mm_unpackhi_epi16(even, odd));
}

/* Of a folded half window (kernels_dtmf.h): eight sums and eight differences, or four of 32 bits of
 * each. */
typedef struct both {
    __m128i even, odd;
} both;

#define both_zero() ((both){_mm_setzero_si128(), _mm_setzero_si128()})
/* A pair of samples of each, everywhere. */
#define both_pair(a, pair)                                                                         \
    ((both){_mm_shuffle_epi32((a).even, (pair)*0x55), _mm_shuffle_epi32((a).odd, (pair)*0x55)})

static inline both both_load(const int16_t (*at)[8]) {
    return (both){vector_load(at[0]), vector_load(at[1])};
}

static inline void both_store(int16_t (*at)[8], both a) {
    vector_store(at[0], a.even);
    vector_store(at[1], a.odd);
}

static inline both both_add32(both a, both b) {
    return (both){_mm_add_epi32(a.even, b.even), _mm_add_epi32(a.odd, b.odd)};
}

static inline both both_dot(both a, both b) {
    return (both){_mm_madd_epi16(a.even, b.even), _mm_madd_epi16(a.odd, b.odd)};
}

/* The last pair and nothing else. */
static inline both both_last(both a) {
    return (both){_mm_srli_si128(a.even, 12), _mm_srli_si128(a.odd, 12)};
}

/* Sums and differences of a quarter of the eight after and, backwards, of the eight before. */
static inline both both_fold(const int16_t *after, const int16_t *before) {
    __m128i later = _mm_srai_epi16(vector_load(after), 2);
    __m128i sooner = _mm_srai_epi16(vector_load(before), 2);
    sooner = _mm_shufflehi_epi16(_mm_shufflelo_epi16(sooner, 0x1B), 0x1B);
    sooner = _mm_shuffle_epi32(sooner, 0x4E);
    return (both){_mm_add_epi16(later, sooner), _mm_sub_epi16(later, sooner)};
}

/* Half of all, counted as unsigned: even and odd of a place together are even. */
static inline uint32_t both_half_total(both a) {
    return (uint32_t)vector_total32(_mm_srli_epi32(_mm_add_epi32(a.even, a.odd), 1));
}

/* Even and odd by turns, over 2^15. */
static inline void both_spectrum(int16_t *dst, both a) {
    vector_store(dst, vector_weave(_mm_srai_epi32(a.even, 15), _mm_srai_epi32(a.odd, 15)));
}

#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define VECTOR_SAMPLES 8
typedef v128_t vector;

#define vector_zero() wasm_i32x4_const_splat(0)
#define vector_all32(value) wasm_i32x4_splat(value)
#define vector_load(at) wasm_v128_load(at)
#define vector_store(at, a) wasm_v128_store(at, a)
#define vector_add32 wasm_i32x4_add
#define vector_sub32 wasm_i32x4_sub
#define vector_shift_right32(a, bits) wasm_i32x4_shr(a, bits)
#define vector_dot wasm_i32x4_dot_i16x8
#define vector_signs(a) wasm_v128_or(wasm_i16x8_shr(a, 15), wasm_i16x8_const_splat(1))
#define vector_widen32(at) wasm_i32x4_load16x4(at)
#define vector_join wasm_i16x8_narrow_i32x4
#define vector_weave(even, odd)                                                                    \
    wasm_i16x8_narrow_i32x4(                                                                       \
        wasm_i32x4_shuffle(even, odd, 0, 4, 1, 5), wasm_i32x4_shuffle(even, odd, 2, 6, 3, 7))

static inline int32_t vector_total32(vector a) {
    a = wasm_i32x4_add(a, wasm_i32x4_shuffle(a, a, 2, 3, 0, 1));
    return wasm_i32x4_extract_lane(wasm_i32x4_add(a, wasm_i32x4_shuffle(a, a, 1, 0, 3, 2)), 0);
}

static inline void vector_store_by_turns(int16_t *dst, vector even, vector odd) {
    vector_store(dst, wasm_i16x8_shuffle(even, odd, 0, 8, 1, 9, 2, 10, 3, 11));
    vector_store(dst + VECTOR_SAMPLES, wasm_i16x8_shuffle(even, odd, 4, 12, 5, 13, 6, 14, 7, 15));
}

typedef struct both {
    v128_t even, odd;
} both;

#define both_zero() ((both){vector_zero(), vector_zero()})
#define both_pair(a, pair)                                                                         \
    ((both){                                                                                       \
        wasm_i32x4_shuffle((a).even, (a).even, pair, pair, pair, pair),                            \
        wasm_i32x4_shuffle((a).odd, (a).odd, pair, pair, pair, pair)})

static inline both both_load(const int16_t (*at)[8]) {
    return (both){vector_load(at[0]), vector_load(at[1])};
}

static inline void both_store(int16_t (*at)[8], both a) {
    vector_store(at[0], a.even);
    vector_store(at[1], a.odd);
}

static inline both both_add32(both a, both b) {
    return (both){wasm_i32x4_add(a.even, b.even), wasm_i32x4_add(a.odd, b.odd)};
}

static inline both both_dot(both a, both b) {
    return (both){wasm_i32x4_dot_i16x8(a.even, b.even), wasm_i32x4_dot_i16x8(a.odd, b.odd)};
}

static inline both both_last(both a) {
    v128_t zero = vector_zero();
    return (both){
        wasm_i32x4_shuffle(a.even, zero, 3, 4, 4, 4), wasm_i32x4_shuffle(a.odd, zero, 3, 4, 4, 4)};
}

static inline both both_fold(const int16_t *after, const int16_t *before) {
    v128_t later = wasm_i16x8_shr(vector_load(after), 2);
    v128_t sooner = wasm_i16x8_shr(vector_load(before), 2);
    sooner = wasm_i16x8_shuffle(sooner, sooner, 7, 6, 5, 4, 3, 2, 1, 0);
    return (both){wasm_i16x8_add(later, sooner), wasm_i16x8_sub(later, sooner)};
}

static inline uint32_t both_half_total(both a) {
    return (uint32_t)vector_total32(wasm_u32x4_shr(wasm_i32x4_add(a.even, a.odd), 1));
}

static inline void both_spectrum(int16_t *dst, both a) {
    vector_store(dst, vector_weave(wasm_i32x4_shr(a.even, 15), wasm_i32x4_shr(a.odd, 15)));
}

#endif
#endif
