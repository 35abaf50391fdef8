#define _GNU_SOURCE
#include "io_state.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ns(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t io_now_ns(const struct io *io) {
    return clock_ns(CLOCK_MONOTONIC) - io->start_ns;
}

void io_announce(struct io *io) {
    if (!atomic_exchange(&io->announced, true))
        io->config.wake(io->config.wake_context);
}

static void announce(void *context) {
    io_announce(context);
}

static bool start(struct io *io) {
    struct writer_config writer = {
        .lanes = io->config.shards,
        .slots = (io->places_count + io->mixers_max) * 2,
        .places = io->places_count,
        .start_ns = io->start_ns,
        .announce = announce,
        .context = io,
    };
    io->shards = calloc(io->config.shards, sizeof *io->shards);
    io->transits = calloc(io->places_count, sizeof *io->transits);
    io->legs = calloc(io->places_count, sizeof *io->legs);
    io->ciphers = ciphers_create(io->places_count * 2 * SRTP_SLOTS);
    io->crypto = ciphers_crypto(io->ciphers);
    bool ok = io->shards && io->transits && io->legs && io->ciphers && prompts_init(&io->prompts) &&
              places_init(&io->endpoint_places, io->places_count, io->config.shards, 65535);
    io->writer = ok ? writer_create(&writer) : NULL;
    for (uint32_t i = 0; io->writer && i < io->config.shards; i++) {
        if (!shard_start(&io->shards[i], io, i))
            return false;
    }
    return io->writer != NULL;
}

struct io *io_create(const struct io_config *config) {
    if (config->shards == 0 || config->shards > IO_SHARDS_MAX || config->endpoints_max == 0 ||
        config->port_min > config->port_max || config->port_max > 65535)
        return NULL;
    struct io *io = calloc(1, sizeof *io);
    if (!io)
        return NULL;
    io->config = *config;
    io->places_count = config->endpoints_max < PLACES_MAX ? config->endpoints_max : PLACES_MAX;
    io->mixers_max = io->places_count < MIXERS_MAX ? io->places_count : MIXERS_MAX;
    io->start_ns = clock_ns(CLOCK_MONOTONIC) - 1000000000u;
    io->epoch_ms = (clock_ns(CLOCK_REALTIME) - io_now_ns(io)) / 1000000;
    uint32_t pairs = (config->port_max - config->port_min + 1) / 2;
    io->next_port = pairs ? (uint32_t)(clock_ns(CLOCK_REALTIME) / 1000 % pairs) : 0;
    if (start(io))
        return io;
    io_destroy(io);
    return NULL;
}

void io_close(struct io *io) {
    io->closed = true;
}

void io_stop(struct io *io) {
    if (atomic_load(&io->joined))
        return;
    for (uint32_t i = 0; io->shards && i < io->config.shards; i++)
        shard_request_stop(&io->shards[i]);
    for (uint32_t i = 0; io->shards && i < io->config.shards; i++)
        shard_join(&io->shards[i]);
    if (io->writer)
        writer_stop(io->writer);
    atomic_store(&io->joined, true);
    io_announce(io);
}

void io_destroy(struct io *io) {
    io_close(io);
    io_stop(io);
    if (io->shards)
        submit_abandon(io);
    for (uint32_t i = 0; io->shards && i < io->config.shards; i++)
        shard_destroy(&io->shards[i]);
    if (io->writer)
        writer_destroy(io->writer);
    prompts_destroy(&io->prompts);
    ciphers_destroy(io->ciphers);
    places_destroy(&io->endpoint_places);
    free(io->shards);
    free(io->transits);
    free(io->legs);
    free(io);
}

struct shard *io_mixer_shard(struct io *io, uint32_t mixer_id) {
    uint32_t index = mixer_id >> 26;
    struct shard *shard = index < io->config.shards ? &io->shards[index] : NULL;
    return shard && places_hold(&shard->mixer_places, mixer_id & 0x3FFFFFF) ? shard : NULL;
}

/* Where least is; NULL: all have too much to do. */
static struct shard *least_shard(struct io *io, bool overloaded_too) {
    uint64_t now_ms = io_now_ns(io) / 1000000;
    struct shard *best = NULL;
    for (uint32_t i = 0; i < io->config.shards; i++) {
        struct shard *shard = &io->shards[i];
        if ((!best || shard->endpoints < best->endpoints) &&
            (overloaded_too || !load_is_over(&shard->load, now_ms)))
            best = shard;
    }
    return best;
}

