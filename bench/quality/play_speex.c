#include "players.h"
#include <dlfcn.h>
#include <speex/speex_jitter.h>
#include <stdlib.h>
#include <string.h>

/* Bound at run time: its functions are named like ours. */
struct library {
    JitterBuffer *(*init)(int step);
    void (*destroy)(JitterBuffer *buffer);
    void (*put)(JitterBuffer *buffer, const JitterBufferPacket *packet);
    int (*get)(JitterBuffer *buffer, JitterBufferPacket *packet, spx_int32_t span, spx_int32_t *at);
    void (*tick)(JitterBuffer *buffer);
};

static bool load(struct library *library) {
    void *handle = dlopen("libspeexdsp.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return false;
    *(void **)&library->init = dlsym(handle, "jitter_buffer_init");
    *(void **)&library->destroy = dlsym(handle, "jitter_buffer_destroy");
    *(void **)&library->put = dlsym(handle, "jitter_buffer_put");
    *(void **)&library->get = dlsym(handle, "jitter_buffer_get");
    *(void **)&library->tick = dlsym(handle, "jitter_buffer_tick");
    return true;
}

struct arrival {
    double ms;
    uint32_t packet;
};

static int by_arrival(const void *a, const void *b) {
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

bool play_speex(struct outcome *outcome, const struct trace *trace, double phase_ms) {
    static struct arrival arrivals[TRACE_PACKETS];
    struct library library;
    if (!load(&library))
        return false;
    uint32_t count = 0, next = 0, delays = 0;
    for (uint32_t i = 0; i < TRACE_PACKETS; i++) {
        if (trace->arrival_ms[i] >= 0)
            arrivals[count++] = (struct arrival){trace->arrival_ms[i], i};
    }
    qsort(arrivals, count, sizeof *arrivals, by_arrival);
    JitterBuffer *buffer = library.init(160);
    double delay_sum = 0, lost = 0, total = 0, head = -1;
    for (double now = phase_ms; now < TRACE_PACKETS * TRACE_PTIME_MS; now += TRACE_PTIME_MS) {
        char data[160] = {0};
        for (; next < count && arrivals[next].ms <= now; next++) {
            JitterBufferPacket packet = {
                .data = data,
                .len = 160,
                .timestamp = arrivals[next].packet * 160,
                .span = 160,
                .sequence = (spx_uint16_t)arrivals[next].packet,
            };
            library.put(buffer, &packet);
        }
        JitterBufferPacket packet = {.data = data, .len = sizeof data};
        spx_int32_t at = 0;
        int result = library.get(buffer, &packet, 160, &at);
        library.tick(buffer);
        if (result == JITTER_BUFFER_OK) {
            double sample = packet.timestamp;
            if (head >= 0 && sample > head)
                lost += sample - head;
            head = sample + 160;
            delay_sum += now - sample / 160 * (trace->sent_ms[1] - trace->sent_ms[0]) -
                         trace->transit_min_ms;
            delays++;
            total += 160;
        } else if (head >= 0) {
            lost += 160;
            total += 160;
            if (result == JITTER_BUFFER_MISSING)
                head += 160;
        }
    }
    library.destroy(buffer);
    *outcome = (struct outcome){.delay_ms = delay_sum / delays, .concealed = lost / total};
    outcome->mos = mos_of(outcome->delay_ms, outcome->concealed);
    return true;
}
