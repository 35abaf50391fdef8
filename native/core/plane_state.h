#ifndef DIALPLANE_PLANE_STATE_H
#define DIALPLANE_PLANE_STATE_H
/* The body of a plane, for its own files only. */
#include "encoder_group.h"
#include "endpoint.h"
#include "plane.h"
#include "records.h"

/* What a wheel item is part of. */
enum { WHEEL_ENDPOINT, WHEEL_MIXER, WHEEL_PACE };

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
    struct stream *streams, *streams_free;
    struct tap *taps, *taps_free;
    struct detectors *detectors, *detectors_free;
    uint32_t streams_fresh, taps_fresh, detectors_fresh;
    uint32_t players_fresh, recorders_fresh;
    uint32_t players_used, recorders_used;
    struct state_pool encoders[CODECS], decoders[CODECS];
    struct recorder *draining; /* stopped, not yet handed over */
    struct wheel wheel;
    uint64_t ticked_ms;
    uint32_t effort; /* of encoders, 0 to 10 */
    struct encoder_group encoder_group;
    struct mixer *mixers;
    int16_t (*frames)[MIXER_FRAME_MAX]; /* of the mixer that ticks */
    uint32_t frames_used;
    struct plane_counts counts;
};

static inline void plane_event(
    struct plane *plane, enum record_type type, uint8_t detail, const uint32_t *fields,
    uint32_t count) {
    uint8_t record[RECORD_HEADER_BYTES + 4 * 12];
    uint32_t bytes = record_write(record, type, detail, fields, count);
    plane->host.event(plane->host.context, record, bytes);
}

/* What commands play to and record from: an endpoint, or a mixer (then `endpoint` is NULL). */
struct track {
    uint32_t owner_id, rate_hz;
    struct player_queue *players;
    struct recorder **recorders;
    struct endpoint *endpoint;
};

enum record_status
plane_run_track(struct plane *plane, const struct track *track, const struct record *record);
/* NULL for what the codec has no state of; false: a pool is empty. */
bool plane_take_states(struct plane *plane, enum codec_id codec_id, void **encoder, void **decoder);
void plane_return_states(struct plane *plane, enum codec_id codec_id, void *encoder, void *decoder);
/* NULL: the codec has none, or the pool is empty. */
void *plane_take_encoder(struct plane *plane, enum codec_id codec_id);
struct player *plane_take_player(struct plane *plane);
void plane_return_player(struct plane *plane, struct player *player);
struct recorder *plane_take_recorder(struct plane *plane);
struct stream *plane_take_stream(struct plane *plane);
void plane_return_stream(struct plane *plane, struct stream *stream);
struct tap *plane_take_tap(struct plane *plane);
void plane_return_tap(struct plane *plane, struct tap *tap);
struct detectors *plane_take_detectors(struct plane *plane);
/* NULL is nothing to return. */
void plane_return_detectors(struct plane *plane, struct detectors *detectors);
void plane_return_recorder(struct plane *plane, struct recorder *recorder);
/* Stops a recorder and lets the plane hand over the rest. */
void plane_stop_recorder(
    struct plane *plane, struct recorder *recorder, enum recorder_reason reason);
struct endpoint *plane_endpoint(struct plane *plane, uint32_t endpoint_id);

/* Feeds all of a list; those that have stopped leave it and are the plane's again. */
void plane_feed_recorders(
    struct plane *plane, struct recorder **recorders, const struct recorder_frame *frame);
/* Stops all of a list. */
void plane_stop_recorders(
    struct plane *plane, struct recorder **recorders, enum recorder_reason reason);
struct mixer *plane_mixer(struct plane *plane, uint32_t mixer_id);
/* Takes it out of its queue, tells so, and returns it to the pool. */
void plane_end_player(
    struct plane *plane, struct player_queue *queue, uint32_t owner_id, struct player *player,
    enum player_reason reason);
/* Tells of marks that the playing streams of a queue have reached, and of those that run low. */
void plane_watch_streams(struct plane *plane, struct player_queue *queue, uint32_t owner_id);
/* A first tick that spreads the endpoints over the milliseconds. */
uint64_t plane_choose_due(struct plane *plane, uint64_t now_ms);
/* The same for an endpoint, which goes where others are whose frames can be encoded together with
 * its own. */
uint64_t
plane_choose_first_due(struct plane *plane, const struct endpoint *endpoint, uint64_t now_ms);

#endif
