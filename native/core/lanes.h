#ifndef DIALPLANE_LANES_H
#define DIALPLANE_LANES_H
/*
 * Eight lanes of 16 bits, or four of 32, in one register: SSE2 and WASM SIMD under one set of
 * names, for machines that step through many values in one sample's time. LANES tells whether there
 * are any; where there are none, what uses them has a scalar form that gives the same bits.
 */
#include <stdint.h>

/* Before a loop whose turns differ in constants. */
#if defined(__clang__)
#define LANES_UNROLLED _Pragma("unroll")
#else
#define LANES_UNROLLED _Pragma("GCC unroll 32")
#endif

#if defined(__SSE2__)
#include <emmintrin.h>
#define LANES 1
typedef __m128i lanes16;
typedef __m128i lanes32;

#define lanes16_load(at) _mm_loadu_si128((const __m128i *)(const void *)(at))
#define lanes16_store(at, a) _mm_storeu_si128((__m128i *)(void *)(at), a)
#define lanes16_all(value) _mm_set1_epi16((short)(value))
#define lanes16_zero() _mm_setzero_si128()
#define lanes16_add _mm_add_epi16
#define lanes16_sub _mm_sub_epi16
#define lanes16_add_saturated _mm_adds_epi16
#define lanes16_sub_saturated _mm_subs_epi16
#define lanes16_min _mm_min_epi16
#define lanes16_max _mm_max_epi16
#define lanes16_xor _mm_xor_si128
/* Bits of `a` that are not in `b`. */
#define lanes16_without(a, b) _mm_andnot_si128(b, a)
#define lanes16_equal _mm_cmpeq_epi16
#define lanes16_greater _mm_cmpgt_epi16
#define lanes16_shift_left(a, bits) _mm_slli_epi16(a, bits)
#define lanes16_shift_right(a, bits) _mm_srai_epi16(a, bits)
/* Upper half of the product of unsigned numbers. */
#define lanes16_multiply_upper _mm_mulhi_epu16
/* Sums of two neighbouring products. */
#define lanes16_dot _mm_madd_epi16
/* The first two lanes as one number, the first in its lower half. */
#define lanes16_first_two(a) ((uint32_t)_mm_cvtsi128_si32(a))
#define lanes16_of_two(pair) _mm_cvtsi32_si128((int)(pair))
#define lanes16_spread_first(a) _mm_shuffle_epi32(_mm_shufflelo_epi16(a, 0x00), 0x00)
#define lanes16_spread_second(a) _mm_shuffle_epi32(_mm_shufflelo_epi16(a, 0x55), 0x00)
/* One lane up; `value` becomes the first. */
#define lanes16_push(a, value) _mm_insert_epi16(_mm_slli_si128(a, 2), value, 0)
#define lanes16_interleave_low _mm_unpacklo_epi16
#define lanes16_interleave_high _mm_unpackhi_epi16
/* a0 a1 b0 b1 ... */
#define lanes16_first_pairs _mm_unpacklo_epi32
/* One bit a lane, from two of masks. */
#define lanes16_bits(a, b) ((uint32_t)_mm_movemask_epi8(_mm_packs_epi16(a, b)))

#define lanes32_all(value) _mm_set1_epi32(value)
#define lanes32_add _mm_add_epi32
#define lanes32_shift_right(a, bits) _mm_srai_epi32(a, bits)
#define lanes32_interleave_low _mm_unpacklo_epi32
#define lanes32_interleave_high _mm_unpackhi_epi32
#define lanes32_upper_half(a) _mm_shuffle_epi32(a, 0x4E)
/* The lanes of both, saturated. */
#define lanes32_join _mm_packs_epi32
#define lanes32_saturate(a) _mm_packs_epi32(a, a)
#define lanes32_first(a) _mm_cvtsi128_si32(a)
#define lanes32_second(a) _mm_cvtsi128_si32(_mm_shuffle_epi32(a, 0x55))

