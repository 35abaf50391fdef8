/* The sums of conferences, without a guard: included by kernels_loops.h; see mix.h. */

#if defined(VECTOR_SAMPLES)

enum { VECTOR_SUMS = VECTOR_SAMPLES / 2 };

static inline void add_vector(int32_t *sum, const int16_t *frame) {
    vector_store(sum, vector_add32(vector_load(sum), vector_widen32(frame)));
}

static inline void minus_vector(int16_t *dst, const int32_t *sum, const int16_t *own) {
    vector first = vector_sub32(vector_load(sum), vector_widen32(own));
    vector second = vector_sub32(vector_load(sum + VECTOR_SUMS), vector_widen32(own + VECTOR_SUMS));
    vector_store(dst, vector_join(first, second));
}

#endif

static void mix_add(int32_t *restrict sum, const int16_t *restrict frame, uint32_t count) {
    size_t i = 0;
#if defined(VECTOR_SAMPLES)
    for (; i + 2 * VECTOR_SAMPLES <= count; i += 2 * VECTOR_SAMPLES) {
        for (size_t j = i; j < i + 2 * VECTOR_SAMPLES; j += VECTOR_SUMS)
            add_vector(sum + j, frame + j);
    }
#endif
    for (; i < count; i++)
        sum[i] += frame[i];
}

static void mix_all(int16_t *restrict dst, const int32_t *restrict sum, uint32_t count) {
    size_t i = 0;
#if defined(VECTOR_SAMPLES)
    for (; i + VECTOR_SAMPLES <= count; i += VECTOR_SAMPLES)
        vector_store(
            dst + i, vector_join(vector_load(sum + i), vector_load(sum + i + VECTOR_SUMS)));
#endif
    for (; i < count; i++)
        dst[i] = saturate16(sum[i]);
}

static void mix_minus(
    int16_t *restrict dst, const int32_t *restrict sum, const int16_t *restrict own,
    uint32_t count) {
    size_t i = 0;
#if defined(VECTOR_SAMPLES)
    for (; i + 2 * VECTOR_SAMPLES <= count; i += 2 * VECTOR_SAMPLES) {
        minus_vector(dst + i, sum + i, own + i);
        minus_vector(dst + i + VECTOR_SAMPLES, sum + i + VECTOR_SAMPLES, own + i + VECTOR_SAMPLES);
    }
#endif
    for (; i < count; i++)
        dst[i] = saturate16(sum[i] - own[i]);
}

static uint32_t mix_level(const int16_t *frame, uint32_t count) {
    int32_t sum = 0;
    size_t i = 0;
#if defined(VECTOR_SAMPLES)
    vector sums = vector_zero();
    for (; i + VECTOR_SAMPLES <= count; i += VECTOR_SAMPLES) {
        vector samples = vector_load(frame + i);
        sums = vector_add32(sums, vector_dot(samples, vector_signs(samples)));
    }
    sum = vector_total32(sums);
#endif
    for (; i < count; i++)
        sum += frame[i] < 0 ? -frame[i] : frame[i];
    return (uint32_t)sum / count;
}
