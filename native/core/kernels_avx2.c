/* The kernels for x86-64 with AVX2. Empty elsewhere. */
#include "g711.h"
#include "kernels_forms.h"

#if defined(KERNELS_AVX2)
#include <immintrin.h>

/* From here on, everything is compiled for AVX2. */
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif

#define WIDE 1

/* See kernels_vectors.h. */
#define VECTOR_SAMPLES 16
typedef __m256i vector;

#define vector_zero() _mm256_setzero_si256()
#define vector_all32(value) _mm256_set1_epi32(value)
#define vector_load(at) _mm256_loadu_si256((const __m256i *)(const void *)(at))
#define vector_store(at, a) _mm256_storeu_si256((__m256i *)(void *)(at), a)
#define vector_add32 _mm256_add_epi32
#define vector_sub32 _mm256_sub_epi32
#define vector_shift_right32(a, bits) _mm256_srai_epi32(a, bits)
#define vector_dot _mm256_madd_epi16
#define vector_signs(a) _mm256_or_si256(_mm256_srai_epi16(a, 15), _mm256_set1_epi16(1))
#define vector_join(first, second) _mm256_permute4x64_epi64(_mm256_packs_epi32(first, second), 0xD8)
#define vector_weave(even, odd)                                                                    \
    _mm256_packs_epi32(_mm256_unpacklo_epi32(even, odd), _mm256_unpackhi_epi32(even, odd))

static inline vector vector_widen32(const int16_t *at) {
    return _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)at));
}

static inline int32_t vector_total32(vector a) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1)));
}

static inline void vector_store_by_turns(int16_t *dst, vector even, vector odd) {
    vector low = _mm256_unpacklo_epi16(even, odd), high = _mm256_unpackhi_epi16(even, odd);
    vector_store(dst, _mm256_permute2x128_si256(low, high, 0x20));
    vector_store(dst + VECTOR_SAMPLES, _mm256_permute2x128_si256(low, high, 0x31));
}

/* The sums in the lower half, the differences in the upper one. */
typedef __m256i both;

#define both_zero() _mm256_setzero_si256()
#define both_pair(a, pair) _mm256_shuffle_epi32(a, (pair)*0x55)
#define both_load(at) vector_load(at)
#define both_store(at, a) vector_store(at, a)
#define both_add32 _mm256_add_epi32
#define both_dot _mm256_madd_epi16
#define both_last(a) _mm256_srli_si256(a, 12)

static inline both both_fold(const int16_t *after, const int16_t *before) {
    const __m128i backwards = _mm_setr_epi8(14, 15, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1);
    __m128i later = _mm_srai_epi16(_mm_loadu_si128((const __m128i *)(const void *)after), 2);
    __m128i sooner = _mm_srai_epi16(_mm_loadu_si128((const __m128i *)(const void *)before), 2);
    sooner = _mm_shuffle_epi8(sooner, backwards);
    return _mm256_set_m128i(_mm_sub_epi16(later, sooner), _mm_add_epi16(later, sooner));
}

static inline uint32_t both_half_total(both a) {
    __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    return (uint32_t)vector_total32(_mm256_zextsi128_si256(_mm_srli_epi32(sums, 1)));
}

static inline void both_spectrum(int16_t *dst, both a) {
    a = _mm256_srai_epi32(a, 15);
    __m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    packed = _mm_unpacklo_epi16(packed, _mm_unpackhi_epi64(packed, packed));
    _mm_storeu_si128((__m128i *)(void *)dst, packed);
}

/* Exponent and four bits of mantissa of 16 numbers, each below 2^15: see g711.h. */
static inline __m256i wide_float_bits(__m256i numbers) {
    __m256i low = _mm256_unpacklo_epi16(numbers, _mm256_setzero_si256());
    __m256i high = _mm256_unpackhi_epi16(numbers, _mm256_setzero_si256());
    low = _mm256_castps_si256(_mm256_cvtepi32_ps(low));
    high = _mm256_castps_si256(_mm256_cvtepi32_ps(high));
    return _mm256_packus_epi32(
        _mm256_srli_epi32(low, G711_CODE_SHIFT), _mm256_srli_epi32(high, G711_CODE_SHIFT));
}

