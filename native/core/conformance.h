#ifndef DIALPLANE_CONFORMANCE_H
#define DIALPLANE_CONFORMANCE_H
/*
 * Programs that run the core on seeded input and write out everything it gives, byte for byte, so
 * that each build of it can be compared with the others. For tests only. Each program is sans-IO
 * and bounded.
 */
#include <stdint.h>

/* `*bytes` is how much was written, at most `room`; 0: there is no such program. */
void conformance_run(const char *program, uint8_t *dst, uint32_t *bytes, uint32_t room);

#endif
