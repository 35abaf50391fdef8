/* The kernels for every processor: SSE2 on x86-64, the SIMD of WASM where that is. */
#include "kernels_forms.h"
#include "kernels_vectors.h"
#define KERNELS_NAME "portable"
#define KERNELS_TABLE kernels_portable
#define COLUMNS dot_columns4
#include "kernels_loops.h"
