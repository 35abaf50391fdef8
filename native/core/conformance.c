#include "conformance.h"

void conformance_run(const char *program, uint8_t *dst, uint32_t *bytes, uint32_t room) {
    (void)program;
    (void)dst;
    (void)room;
    *bytes = 0;
}
