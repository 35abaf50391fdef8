#include "jitter_buffer.h"
#include "bytes.h"
#include "jitter_playout.h"
#include "rtp.h"

enum {
    JUMP_LATE_8K = 16000, /* so far from the path's minimum is a jump of the timestamps */
    JUMP_EARLY_8K = 6400,
    STALE_RUN_MAX = 8, /* so many old numbers with timely timestamps: the sender began anew */
    LATE_RUN_MAX = 25, /* so many late ones on end: the path has become longer */
    OFF_DELAY_MS = 20,
    TURN_MS_MAX = 2 * CODEC_PTIME_MS_MAX, /* without a frame: they are not taken now */
};

static const struct {
    uint16_t start_ms, most_ms;
} modes[] = {
    [JITTER_BUFFER_OFF] = {OFF_DELAY_MS, OFF_DELAY_MS},
    [JITTER_BUFFER_SMALL] = {20, 200},
    [JITTER_BUFFER_MEDIUM] = {40, 360},
    [JITTER_BUFFER_LARGE] = {60, 600},
};

/* Drops what waits and what is pending. */
static void clear(struct jitter_buffer *jb) {
    jitter_store_init(&jb->store);
    uint32_t history = PLC_HISTORY_MS * jb->config.rate_hz / 1000;
    memset(jb->pcm, 0, history * sizeof *jb->pcm);
    jb->head = history;
    jb->pending_samples = jb->missing_samples = 0;
    jb->started = jb->primed = jb->silent = jb->event = jb->last_missing = false;
    jb->interrupted = true;
    jb->late_run = jb->stale_run = 0;
    jb->settled_target_8k = 0;
    jb->stretch_wait_samples = jb->stretch_failures = 0;
    jb->packet_samples = jb->frame_samples = jb->config.rate_hz / 50;
    plc_init(&jb->plc, jb->config.rate_hz);
    jb->decoder_begun = false;
}

void jitter_buffer_init(struct jitter_buffer *jb, const struct jitter_buffer_config *config) {
    jb->config = *config;
    jb->per_8k = config->rate_hz / 8000;
    jb->clock_hz = codec_clock_hz(config->codec, config->rate_hz);
    jb->known_timestamp = 0;
    jb->known_position = jb->position = 0;
    jb->next_sequence = jb->highest_sequence = 0;
    jb->clock_ms = 0;
    jb->clock_late_ms = jb->clock_frames = 0;
    memset(&jb->stats, 0, sizeof jb->stats);
    comfort_noise_init(&jb->noise);
    jitter_delay_init(
        &jb->delay, modes[config->mode].start_ms * 8u, modes[config->mode].most_ms * 8u);
    clear(jb);
}

void jitter_buffer_restart(struct jitter_buffer *jb) {
    jb->stats.discarded += (uint32_t)__builtin_popcountll(jb->store.waiting);
    clear(jb);
}

/* Where a timestamp lies on our time line, which does not wrap. */
static int64_t position_of(struct jitter_buffer *jb, uint32_t timestamp) {
    int64_t ticks = ts_diff(timestamp, jb->known_timestamp);
    int64_t rate = jb->config.rate_hz, clock = jb->clock_hz;
    if (clock > rate)
        return jb->known_position + ticks / (clock / rate);
    return jb->known_position + ticks * (rate / clock);
}

/* Keeps what is known within reach of 32 bits, and exact where a tick is less than a sample. */
static void renew_known(struct jitter_buffer *jb, uint32_t timestamp, int64_t position) {
    uint32_t rate = jb->config.rate_hz, passed = timestamp - jb->known_timestamp;
    if (position - jb->known_position < (int64_t)rate * 60)
        return;
    if (jb->clock_hz > rate && passed % (jb->clock_hz / rate) != 0)
        return;
    jb->known_timestamp = timestamp;
    jb->known_position = position;
}

/* Begins with this packet; what the path does is taken to go on as before. */
static void
begin_at(struct jitter_buffer *jb, uint16_t sequence, uint32_t timestamp, uint64_t now_ms) {
    jb->started = true;
    jb->late_run = jb->stale_run = 0;
    jb->next_sequence = jb->highest_sequence = sequence;
    jb->known_timestamp = timestamp;
    jb->known_position = ((int64_t)now_ms * 8 - jb->delay.base_8k) * jb->per_8k;
}

