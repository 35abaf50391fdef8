#ifndef QUALITY_CONVERTERS_H
#define QUALITY_CONVERTERS_H
/* Converters of sample rates, ours and others', frame by frame, in int16, one channel. */
#include <stdbool.h>
#include <stdint.h>

enum converter { CONVERTER_OURS, CONVERTER_SPEEX_3, CONVERTER_SPEEX_5, CONVERTER_SOXR_LQ, CONVERTER_SOXR_MQ, CONVERTERS };

const char *converter_name(enum converter converter);
/* Begins anew; false: it is not installed. Rates in [Hz]. */
bool converter_begin(enum converter converter, uint32_t from_hz, uint32_t to_hz);
/* Takes `count` samples, at most 20 ms; returns how many it wrote of at most `room`. */
uint32_t converter_run(
    enum converter converter, int16_t *dst, uint32_t room, const int16_t *src, uint32_t count);

#endif
