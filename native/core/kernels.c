#include "kernels.h"
#include "kernels_forms.h"

const struct kernels *kernels = &kernels_portable;

static bool same(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

#if defined(KERNELS_AVX2)

static bool has_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") != 0;
}

__attribute__((constructor)) static void choose(void) {
    if (has_avx2())
        kernels = &kernels_avx2;
}

#endif

bool kernels_take(const char *name) {
    if (same(name, kernels_portable.name)) {
        kernels = &kernels_portable;
        return true;
    }
#if defined(KERNELS_AVX2)
    if (same(name, kernels_avx2.name) && has_avx2()) {
        kernels = &kernels_avx2;
        return true;
    }
#endif
    return false;
}
