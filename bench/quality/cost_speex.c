#include <dlfcn.h>
#include <speex/speex_jitter.h>
#include <stdint.h>
#include <stdlib.h>

enum { FRAME = 160 };

void speex_put_and_get(uint32_t times);

static JitterBuffer *buffer;
static uint32_t sent;
static void (*put)(JitterBuffer *, const JitterBufferPacket *);
static int (*get)(JitterBuffer *, JitterBufferPacket *, spx_int32_t, spx_int32_t *);
static void (*tick)(JitterBuffer *);

/* Bound at run time: its functions are named like ours. */
static void begin(void) {
    void *library = dlopen("libspeexdsp.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        exit(3);
    JitterBuffer *(*init)(int);
    *(void **)&init = dlsym(library, "jitter_buffer_init");
    *(void **)&put = dlsym(library, "jitter_buffer_put");
    *(void **)&get = dlsym(library, "jitter_buffer_get");
    *(void **)&tick = dlsym(library, "jitter_buffer_tick");
    buffer = init(FRAME);
}

/* Goes on where the call before ended. */
void speex_put_and_get(uint32_t times) {
    if (!buffer)
        begin();
    char data[FRAME] = {0};
    for (uint32_t i = 0; i < times; i++, sent++) {
        JitterBufferPacket packet = {
            .data = data,
            .len = FRAME,
            .timestamp = sent * FRAME,
            .span = FRAME,
            .sequence = (spx_uint16_t)sent};
        put(buffer, &packet);
        spx_int32_t at;
        packet.len = FRAME;
        get(buffer, &packet, FRAME, &at);
        tick(buffer);
    }
}
