#include "world.h"
#include "checked_codec.h"
#include "../core/bytes.h"
#include "../core/plane_state.h"

enum {
    MEMORY_BYTES = 1 << 20,
    PLAYERS = 6,
    RECORDERS = 2,
    STREAMS = 2,
    TAPS = 2,
    DETECTORS = 1,
    STATES = 2,
    PROMPT_SAMPLES = 400,
    STEP_MS = 5,
    DRAIN_TICKS = 64,
};

static bool is_open(const struct world *world, uint32_t id) {
    uint32_t place = id & 0xFFFF;
    return (place < WORLD_ENDPOINTS && world->open[place] == id) ||
           (place < WORLD_MIXERS && world->open_mixers[place] == id);
}

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    struct world *world = context;
    (void)rtcp;
    MUST(is_open(world, endpoint_id) && packet[0] >> 6 == RTP_VERSION);
    MUST(bytes >= 8 && bytes <= RTP_PACKET_BYTES_MAX + SRTP_OVERHEAD_MAX);
    MUST(to->family == 4 || to->family == 6);
    world->packets_sent++;
}

static void on_ack(struct world *world, const struct record *event) {
    uint32_t status = record_u32(event, 1);
    MUST(record_u32(event, 0) == world->token && world->acknowledged + 1 == world->token);
    MUST(status <= STATUS_FAILED);
    world->acknowledged++;
    if (status != STATUS_OK)
        return;
    world->players += world->command == COMMAND_PLAY || world->command == COMMAND_TONE ||
                      world->command == COMMAND_SEND_DIGITS || world->command == COMMAND_STREAM;
    world->recorders += world->command == COMMAND_RECORD;
}

static void on_event(void *context, const uint8_t *data, uint32_t bytes) {
    struct world *world = context;
    struct record event;
    uint32_t offset = 0;
    MUST(record_next(&event, data, bytes, &offset) && offset == bytes);
    uint32_t id = record_u32(&event, 0);
    MUST(event.type == EVENT_ACK || is_open(world, id));
    switch (event.type) {
    case EVENT_ACK:
        on_ack(world, &event);
        break;
    case EVENT_PLAYER_ENDED:
        world->players--;
        break;
    case EVENT_DIGIT_STARTED:
        world->digits_started++;
        break;
    case EVENT_DIGIT:
        MUST(++world->digits <= world->digits_started);
        MUST(strchr("0123456789*#ABCD", (char)record_u32(&event, 1)));
        break;
    case EVENT_CLOSED:
        world->open[id & 0xFFFF] = 0;
        break;
    case EVENT_MIXER_CLOSED:
        world->open_mixers[id & 0xFFFF] = 0;
        break;
    default:
        MUST(event.type > EVENT_ACK && event.type <= EVENT_ANSWERED_BY);
    }
}

static bool on_prompt(void *context, uint32_t prompt_id, struct prompt *prompt) {
    static const int16_t samples[PROMPT_SAMPLES] = {1000, -1000, 2000};
    static const uint8_t encoded[PROMPT_SAMPLES];
    struct world *world = context;
    if (prompt_id == 0 || prompt_id > WORLD_PROMPTS)
        return false;
    *prompt = (struct prompt){
        .samples = samples, .count = PROMPT_SAMPLES, .rate_hz = prompt_id == 2 ? 16000 : 8000};
    if (prompt_id == 1)
        prompt->encoded[0] = prompt->encoded[1] = encoded;
    if (prompt_id == 3)
        prompt->count = 1;
    world->prompts++;
    return true;
}

static void on_release(void *context, uint32_t prompt_id) {
    struct world *world = context;
    MUST(prompt_id >= 1 && prompt_id <= WORLD_PROMPTS && world->prompts-- > 0);
}

static bool on_record(void *context, const struct recording *recording) {
    struct world *world = context;
    MUST(recording->slot < RECORDERS && !(world->recordings >> recording->slot & 1));
    MUST(recording->channels == 1 || recording->channels == 2);
    if (recording->path[0] == 0)
        return false;
    world->recordings |= 1u << recording->slot;
    return true;
}

static bool on_write(void *context, uint32_t slot, const int16_t *samples, uint32_t count) {
    const struct world *world = context;
    MUST(slot < RECORDERS && (world->recordings >> slot & 1));
    MUST(count > 0 && count <= RECORDER_RING_SAMPLES);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) /* all of it can be read */
        sum += (uint16_t)samples[i];
    return !world->busy && sum < UINT32_MAX;
}

static bool on_end(void *context, uint32_t slot, uint8_t reason, uint32_t frames) {
    struct world *world = context;
    (void)frames;
    MUST(slot < RECORDERS && (world->recordings >> slot & 1) && reason <= RECORDER_FAILED);
    if (world->busy)
        return false;
    world->recordings &= ~(1u << slot);
    world->recorders--;
    return true;
}

