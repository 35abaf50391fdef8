#include "plane.h"
#include "bytes.h"
#include "plane_state.h"

enum { ALIGNMENT = 16, STALL_MS_MAX = 500 };

static uint64_t aligned(uint64_t bytes) {
    return (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

static uint64_t states_bytes(const struct plane_config *config) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < CODECS; i++) {
        const struct codec *codec = config->codecs[i];
        if (codec)
            bytes += config->states_max[i] *
                     (aligned(codec->encoder_bytes) + aligned(codec->decoder_bytes));
    }
    return bytes;
}

uint64_t plane_size(const struct plane_config *config) {
    if (config->endpoints_max == 0 || config->endpoints_max > PLANE_ENDPOINTS_MAX)
        return 0;
    return aligned(sizeof(struct plane)) +
           aligned((uint64_t)config->endpoints_max * sizeof(struct endpoint)) +
           aligned((uint64_t)config->players_max * sizeof(struct player)) +
           aligned((uint64_t)config->recorders_max * sizeof(struct recorder)) +
           states_bytes(config);
}

static uint8_t *lay_out(struct state_pool *pool, uint8_t *at, uint32_t bytes, uint32_t count) {
    *pool = (struct state_pool){.memory = at, .bytes = (uint32_t)aligned(bytes), .count = count};
    return at + (uint64_t)pool->bytes * count;
}

struct plane *plane_init(void *memory, const struct plane_config *config, uint64_t now_ms) {
    uint8_t *at = memory;
    struct plane *plane = memory;
    plane->config = *config;
    plane->host = config->host;
    at += aligned(sizeof(struct plane));
    plane->endpoints = (struct endpoint *)(void *)at;
    at += aligned((uint64_t)config->endpoints_max * sizeof(struct endpoint));
    plane->players = (struct player *)(void *)at;
    at += aligned((uint64_t)config->players_max * sizeof(struct player));
    plane->recorders = (struct recorder *)(void *)at;
    at += aligned((uint64_t)config->recorders_max * sizeof(struct recorder));
    for (uint32_t i = 0; i < CODECS; i++) {
        const struct codec *codec = config->codecs[i];
        if (codec) {
            at = lay_out(&plane->encoders[i], at, codec->encoder_bytes, config->states_max[i]);
            at = lay_out(&plane->decoders[i], at, codec->decoder_bytes, config->states_max[i]);
        }
    }
    plane->ticked_ms = now_ms;
    return plane;
}

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

void plane_stop_recorder(
    struct plane *plane, struct recorder *recorder, enum recorder_reason reason) {
    recorder_stop(recorder, reason);
    if (recorder_drain(recorder, &plane->host)) {
        plane_return_recorder(plane, recorder);
        return;
    }
    recorder->next = plane->draining;
    plane->draining = recorder;
}

static void drain(struct plane *plane) {
    for (struct recorder **at = &plane->draining; *at;) {
        struct recorder *recorder = *at;
        if (recorder_drain(recorder, &plane->host)) {
            *at = recorder->next;
            plane_return_recorder(plane, recorder);
        } else {
            at = &recorder->next;
        }
    }
}

struct endpoint *plane_endpoint(struct plane *plane, uint32_t endpoint_id) {
    uint32_t index = endpoint_id & 0xFFFF;
    if (endpoint_id == 0 || index >= plane->config.endpoints_max)
        return NULL;
    struct endpoint *endpoint = &plane->endpoints[index];
    return endpoint->id == endpoint_id ? endpoint : NULL;
}

int plane_open(struct plane *plane, uint32_t endpoint_id, uint64_t now_ms) {
    uint32_t index = endpoint_id & 0xFFFF;
    if (endpoint_id == 0 || index >= plane->config.endpoints_max || plane->endpoints[index].id)
        return -1;
    endpoint_init(&plane->endpoints[index], endpoint_id, now_ms);
    plane->counts.endpoints++;
    return 0;
}

void plane_wheel_insert(struct plane *plane, struct endpoint *endpoint) {
    uint32_t slot = (uint32_t)(endpoint->due_ms % WHEEL_SLOTS);
    endpoint->wheel_previous = NULL;
    endpoint->wheel_next = plane->wheel[slot];
    if (endpoint->wheel_next)
        endpoint->wheel_next->wheel_previous = endpoint;
    plane->wheel[slot] = endpoint;
    plane->occupied |= (uint64_t)1 << slot;
    plane->phase_load[endpoint->due_ms % PHASES]++;
}

