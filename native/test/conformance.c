/* Writes what a program of the conformance suite gives to standard output. */
#include "../core/conformance.h"
#include <stdio.h>
#include <stdlib.h>

enum { ROOM_BYTES = 4 << 20 };

int main(int count, char **arguments) {
    uint8_t *dst = malloc(ROOM_BYTES);
    uint32_t bytes = 0;
    if (count != 2 || !dst)
        return 2;
    conformance_run(arguments[1], dst, &bytes, ROOM_BYTES);
    int ok = bytes > 0 && fwrite(dst, 1, bytes, stdout) == bytes;
    free(dst);
    return ok ? 0 : 1;
}
