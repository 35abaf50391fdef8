/*
 * libopus behind standard input and output. It is compiled twice, against our build of libopus and
 * against that of the system, and each takes what the other gives:
 *   encode rate_hz bitrate_bps < samples > packets
 *   decode rate_hz < packets > samples
 * 16-bit samples in the order of the machine, mono, 20 ms a packet; a packet is its length [16 bit]
 * and its bytes.
 */
#include <opus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKET_BYTES_MAX = 1400, FRAME_MAX = 5760 };

static int encode(int rate_hz, int bitrate_bps) {
    int16_t frame[FRAME_MAX];
    uint8_t packet[PACKET_BYTES_MAX];
    size_t count = (size_t)rate_hz / 50;
    OpusEncoder *encoder = opus_encoder_create(rate_hz, 1, OPUS_APPLICATION_VOIP, NULL);
    if (!encoder)
        return 2;
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate_bps));
    while (fread(frame, 2, count, stdin) == count) {
        int bytes = opus_encode(encoder, frame, (int)count, packet, sizeof packet);
        uint16_t length = (uint16_t)bytes;
        if (bytes < 0)
            return 3;
        fwrite(&length, 2, 1, stdout);
        fwrite(packet, 1, length, stdout);
    }
    opus_encoder_destroy(encoder);
    return 0;
}

static int decode(int rate_hz) {
    int16_t frame[FRAME_MAX];
    uint8_t packet[PACKET_BYTES_MAX];
    uint16_t length;
    OpusDecoder *decoder = opus_decoder_create(rate_hz, 1, NULL);
    if (!decoder)
        return 2;
    while (fread(&length, 2, 1, stdin) == 1) {
        if (length > sizeof packet || fread(packet, 1, length, stdin) != length)
            return 3;
        int count = opus_decode(decoder, packet, length, frame, FRAME_MAX, 0);
        if (count < 0)
            return 4;
        fwrite(frame, 2, (size_t)count, stdout);
    }
    opus_decoder_destroy(decoder);
    return 0;
}

int main(int count, char **arguments) {
    if (count == 4 && strcmp(arguments[1], "encode") == 0)
        return encode(atoi(arguments[2]), atoi(arguments[3]));
    if (count == 3 && strcmp(arguments[1], "decode") == 0)
        return decode(atoi(arguments[2]));
    return 1;
}
