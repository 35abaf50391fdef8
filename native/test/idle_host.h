#ifndef DIALPLANE_TEST_IDLE_HOST_H
#define DIALPLANE_TEST_IDLE_HOST_H
/* A host that takes everything and keeps nothing; a test replaces what it looks at. */
#include "../core/host.h"

static inline void idle_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    (void)context, (void)endpoint_id, (void)rtcp, (void)to, (void)packet, (void)bytes;
}

static inline void idle_event(void *context, const uint8_t *record, uint32_t bytes) {
    (void)context, (void)record, (void)bytes;
}

static inline bool idle_acquire(void *context, uint32_t prompt_id, struct prompt *prompt) {
    (void)context, (void)prompt_id, (void)prompt;
    return false;
}

static inline void idle_release(void *context, uint32_t prompt_id) {
    (void)context, (void)prompt_id;
}

static inline bool idle_open(void *context, const struct recording *recording) {
    (void)context, (void)recording;
    return true;
}

static inline bool
idle_write(void *context, uint32_t slot, const int16_t *samples, uint32_t count) {
    (void)context, (void)slot, (void)samples, (void)count;
    return true;
}

static inline bool idle_end(void *context, uint32_t slot, uint8_t reason, uint32_t frames) {
    (void)context, (void)slot, (void)reason, (void)frames;
    return true;
}

static inline struct plane_host idle_host(void *context) {
    return (struct plane_host){context,      idle_send, idle_event, idle_acquire,
                               idle_release, idle_open, idle_write, idle_end};
}

#endif
