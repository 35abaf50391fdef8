#ifndef DIALPLANE_CONFORMANCE_H
#define DIALPLANE_CONFORMANCE_H
/*
 * Programs that run the core on seeded input and write out everything it gives, byte for byte, so
 * that each build of it can be compared with the others. For tests only. Each program is sans-IO
 * and bounded.
 */
#include <stdint.h>

/* The bytes given so far, and the seeded input. */
struct conformance {
    uint8_t *dst;
    uint32_t bytes, room;
    uint32_t seed;
};

uint32_t conformance_random(struct conformance *run); /* 24 bits */
void conformance_put_byte(struct conformance *run, uint8_t value);
void conformance_put_word(struct conformance *run, uint32_t value);
void conformance_put_samples(struct conformance *run, const int16_t *samples, uint32_t count);

/* Programs that have a file of their own. */
void conformance_g722(struct conformance *run);
void conformance_g722_group(struct conformance *run);
void conformance_detectors(struct conformance *run);
void conformance_kernels(struct conformance *run);
void conformance_l16(struct conformance *run);
void conformance_jitter_buffer(struct conformance *run);
void conformance_plane(struct conformance *run);

/* `*bytes` is how much was written, at most `room`; 0: there is no such program. A name may begin
 * with that of a form of the kernels, as in "avx2:plane"; 0 where there is no such form. */
void conformance_run(const char *program, uint8_t *dst, uint32_t *bytes, uint32_t room);

#endif
