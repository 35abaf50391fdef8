#include "players.h"
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Voiced stretches of changing pitch, noise, and pauses. */
static uint32_t synthesize(int16_t *dst, uint32_t room) {
    uint32_t seed = 1;
    double phase = 0;
    for (uint32_t i = 0; i < room; i++) {
        double s = i / 8000.0, pitch = 120 + 30 * sin(s * 2.1), word = fmod(s, 1.3);
        seed = seed * 1664525u + 1013904223u;
        double noise = (double)(seed >> 8) / 8388608 - 1, sum = 0;
        phase += pitch / 8000;
        for (int k = 1; k < 20; k++)
            sum += sin(2 * M_PI * k * phase) / k * (k % 5 == 2 ? 3 : 1);
        double level = word < 0.7 ? 2500 * sin(word / 0.7 * M_PI) : 0;
        dst[i] = (int16_t)(sum * level + noise * (word > 0.7 && word < 0.8 ? 1500 : 30));
    }
    return room;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

uint32_t speech_load(int16_t *dst, uint32_t room, const char *folder) {
    DIR *dir = opendir(folder ? folder : "/usr/share/asterisk/sounds/en");
    char *names[4096];
    uint32_t count = 0, samples = 0;
    for (struct dirent *entry; dir && count < 4096 && (entry = readdir(dir));) {
        size_t length = strlen(entry->d_name);
        if (length > 4 && strcmp(entry->d_name + length - 4, ".wav") == 0)
            names[count++] = strdup(entry->d_name);
    }
    qsort(names, count, sizeof *names, by_name);
    for (uint32_t i = 0; i < count; i++) {
        char path[1024];
        snprintf(
            path, sizeof path, "%s/%s", folder ? folder : "/usr/share/asterisk/sounds/en",
            names[i]);
        FILE *file = fopen(path, "rb");
        uint8_t header[44];
        if (file && fread(header, 1, 44, file) == 44)
            samples += (uint32_t)fread(dst + samples, 2, room - samples, file);
        if (file)
            fclose(file);
        free(names[i]);
    }
    if (dir)
        closedir(dir);
    if (samples > 160000)
        return samples;
    fprintf(stderr, "asterisk-core-sounds-en-wav is not installed: synthetic speech instead\n");
    return synthesize(dst, room);
}
