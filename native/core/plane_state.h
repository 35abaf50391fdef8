#ifndef DIALPLANE_PLANE_STATE_H
#define DIALPLANE_PLANE_STATE_H
/* The body of a plane, for its own files only. */
#include "endpoint.h"
#include "plane.h"
#include "records.h"

enum { WHEEL_SLOTS = 64, PHASES = 20 };

/* Equal blocks of memory; a free one begins with the address of the next. */
struct state_pool {
    uint8_t *memory;
    uint32_t bytes, count;
    uint32_t fresh; /* those from here on were never used */
    void *free;
};

struct plane {
    struct plane_config config;
    struct plane_host host;
    struct endpoint *endpoints;
    struct player *players;
    struct recorder *recorders;
    struct player *players_free; /* returned ones; those from players_fresh on were never used */
    struct recorder *recorders_free;
    uint32_t players_fresh, recorders_fresh;
    uint32_t players_used, recorders_used;
    struct state_pool encoders[CODECS], decoders[CODECS];
    struct recorder *draining; /* stopped, not yet handed over */
    struct endpoint *wheel[WHEEL_SLOTS];
    uint64_t occupied; /* bit i: wheel[i] is not empty */
    uint64_t ticked_ms;
    uint32_t phase_load[PHASES];
    struct plane_counts counts;
};

static inline void plane_event(
    struct plane *plane, enum record_type type, uint8_t detail, const uint32_t *fields,
    uint32_t count) {
    uint8_t record[RECORD_HEADER_BYTES + 4 * 8];
    uint32_t bytes = record_write(record, type, detail, fields, count);
    plane->host.event(plane->host.context, record, bytes);
}

/* NULL for what the codec has no state of; false: a pool is empty. */
bool plane_take_states(struct plane *plane, enum codec_id codec_id, void **encoder, void **decoder);
void plane_return_states(struct plane *plane, enum codec_id codec_id, void *encoder, void *decoder);
struct player *plane_take_player(struct plane *plane);
void plane_return_player(struct plane *plane, struct player *player);
struct recorder *plane_take_recorder(struct plane *plane);
void plane_return_recorder(struct plane *plane, struct recorder *recorder);
/* Stops a recorder and lets the plane hand over the rest. */
void plane_stop_recorder(
    struct plane *plane, struct recorder *recorder, enum recorder_reason reason);
struct endpoint *plane_endpoint(struct plane *plane, uint32_t endpoint_id);

void plane_wheel_insert(struct plane *plane, struct endpoint *endpoint);
void plane_wheel_remove(struct plane *plane, struct endpoint *endpoint);
/* A first tick that spreads the endpoints over the milliseconds. */
uint64_t plane_choose_due(struct plane *plane, uint64_t now_ms);

#endif
