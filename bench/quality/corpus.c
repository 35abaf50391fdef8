#define _XOPEN_SOURCE 700
#include "corpus.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 8192, SAMPLES_MAX = 8000 * 600, HEADER_BYTES = 44 };

static char *paths[FILES_MAX];
static uint32_t path_count;

static int note(const char *path, const struct stat *status, int type, struct FTW *where) {
    (void)status;
    (void)where;
    size_t length = strlen(path);
    if (type == FTW_F && path_count < FILES_MAX && length > 4 &&
        strcmp(path + length - 4, ".wav") == 0)
        paths[path_count++] = strdup(path);
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

uint32_t corpus_each(
    void (*take)(void *context, const char *path, int16_t *samples, uint32_t count),
    void *context) {
    static int16_t samples[SAMPLES_MAX];
    if (path_count == 0) {
        nftw("/usr/share/asterisk/sounds", note, 16, FTW_PHYS);
        nftw("/usr/share/asterisk/moh", note, 16, FTW_PHYS);
        qsort(paths, path_count, sizeof *paths, by_name);
    }
    for (uint32_t i = 0; i < path_count; i++) {
        FILE *file = fopen(paths[i], "rb");
        uint8_t header[HEADER_BYTES];
        if (file && fread(header, 1, HEADER_BYTES, file) == HEADER_BYTES)
            take(context, paths[i], samples, (uint32_t)fread(samples, 2, SAMPLES_MAX, file));
        if (file)
            fclose(file);
    }
    return path_count;
}
