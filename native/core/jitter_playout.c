#include "jitter_playout.h"
#include "bytes.h"
#include "rtp.h"
#include "time_stretch.h"

enum {
    CLOCK_SLACK_MS = 5, /* a frame that is later, or earlier at all, moves the clock */
    CLOCK_FRAMES = 64,  /* as does lateness that all of so many have */
    SKIP_MS = 500,
    MOVE_MIN_8K = 20, /* not worth moving by less */
    SHORTEN_MIN_8K = 24,
    LENGTHEN_MIN_8K = 8,
    DRIFT_MAX_8K = 120, /* a target that rose by less did so by the drift of the clocks */
    DRIFT_SPARE_8K = 4,
    DRIFT_STEP_8K = 20,
    SHORTEN_WAIT_MS = 100,
    LENGTHEN_WAIT_MS = 40,
    FAILURES_MAX = 100, /* then even what does not repeat is stretched */
    LOOK_MS = 25,       /* stretching wants to see so much beyond the frame */
};

void jitter_playout_clock(struct jitter_buffer *jb, uint32_t count, uint64_t now_ms) {
    uint64_t due = jb->clock_ms;
    if (jb->primed && now_ms > due + SKIP_MS) { /* frames that nobody asked for are gone */
        jb->position += (int64_t)(now_ms - due) * (jb->config.rate_hz / 1000);
        jb->interrupted = true;
    }
    uint64_t late_ms = now_ms > due ? now_ms - due : 0;
    if (now_ms < due || late_ms > CLOCK_SLACK_MS) {
        due = now_ms;
        jb->clock_late_ms = CLOCK_SLACK_MS;
        jb->clock_frames = 0;
    } else {
        if (late_ms < jb->clock_late_ms)
            jb->clock_late_ms = (uint32_t)late_ms;
        if (++jb->clock_frames == CLOCK_FRAMES) {
            due += jb->clock_late_ms;
            jb->clock_late_ms = CLOCK_SLACK_MS;
            jb->clock_frames = 0;
        }
    }
    jb->clock_ms = due + count * 1000 / jb->config.rate_hz;
    jb->frame_samples = count;
}

int64_t jitter_playout_delay_8k(const struct jitter_buffer *jb) {
    int64_t head = jb->position - jb->pending_samples;
    return (int64_t)jb->clock_ms * 8 - head / jb->per_8k;
}

/* Where the next sample would come from if the delay were as wanted. */
static int64_t wanted_position(const struct jitter_buffer *jb, uint32_t count) {
    int64_t due_8k = (int64_t)jb->clock_ms * 8 - count / jb->per_8k;
    return (due_8k - jb->delay.target_8k) * jb->per_8k + jb->pending_samples;
}

/* Something is missing or silent here, so the delay can change unheard: backwards to packets that
 * came after their turn, forwards over what did not come, both ways in silence. */
static void move(struct jitter_buffer *jb, const struct jitter_slot *next, uint32_t count) {
    if (jb->config.mode == JITTER_BUFFER_OFF)
        return;
    int64_t wanted = wanted_position(jb, count);
    int64_t least = MOVE_MIN_8K * jb->per_8k, behind = jb->position - next->position;
    if (jb->interrupted && behind > 0 && behind <= least) { /* a packet just too late: all of it */
        jb->position = next->position;
        return;
    }
    if (wanted > jb->position + least) {
        if (next->position > jb->position)
            jb->position = wanted < next->position ? wanted : next->position;
    } else if (wanted < jb->position && jb->interrupted) {
        bool silence = jb->silent || next->sequence == jb->next_sequence;
        int64_t to = wanted;
        if (!silence || next->position < jb->position)
            to = wanted > next->position ? wanted : next->position;
        if (to < jb->position && (!silence || jb->position - to > least))
            jb->position = to;
    }
}

static void append(struct jitter_buffer *jb, uint32_t count, bool missing) {
    jb->position += count;
    jb->pending_samples += count;
    jb->last_missing = missing;
    if (missing)
        jb->missing_samples += count;
}

static void *begun_decoder(struct jitter_buffer *jb) {
    if (!jb->decoder_begun && jb->config.codec->decoder_begin)
        jb->config.codec->decoder_begin(jb->config.decoder, jb->config.rate_hz);
    jb->decoder_begun = true;
    return jb->config.decoder;
}