/* Products of the lower and of the upper four lanes. */
static inline lanes32 lanes16_products_low(lanes16 a, lanes16 b) {
    return _mm_unpacklo_epi16(_mm_mullo_epi16(a, b), _mm_mulhi_epi16(a, b));
}

static inline lanes32 lanes16_products_high(lanes16 a, lanes16 b) {
    return _mm_unpackhi_epi16(_mm_mullo_epi16(a, b), _mm_mulhi_epi16(a, b));
}

#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define LANES 1
typedef v128_t lanes16;
typedef v128_t lanes32;

#define lanes16_load(at) wasm_v128_load(at)
#define lanes16_store(at, a) wasm_v128_store(at, a)
#define lanes16_all(value) wasm_i16x8_splat((int16_t)(value))
#define lanes16_zero() wasm_i16x8_const_splat(0)
#define lanes16_add wasm_i16x8_add
#define lanes16_sub wasm_i16x8_sub
#define lanes16_add_saturated wasm_i16x8_add_sat
#define lanes16_sub_saturated wasm_i16x8_sub_sat
#define lanes16_min wasm_i16x8_min
#define lanes16_max wasm_i16x8_max
#define lanes16_xor wasm_v128_xor
#define lanes16_without(a, b) wasm_v128_andnot(a, b)
#define lanes16_equal wasm_i16x8_eq
#define lanes16_greater wasm_i16x8_gt
#define lanes16_shift_left(a, bits) wasm_i16x8_shl(a, bits)
#define lanes16_shift_right(a, bits) wasm_i16x8_shr(a, bits)
#define lanes16_dot wasm_i32x4_dot_i16x8
#define lanes16_first_two(a) ((uint32_t)wasm_i32x4_extract_lane(a, 0))
#define lanes16_of_two(pair) wasm_i32x4_make((int32_t)(pair), 0, 0, 0)
#define lanes16_spread_first(a) wasm_i16x8_splat(wasm_i16x8_extract_lane(a, 0))
#define lanes16_spread_second(a) wasm_i16x8_splat(wasm_i16x8_extract_lane(a, 1))
#define lanes16_push(a, value)                                                                     \
    wasm_i16x8_replace_lane(wasm_i16x8_shuffle(a, a, 0, 0, 1, 2, 3, 4, 5, 6), 0, (int16_t)(value))
#define lanes16_interleave_low(a, b) wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define lanes16_interleave_high(a, b) wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define lanes16_first_pairs(a, b) wasm_i32x4_shuffle(a, b, 0, 4, 1, 5)
#define lanes16_bits(a, b) ((uint32_t)wasm_i8x16_bitmask(wasm_i8x16_narrow_i16x8(a, b)))
#define lanes16_products_low wasm_i32x4_extmul_low_i16x8
#define lanes16_products_high wasm_i32x4_extmul_high_i16x8

#define lanes32_all(value) wasm_i32x4_splat(value)
#define lanes32_add wasm_i32x4_add
#define lanes32_shift_right(a, bits) wasm_i32x4_shr(a, bits)
#define lanes32_interleave_low(a, b) wasm_i32x4_shuffle(a, b, 0, 4, 1, 5)
#define lanes32_interleave_high(a, b) wasm_i32x4_shuffle(a, b, 2, 6, 3, 7)
#define lanes32_upper_half(a) wasm_i32x4_shuffle(a, a, 2, 3, 0, 1)
#define lanes32_join wasm_i16x8_narrow_i32x4
#define lanes32_saturate(a) wasm_i16x8_narrow_i32x4(a, a)
#define lanes32_first(a) wasm_i32x4_extract_lane(a, 0)
#define lanes32_second(a) wasm_i32x4_extract_lane(a, 1)

static inline lanes16 lanes16_multiply_upper(lanes16 a, lanes16 b) {
    lanes32 low = wasm_u32x4_extmul_low_u16x8(a, b), high = wasm_u32x4_extmul_high_u16x8(a, b);
    return wasm_i16x8_shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

#else
#define LANES 0
#endif
#endif
