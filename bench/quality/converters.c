#include "converters.h"
#include "../../native/core/rate_converter.h"
#include <dlfcn.h>
#include <stddef.h>
#if __has_include(<soxr.h>)
#include <soxr.h>
#define SOXR_HEADER 1
#endif

static struct rate_converter ours;

static struct {
    void *state;
    void *(*init)(uint32_t channels, uint32_t from_hz, uint32_t to_hz, int quality, int *error);
    int (*run)(
        void *state, uint32_t channel, const int16_t *src, uint32_t *taken, int16_t *dst,
        uint32_t *given);
    void (*destroy)(void *state);
} speex;

const char *converter_name(enum converter converter) {
    static const char *const names[] = {"ours", "speexdsp q3", "speexdsp q5", "soxr LQ", "soxr MQ"};
    return names[converter];
}

static bool begin_speex(int quality, uint32_t from_hz, uint32_t to_hz) {
    void *library = dlopen("libspeexdsp.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
    *(void **)&speex.init = dlsym(library, "speex_resampler_init");
    *(void **)&speex.run = dlsym(library, "speex_resampler_process_int");
    *(void **)&speex.destroy = dlsym(library, "speex_resampler_destroy");
    if (speex.state)
        speex.destroy(speex.state);
    speex.state = speex.init(1, from_hz, to_hz, quality, NULL);
    return speex.state != NULL;
}

#if defined(SOXR_HEADER)

static struct {
    soxr_t state;
    soxr_t (*create)(
        double, double, unsigned, soxr_error_t *, const soxr_io_spec_t *,
        const soxr_quality_spec_t *, const soxr_runtime_spec_t *);
    soxr_error_t (*run)(soxr_t, soxr_in_t, size_t, size_t *, soxr_out_t, size_t, size_t *);
    void (*destroy)(soxr_t);
} soxr;

static bool begin_soxr(unsigned long quality, uint32_t from_hz, uint32_t to_hz) {
    void *library = dlopen("libsoxr.so.0", RTLD_NOW | RTLD_LOCAL);
    soxr_io_spec_t (*io_spec)(soxr_datatype_t, soxr_datatype_t);
    soxr_quality_spec_t (*quality_spec)(unsigned long, unsigned long);
    if (!library)
        return false;
    *(void **)&soxr.create = dlsym(library, "soxr_create");
    *(void **)&soxr.run = dlsym(library, "soxr_process");
    *(void **)&soxr.destroy = dlsym(library, "soxr_delete");
    *(void **)&io_spec = dlsym(library, "soxr_io_spec");
    *(void **)&quality_spec = dlsym(library, "soxr_quality_spec");
    if (soxr.state)
        soxr.destroy(soxr.state);
    soxr_io_spec_t io = io_spec(SOXR_INT16_I, SOXR_INT16_I);
    soxr_quality_spec_t spec = quality_spec(quality, 0);
    soxr.state = soxr.create(from_hz, to_hz, 1, NULL, &io, &spec, NULL);
    return soxr.state != NULL;
}

static uint32_t run_soxr(int16_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    size_t taken, given;
    soxr.run(soxr.state, src, count, &taken, dst, room, &given);
    return (uint32_t)given;
}

#else

enum { SOXR_LQ, SOXR_MQ };
static bool begin_soxr(unsigned long quality, uint32_t from_hz, uint32_t to_hz) {
    (void)quality, (void)from_hz, (void)to_hz;
    return false;
}
static uint32_t run_soxr(int16_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    (void)dst, (void)room, (void)src, (void)count;
    return 0;
}

#endif

bool converter_begin(enum converter converter, uint32_t from_hz, uint32_t to_hz) {
    if (converter == CONVERTER_SPEEX_3 || converter == CONVERTER_SPEEX_5)
        return begin_speex(converter == CONVERTER_SPEEX_3 ? 3 : 5, from_hz, to_hz);
    if (converter == CONVERTER_SOXR_LQ || converter == CONVERTER_SOXR_MQ)
        return begin_soxr(converter == CONVERTER_SOXR_LQ ? SOXR_LQ : SOXR_MQ, from_hz, to_hz);
    rate_converter_init(&ours, from_hz, to_hz);
    return true;
}

uint32_t converter_run(
    enum converter converter, int16_t *dst, uint32_t room, const int16_t *src, uint32_t count) {
    if (converter == CONVERTER_SPEEX_3 || converter == CONVERTER_SPEEX_5) {
        uint32_t taken = count, given = room;
        speex.run(speex.state, 0, src, &taken, dst, &given);
        return given;
    }
    if (converter == CONVERTER_SOXR_LQ || converter == CONVERTER_SOXR_MQ)
        return run_soxr(dst, room, src, count);
    return rate_converter_run(&ours, dst, src, count);
}
