/* Writes what a program of the conformance suite gives to standard output; with a second argument
 * it takes standard input. */
#include "../codecs/codecs.h"
#include <stdio.h>
#include <stdlib.h>

enum { ROOM_BYTES = 4 << 20 };

int main(int count, char **arguments) {
    uint8_t *dst = calloc(1, ROOM_BYTES);
    uint32_t bytes = 0;
    if (count < 2 || !dst || (count > 2 && fread(dst, 1, ROOM_BYTES, stdin) == 0))
        return 2;
    codecs_conformance(arguments[1], dst, &bytes, ROOM_BYTES);
    int ok = bytes > 0 && fwrite(dst, 1, bytes, stdout) == bytes;
    free(dst);
    return ok ? 0 : 1;
}
