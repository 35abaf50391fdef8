/*
 * Our G.722 beside libspandsp's: the same signals through both encoders, the same codes through
 * both decoders. Prints a line per signal, `name codes differing samples differing`; the test reads
 * them. With an argument it codes that many frames of 20 ms by one side only, for a profiler:
 * `encode-ours 1000`, also decode-, and -spandsp.
 */
#include "../../native/core/g722.h"
#include <math.h>
#include <spandsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 320, FRAMES = 2000, SAMPLES = FRAME * FRAMES };

static int16_t pcm[SAMPLES], ours_pcm[SAMPLES], theirs_pcm[SAMPLES];
static uint8_t ours[SAMPLES / 2], theirs[SAMPLES / 2];
static uint32_t seed = 1;

static int32_t random16(void) {
    seed = seed * 1664525u + 1013904223u;
    return (int32_t)(seed >> 16) - 32768;
}

static void white_noise(double gain) {
    for (int i = 0; i < SAMPLES; i++)
        pcm[i] = (int16_t)(random16() * gain);
}

/* Syllables: harmonics of a gliding pitch under a slow envelope, with pauses and hiss. */
static void speech(double gain) {
    double phase = 0;
    for (int i = 0; i < SAMPLES; i++) {
        double seconds = i / 16000.0, sum = 0;
        phase += (120 + 40 * sin(seconds * 3)) / 16000 * 2 * M_PI;
        for (int k = 1; k < 40; k++)
            sum += sin(k * phase) / k * (1 + cos(k * 0.7 + seconds * 5));
        double envelope = sin(seconds * 2 * M_PI * 2);
        envelope = envelope > 0 ? envelope : 0;
        double sample = gain * (sum * envelope * 6000 + random16() * 0.02 * (1 - envelope));
        pcm[i] = (int16_t)(sample > 32767 ? 32767 : sample < -32768 ? -32768 : sample);
    }
}

/* Full scale, with a period that changes every second. */
static void square(int shortest) {
    for (int i = 0; i < SAMPLES; i++)
        pcm[i] = i / (shortest + i / 16000) % 2 ? 32767 : -32768;
}

/* Full-scale bursts at both edges of the bands, between silences. */
static void bursts(void) {
    for (int i = 0; i < SAMPLES; i++)
        pcm[i] = (int16_t)(i / 1600 % 2 ? 0 : 32767 * sin(i * (double)i / SAMPLES * M_PI / 2));
}

static int differing_codes(void) {
    int found = 0;
    for (int i = 0; i < SAMPLES / 2; i++)
        found += ours[i] != theirs[i];
    return found;
}

/* Where the recommendation limits to full scale (section 6.2.2), libspandsp 0.0.6 lets the 16 bits
 * wrap around: those samples cannot be compared. */
static int differing_samples(void) {
    int found = 0;
    for (int i = 0; i < SAMPLES; i++) {
        int limited = ours_pcm[i] == 32767 || ours_pcm[i] == -32768;
        found += ours_pcm[i] != theirs_pcm[i] && !limited;
    }
    return found;
}

static void *begin(uint32_t bytes) {
    void *state = malloc(bytes);
    if (!state)
        exit(2);
    return state;
}

static void compare(const char *name) {
    struct encoder_options options = {.rate_hz = 16000};
    void *encoder = begin(codec_g722.encoder_bytes), *decoder = begin(codec_g722.decoder_bytes);
    g722_encode_state_t *their_encoder = g722_encode_init(NULL, 64000, 0);
    g722_decode_state_t *their_decoder = g722_decode_init(NULL, 64000, 0);
    codec_g722.encoder_begin(encoder, &options);
    codec_g722.decoder_begin(decoder, 16000);
    for (int at = 0; at < SAMPLES; at += FRAME) {
        codec_g722.encode(encoder, ours + at / 2, FRAME / 2, pcm + at, FRAME);
        g722_encode(their_encoder, theirs + at / 2, pcm + at, FRAME);
        codec_g722.decode(decoder, ours_pcm + at, FRAME, theirs + at / 2, FRAME / 2);
        g722_decode(their_decoder, theirs_pcm + at, theirs + at / 2, FRAME / 2);
    }
    printf("%s %d %d\n", name, differing_codes(), differing_samples());
    g722_encode_free(their_encoder);
    g722_decode_free(their_decoder);
    free(encoder);
    free(decoder);
}

/* Codes that no encoder would give. */
static void compare_random_codes(void) {
    void *decoder = begin(codec_g722.decoder_bytes);
    g722_decode_state_t *their_decoder = g722_decode_init(NULL, 64000, 0);
    codec_g722.decoder_begin(decoder, 16000);
    for (int i = 0; i < SAMPLES / 2; i++)
        theirs[i] = i / 8000 % 2 ? (uint8_t)random16() : (uint8_t)(i / 3000 % 256);
    for (int at = 0; at < SAMPLES; at += FRAME) {
        codec_g722.decode(decoder, ours_pcm + at, FRAME, theirs + at / 2, FRAME / 2);
        g722_decode(their_decoder, theirs_pcm + at, theirs + at / 2, FRAME / 2);
    }
    printf("random-codes 0 %d\n", differing_samples());
    g722_decode_free(their_decoder);
    free(decoder);
}

static void profile(const char *what, int frames) {
    struct encoder_options options = {.rate_hz = 16000};
    void *state = begin(codec_g722.encoder_bytes + codec_g722.decoder_bytes);
    codec_g722.encoder_begin(state, &options);
    g722_encode_state_t *their_encoder = g722_encode_init(NULL, 64000, 0);
    g722_decode_state_t *their_decoder = g722_decode_init(NULL, 64000, 0);
    g722_encode(their_encoder, theirs, pcm, frames * FRAME);
    if (!strcmp(what, "decode-ours"))
        codec_g722.decoder_begin(state, 16000);
    for (int at = 0; at < frames * FRAME; at += FRAME) {
        if (!strcmp(what, "encode-ours"))
            codec_g722.encode(state, ours + at / 2, FRAME / 2, pcm + at, FRAME);
        else if (!strcmp(what, "encode-spandsp"))
            g722_encode(their_encoder, theirs + at / 2, pcm + at, FRAME);
        else if (!strcmp(what, "decode-ours"))
            codec_g722.decode(state, ours_pcm + at, FRAME, theirs + at / 2, FRAME / 2);
        else if (!strcmp(what, "decode-spandsp"))
            g722_decode(their_decoder, theirs_pcm + at, theirs + at / 2, FRAME / 2);
    }
    g722_encode_free(their_encoder);
    g722_decode_free(their_decoder);
    free(state);
}

int main(int count, char **arguments) {
    if (count == 3) {
        int frames = atoi(arguments[2]);
        speech(0.5);
        profile(arguments[1], frames < FRAMES ? frames : FRAMES);
        return 0;
    }
    speech(0.5);
    compare("speech");
    speech(0.01);
    compare("quiet-speech");
    speech(3);
    compare("clipped-speech");
    white_noise(1);
    compare("white-noise");
    white_noise(0.003);
    compare("quiet-noise");
    square(1);
    compare("square");
    square(60);
    compare("slow-square");
    bursts();
    compare("bursts");
    compare_random_codes();
    return 0;
}