/* Where the hint points to, unless that thread has too much to do. */
static struct shard *choose_shard(struct io *io, uint32_t near_id, bool overloaded_too) {
    struct shard *shard = NULL;
    if (places_hold(&io->endpoint_places, near_id))
        shard = &io->shards[io->legs[near_id & 0xFFFF].shard];
    else if (near_id)
        shard = io_mixer_shard(io, near_id);
    if (shard && !load_is_over(&shard->load, io_now_ns(io) / 1000000))
        return shard;
    return least_shard(io, overloaded_too);
}

const char *
io_open(struct io *io, const char *address, uint32_t near_id, struct io_opened *opened) {
    if (io->closed)
        return "the media plane is closed";
    struct shard *shard = choose_shard(io, near_id, false);
    if (!shard)
        return "every media thread is overloaded";
    uint32_t id = places_take(&io->endpoint_places, shard->index);
    if (id == 0)
        return "every endpoint is in use";
    struct sockets sockets;
    uint32_t port;
    const char *error = sockets_bind(io, address, &sockets, &port);
    if (error) {
        places_give_back(&io->endpoint_places, shard->index, id);
        return error;
    }
    uint32_t fields[] = {0, id, (uint32_t)sockets.rtp, (uint32_t)sockets.rtcp};
    uint8_t record[RECORD_HEADER_BYTES + sizeof fields];
    record_write(record, (enum record_type)RECORD_OPEN, 0, fields, 4);
    if (!submit_post(io, shard->index, record, sizeof record)) {
        close(sockets.rtp);
        close(sockets.rtcp);
        places_give_back(&io->endpoint_places, shard->index, id);
        return "the queue of the media thread is full";
    }
    submit_call(io);
    io->legs[id & 0xFFFF].shard = (uint8_t)shard->index;
    shard->endpoints++;
    *opened = (struct io_opened){id, port, port + 1};
    return NULL;
}

uint32_t io_open_mixer(struct io *io, uint32_t near_id) {
    /* For legs that are there already: it is not refused for overload. */
    struct shard *shard = io->closed ? NULL : choose_shard(io, near_id, true);
    uint32_t id = shard ? places_take(&shard->mixer_places, 0) : 0;
    if (id == 0)
        return 0;
    uint32_t fields[] = {0, shard->index << 26 | id};
    uint8_t record[RECORD_HEADER_BYTES + sizeof fields];
    record_write(record, (enum record_type)RECORD_OPEN_MIXER, 0, fields, 2);
    if (!submit_post(io, shard->index, record, sizeof record)) {
        places_give_back(&shard->mixer_places, 0, id);
        return 0;
    }
    submit_call(io);
    return fields[1];
}

uint32_t io_load_prompt(struct io *io, const int16_t *samples, uint32_t count, uint32_t rate_hz) {
    return prompts_load(&io->prompts, samples, count, rate_hz);
}

void io_release_prompt(struct io *io, uint32_t prompt_id) {
    prompts_release(&io->prompts, prompt_id);
    prompts_collect(&io->prompts);
}

void io_stats(struct io *io, struct io_stats *stats) {
    *stats = (struct io_stats){
        .endpoints = io->endpoint_places.used,
        .prompts = prompts_collect(&io->prompts),
        .moves = io->moves,
    };
    for (uint32_t i = 0; i < io->config.shards; i++) {
        struct shard *shard = &io->shards[i];
        stats->packets_received += atomic_load(&shard->counts[0]);
        stats->packets_sent += atomic_load(&shard->counts[1]);
        stats->packets_dropped += atomic_load(&shard->counts[2]);
        stats->recorder_overruns += atomic_load(&shard->counts[3]);
        stats->audio_lost += atomic_load(&shard->outbox.audio_lost);
        stats->events_lost += atomic_load(&shard->outbox.lost);
        for (uint32_t j = 0; j < IO_LATENESS_BUCKETS; j++)
            stats->lateness[j] += atomic_load(&shard->load.lateness[j]);
    }
}
