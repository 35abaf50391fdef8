#define _GNU_SOURCE
#include "recording_file.h"
#include "../core/bytes.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { WAV_HEADER_BYTES = 44, BYTES_PER_SAMPLE = 2, CORRECTED_EVERY_NS = 1000000000 };

static void write_header(uint8_t *dst, uint32_t channels, uint32_t rate_hz, uint32_t samples) {
    uint32_t bytes = samples * BYTES_PER_SAMPLE;
    memcpy(dst, "RIFF", 4);
    write_le32(dst + 4, bytes + WAV_HEADER_BYTES - 8);
    memcpy(dst + 8, "WAVEfmt ", 8);
    write_le32(dst + 16, 16);
    write_le16(dst + 20, 1); /* PCM */
    write_le16(dst + 22, (uint16_t)channels);
    write_le32(dst + 24, rate_hz);
    write_le32(dst + 28, rate_hz * channels * BYTES_PER_SAMPLE);
    write_le16(dst + 32, (uint16_t)(channels * BYTES_PER_SAMPLE));
    write_le16(dst + 34, 8 * BYTES_PER_SAMPLE);
    memcpy(dst + 36, "data", 4);
    write_le32(dst + 40, bytes);
}

static bool write_all(int fd, const void *bytes, size_t count, off_t offset) {
    const uint8_t *at = bytes;
    while (count > 0) {
        ssize_t written = pwrite(fd, at, count, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        offset += written;
        count -= (size_t)written;
    }
    return true;
}

static bool correct_header(const struct recording_file *file) {
    uint8_t header[WAV_HEADER_BYTES];
    write_header(header, file->channels, file->rate_hz, file->samples);
    return write_all(file->fd, header, sizeof header, 0);
}

static bool give_up(struct recording_file *file) {
    if (file->fd >= 0) {
        correct_header(file);
        close(file->fd);
    }
    file->open = false;
    return false;
}

bool recording_file_open(struct recording_file *file, const char *path, uint64_t now_ns) {
    file->samples = 0;
    file->corrected_ns = now_ns;
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    file->open = file->fd >= 0 && correct_header(file);
    return file->open || give_up(file);
}

bool recording_file_write(
    struct recording_file *file, const int16_t *samples, uint32_t count, uint64_t now_ns) {
    off_t offset = WAV_HEADER_BYTES + (off_t)file->samples * BYTES_PER_SAMPLE;
    if (!write_all(file->fd, samples, count * BYTES_PER_SAMPLE, offset))
        return give_up(file);
    file->samples += count;
    if (now_ns - file->corrected_ns >= CORRECTED_EVERY_NS) {
        file->corrected_ns = now_ns;
        correct_header(file);
    }
    return true;
}

bool recording_file_end(struct recording_file *file, uint32_t frames) {
    uint32_t samples = frames * file->channels;
    file->samples = samples < file->samples ? samples : file->samples;
    file->open = false;
    bool ok = ftruncate(file->fd, WAV_HEADER_BYTES + (off_t)file->samples * BYTES_PER_SAMPLE) == 0;
    ok = correct_header(file) && ok;
    return close(file->fd) == 0 && ok;
}
