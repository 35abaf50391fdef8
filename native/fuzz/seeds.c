/*
 * Writes the seeds of the fuzz targets that random bytes would reach late, in the forms that the
 * targets read: seeds <folder>. What it writes is checked in beside it: `make -C native
 * fuzz-seeds`.
 */
#include "../core/bytes.h"
#include "../core/rtp.h"
#include "codecs.h"
#include <stdio.h>
#include <sys/stat.h>

enum { ROOM = 1024, FRAMES = 3, RATES = 3 };

struct seed {
    uint8_t bytes[ROOM];
    uint32_t count;
};

static void put(struct seed *seed, const void *bytes, uint32_t count) {
    memcpy(seed->bytes + seed->count, bytes, count);
    seed->count += count;
}

static void put_u8(struct seed *seed, uint32_t value) {
    uint8_t byte = (uint8_t)value;
    put(seed, &byte, 1);
}

static void
write_seed(const char *folder, const char *target, const char *name, const struct seed *seed) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, target);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(seed->bytes, 1, seed->count, file) != seed->count)
        perror(path);
    if (file)
        fclose(file);
}

/* Something like a voice: a pulse train of 125 Hz through a resonance, and some noise. */
static void make_voice(int16_t *pcm, uint32_t count, uint32_t rate_hz) {
    static uint32_t seed = 1, at;
    int32_t ringing = 0, slope = 0;
    for (uint32_t i = 0; i < count; i++, at++) {
        seed = seed * 1664525u + 1013904223u;
        slope += (at % (rate_hz / 125) == 0 ? 6000 : 0) - ringing / 8 - slope / 16;
        ringing += slope;
        pcm[i] = saturate16(ringing + (int32_t)(seed >> 24));
    }
}

/* Packets of each length and rate, with forward error correction, behind the byte that says how
 * they come. */
static void write_opus(const char *folder) {
    static const uint32_t frames_ms[] = {10, 20, 40, 60};
    static const char *const rates[] = {"8k", "16k", "48k"};
    static uint64_t state[8192];
    static int16_t pcm[CODEC_FRAME_MAX];
    const struct codec *codec = codecs[CODEC_OPUS];
    for (uint32_t rate = 0; rate < RATES; rate++) {
        for (uint32_t length = 0; length < 4; length++) {
            struct seed seed = {0};
            struct encoder_options options = {.rate_hz = codec->rates_hz[rate], .fec = true};
            char name[32];
            uint32_t count = frames_ms[length] * options.rate_hz / 1000;
            codec->encoder_begin(state, &options);
            put_u8(&seed, rate);
            for (uint32_t frame = 0; frame < FRAMES; frame++) {
                uint8_t packet[CODEC_PAYLOAD_BYTES_MAX];
                make_voice(pcm, count, options.rate_hz);
                uint32_t bytes = codec->encode(state, packet, 100, pcm, count);
                put_u8(&seed, frame == 2 ? frames_ms[length] / 10 << 4 | 3 : 0);
                put_u8(&seed, bytes);
                put(&seed, packet, bytes);
            }
            snprintf(name, sizeof name, "%s-%ums", rates[rate], frames_ms[length]);
            write_seed(folder, "opus", name, &seed);
        }
    }
}

/* The whole of an input is also read as one packet. */
static void write_rtp(const char *folder) {
    struct seed seed = {0};
    uint8_t header[RTP_HEADER_BYTES];
    rtp_write_header(header, 0, true, 65535, 160, 5);
    put(&seed, header, sizeof header);
    put(&seed, "12345678", 8);
    write_seed(folder, "rtp", "plain", &seed);
    seed.bytes[0] = 0x80 | 0x20 | 0x10 | 1; /* padding, an extension of no words, a CSRC */
    put(&seed, "\1\2\3\4\xBE\xDE\0\0payload\0\0\3", 18);
    write_seed(folder, "rtp", "extended", &seed);
}

static void write_rtcp(const char *folder) {
    static const uint8_t compound[] = {
        0x81, 200, 0,   12,  0,    0,    0,   5, 1, 2, 3,    4,   5, 6,    7,   8, 0, 0, 0, 9, 0,
        0,    0,   3,   0,   0,    1,    224, 0, 0, 0, 77,   9,   0, 0,    2,   0, 0, 0, 9, 0, 0,
        0,    7,   0,   0,   0,    1,    0,   0, 0, 0, 0x81, 202, 0, 3,    0,   0, 0, 5, 1, 3, 'a',
        'b',  'c', 0,   0,   0,    0x81, 203, 0, 1, 0, 0,    0,   5, 0x80, 204, 0, 2, 0, 0, 0, 5,
        'n',  'a', 'm', 'e', 0x80, 207,  0,   2, 0, 0, 0,    5,   1, 0,    0,   0};
    struct seed seed = {0};
    put(&seed, compound, sizeof compound);
    write_seed(folder, "rtcp", "compound", &seed);
}

/* Three digits: each a begin, a continuation and three ends; the last one without. */
static void write_telephone_event(const char *folder) {
    struct seed seed = {0};
    put_u8(&seed, 0);
    for (uint32_t packet = 0; packet < 12; packet++) {
        bool begins = packet % 5 == 0, ends = packet % 5 >= 2;
        put_u8(&seed, 0);
        put_u8(&seed, 1 | (begins ? 4u : 0) | (ends ? 16u : 0));
        put_u8(&seed, packet / 5);
        put(&seed, begins ? "\4\xB0" : "", begins ? 2 : 0);
        put(&seed, "\3\x20", 2);
    }
    write_seed(folder, "telephone_event", "digits", &seed);
}

int main(int count, char **arguments) {
    if (count != 2)
        return 1;
    write_opus(arguments[1]);
    write_rtp(arguments[1]);
    write_rtcp(arguments[1]);
    write_telephone_event(arguments[1]);
    return 0;
}
