#ifndef DIALPLANE_RECORDING_FILE_H
#define DIALPLANE_RECORDING_FILE_H
/*
 * One recording on the disk: a WAV file whose sizes are corrected as it grows. Blocks; for the
 * writer thread only. Counts in [samples], all channels together.
 */
#include <stdbool.h>
#include <stdint.h>

struct recording_file {
    bool open;
    int fd;
    uint32_t recorder_id, endpoint_id, channels, rate_hz;
    uint32_t samples; /* written */
    uint64_t corrected_ns;
};

/* The ids, channels and rate are set. False from here on: the disk refuses, and the file is closed
 * with what it has. */
bool recording_file_open(struct recording_file *file, const char *path, uint64_t now_ns);
bool recording_file_write(
    struct recording_file *file, const int16_t *samples, uint32_t count, uint64_t now_ns);
/* Keeps the first `frames`. */
bool recording_file_end(struct recording_file *file, uint32_t frames);
static inline uint32_t recording_file_ms(const struct recording_file *file) {
    return file->samples / file->channels / (file->rate_hz / 1000);
}

#endif
