#ifndef DIALPLANE_KERNELS_FORMS_H
#define DIALPLANE_KERNELS_FORMS_H
/* The forms that kernels.c chooses among. */
#include "kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define KERNELS_AVX2 1
extern const struct kernels kernels_avx2;
#endif
extern const struct kernels kernels_portable;

#endif