/* Codes of positive samples, before any bit is inverted. */
static inline __m256i wide_ulaw(__m256i magnitudes) {
    magnitudes = _mm256_add_epi16(_mm256_srli_epi16(magnitudes, 2), _mm256_set1_epi16(33));
    magnitudes = _mm256_min_epi16(magnitudes, _mm256_set1_epi16(G711_ULAW_MAX));
    return _mm256_sub_epi16(wide_float_bits(magnitudes), _mm256_set1_epi16(G711_ULAW_FIRST));
}

static inline __m256i wide_alaw(__m256i magnitudes) {
    magnitudes = _mm256_srli_epi16(magnitudes, 4);
    __m256i inside = _mm256_max_epi16(magnitudes, _mm256_set1_epi16(G711_ALAW_LINEAR));
    __m256i first =
        _mm256_add_epi16(_mm256_sub_epi16(inside, magnitudes), _mm256_set1_epi16(G711_ALAW_FIRST));
    return _mm256_sub_epi16(wide_float_bits(inside), first);
}

/* 32 codes; `inverted` is what is inverted of those of positive samples. */
static inline void wide_store_codes(
    uint8_t *dst, __m256i first, __m256i second, __m256i first_signs, __m256i second_signs,
    uint8_t inverted) {
    __m256i codes = _mm256_packus_epi16(first, second);
    __m256i signs = _mm256_packs_epi16(first_signs, second_signs);
    codes = _mm256_xor_si256(codes, _mm256_set1_epi8((char)inverted));
    codes = _mm256_xor_si256(codes, _mm256_and_si256(signs, _mm256_set1_epi8((char)0x80)));
    vector_store(dst, _mm256_permute4x64_epi64(codes, 0xD8));
}

static inline uint32_t
wide_encode_ulaw(uint8_t *restrict dst, const int16_t *restrict src, uint32_t count) {
    uint32_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m256i first = vector_load(src + i), second = vector_load(src + i + 16);
        __m256i first_signs = _mm256_srai_epi16(first, 15);
        __m256i second_signs = _mm256_srai_epi16(second, 15);
        first = wide_ulaw(_mm256_xor_si256(first, first_signs));
        second = wide_ulaw(_mm256_xor_si256(second, second_signs));
        wide_store_codes(dst + i, first, second, first_signs, second_signs, 0xFF);
    }
    return i;
}

static inline uint32_t
wide_encode_alaw(uint8_t *restrict dst, const int16_t *restrict src, uint32_t count) {
    uint32_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m256i first = vector_load(src + i), second = vector_load(src + i + 16);
        __m256i first_signs = _mm256_srai_epi16(first, 15);
        __m256i second_signs = _mm256_srai_epi16(second, 15);
        first = wide_alaw(_mm256_xor_si256(first, first_signs));
        second = wide_alaw(_mm256_xor_si256(second, second_signs));
        wide_store_codes(dst + i, first, second, first_signs, second_signs, 0xD5);
    }
    return i;
}

/* mu-law codes: exponent above four bits of mantissa, all inverted. 16 at a time: a power of two by
 * the exponent, from a table in a register, times mantissa and step. Returns how many were done. */
