/*
 * What libopus itself costs in pairs of PCMU and Opus: opus-alone <PCMU payloads> <Opus payloads>
 * <pairs> <seconds> encodes what the one side says and decodes what the other says, at 8 kHz as the
 * media plane would, with as many states, and moves no packets. Files are those of rtp-load. Prints
 * the CPU seconds per leg-minute.
 */
#include <opus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "g711.h"

enum { RATE_HZ = 8000, FRAME = 160, FRAMES_PER_SECOND = 50, PAYLOADS_MAX = 2000, BYTES_MAX = 1400 };

struct stream {
    int count, lengths[PAYLOADS_MAX];
    uint8_t payloads[PAYLOADS_MAX][BYTES_MAX];
};

static void read_stream(struct stream *stream, const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t head[2];
    while (file && stream->count < PAYLOADS_MAX && fread(head, 1, 2, file) == 2) {
        int length = head[0] | head[1] << 8;
        if (length > BYTES_MAX ||
            fread(stream->payloads[stream->count], 1, (size_t)length, file) != (size_t)length)
            break;
        stream->lengths[stream->count++] = length;
    }
    if (stream->count == 0) {
        fprintf(stderr, "opus-alone: %s has no payloads\n", path);
        exit(2);
    }
    fclose(file);
}

static OpusEncoder *new_encoder(void) {
    int error;
    OpusEncoder *encoder = opus_encoder_create(RATE_HZ, 1, OPUS_APPLICATION_VOIP, &error);
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(16000));
    opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(5));
    return encoder;
}

int main(int count, char **arguments) {
    static struct stream pcmu, opus;
    if (count != 5)
        return 2;
    read_stream(&pcmu, arguments[1]);
    read_stream(&opus, arguments[2]);
    int pairs = atoi(arguments[3]), seconds = atoi(arguments[4]), error;
    OpusEncoder **encoders = calloc((size_t)pairs, sizeof *encoders);
    OpusDecoder **decoders = calloc((size_t)pairs, sizeof *decoders);
    for (int i = 0; i < pairs; i++) {
        encoders[i] = new_encoder();
        decoders[i] = opus_decoder_create(RATE_HZ, 1, &error);
    }
    clock_t began = clock();
    for (int frame = 0; frame < seconds * FRAMES_PER_SECOND; frame++) {
        for (int i = 0; i < pairs; i++) {
            int16_t pcm[FRAME * 6];
            uint8_t payload[BYTES_MAX];
            int said = (frame + i) % opus.count;
            for (int j = 0; j < FRAME; j++)
                pcm[j] = g711_ulaw_decode(pcmu.payloads[frame % pcmu.count][j]);
            int coded = opus_encode(encoders[i], pcm, FRAME, payload, sizeof payload);
            int heard = opus_decode(
                decoders[i], opus.payloads[said], opus.lengths[said], pcm, FRAME * 6, 0);
            if (coded <= 0 || heard <= 0)
                return 1;
        }
    }
    double used = (double)(clock() - began) / CLOCKS_PER_SEC;
    printf("%.5f\n", used * 60 / (2.0 * pairs * seconds));
    return 0;
}
