#include "plane.h"
#include "bytes.h"
#include "plane_state.h"

enum { ALIGNMENT = 16, STALL_MS_MAX = 500, EFFORT_FIRST = 5 };

static uint64_t aligned(uint64_t bytes) {
    return (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

/* Of each member what it says, and what its recorder waits for. */
static uint64_t frames_count(const struct plane_config *config) {
    return config->mixers_max ? 2 * (uint64_t)config->endpoints_max : 0;
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
           aligned((uint64_t)config->mixers_max * sizeof(struct mixer)) +
           aligned((uint64_t)config->streams_max * sizeof(struct stream)) +
           aligned((uint64_t)config->taps_max * sizeof(struct tap)) +
           aligned((uint64_t)config->detectors_max * sizeof(struct detectors)) +
           aligned(frames_count(config) * sizeof(int16_t[MIXER_FRAME_MAX])) + states_bytes(config);
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
    plane->mixers = (struct mixer *)(void *)at;
    at += aligned((uint64_t)config->mixers_max * sizeof(struct mixer));
    plane->streams = (struct stream *)(void *)at;
    at += aligned((uint64_t)config->streams_max * sizeof(struct stream));
    plane->taps = (struct tap *)(void *)at;
    at += aligned((uint64_t)config->taps_max * sizeof(struct tap));
    plane->detectors = (struct detectors *)(void *)at;
    at += aligned((uint64_t)config->detectors_max * sizeof(struct detectors));
    plane->frames = (int16_t(*)[MIXER_FRAME_MAX])(void *)at;
    at += aligned(frames_count(config) * sizeof(int16_t[MIXER_FRAME_MAX]));
    for (uint32_t i = 0; i < CODECS; i++) {
        const struct codec *codec = config->codecs[i];
        if (codec) {
            at = lay_out(&plane->encoders[i], at, codec->encoder_bytes, config->states_max[i]);
            at = lay_out(&plane->decoders[i], at, codec->decoder_bytes, config->states_max[i]);
        }
    }
    plane->ticked_ms = now_ms;
    plane->effort = EFFORT_FIRST;
    return plane;
}

void plane_set_effort(struct plane *plane, uint32_t effort) {
    plane->effort = effort;
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

void plane_feed_recorders(
    struct plane *plane, struct recorder **recorders, const struct recorder_frame *frame) {
    for (struct recorder **at = recorders; *at;) {
        struct recorder *recorder = *at;
        if (recorder_feed(recorder, frame)) {
            recorder_drain(recorder, &plane->host);
            at = &recorder->next;
        } else {
            *at = recorder->next;
            plane_stop_recorder(plane, recorder, RECORDER_STOPPED);
        }
    }
}

void plane_stop_recorders(
    struct plane *plane, struct recorder **recorders, enum recorder_reason reason) {
    while (*recorders) {
        struct recorder *recorder = *recorders;
        *recorders = recorder->next;
        plane_stop_recorder(plane, recorder, reason);
    }
}

static void tell_marks(struct plane *plane, uint32_t owner_id, const struct player *player) {
    uint32_t fields[] = {owner_id, player->id, 0};
    while (stream_next_mark(player->stream, &fields[2]))
        plane_event(plane, EVENT_MARKED, 0, fields, 3);
}

void plane_watch_streams(struct plane *plane, struct player_queue *queue, uint32_t owner_id) {
    struct player *player = queue->first;
    if (!player || player->type != PLAYER_STREAM)
        return;
    tell_marks(plane, owner_id, player);
    uint32_t fields[] = {owner_id, player->id, player->stream->played / (player->rate_hz / 1000)};
    if (stream_runs_low(player->stream))
        plane_event(plane, EVENT_STREAM_LOW, 0, fields, 3);
}

void plane_end_player(
    struct plane *plane, struct player_queue *queue, uint32_t owner_id, struct player *player,
    enum player_reason reason) {
    player_queue_remove(queue, player);
    if (player->type == PLAYER_PROMPT)
        plane->host.prompt_release(plane->host.context, player->prompt_id);
    if (player->type == PLAYER_STREAM) {
        stream_clear(player->stream);
        tell_marks(plane, owner_id, player);
        plane_return_stream(plane, player->stream);
    }
    if (!player->internal) {
        uint32_t fields[] = {owner_id, player->id, player_played_ms(player)};
        plane_event(plane, EVENT_PLAYER_ENDED, (uint8_t)reason, fields, 3);
    }
    plane_return_player(plane, player);
}

struct mixer *plane_mixer(struct plane *plane, uint32_t mixer_id) {
    uint32_t index = mixer_id & 0xFFFF;
    if (mixer_id == 0 || index >= plane->config.mixers_max)
        return NULL;
    struct mixer *mixer = &plane->mixers[index];
    return mixer->id == mixer_id ? mixer : NULL;
}

int plane_open_mixer(struct plane *plane, uint32_t mixer_id, uint64_t now_ms) {
    uint32_t index = mixer_id & 0xFFFF;
    if (mixer_id == 0 || index >= plane->config.mixers_max || plane->mixers[index].id)
        return -1;
    mixer_init(&plane->mixers[index], mixer_id, now_ms);
    return 0;
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

uint64_t plane_choose_due(struct plane *plane, uint64_t now_ms) {
    return wheel_choose(&plane->wheel, now_ms > plane->ticked_ms ? now_ms : plane->ticked_ms);
}

/* After a long stall: sound that was not sent in time is not sent at all. All move by the same
 * multiple of the wheel and of its phases, and so keep their places. */
static void skip(struct plane *plane, uint64_t to_ms) {
    const uint64_t step_ms = WHEEL_SLOTS * WHEEL_PHASES / 4;
    uint64_t skipped_ms = (to_ms - plane->ticked_ms) / step_ms * step_ms;
    for (uint32_t i = 0; i < plane->config.endpoints_max; i++) {
        struct endpoint *endpoint = &plane->endpoints[i];
        if (endpoint->id && endpoint->configured)
            endpoint->timestamp += (uint32_t)(skipped_ms * (endpoint->settings.clock_hz / 1000));
    }
    wheel_postpone(&plane->wheel, skipped_ms);
    plane->ticked_ms += skipped_ms;
}

/* The phase of the wheel that most legs of this codec and packet time have, if one more can be
 * encoded together with them; WHEEL_PHASES: none. Looks at all legs. */
static uint32_t choose_company(const struct plane *plane, const struct endpoint *endpoint) {
    uint32_t company[WHEEL_PHASES + 1] = {0}, best = WHEEL_PHASES;
    for (uint32_t slot = 0; slot < WHEEL_SLOTS; slot++) {
        for (const struct wheel_item *at = plane->wheel.slots[slot]; at; at = at->next) {
            const struct endpoint *other = (const struct endpoint *)(const void *)at;
            if (at->kind == WHEEL_ENDPOINT && other->codec == endpoint->codec &&
                other->settings.ptime_ms == endpoint->settings.ptime_ms)
                company[at->due_ms % WHEEL_PHASES]++;
        }
    }
    for (uint32_t phase = 0; phase < WHEEL_PHASES; phase++) {
        if (company[phase] < CODEC_GROUP_MAX && company[phase] > company[best])
            best = phase;
    }
    return best;
}

uint64_t
plane_choose_first_due(struct plane *plane, const struct endpoint *endpoint, uint64_t now_ms) {
    uint64_t due_ms = plane_choose_due(plane, now_ms);
    uint32_t phase = endpoint->codec->encode_group ? choose_company(plane, endpoint) : WHEEL_PHASES;
    while (phase < WHEEL_PHASES && due_ms % WHEEL_PHASES != phase)
        due_ms++;
    return due_ms;
}

static void
tick_item(struct plane *plane, struct wheel_item *item, uint64_t at_ms, uint64_t now_ms) {
    if (item->kind == WHEEL_MIXER) {
        struct mixer *mixer = (struct mixer *)(void *)item;
        mixer_tick(plane, mixer, now_ms);
        mixer_schedule(plane, mixer, at_ms + MIXER_PTIME_MS);
    } else if (item->kind == WHEEL_PACE) {
        uint8_t *mixer = (uint8_t *)item - offsetof(struct mixer, pace);
        mixer_go_on(plane, (struct mixer *)(void *)mixer, now_ms);
    } else {
        struct endpoint *endpoint = (struct endpoint *)(void *)item;
        endpoint_tick(plane, endpoint, now_ms);
        endpoint_schedule(plane, endpoint, at_ms + endpoint->settings.ptime_ms);
    }
}

static void tick_slot(struct plane *plane, uint64_t at_ms, uint64_t now_ms) {
    struct wheel_item *item = plane->wheel.slots[at_ms % WHEEL_SLOTS];
    plane->encoder_group.open = true;
    while (item) {
        struct wheel_item *next = item->next;
        wheel_remove(&plane->wheel, item);
        tick_item(plane, item, at_ms, now_ms);
        item = next;
    }
    encoder_group_flush(plane);
    plane->encoder_group.open = false;
}

void plane_tick(struct plane *plane, uint64_t now_ms) {
    if (now_ms > plane->ticked_ms + STALL_MS_MAX)
        skip(plane, now_ms);
    while (plane->ticked_ms < now_ms) {
        plane->ticked_ms++;
        if (plane->wheel.occupied >> (plane->ticked_ms % WHEEL_SLOTS) & 1)
            tick_slot(plane, plane->ticked_ms, now_ms);
        else if (!plane->wheel.occupied)
            plane->ticked_ms = now_ms;
    }
    if (plane->draining)
        drain(plane);
}

uint64_t plane_next_due_ms(const struct plane *plane) {
    if (plane->draining)
        return plane->ticked_ms + 1;
    return wheel_next_due_ms(&plane->wheel, plane->ticked_ms);
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
