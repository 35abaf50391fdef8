#include "test.h"

int test_failures;

int main(void) {
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"g711", test_g711},
        {"codecs", test_codecs},
        {"rtp", test_rtp},
        {"jitter_buffer", test_jitter_buffer},
        {"jitter_trace", test_jitter_trace},
        {"plc", test_plc},
        {"comfort_noise", test_comfort_noise},
        {"telephone_event", test_telephone_event},
        {"dtmf", test_dtmf},
        {"detectors", test_detectors},
        {"machine_detector", test_machine_detector},
        {"resampler", test_resampler},
        {"rate_converter", test_rate_converter},
        {"plane", test_plane},
        {"adapt", test_adapt},
        {"recorder", test_recorder},
        {"recordings", test_recordings},
        {"peer_change", test_peer_change},
        {"own_echo", test_own_echo},
        {"pacing", test_pacing},
        {"encoder_group", test_encoder_group},
        {"audio_level", test_audio_level},
        {"collision", test_collision},
        {"silence", test_silence},
        {"mixer", test_mixer},
        {"plane_move", test_plane_move},
        {"srtp", test_srtp},
    };
    for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++) {
        int before = test_failures;
        tests[i].run();
        printf("%s %s\n", test_failures == before ? "ok  " : "FAIL", tests[i].name);
    }
    return test_failures ? 1 : 0;
}
