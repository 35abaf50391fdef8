#include "plane_move.h"
#include "bytes.h"
#include "plane_state.h"

static struct recording_slots slots_of(const struct endpoint *endpoint) {
    struct recording_slots slots = {0};
    for (const struct recorder *at = endpoint->recorders; at; at = at->next)
        slots.at[slots.count++] = at->slot;
    return slots;
}

bool plane_lift(
    struct plane *plane, uint32_t endpoint_id, struct plane_move *move, uint64_t now_ms) {
    struct endpoint *endpoint = plane_endpoint(plane, endpoint_id);
    if (!endpoint)
        return false;
    endpoint_unbridge(endpoint);
    mixer_leave(plane, endpoint, now_ms);
    wheel_remove(&plane->wheel, &endpoint->wheel);
    endpoint->id = 0; /* its place looks free; nobody takes it, as places are not this plane's */
    plane->counts.endpoints--;
    *move = (struct plane_move){endpoint, endpoint_id, slots_of(endpoint)};
    return true;
}

static bool copy_players(struct plane *plane, struct endpoint *to, const struct endpoint *from) {
    for (const struct player *player = from->players.first; player; player = player->next) {
        struct player *copy = plane_take_player(plane);
        if (!copy)
            return false;
        *copy = *player;
        copy->stream = NULL;
        player_queue_add(&to->players, copy);
        if (!player->stream)
            continue;
        copy->stream = plane_take_stream(plane);
        if (!copy->stream)
            return false;
        *copy->stream = *player->stream;
    }
    return true;
}

static bool copy_taps(struct plane *plane, struct endpoint *to, const struct endpoint *from) {
    struct tap **last = &to->taps;
    for (const struct tap *tap = from->taps; tap; tap = tap->next) {
        struct tap *copy = plane_take_tap(plane);
        if (!copy)
            return false;
        *copy = *tap;
        copy->next = NULL;
        *last = copy;
        last = &copy->next;
    }
    return true;
}

static bool copy_detectors(struct plane *plane, struct endpoint *to, const struct endpoint *from) {
    if (!from->detectors)
        return true;
    to->detectors = plane_take_detectors(plane);
    if (to->detectors)
        *to->detectors = *from->detectors;
    return to->detectors != NULL;
}

static bool copy_recorders(struct plane *plane, struct endpoint *to, const struct endpoint *from) {
    struct recorder **last = &to->recorders;
    for (const struct recorder *recorder = from->recorders; recorder; recorder = recorder->next) {
        struct recorder *copy = plane_take_recorder(plane);
        if (!copy)
            return false;
        uint32_t slot = copy->slot;
        *copy = *recorder;
        copy->next = NULL;
        copy->slot = slot;
        *last = copy;
        last = &copy->next;
    }
    return true;
}

static bool copy_states(struct plane *plane, struct endpoint *to, const struct endpoint *from) {
    enum codec_id codec_id = from->settings.codec_id;
    if (!from->configured)
        return true;
    if (!plane_take_states(plane, codec_id, &to->encoder, &to->decoder))
        return false;
    if (to->encoder)
        memcpy(to->encoder, from->encoder, from->codec->encoder_bytes);
    if (to->decoder)
        memcpy(to->decoder, from->decoder, from->codec->decoder_bytes);
    to->jitter_buffer.config.decoder = to->decoder;
    return true;
}

/* What it holds of the pools, without a word. */
static void return_all(struct plane *plane, struct endpoint *endpoint) {
    while (endpoint->players.first) {
        struct player *player = endpoint->players.first;
        player_queue_remove(&endpoint->players, player);
        if (player->stream)
            plane_return_stream(plane, player->stream);
        plane_return_player(plane, player);
    }
    endpoint_remove_tap(plane, endpoint, 0);
    plane_return_detectors(plane, endpoint->detectors);
    endpoint->detectors = NULL;
    while (endpoint->recorders) {
        struct recorder *recorder = endpoint->recorders;
        endpoint->recorders = recorder->next;
        recorder->overrun_samples = 0; /* counted where it ends */
        plane_return_recorder(plane, recorder);
    }
    if (endpoint->configured)
        plane_return_states(
            plane, endpoint->settings.codec_id, endpoint->encoder, endpoint->decoder);
    endpoint->encoder = endpoint->decoder = NULL;
}

/* Its next packet leaves when it would have; whole packets that were missed are passed over. */
static void go_on(struct plane *plane, struct endpoint *endpoint) {
    const struct endpoint_settings *settings = &endpoint->settings;
    uint64_t due_ms = endpoint->wheel.due_ms;
    plane->counts.endpoints++;
    if (!endpoint->configured)
        return;
    for (; due_ms + settings->ptime_ms <= plane->ticked_ms; due_ms += settings->ptime_ms)
        endpoint->timestamp += settings->ptime_ms * (settings->clock_hz / 1000);
    endpoint_schedule(plane, endpoint, due_ms);
}

bool plane_adopt(
    struct plane *plane, const struct plane_move *move, struct recording_slots *recordings) {
    const struct endpoint *from = move->lifted;
    struct endpoint *to = &plane->endpoints[move->endpoint_id & 0xFFFF];
    /* All pointers to other objects are set anew; the rest of an endpoint has none to itself. */
    *to = *from;
    to->players = (struct player_queue){0};
    to->taps = NULL;
    to->detectors = NULL;
    to->recorders = NULL;
    to->encoder = to->decoder = NULL;
    bool has_states = copy_states(plane, to, from);
    if (!has_states || !copy_players(plane, to, from) || !copy_taps(plane, to, from) ||
        !copy_detectors(plane, to, from) || !copy_recorders(plane, to, from)) {
        to->configured = to->configured && has_states;
        return_all(plane, to);
        return false;
    }
    to->id = move->endpoint_id;
    *recordings = slots_of(to);
    go_on(plane, to);
    return true;
}

void plane_discard(struct plane *plane, const struct plane_move *move) {
    return_all(plane, move->lifted);
    memset(move->lifted, 0, sizeof *move->lifted); /* its keys above all */
}

void plane_put_back(struct plane *plane, const struct plane_move *move) {
    move->lifted->id = move->endpoint_id;
    go_on(plane, move->lifted);
}
