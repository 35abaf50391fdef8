#include "bytes.h"
#include "plane_state.h"

static void *take_state(struct state_pool *pool) {
    void *state = pool->free;
    if (state)
        memcpy(&pool->free, state, sizeof pool->free);
    else if (pool->fresh < pool->count)
        state = pool->memory + (uint64_t)pool->bytes * pool->fresh++;
    return state;
}

static void return_state(struct state_pool *pool, void *state) {
    if (!state)
        return;
    memcpy(state, &pool->free, sizeof pool->free);
    pool->free = state;
}

bool plane_take_states(
    struct plane *plane, enum codec_id codec_id, void **encoder, void **decoder) {
    struct state_pool *encoders = &plane->encoders[codec_id],
                      *decoders = &plane->decoders[codec_id];
    *encoder = encoders->bytes ? take_state(encoders) : NULL;
    *decoder = decoders->bytes ? take_state(decoders) : NULL;
    if ((*encoder || !encoders->bytes) && (*decoder || !decoders->bytes))
        return true;
    plane_return_states(plane, codec_id, *encoder, *decoder);
    return false;
}

void *plane_take_encoder(struct plane *plane, enum codec_id codec_id) {
    struct state_pool *encoders = &plane->encoders[codec_id];
    return encoders->bytes ? take_state(encoders) : NULL;
}

void plane_return_states(
    struct plane *plane, enum codec_id codec_id, void *encoder, void *decoder) {
    return_state(&plane->encoders[codec_id], encoder);
    return_state(&plane->decoders[codec_id], decoder);
}

struct player *plane_take_player(struct plane *plane) {
    struct player *player = plane->players_free;
    if (player)
        plane->players_free = player->next;
    else if (plane->players_fresh < plane->config.players_max)
        player = &plane->players[plane->players_fresh++];
    else
        return NULL;
    plane->players_used++;
    memset(player, 0, sizeof *player);
    return player;
}

void plane_return_player(struct plane *plane, struct player *player) {
    player->next = plane->players_free;
    plane->players_free = player;
    plane->players_used--;
}

struct recorder *plane_take_recorder(struct plane *plane) {
    struct recorder *recorder = plane->recorders_free;
    if (recorder)
        plane->recorders_free = recorder->next;
    else if (plane->recorders_fresh < plane->config.recorders_max)
        recorder = &plane->recorders[plane->recorders_fresh++];
    else
        return NULL;
    plane->recorders_used++;
    recorder->next = NULL;
    recorder->slot = (uint32_t)(recorder - plane->recorders);
    return recorder;
}

void plane_return_recorder(struct plane *plane, struct recorder *recorder) {
    plane->counts.recorder_overruns += recorder->overrun_samples;
    recorder->next = plane->recorders_free;
    plane->recorders_free = recorder;
    plane->recorders_used--;
}

struct stream *plane_take_stream(struct plane *plane) {
    struct stream *stream = plane->streams_free;
    if (stream)
        plane->streams_free = stream->next;
    else if (plane->streams_fresh < plane->config.streams_max)
        stream = &plane->streams[plane->streams_fresh++];
    if (stream)
        stream_init(stream);
    return stream;
}

void plane_return_stream(struct plane *plane, struct stream *stream) {
    stream->next = plane->streams_free;
    plane->streams_free = stream;
}

struct tap *plane_take_tap(struct plane *plane) {
    struct tap *tap = plane->taps_free;
    if (tap)
        plane->taps_free = tap->next;
    else if (plane->taps_fresh < plane->config.taps_max)
        tap = &plane->taps[plane->taps_fresh++];
    return tap;
}

void plane_return_tap(struct plane *plane, struct tap *tap) {
    tap->next = plane->taps_free;
    plane->taps_free = tap;
}

struct detectors *plane_take_detectors(struct plane *plane) {
    struct detectors *detectors = plane->detectors_free;
    if (detectors)
        plane->detectors_free = detectors->next;
    else if (plane->detectors_fresh < plane->config.detectors_max)
        detectors = &plane->detectors[plane->detectors_fresh++];
    return detectors;
}

void plane_return_detectors(struct plane *plane, struct detectors *detectors) {
    if (!detectors)
        return;
    detectors->next = plane->detectors_free;
    plane->detectors_free = detectors;
}
