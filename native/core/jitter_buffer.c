#include "jitter_buffer.h"
#include "bytes.h"
#include "rtp.h"

enum {
    SLOT_MASK = JITTER_BUFFER_SLOTS - 1,
    BYTE_MASK = JITTER_BUFFER_BYTES - 1,
    MARGIN_START = 160,
    MARGIN_MAX = 2400,
    MARGIN_STEP = 80, /* added for a late packet */
    MARGIN_DECAY = 8, /* taken off after a window without */
    WINDOW_PACKETS = 128,
    SHRINK_STEP = 40,    /* cut out at a time */
    SHRINK_FORCED = 480, /* cut even out of speech beyond this */
    QUIET_PEAK = 600,
    EXPAND_MAX = 4800,
    JUMP_AHEAD = 6400, /* a timestamp so far ahead or behind is a jump */
    JUMP_BEHIND = 16000,
    LATE_RUN_MAX = 8,
    EMPTY_MAX = 2400, /* nothing for so long: start afresh */
};

void jitter_buffer_reset(struct jitter_buffer *jb) {
    uint32_t late = jb->late, duplicates = jb->duplicates;
    jb->started = false;
    jb->written = 0;
    jb->expand_samples = jb->shrink_samples = 0;
    jb->margin_samples = MARGIN_START;
    jb->late_run = jb->empty_samples = 0;
    jb->late = late;
    jb->duplicates = duplicates;
    memset(jb->slots, 0, sizeof jb->slots);
    plc_init(&jb->plc);
}

static void start_at(struct jitter_buffer *jb, uint16_t sequence, uint32_t timestamp) {
    uint32_t delay = jb->margin_samples + (JITTER_BUFFER_DELAY_START - MARGIN_START);
    for (uint32_t i = 0; i < JITTER_BUFFER_SLOTS; i++)
        jb->slots[i].waiting = jb->slots[i].used = false;
    jb->started = true;
    jb->next_sequence = jb->highest_sequence = sequence;
    jb->playout = timestamp - delay;
    jb->expand_samples = jb->shrink_samples = 0;
    jb->spare_min = INT32_MAX;
    jb->window_packets = 0;
    jb->late_run = jb->empty_samples = 0;
}

static void store(
    struct jitter_buffer *jb, uint16_t sequence, uint32_t timestamp, enum codec_id codec,
    const uint8_t *payload, uint32_t bytes) {
    if ((jb->written & BYTE_MASK) + bytes > JITTER_BUFFER_BYTES) /* payloads never wrap */
        jb->written = (jb->written | BYTE_MASK) + 1;
    memcpy(jb->bytes + (jb->written & BYTE_MASK), payload, bytes);
    jb->slots[sequence & SLOT_MASK] = (struct jitter_buffer_slot){
        .timestamp = timestamp,
        .position = jb->written,
        .sequence = sequence,
        .bytes = (uint16_t)bytes,
        .codec = (uint8_t)codec,
        .waiting = true,
        .used = true,
    };
    jb->written += bytes;
    if (seq_less(jb->highest_sequence, sequence))
        jb->highest_sequence = sequence;
    if (seq_less(sequence, jb->next_sequence))
        jb->next_sequence = sequence;
}

/* Learns from how early (or late: negative) a packet came. */
static void adapt(struct jitter_buffer *jb, int32_t spare) {
    if (spare < 0) {
        uint32_t wanted = (uint32_t)-spare + MARGIN_STEP;
        wanted = wanted > EXPAND_MAX ? EXPAND_MAX : wanted;
        jb->expand_samples = wanted > jb->expand_samples ? wanted : jb->expand_samples;
        jb->shrink_samples = 0;
        uint32_t margin = jb->margin_samples + MARGIN_STEP;
        jb->margin_samples = margin > MARGIN_MAX ? MARGIN_MAX : margin;
        jb->spare_min = INT32_MAX;
        jb->window_packets = 0;
        return;
    }
    jb->spare_min = spare < jb->spare_min ? spare : jb->spare_min;
    if (++jb->window_packets < WINDOW_PACKETS)
        return;
    if (jb->spare_min > (int32_t)jb->margin_samples + SHRINK_STEP)
        jb->shrink_samples = (uint32_t)jb->spare_min - jb->margin_samples;
    if (jb->margin_samples > MARGIN_START)
        jb->margin_samples -= MARGIN_DECAY;
    jb->spare_min = INT32_MAX;
    jb->window_packets = 0;
}