/* When the next frame is due: by the frames' own clock while they are taken, so that a packet that
 * comes while a frame is a little late does not seem to have a grid of its own. */
static int64_t next_turn_8k(const struct jitter_buffer *jb, uint64_t now_ms) {
    bool stopped = now_ms > jb->clock_ms + TURN_MS_MAX;
    return (int64_t)(stopped ? now_ms : jb->clock_ms) * 8;
}

static int64_t raw_delay_8k(const struct jitter_buffer *jb, int64_t position, uint64_t now_ms) {
    return (int64_t)now_ms * 8 - position / jb->per_8k;
}

static bool is_jump(const struct jitter_buffer *jb, uint16_t sequence, int64_t raw_8k) {
    int64_t late = raw_8k - jb->delay.base_8k;
    int32_t ahead = seq_diff(sequence, jb->next_sequence);
    return late > JUMP_LATE_8K || late < -JUMP_EARLY_8K || ahead >= JITTER_STORE_SLOTS;
}

/* Learns from the arrival of audio. */
static void learn(struct jitter_buffer *jb, uint16_t sequence, int64_t position, uint64_t now_ms) {
    int64_t at_8k = position / jb->per_8k;
    if (jb->late_run >= LATE_RUN_MAX) {
        jb->late_run = 0;
        jitter_delay_rebase(&jb->delay, (int64_t)now_ms * 8 - at_8k);
    }
    jitter_delay_set_grid(
        &jb->delay, jb->frame_samples / jb->per_8k, jb->packet_samples / jb->per_8k);
    jitter_delay_note(&jb->delay, (int64_t)now_ms * 8 - at_8k, next_turn_8k(jb, now_ms) - at_8k);
    int32_t step = seq_diff(sequence, jb->highest_sequence);
    jitter_delay_note_loss(&jb->delay, step > 0 ? step - 1 : step < 0 ? -1 : 0);
    if (step > 0)
        jb->highest_sequence = sequence;
}

/* The delay is set when the first packet is known. */
static void place(struct jitter_buffer *jb, uint64_t now_ms) {
    jb->position =
        (next_turn_8k(jb, now_ms) - jb->delay.target_8k) * jb->per_8k + jb->pending_samples;
}

enum jitter_buffer_put jitter_buffer_put(
    struct jitter_buffer *jb, uint16_t sequence, uint32_t timestamp, const uint8_t *payload,
    uint32_t bytes, uint64_t now_ms) {
    if (bytes == 0 || bytes > CODEC_PAYLOAD_BYTES_MAX)
        return JB_REFUSED;
    uint32_t rate = jb->config.rate_hz;
    uint32_t samples = jb->config.codec->payload_samples(payload, bytes, rate);
    if (samples == 0 || samples > CODEC_PTIME_MS_MAX * rate / 1000)
        return JB_REFUSED;
    bool first = !jb->started, resynced = first;
    if (first) {
        begin_at(jb, sequence, timestamp, now_ms);
    } else if (jitter_store_knows(&jb->store, sequence)) {
        jb->stats.duplicates++;
        return JB_DUPLICATE;
    }
    int64_t position = position_of(jb, timestamp);
    if (!first && is_jump(jb, sequence, raw_delay_8k(jb, position, now_ms)))
        resynced = true;
    else if (!first && seq_less(sequence, jb->next_sequence)) {
        bool timely = position > jb->position;
        jb->stats.late++;
        jb->stale_run = timely ? jb->stale_run + 1 : 0;
        if (jb->stale_run < STALE_RUN_MAX) {
            jb->late_run++;
            learn(jb, sequence, position, now_ms);
            return JB_LATE;
        }
        resynced = true;
    }
    if (resynced && !first) {
        jb->stats.resyncs++;
        jitter_buffer_restart(jb);
        begin_at(jb, sequence, timestamp, now_ms);
        position = jb->known_position;
    }
    learn(jb, sequence, position, now_ms);
    if (resynced)
        place(jb, now_ms);
    else
        renew_known(jb, timestamp, position);
    jb->stale_run = 0;
    struct jitter_slot slot = {
        .position = position,
        .sequence = sequence,
        .bytes = (uint16_t)bytes,
        .samples = (uint16_t)samples,
        .kind = SLOT_AUDIO,
    };
    if (!jitter_store_put(&jb->store, &slot, payload)) {
        jb->stats.discarded++;
        return JB_REFUSED;
    }
    return resynced ? JB_RESYNCED : JB_STORED;
}

