#ifndef DIALPLANE_TAP_H
#define DIALPLANE_TAP_H
/*
 * Live audio of an endpoint for the control plane (media streams, speech recognition): frames of
 * 20 ms of what the peer says, what it hears, or both, as events. Internal to the plane.
 */
#include "audio_ring.h"
#include <stdbool.h>
#include <stdint.h>

enum { TAP_INBOUND = 1, TAP_OUTBOUND = 2, TAP_TRACKS = 2, TAP_FRAME_MS = 20 };
enum tap_format { TAP_PCMU, TAP_PCM_8K, TAP_PCM_16K, TAP_FORMATS };

struct plane;

struct tap {
    struct tap *next;
    uint32_t id;
    uint32_t tracks;
    enum tap_format format;
    uint32_t frames[TAP_TRACKS]; /* given so far */
    struct audio_ring rings[TAP_TRACKS];
};

void tap_init(struct tap *tap, uint32_t id, uint32_t tracks, enum tap_format format);
/* `track` is TAP_INBOUND or TAP_OUTBOUND; one that the tap does not want is ignored. */
void tap_feed(
    struct plane *plane, struct tap *tap, uint32_t endpoint_id, uint32_t track,
    const int16_t *frame, uint32_t count, uint32_t rate_hz);

#endif
