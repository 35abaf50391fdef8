#ifndef DIALPLANE_TEST_H
#define DIALPLANE_TEST_H
/* The little that the C tests need: a check that tells where it failed, and the list of tests. */
#include <stdio.h>

extern int test_failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            test_failures++;                                                                       \
        }                                                                                          \
    } while (0)

void test_g711(void);
void test_codecs(void);
void test_rtp(void);
void test_jitter_buffer(void);
void test_jitter_trace(void);
void test_plc(void);
void test_comfort_noise(void);
void test_telephone_event(void);
void test_dtmf(void);
void test_detectors(void);
void test_resampler(void);
void test_rate_converter(void);
void test_plane(void);
void test_adapt(void);
void test_recorder(void);
void test_recordings(void);
void test_peer_change(void);
void test_machine_detector(void);
void test_own_echo(void);
void test_pacing(void);
void test_encoder_group(void);
void test_audio_level(void);
void test_collision(void);
void test_silence(void);
void test_mixer(void);
void test_plane_move(void);
void test_srtp(void);

#endif
