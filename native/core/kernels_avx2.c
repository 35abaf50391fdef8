/* The kernels for x86-64 with AVX2. Empty elsewhere. */
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
        __m256i exponents = _mm256_and_si256(_mm256_srli_epi16(plain, 4), _mm256_set1_epi16(0x07));
        /* The upper byte of a lane asks for nothing. */
        exponents = _mm256_or_si256(exponents, _mm256_set1_epi16((short)0x8000));
        __m256i mantissas = _mm256_slli_epi16(_mm256_and_si256(plain, _mm256_set1_epi16(0x0F)), 3);
        __m256i values = _mm256_mullo_epi16(
            _mm256_add_epi16(mantissas, offset), _mm256_shuffle_epi8(powers, exponents));
        values = _mm256_sub_epi16(values, offset);
        /* Bit 7 of what was inverted is set for negative ones. */
        __m256i sign = _mm256_srai_epi16(_mm256_slli_epi16(plain, 8), 15);
        values = _mm256_sub_epi16(_mm256_xor_si256(values, sign), sign);
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
        __m256i plain = _mm256_xor_si256(_mm256_cvtepu8_epi16(codes), _mm256_set1_epi16(0x55));
        __m256i exponents = _mm256_and_si256(_mm256_srli_epi16(plain, 4), _mm256_set1_epi16(0x07));
        __m256i linear = _mm256_cmpeq_epi16(exponents, _mm256_setzero_si256());
        exponents = _mm256_or_si256(exponents, _mm256_set1_epi16((short)0x8000));
        __m256i mantissas = _mm256_slli_epi16(_mm256_and_si256(plain, _mm256_set1_epi16(0x0F)), 4);
        mantissas = _mm256_add_epi16(mantissas, _mm256_set1_epi16(8));
        mantissas =
            _mm256_add_epi16(mantissas, _mm256_andnot_si256(linear, _mm256_set1_epi16(256)));
        __m256i values = _mm256_mullo_epi16(mantissas, _mm256_shuffle_epi8(powers, exponents));
        /* Bit 7 is set for positive ones. */
        __m256i sign = _mm256_xor_si256(
            _mm256_srai_epi16(_mm256_slli_epi16(plain, 8), 15), _mm256_set1_epi16(-1));
        values = _mm256_sub_epi16(_mm256_xor_si256(values, sign), sign);
        _mm256_storeu_si256((__m256i *)(void *)(dst + i), values);
    }
    return i;
}

static inline __m256i wide_load(const void *at) {
    return _mm256_loadu_si256((const __m256i *)at);
}

/* Two vectors, saturated, in the order of time. */
static inline void wide_saturate(int16_t *dst, __m256i first, __m256i second) {
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(first, second), 0xD8);
    _mm256_storeu_si256((__m256i *)(void *)dst, packed);
}

static inline uint32_t
wide_mix_all(int16_t *restrict dst, const int32_t *restrict sum, uint32_t count) {
    uint32_t i = 0;
    for (; i + 16 <= count; i += 16)
        wide_saturate(dst + i, wide_load(sum + i), wide_load(sum + i + 8));
    return i;
}

static inline __m256i wide_less(const int32_t *sum, const int16_t *own) {
    __m128i samples = _mm_loadu_si128((const __m128i *)(const void *)own);
    return _mm256_sub_epi32(wide_load(sum), _mm256_cvtepi16_epi32(samples));
}

static inline uint32_t wide_mix_minus(
    int16_t *restrict dst, const int32_t *restrict sum, const int16_t *restrict own,
    uint32_t count) {
    uint32_t i = 0;
    for (; i + 16 <= count; i += 16)
        wide_saturate(dst + i, wide_less(sum + i, own + i), wide_less(sum + i + 8, own + i + 8));
    return i;
}

static inline struct sums4 wide_folded(__m256i sums) {
    struct sums4 out;
    __m128i both = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    _mm_storeu_si128((__m128i *)(void *)out.at, both);
    return out;
}

/* dot_sums4, 16 samples at a time: places 2i, 2i + 1 of every eight come to the same sum. */
static inline struct sums4 wide_sums4(const int16_t *a, const int16_t *b, uint32_t count) {
    __m256i sums = _mm256_setzero_si256();
    uint32_t i = 0;
    for (; i + 16 <= count; i += 16)
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(wide_load(a + i), wide_load(b + i)));
    if (i < count) {
        __m128i left = _mm_loadu_si128((const __m128i *)(const void *)(a + i));
        __m128i right = _mm_loadu_si128((const __m128i *)(const void *)(b + i));
        __m128i rest = _mm_madd_epi16(left, right);
        sums = _mm256_add_epi32(sums, _mm256_zextsi128_si256(rest));
    }
    return wide_folded(sums);
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
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(first, wide_load(rows)));
        more = _mm256_add_epi32(more, _mm256_madd_epi16(second, wide_load(rows + 16)));
    }
    return wide_folded(_mm256_add_epi32(sums, more));
}

#define SUMS wide_sums4
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
