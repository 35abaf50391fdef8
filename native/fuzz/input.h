#ifndef DIALPLANE_FUZZ_INPUT_H
#define DIALPLANE_FUZZ_INPUT_H
/*
 * What the targets share: the fuzzer's bytes taken one after another as choices (zeros when they
 * have run out, so that every input means something), and a check that stops the run. A target
 * keeps its state in static memory and begins each input anew.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: must be: %s\n", __FILE__, __LINE__, #condition);               \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct input {
    const uint8_t *at, *end;
};

static inline uint32_t input_left(const struct input *input) {
    return (uint32_t)(input->end - input->at);
}

static inline uint8_t take_u8(struct input *input) {
    return input->at < input->end ? *input->at++ : 0;
}

static inline uint16_t take_u16(struct input *input) {
    uint8_t high = take_u8(input);
    return (uint16_t)(high << 8 | take_u8(input));
}

static inline uint32_t take_u32(struct input *input) {
    uint32_t high = take_u16(input);
    return high << 16 | take_u16(input);
}

/* Up to `count` bytes, where they lie; `count` becomes how many there are. */
static inline const uint8_t *take_bytes(struct input *input, uint32_t *count) {
    const uint8_t *at = input->at;
    *count = *count < input_left(input) ? *count : input_left(input);
    input->at += *count;
    return at;
}

/* libFuzzer calls it with each input; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#endif
