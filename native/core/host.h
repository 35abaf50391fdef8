#ifndef DIALPLANE_HOST_H
#define DIALPLANE_HOST_H
/*
 * What the plane asks of the shell that drives it: to send packets, to take events, to lend
 * prompts, and to keep recordings. Every call returns at once; none may call back into the plane.
 */
#include <stdbool.h>
#include <stdint.h>

struct address {
    uint8_t family; /* 4, 6, or 0: none */
    uint16_t port;
    uint8_t ip[16]; /* network order; IPv4 uses the first four */
};

/* Immutable audio that the shell owns: `count` samples of `rate_hz` (8, 16 or 48 kHz), and perhaps
 * the same at 8 kHz in the codecs PCMU and PCMA (else NULL): count * 8000 / rate_hz bytes each. */
struct prompt {
    const int16_t *samples;
    const uint8_t *encoded[2];
    uint32_t count;
    uint32_t rate_hz;
};

struct recording {
    uint32_t slot; /* below recorders_max; chosen by the plane, free again after recording_end */
    uint32_t recorder_id;
    uint32_t endpoint_id;
    uint32_t channels;
    uint32_t rate_hz;
    const char *path;
    uint32_t path_bytes;
};

struct plane_host {
    void *context;
    void (*send)(
        void *context, uint32_t endpoint_id, bool rtcp, const struct address *to,
        const uint8_t *packet, uint32_t bytes);
    void (*event)(void *context, const uint8_t *record, uint32_t bytes);
    bool (*prompt_acquire)(void *context, uint32_t prompt_id, struct prompt *prompt);
    void (*prompt_release)(void *context, uint32_t prompt_id);
    /* A false answer refuses the recording. */
    bool (*recording_open)(void *context, const struct recording *recording);
    /* `count` interleaved samples. False: no room now, offer them again. */
    bool (*recording_write)(void *context, uint32_t slot, const int16_t *samples, uint32_t count);
    /* Keep the first `frames`, then raise recorderEnded. False: no room now, ask again. */
    bool (*recording_end)(void *context, uint32_t slot, uint8_t reason, uint32_t frames);
};

static inline bool address_equal(const struct address *a, const struct address *b) {
    uint32_t bytes = a->family == 4 ? 4 : 16;
    if (a->family != b->family || a->port != b->port)
        return false;
    for (uint32_t i = 0; i < bytes; i++) {
        if (a->ip[i] != b->ip[i])
            return false;
    }
    return true;
}

#endif
