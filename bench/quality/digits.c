#include "digits.h"
#include "../../native/core/dtmf_detector.h"
#include <dlfcn.h>
#include <string.h>

enum { KEPT = 16 };

static struct dtmf_detector ours;

static struct {
    void *state;
    void *(*init)(void *, void (*)(void *, const char *, int), void *);
    int (*rx)(void *, const int16_t *, int);
    int (*free)(void *);
} spandsp;

static char heard[LISTENERS][KEPT + 1];
static uint32_t counts[LISTENERS];

static void add(enum digit_listener listener, char digit) {
    if (counts[listener] < KEPT)
        heard[listener][counts[listener]] = digit;
    counts[listener]++;
}

static void on_digits(void *context, const char *digits, int count) {
    (void)context;
    for (int i = 0; i < count; i++)
        add(LISTENER_SPANDSP, digits[i]);
}

bool digits_available(enum digit_listener listener) {
    if (listener == LISTENER_OURS || spandsp.init)
        return true;
    void *library = dlopen("libspandsp.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return false;
    *(void **)&spandsp.init = dlsym(library, "dtmf_rx_init");
    *(void **)&spandsp.rx = dlsym(library, "dtmf_rx");
    *(void **)&spandsp.free = dlsym(library, "dtmf_rx_free");
    return spandsp.init && spandsp.rx && spandsp.free;
}

void digits_begin(enum digit_listener listener) {
    memset(heard[listener], 0, sizeof heard[listener]);
    counts[listener] = 0;
    if (listener == LISTENER_OURS) {
        dtmf_detector_init(&ours);
        return;
    }
    if (spandsp.state)
        spandsp.free(spandsp.state);
    spandsp.state = spandsp.init(NULL, on_digits, NULL);
}

void digits_feed(enum digit_listener listener, int16_t *frame, uint32_t count) {
    if (listener == LISTENER_SPANDSP) {
        spandsp.rx(spandsp.state, frame, (int)count);
        return;
    }
    for (uint32_t at = 0, used; at < count; at += used) {
        struct dtmf_outcome outcome = dtmf_detector_feed(&ours, frame + at, count - at, &used);
        if (outcome.change == DTMF_ENDED)
            add(LISTENER_OURS, outcome.digit);
    }
}

const char *digits_heard(enum digit_listener listener) {
    return heard[listener];
}

uint32_t digits_count(enum digit_listener listener) {
    return counts[listener];
}