static inline uint32_t
wide_decode_ulaw(int16_t *restrict dst, const uint8_t *restrict src, uint32_t count) {
    const __m256i powers = _mm256_setr_epi8(
        1, 2, 4, 8, 16, 32, 64, (char)128, 1, 2, 4, 8, 16, 32, 64, (char)128, 1, 2, 4, 8, 16, 32,
        64, (char)128, 1, 2, 4, 8, 16, 32, 64, (char)128);
    const __m256i offset = _mm256_set1_epi16(132);
    uint32_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m128i codes = _mm_loadu_si128((const __m128i *)(const void *)(src + i));
        __m256i plain = _mm256_xor_si256(_mm256_cvtepu8_epi16(codes), _mm256_set1_epi16(0xFF));
        /* The upper byte of a lane asks for nothing, the sign for the same once more. */
        __m256i exponents =
            _mm256_or_si256(_mm256_srli_epi16(plain, 4), _mm256_set1_epi16((short)0x8000));
        __m256i mantissas = _mm256_slli_epi16(_mm256_and_si256(plain, _mm256_set1_epi16(0x0F)), 3);
        __m256i values = _mm256_mullo_epi16(
            _mm256_add_epi16(mantissas, offset), _mm256_shuffle_epi8(powers, exponents));
        values = _mm256_sub_epi16(values, offset);
        /* Bit 7 of what was inverted is set for negative ones; a sign of 0 has a value of 0. */
        values = _mm256_sign_epi16(values, _mm256_slli_epi16(plain, 8));
        _mm256_storeu_si256((__m256i *)(void *)(dst + i), values);
    }
    return i;
}

/* A-law: linear in the lowest interval, which has the power of the next one. */
static inline uint32_t
wide_decode_alaw(int16_t *restrict dst, const uint8_t *restrict src, uint32_t count) {
    const __m256i powers = _mm256_setr_epi8(
        1, 1, 2, 4, 8, 16, 32, 64, 1, 1, 2, 4, 8, 16, 32, 64, 1, 1, 2, 4, 8, 16, 32, 64, 1, 1, 2, 4,
        8, 16, 32, 64);
    uint32_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m128i codes = _mm_loadu_si128((const __m128i *)(const void *)(src + i));
        __m256i plain = _mm256_xor_si256(_mm256_cvtepu8_epi16(codes), _mm256_set1_epi16(0xD5));
        __m256i exponents = _mm256_and_si256(_mm256_srli_epi16(plain, 4), _mm256_set1_epi16(0x07));
        __m256i linear = _mm256_cmpeq_epi16(exponents, _mm256_setzero_si256());
        exponents = _mm256_or_si256(exponents, _mm256_set1_epi16((short)0x8000));
        __m256i mantissas = _mm256_slli_epi16(_mm256_and_si256(plain, _mm256_set1_epi16(0x0F)), 4);
        mantissas = _mm256_add_epi16(mantissas, _mm256_set1_epi16(8));
        mantissas =
            _mm256_add_epi16(mantissas, _mm256_andnot_si256(linear, _mm256_set1_epi16(256)));
        __m256i values = _mm256_mullo_epi16(mantissas, _mm256_shuffle_epi8(powers, exponents));
        /* Bit 7 is set for negative ones; a sign is never 0. */
        __m256i signs = _mm256_or_si256(_mm256_slli_epi16(plain, 8), _mm256_set1_epi16(1));
        values = _mm256_sign_epi16(values, signs);
        _mm256_storeu_si256((__m256i *)(void *)(dst + i), values);
    }
    return i;
}

static inline struct sums4 wide_folded(__m256i sums) {
    struct sums4 out;
    __m128i halves = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    _mm_storeu_si128((__m128i *)(void *)out.at, halves);
    return out;
}

/* dot_columns4, two pairs of samples at a time. */
static inline struct sums4
wide_columns4(const int16_t *samples, const int16_t (*table)[8], uint32_t count) {
    const __m256i lower = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    const __m256i upper = _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3);
    __m256i sums = _mm256_setzero_si256(), more = _mm256_setzero_si256();
    for (uint32_t i = 0; i < count; i += 8) {
        __m256i pairs =
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(samples + i)));
        __m256i first = _mm256_permutevar8x32_epi32(pairs, lower);
        __m256i second = _mm256_permutevar8x32_epi32(pairs, upper);
        const int16_t *rows = table[i / 2];
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(first, vector_load(rows)));
        more = _mm256_add_epi32(more, _mm256_madd_epi16(second, vector_load(rows + 16)));
    }
    return wide_folded(_mm256_add_epi32(sums, more));
}

#define COLUMNS wide_columns4
#define KERNELS_NAME "avx2"
#define KERNELS_TABLE kernels_avx2
#include "kernels_loops.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else
typedef int kernels_none;
#endif