void jitter_buffer_put_comfort_noise(
    struct jitter_buffer *jb, uint16_t sequence, uint32_t timestamp, const uint8_t *payload,
    uint32_t bytes, uint64_t now_ms) {
    if (bytes == 0 || bytes > JITTER_STORE_BLOCK_BYTES)
        return;
    if (!jb->started) { /* nothing to put in order */
        comfort_noise_update(&jb->noise, payload, bytes);
        jb->silent = true;
        return;
    }
    int64_t position = position_of(jb, timestamp);
    if (is_jump(jb, sequence, raw_delay_8k(jb, position, now_ms)) ||
        seq_less(sequence, jb->next_sequence) || jitter_store_knows(&jb->store, sequence))
        return;
    struct jitter_slot slot = {
        .position = position,
        .sequence = sequence,
        .bytes = (uint16_t)bytes,
        .kind = SLOT_COMFORT_NOISE,
    };
    if (seq_less(jb->highest_sequence, sequence))
        jb->highest_sequence = sequence;
    jitter_store_put(&jb->store, &slot, payload);
}

void jitter_buffer_note_event(struct jitter_buffer *jb, uint16_t sequence) {
    int32_t ahead = seq_diff(sequence, jb->next_sequence);
    if (!jb->started || ahead < 0 || ahead >= JITTER_STORE_SLOTS ||
        jitter_store_knows(&jb->store, sequence))
        return;
    struct jitter_slot slot = {.sequence = sequence, .kind = SLOT_EVENT};
    jitter_store_put(&jb->store, &slot, NULL);
    jitter_store_drop(&jb->store, jitter_store_slot(&jb->store, sequence));
    if (seq_less(jb->highest_sequence, sequence))
        jb->highest_sequence = sequence;
}

void jitter_buffer_note_quiet(struct jitter_buffer *jb, uint16_t sequence) {
    if (jitter_store_knows(&jb->store, sequence))
        jitter_store_slot(&jb->store, sequence)->quiet = true;
}

uint32_t
jitter_buffer_get(struct jitter_buffer *jb, int16_t *dst, uint32_t count, uint64_t now_ms) {
    uint32_t per_ms = jb->config.rate_hz / 1000, most = CODEC_PTIME_MS_MAX * per_ms;
    count = count > most ? most : count;
    jitter_playout_clock(jb, count, now_ms);
    if (!jb->started && !jb->silent) {
        memset(dst, 0, count * sizeof *dst);
        return 0;
    }
    if (!jb->started) {
        comfort_noise_fill(&jb->noise, dst, count);
        return count;
    }
    jitter_playout_fill(jb, count);
    const int16_t *src = jb->pcm + jb->head;
    memcpy(dst, src, count * sizeof *dst);
    jb->head += count;
    jb->pending_samples -= count;
    if (jb->missing_samples == 0)
        return count;
    uint32_t left = jb->last_missing ? jb->pending_samples : 0;
    uint32_t missing = jb->missing_samples - left;
    jb->missing_samples = left;
    return count - missing;
}

struct jitter_buffer_stats jitter_buffer_stats(const struct jitter_buffer *jb) {
    struct jitter_buffer_stats stats = jb->stats;
    if (!jb->started)
        return stats;
    int64_t delay_8k = jitter_playout_delay_8k(jb) - jb->delay.base_8k;
    int64_t target_8k = jb->delay.target_8k - jb->delay.base_8k;
    stats.delay_ms = delay_8k > 0 ? (uint32_t)(delay_8k / 8) : 0;
    stats.target_ms = target_8k > 0 ? (uint32_t)(target_8k / 8) : 0;
    return stats;
}