enum jitter_buffer_put jitter_buffer_put(
    struct jitter_buffer *jb, uint16_t sequence, uint32_t timestamp, enum codec_id codec,
    const uint8_t *payload, uint32_t bytes) {
    if (bytes == 0 || bytes > JITTER_BUFFER_PACKET_BYTES_MAX)
        return JB_REFUSED;
    bool resynced = !jb->started;
    if (!jb->started)
        start_at(jb, sequence, timestamp);
    const struct jitter_buffer_slot *slot = &jb->slots[sequence & SLOT_MASK];
    if (slot->used && slot->sequence == sequence) {
        jb->duplicates++;
        return JB_DUPLICATE;
    }
    int32_t spare = ts_diff(timestamp, jb->playout);
    int32_t ahead = seq_diff(sequence, jb->next_sequence);
    if (spare > JUMP_AHEAD || spare < -JUMP_BEHIND || ahead >= JITTER_BUFFER_SLOTS) {
        start_at(jb, sequence, timestamp);
        resynced = true;
    } else {
        adapt(jb, spare);
    }
    if (!resynced && spare + (int32_t)bytes <= 0) {
        jb->late++;
        if (++jb->late_run < LATE_RUN_MAX)
            return JB_LATE;
        start_at(jb, sequence, timestamp);
        resynced = true;
    }
    if (seq_diff(jb->highest_sequence, sequence) >= JITTER_BUFFER_SLOTS)
        return JB_LATE;
    jb->late_run = 0;
    store(jb, sequence, timestamp, codec, payload, bytes);
    return resynced ? JB_RESYNCED : JB_STORED;
}

/* The packet that holds the next sample, or NULL; then `gap` is the distance to the next packet. */
static struct jitter_buffer_slot *find(struct jitter_buffer *jb, uint32_t *gap) {
    *gap = UINT32_MAX;
    uint16_t sequence = jb->next_sequence;
    bool missing = false;
    for (; !seq_less(jb->highest_sequence, sequence); sequence++) {
        struct jitter_buffer_slot *slot = &jb->slots[sequence & SLOT_MASK];
        if (!slot->waiting || slot->sequence != sequence) {
            missing = missing || !(slot->used && slot->sequence == sequence);
            if (!missing)
                jb->next_sequence = (uint16_t)(sequence + 1);
            continue;
        }
        int32_t offset = ts_diff(jb->playout, slot->timestamp);
        bool overwritten = jb->written - slot->position > JITTER_BUFFER_BYTES;
        if (overwritten || offset >= (int32_t)slot->bytes) {
            slot->waiting = false;
            jb->next_sequence = (uint16_t)(sequence + 1);
            missing = false;
        } else if (offset >= 0) {
            jb->next_sequence = sequence;
            return slot;
        } else {
            *gap = (uint32_t)-offset;
            return NULL;
        }
    }
    return NULL;
}

static bool is_quiet(const int16_t *frame, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (frame[i] > QUIET_PEAK || frame[i] < -QUIET_PEAK)
            return false;
    }
    return true;
}

/* Cuts a few samples out of the future when the delay is longer than needed. */
static void shrink(struct jitter_buffer *jb, const int16_t *frame, uint32_t count) {
    if (jb->shrink_samples < SHRINK_STEP)
        return;
    if (jb->shrink_samples < SHRINK_FORCED && !is_quiet(frame, count))
        return;
    jb->playout += SHRINK_STEP;
    jb->shrink_samples -= SHRINK_STEP;
    if (jb->plc.concealed_samples == 0) { /* lets the cut be blended over */
        int16_t unused[1];
        plc_conceal(&jb->plc, unused, 1);
    }
}

uint32_t jitter_buffer_get(struct jitter_buffer *jb, int16_t *dst, uint32_t count) {
    uint32_t received = 0;
    if (!jb->started) {
        memset(dst, 0, count * sizeof *dst);
        return 0;
    }
    if (jb->expand_samples >= count) {
        jb->expand_samples -= count;
        plc_conceal(&jb->plc, dst, count);
        return 0;
    }
    for (uint32_t filled = 0; filled < count;) {
        uint32_t gap, taken;
        const struct jitter_buffer_slot *slot = find(jb, &gap);
        uint32_t room = count - filled;
        if (slot) {
            uint32_t offset = jb->playout - slot->timestamp;
            taken = slot->bytes - offset < room ? slot->bytes - offset : room;
            const uint8_t *payload = jb->bytes + (slot->position & BYTE_MASK) + offset;
            g711_decode((enum codec_id)slot->codec, dst + filled, payload, taken);
            plc_received(&jb->plc, dst + filled, taken);
            received += taken;
            jb->empty_samples = 0;
        } else {
            taken = gap < room ? gap : room;
            plc_conceal(&jb->plc, dst + filled, taken);
            jb->empty_samples += gap == UINT32_MAX ? taken : 0;
        }
        jb->playout += taken;
        filled += taken;
    }
    if (jb->empty_samples > EMPTY_MAX)
        jb->started = false;
    else if (received == count)
        shrink(jb, dst, count);
    return received;
}