/* Decodes a packet whose first `offset` samples are of the past. */
static void play(struct jitter_buffer *jb, struct jitter_slot *slot, uint32_t offset) {
    uint8_t room[CODEC_PAYLOAD_BYTES_MAX];
    int16_t *end = jb->pcm + jb->head + jb->pending_samples;
    uint32_t samples = slot->samples;
    if (slot->quiet && jb->skips_quiet) {
        memset(end, 0, samples * sizeof *end);
    } else {
        const uint8_t *payload = jitter_store_payload(&jb->store, slot, room);
        samples = jb->config.codec->decode(begun_decoder(jb), end, samples, payload, slot->bytes);
    }
    jb->next_sequence = (uint16_t)(slot->sequence + 1);
    jitter_store_drop(&jb->store, slot);
    if (samples <= offset)
        return;
    samples -= offset;
    if (offset > 0)
        memmove(end, end + offset, samples * sizeof *end);
    plc_resume(&jb->plc, &jb->wave, end, samples);
    jb->packet_samples = slot->samples;
    jb->primed = true;
    jb->late_run = 0;
    jb->interrupted = jb->silent = jb->event = false;
    append(jb, samples, false);
}

/* The codec's own concealment, by whole packets, from the next one when it is there. */
static uint32_t conceal_by_codec(
    struct jitter_buffer *jb, const struct jitter_slot *next, int64_t gap, uint32_t wanted) {
    const struct codec *codec = jb->config.codec;
    if (!codec->conceal)
        return 0;
    int16_t *end = jb->pcm + jb->head + jb->pending_samples;
    if (next && next->kind == SLOT_AUDIO && gap == jb->packet_samples) {
        uint8_t room[CODEC_PAYLOAD_BYTES_MAX];
        const uint8_t *payload = jitter_store_payload(&jb->store, next, room);
        return codec->conceal(begun_decoder(jb), end, (uint32_t)gap, payload, next->bytes);
    }
    uint32_t unit = jb->config.rate_hz / 100;
    uint32_t count = (wanted + unit - 1) / unit * unit;
    return count <= gap ? codec->conceal(begun_decoder(jb), end, count, NULL, 0) : 0;
}

/* Nothing was received for the next `gap` samples. */
static void
fill_gap(struct jitter_buffer *jb, const struct jitter_slot *next, int64_t gap, uint32_t wanted) {
    int16_t *end = jb->pcm + jb->head + jb->pending_samples;
    uint32_t count = gap < wanted ? (uint32_t)gap : wanted;
    if (jb->silent) {
        comfort_noise_fill(&jb->noise, end, count);
        append(jb, count, false);
    } else if (!jb->primed) {
        memset(end, 0, count * sizeof *end);
        append(jb, count, true);
    } else if (next && next->sequence == jb->next_sequence) { /* the sender sent nothing */
        plc_conceal(&jb->plc, &jb->wave, end, end, count);
        append(jb, count, false);
    } else {
        uint32_t done = conceal_by_codec(jb, next, gap, wanted);
        if (done == 0)
            plc_conceal(&jb->plc, &jb->wave, end, end, done = count);
        jb->stats.concealed_samples += jb->event ? 0 : done;
        append(jb, done, true);
    }
    jb->interrupted = true;
}

static void pass_events(struct jitter_buffer *jb) {
    while (jitter_store_knows(&jb->store, jb->next_sequence) &&
           jitter_store_slot(&jb->store, jb->next_sequence)->kind == SLOT_EVENT) {
        jb->next_sequence++;
        jb->event = true;
    }
}

/* Takes the next packet, or fills what is missing before it. */
static void advance(struct jitter_buffer *jb, uint32_t count) {
    struct jitter_slot *slot = jitter_store_next(&jb->store, jb->next_sequence);
    int64_t gap = INT64_MAX;
    if (!slot)
        pass_events(jb);
    else {
        int64_t offset = jb->position - slot->position;
        if (offset == 0 && slot->kind == SLOT_AUDIO) {
            play(jb, slot, 0);
            return;
        }
        pass_events(jb);
        move(jb, slot, count);
        offset = jb->position - slot->position;
        if (slot->kind == SLOT_COMFORT_NOISE && offset >= 0) {
            uint8_t room[CODEC_PAYLOAD_BYTES_MAX];
            const uint8_t *payload = jitter_store_payload(&jb->store, slot, room);
            comfort_noise_update(&jb->noise, payload, slot->bytes);
            jb->silent = true;
            jb->next_sequence = (uint16_t)(slot->sequence + 1);
            jitter_store_drop(&jb->store, slot);
            return;
        }
        if (slot->kind == SLOT_AUDIO && offset >= 0) {
            if (offset < slot->samples) {
                play(jb, slot, (uint32_t)offset);
                return;
            }
            jb->stats.late++;
            jb->late_run++;
            jb->next_sequence = (uint16_t)(slot->sequence + 1);
            jitter_store_drop(&jb->store, slot);
            return;
        }
        gap = -offset;
    }
    fill_gap(jb, slot, gap, count - jb->pending_samples);
}