void world_begin(struct world *world) {
    static _Alignas(16) uint8_t memory[MEMORY_BYTES];
    memset(world, 0, sizeof *world);
    world->crypto = fuzz_crypto_begin(&world->ciphers);
    world->config = (struct plane_config){
        .endpoints_max = WORLD_ENDPOINTS,
        .players_max = PLAYERS,
        .recorders_max = RECORDERS,
        .mixers_max = WORLD_MIXERS,
        .streams_max = STREAMS,
        .taps_max = TAPS,
        .detectors_max = DETECTORS,
        .codecs = checked_codecs,
        .states_max = {[CODEC_G722] = STATES, [CODEC_OPUS] = STATES},
        .crypto = &world->crypto,
        .host = {world, on_send, on_event, on_prompt, on_release, on_record, on_write, on_end}};
    uint64_t bytes = plane_size(&world->config);
    MUST(bytes > 0 && bytes <= sizeof memory);
    memset(memory, 0, (size_t)bytes);
    world->plane = plane_init(memory, &world->config, 0);
}

void world_open(struct world *world, uint32_t endpoint_id) {
    uint32_t place = endpoint_id & 0xFFFF;
    bool free = endpoint_id != 0 && place < WORLD_ENDPOINTS && world->open[place] == 0;
    MUST((plane_open(world->plane, endpoint_id, world->now_ms) == 0) == free);
    if (free)
        world->open[place] = endpoint_id;
}

void world_open_mixer(struct world *world, uint32_t mixer_id) {
    uint32_t place = mixer_id & 0xFFFF;
    bool free = mixer_id != 0 && place < WORLD_MIXERS && world->open_mixers[place] == 0;
    MUST((plane_open_mixer(world->plane, mixer_id, world->now_ms) == 0) == free);
    if (free)
        world->open_mixers[place] = mixer_id;
}

void world_submit(struct world *world, uint8_t *record, uint32_t bytes) {
    write_le16(record, (uint16_t)bytes);
    world->command = record[2];
    world->token++;
    write_le32(record + RECORD_HEADER_BYTES, world->token);
    plane_commands(world->plane, record, bytes, world->now_ms);
    MUST(world->acknowledged == world->token);
}

void world_command(
    struct world *world, enum record_type type, uint8_t detail, uint32_t *fields, uint32_t count) {
    uint8_t record[RECORD_HEADER_BYTES + 4 * 32];
    world_submit(world, record, record_write(record, type, detail, fields, count));
}

void world_receive(
    struct world *world, uint32_t endpoint_id, bool rtcp, uint16_t port, const uint8_t *packet,
    uint32_t bytes) {
    struct address from = {4, port, {127, 0, 0, 1}};
    plane_receive(world->plane, endpoint_id, rtcp, &from, packet, bytes, world->now_ms);
}

void world_pass(struct world *world, uint32_t ms) {
    uint64_t until = world->now_ms + ms;
    while (world->now_ms < until) {
        uint64_t step =
            until - world->now_ms < STEP_MS || ms > 200 ? until - world->now_ms : STEP_MS;
        world->now_ms += step;
        plane_tick(world->plane, world->now_ms);
        MUST(plane_next_due_ms(world->plane) > world->now_ms);
    }
}

static uint32_t count_free(const struct state_pool *pool) {
    uint32_t count = pool->bytes ? pool->count - pool->fresh : 0;
    for (void *at = pool->free; at; memcpy(&at, at, sizeof at))
        MUST(++count <= pool->count);
    return count;
}

static void check_pools(const struct plane *plane) {
    uint32_t streams = plane->config.streams_max - plane->streams_fresh;
    uint32_t taps = plane->config.taps_max - plane->taps_fresh;
    uint32_t detectors = plane->config.detectors_max - plane->detectors_fresh;
    for (const struct stream *at = plane->streams_free; at; at = at->next)
        MUST(++streams <= STREAMS);
    for (const struct tap *at = plane->taps_free; at; at = at->next)
        MUST(++taps <= TAPS);
    for (const struct detectors *at = plane->detectors_free; at; at = at->next)
        MUST(++detectors <= DETECTORS);
    MUST(streams == STREAMS && taps == TAPS && detectors == DETECTORS);
    for (uint32_t i = 0; i < CODECS; i++) {
        MUST(!plane->encoders[i].bytes || count_free(&plane->encoders[i]) == STATES);
        MUST(!plane->decoders[i].bytes || count_free(&plane->decoders[i]) == STATES);
    }
}

void world_end(struct world *world) {
    struct plane_counts counts;
    for (uint32_t i = 0; i < WORLD_MIXERS; i++) {
        uint32_t fields[] = {0, world->open_mixers[i]};
        if (fields[1])
            world_command(world, COMMAND_CLOSE_MIXER, RECORD_OF_MIXER, fields, 2);
        MUST(world->open_mixers[i] == 0);
    }
    for (uint32_t i = 0; i < WORLD_ENDPOINTS; i++) {
        uint32_t fields[] = {0, world->open[i]};
        if (fields[1])
            world_command(world, COMMAND_CLOSE, 0, fields, 2);
        MUST(world->open[i] == 0);
    }
    world->busy = false;
    for (uint32_t i = 0; i < DRAIN_TICKS && world->plane->draining; i++)
        world_pass(world, 1);
    plane_counts(world->plane, &counts);
    MUST(counts.endpoints == 0 && counts.players_free == PLAYERS);
    MUST(counts.recorders_free == RECORDERS);
    MUST(world->players == 0 && world->recorders == 0 && world->prompts == 0);
    MUST(world->recordings == 0 && world->ciphers.keys_set == 0);
    MUST(plane_next_due_ms(world->plane) == UINT64_MAX);
    check_pools(world->plane);
}
