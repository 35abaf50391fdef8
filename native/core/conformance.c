#include "conformance.h"
#include "bytes.h"
#include "dtmf_detector.h"
#include "g711.h"
#include "kernels.h"
#include "rate_converter.h"
#include "resampler.h"
#include "telephone_event.h"
#include "tone.h"

uint32_t conformance_random(struct conformance *run) {
    run->seed = run->seed * 1664525u + 1013904223u;
    return run->seed >> 8;
}

void conformance_put_byte(struct conformance *run, uint8_t value) {
    if (run->bytes < run->room)
        run->dst[run->bytes++] = value;
}

void conformance_put_word(struct conformance *run, uint32_t value) {
    for (uint32_t i = 0; i < 4; i++)
        conformance_put_byte(run, (uint8_t)(value >> (8 * i)));
}

void conformance_put_samples(struct conformance *run, const int16_t *samples, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        conformance_put_byte(run, (uint8_t)samples[i]);
        conformance_put_byte(run, (uint8_t)((uint16_t)samples[i] >> 8));
    }
}

enum { FORM_BYTES_MAX = 16 };

static void run_g711(struct conformance *run) {
    for (int32_t sample = -32768; sample <= 32767; sample++) {
        int16_t in = (int16_t)sample;
        uint8_t codes[2];
        g711_encode(CODEC_PCMU, codes, &in, 1);
        g711_encode(CODEC_PCMA, codes + 1, &in, 1);
        conformance_put_byte(run, codes[0]);
        conformance_put_byte(run, codes[1]);
    }
    for (uint32_t code = 0; code < 256; code++) {
        uint8_t in = (uint8_t)code;
        int16_t samples[2];
        g711_decode(CODEC_PCMU, samples, &in, 1);
        g711_decode(CODEC_PCMA, samples + 1, &in, 1);
        conformance_put_samples(run, samples, 2);
    }
}

static void run_tone(struct conformance *run) {
    static const uint16_t hz[][2] = {{440, 0}, {350, 440}, {3999, 1}, {25, 2000}};
    for (uint32_t i = 0; i < 4; i++) {
        struct tone tone;
        int16_t frame[160];
        tone_init(&tone, hz[i][0], hz[i][1], -3 * (int32_t)i, 333, 77, 3);
        for (uint32_t got = 160; got == 160;) {
            got = tone_fill(&tone, frame, 160);
            conformance_put_samples(run, frame, got);
        }
    }
}

static void run_dtmf(struct conformance *run) {
    struct dtmf_detector detector;
    dtmf_detector_init(&detector);
    for (uint32_t i = 0; i < 160; i++) {
        struct tone tone;
        int16_t frame[1600];
        uint32_t on = 100 + conformance_random(run) % 700, off = 700;
        tone_init_digit(&tone, (uint8_t)(i & 15), on, off);
        uint32_t count = tone_fill(&tone, frame, 1600);
        for (uint32_t j = 0; j < count; j++)
            frame[j] = saturate16(frame[j] + (int32_t)(conformance_random(run) % 1000) - 500);
        for (uint32_t at = 0, used; at < count; at += used) {
            struct dtmf_outcome outcome =
                dtmf_detector_feed(&detector, frame + at, count - at, &used);
            if (outcome.change == DTMF_NONE)
                continue;
            conformance_put_byte(run, (uint8_t)outcome.change);
            conformance_put_byte(run, (uint8_t)outcome.digit);
            conformance_put_word(run, outcome.duration);
        }
    }
}

static void run_resampler(struct conformance *run) {
    static const uint32_t rates_hz[] = {8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000};
    int16_t src[4096], dst[4096];
    for (uint32_t i = 0; i < 4096; i++)
        src[i] = (int16_t)((int32_t)(conformance_random(run) & 0xFFFF) - 32768);
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t from_hz = rates_hz[i % 8], to_hz = i < 8 ? 8000 : 16000;
        if (!resampler_supports(from_hz, to_hz))
            continue;
        uint32_t count = resampler_output_count(4096, from_hz, to_hz);
        resampler_run(dst, 0, count, src, 4096, from_hz, to_hz);
        conformance_put_samples(run, dst, count);
    }
}

static void run_rate_converter(struct conformance *run) {
    static const uint32_t rates_hz[] = {8000, 16000, 48000};
    int16_t src[960], dst[5760];
    for (uint32_t i = 0; i < 9; i++) {
        struct rate_converter converter;
        rate_converter_init(&converter, rates_hz[i % 3], rates_hz[i / 3]);
        for (uint32_t frame = 0; frame < 4; frame++) {
            uint32_t count = rates_hz[i % 3] / 100 * (1 + frame % 2);
            for (uint32_t j = 0; j < count; j++) /* two frames at full scale */
                src[j] =
                    (int16_t)(((int32_t)(conformance_random(run) & 0xFFFF) - 32768) >> (frame < 2 ? 0 : 6));
            conformance_put_samples(run, dst, rate_converter_run(&converter, dst, src, count));
        }
    }
}

static void run_telephone_event(struct conformance *run) {
    struct telephone_event_receiver receiver;
    telephone_event_receiver_init(&receiver);
    for (uint32_t i = 0; i < 5000; i++) {
        uint8_t payload[4];
        uint32_t word = conformance_random(run);
        telephone_event_write(
            payload, (uint8_t)(word % 18), (word & 0x1000) != 0, (word >> 5) % 2000);
        struct telephone_event_outcome outcome = telephone_event_receive(
            &receiver, (uint16_t)(i + word % 3), i / 6 * 800 + word % 2, payload, 4, 8000, i * 20);
        conformance_put_byte(
            run, (uint8_t)(outcome.ended_before | outcome.started << 1 | outcome.ended << 2));
        conformance_put_byte(run, (uint8_t)outcome.digit);
        conformance_put_word(run, outcome.duration + outcome.duration_before);
    }
}

static bool is(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* The program without the form of the kernels that stands before it, which is taken; NULL: there is
 * no such form. */
static const char *take_form(const char *program) {
    char form[FORM_BYTES_MAX];
    uint32_t length = 0;
    while (program[length] && program[length] != ':' && length + 1 < FORM_BYTES_MAX) {
        form[length] = program[length];
        length++;
    }
    form[length] = 0;
    if (program[length] != ':')
        return program;
    return kernels_take(form) ? program + length + 1 : NULL;
}

void conformance_run(const char *program, uint8_t *dst, uint32_t *bytes, uint32_t room) {
    static const struct {
        const char *name;
        void (*run)(struct conformance *run);
    } programs[] = {
        {"g711", run_g711},
        {"kernels", conformance_kernels},
        {"g722", conformance_g722},
        {"g722_group", conformance_g722_group},
        {"l16", conformance_l16},
        {"tone", run_tone},
        {"dtmf", run_dtmf},
        {"detectors", conformance_detectors},
        {"resampler", run_resampler},
        {"rate_converter", run_rate_converter},
        {"jitter_buffer", conformance_jitter_buffer},
        {"telephone_event", run_telephone_event},
        {"plane", conformance_plane},
    };
    struct conformance run = {.dst = dst, .room = room, .seed = 20260101};
    const struct kernels *before = kernels;
    program = take_form(program);
    for (uint32_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (program && is(program, programs[i].name))
            programs[i].run(&run);
    }
    kernels = before;
    *bytes = run.bytes;
}