/* Decodes ahead, so that there is enough to see how to shorten. */
static void look_ahead(struct jitter_buffer *jb, uint32_t wanted) {
    while (jb->pending_samples < wanted && !jb->interrupted) {
        struct jitter_slot *slot = jitter_store_next(&jb->store, jb->next_sequence);
        if (!slot || slot->kind != SLOT_AUDIO || slot->position != jb->position)
            return;
        play(jb, slot, 0);
    }
}

static void stretch(struct jitter_buffer *jb, uint32_t count, int64_t surplus_8k) {
    uint32_t rate = jb->config.rate_hz, per_ms = rate / 1000, changed = 0;
    int16_t *at = jb->pcm + jb->head;
    enum stretch_care care = jb->stretch_failures < FAILURES_MAX ? STRETCH_CAREFUL : STRETCH_FORCED;
    if (surplus_8k > 0) {
        look_ahead(jb, count + LOOK_MS * per_ms);
        if (jb->pending_samples <= count)
            return;
        uint32_t spare = jb->pending_samples - count;
        int64_t most = surplus_8k * jb->per_8k;
        changed = time_stretch_shorten(
            at, jb->pending_samples, most < spare ? (uint32_t)most : spare, rate, care);
        jb->pending_samples -= changed;
        jb->stats.shortened_samples += changed;
        jb->stretch_wait_samples = SHORTEN_WAIT_MS * per_ms;
    } else {
        int64_t most = -surplus_8k * jb->per_8k;
        changed = time_stretch_lengthen(
            at, jb->pending_samples, most > INT32_MAX ? INT32_MAX : (uint32_t)most, rate, care);
        jb->pending_samples += changed;
        jb->stats.lengthened_samples += changed;
        jb->stretch_wait_samples = LENGTHEN_WAIT_MS * per_ms;
    }
    if (changed == 0)
        jb->stretch_wait_samples = 0;
    else
        jb->settled_target_8k = jb->delay.target_8k;
    jb->stretch_failures = changed ? 0 : jb->stretch_failures + 1;
}

/* Moves what is needed to the beginning of `pcm` when its end comes near. */
static void compact(struct jitter_buffer *jb) {
    uint32_t per_ms = jb->config.rate_hz / 1000, history = PLC_HISTORY_MS * per_ms;
    if (jb->head <= history + 40 * per_ms)
        return;
    memmove(
        jb->pcm, jb->pcm + jb->head - history, (history + jb->pending_samples) * sizeof *jb->pcm);
    jb->head = history;
}

void jitter_playout_fill(struct jitter_buffer *jb, uint32_t count) {
    compact(jb);
    if (!jb->primed && jb->pending_samples == 0) /* not heard yet: free to move */
        jb->position = wanted_position(jb, count);
    while (jb->pending_samples < count)
        advance(jb, count);
    if (jb->stretch_wait_samples > count) {
        jb->stretch_wait_samples -= count;
        return;
    }
    jb->stretch_wait_samples = 0;
    if (jb->config.mode == JITTER_BUFFER_OFF || jb->missing_samples > 0 || jb->interrupted)
        return;
    int64_t head = jb->position - jb->pending_samples;
    int64_t due_8k = (int64_t)jb->clock_ms * 8 - count / jb->per_8k;
    int64_t surplus_8k = due_8k - head / jb->per_8k - jb->delay.target_8k;
    int64_t risen_8k = jb->delay.target_8k - jb->settled_target_8k;
    bool drifts = risen_8k > 0 && risen_8k < DRIFT_MAX_8K && surplus_8k < DRIFT_SPARE_8K;
    if (surplus_8k >= SHORTEN_MIN_8K || surplus_8k <= -LENGTHEN_MIN_8K)
        stretch(jb, count, surplus_8k);
    else if (drifts) /* the sender's clock is slow: ahead of what will be needed */
        stretch(jb, count, -DRIFT_STEP_8K);
    else if (risen_8k < 0 || risen_8k >= DRIFT_MAX_8K)
        jb->settled_target_8k = jb->delay.target_8k;
}