void plane_wheel_remove(struct plane *plane, struct endpoint *endpoint) {
    uint32_t slot = (uint32_t)(endpoint->due_ms % WHEEL_SLOTS);
    if (endpoint->wheel_previous)
        endpoint->wheel_previous->wheel_next = endpoint->wheel_next;
    else
        plane->wheel[slot] = endpoint->wheel_next;
    if (endpoint->wheel_next)
        endpoint->wheel_next->wheel_previous = endpoint->wheel_previous;
    if (!plane->wheel[slot])
        plane->occupied &= ~((uint64_t)1 << slot);
    plane->phase_load[endpoint->due_ms % PHASES]--;
}

uint64_t plane_choose_due(struct plane *plane, uint64_t now_ms) {
    uint64_t from = now_ms > plane->ticked_ms ? now_ms : plane->ticked_ms, best = from + 1;
    for (uint64_t due = from + 1; due <= from + PHASES; due++) {
        if (plane->phase_load[due % PHASES] < plane->phase_load[best % PHASES])
            best = due;
    }
    return best;
}

/* After a long stall: sound that was not sent in time is not sent at all. All move by the same
 * multiple of the wheel and of the phases, and so keep their places. */
static void skip(struct plane *plane, uint64_t to_ms) {
    const uint64_t step_ms = WHEEL_SLOTS * PHASES / 4;
    uint64_t skipped_ms = (to_ms - plane->ticked_ms) / step_ms * step_ms;
    for (uint32_t slot = 0; slot < WHEEL_SLOTS; slot++) {
        for (struct endpoint *endpoint = plane->wheel[slot]; endpoint;
             endpoint = endpoint->wheel_next) {
            endpoint->timestamp += (uint32_t)(skipped_ms * (endpoint->settings.clock_hz / 1000));
            endpoint->due_ms += skipped_ms;
        }
    }
    plane->ticked_ms += skipped_ms;
}

static void tick_slot(struct plane *plane, uint64_t at_ms, uint64_t now_ms) {
    struct endpoint *endpoint = plane->wheel[at_ms % WHEEL_SLOTS];
    while (endpoint) {
        struct endpoint *next = endpoint->wheel_next;
        endpoint_tick(plane, endpoint, now_ms);
        plane_wheel_remove(plane, endpoint);
        endpoint->due_ms = at_ms + endpoint->settings.ptime_ms;
        plane_wheel_insert(plane, endpoint);
        endpoint = next;
    }
}

void plane_tick(struct plane *plane, uint64_t now_ms) {
    if (now_ms > plane->ticked_ms + STALL_MS_MAX)
        skip(plane, now_ms);
    while (plane->ticked_ms < now_ms) {
        plane->ticked_ms++;
        if (plane->occupied >> (plane->ticked_ms % WHEEL_SLOTS) & 1)
            tick_slot(plane, plane->ticked_ms, now_ms);
        else if (!plane->occupied)
            plane->ticked_ms = now_ms;
    }
    if (plane->draining)
        drain(plane);
}

uint64_t plane_next_due_ms(const struct plane *plane) {
    if (plane->draining)
        return plane->ticked_ms + 1;
    if (!plane->occupied)
        return UINT64_MAX;
    uint32_t turn = (uint32_t)((plane->ticked_ms + 1) % WHEEL_SLOTS);
    uint64_t ahead =
        turn ? plane->occupied >> turn | plane->occupied << (WHEEL_SLOTS - turn) : plane->occupied;
    return plane->ticked_ms + 1 + (uint64_t)__builtin_ctzll(ahead);
}

void plane_receive(
    struct plane *plane, uint32_t endpoint_id, bool rtcp, const struct address *from,
    const uint8_t *packet, uint32_t bytes, uint64_t now_ms) {
    struct endpoint *endpoint = plane_endpoint(plane, endpoint_id);
    if (endpoint)
        endpoint_receive(plane, endpoint, rtcp, from, packet, bytes, now_ms);
    else
        plane->counts.packets_dropped++;
}

void plane_counts(const struct plane *plane, struct plane_counts *counts) {
    *counts = plane->counts;
    counts->players_free = plane->config.players_max - plane->players_used;
    counts->recorders_free = plane->config.recorders_max - plane->recorders_used;
}
