#include "recorder.h"
#include "bytes.h"

enum {
    SILENCE_LEVEL = 180, /* mean magnitude, about -45 dBFS */
    ABSENT_MS_MAX = 500,
    TAIL_MS = 100, /* kept after the last sound when trimming */
    FRAME_MAX = 60 * RECORDER_RATE_HZ_MAX / 1000,
};

void recorder_init(struct recorder *recorder, uint32_t slot, const struct recorder_config *config) {
    recorder->slot = slot;
    recorder->config = *config;
    recorder->head = recorder->tail = 0;
    recorder->frames = recorder->frames_heard = 0;
    recorder->silent_frames = recorder->absent_frames = 0;
    recorder->fell_silent = false;
    recorder->overrun_samples = recorder->missing_samples = 0;
    recorder->reason = RECORDER_NO_REASON;
    recorder->pause = RECORDER_RUNS;
    recorder->ring_samples =
        config->rate_hz == RECORDER_RATE_HZ_MAX ? RECORDER_RING_SAMPLES : RECORDER_RING_SAMPLES / 2;
    for (uint32_t i = 0; i < 2; i++)
        recorder->converters[i].from_hz = 0;
}

static bool is_silent(const int16_t *frame, uint32_t count) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += frame[i] < 0 ? -frame[i] : frame[i];
    return sum < (int32_t)(SILENCE_LEVEL * count);
}

static void put(struct recorder *recorder, int16_t sample) {
    recorder->ring[recorder->head++ & (recorder->ring_samples - 1)] = sample;
}

static uint32_t room(const struct recorder *recorder) {
    return recorder->ring_samples - (recorder->head - recorder->tail);
}

static void
append(struct recorder *recorder, const int16_t *received, const int16_t *sent, uint32_t count) {
    uint32_t samples = count * recorder->config.channels;
    while (recorder->missing_samples > 0 && room(recorder) > samples) {
        put(recorder, 0);
        recorder->missing_samples--;
    }
    if (recorder->missing_samples > 0 || room(recorder) < samples) {
        recorder->missing_samples += samples;
        recorder->overrun_samples += samples;
    } else {
        for (uint32_t i = 0; i < count; i++) {
            put(recorder, received[i]);
            if (recorder->config.channels == 2)
                put(recorder, sent[i]);
        }
    }
    recorder->frames += count;
}

/* Both ways at the rate of the recording. `room` has FRAME_MAX samples for either. */
static struct recorder_frame
convert(struct recorder *recorder, const struct recorder_frame *frame, int16_t (*room)[FRAME_MAX]) {
    uint32_t to_hz = recorder->config.rate_hz;
    uint32_t ways = recorder_wants_sent(&recorder->config) ? 2 : 1;
    struct recorder_frame converted = *frame;
    if (frame->rate_hz == to_hz)
        return converted;
    const int16_t *sources[2] = {frame->received, frame->sent};
    for (uint32_t i = 0; i < ways; i++) {
        rate_converter_set(&recorder->converters[i], frame->rate_hz, to_hz);
        converted.count =
            rate_converter_run(&recorder->converters[i], room[i], sources[i], frame->count);
    }
    converted.received = room[0];
    converted.sent = room[1];
    converted.received_count = (uint32_t)((uint64_t)frame->received_count * to_hz / frame->rate_hz);
    return converted;
}

/* What is recorded of a frame: nothing of it in a pause, or both ways in one, or the other way. */
static struct recorder_frame
chosen(const struct recorder *recorder, struct recorder_frame frame, int16_t *room) {
    if (recorder->pause == RECORDER_SILENCES) {
        memset(room, 0, frame.count * sizeof *room);
        frame.received = frame.sent = room;
        frame.received_count = 0;
    } else if (recorder->config.both) {
        for (uint32_t i = 0; i < frame.count; i++)
            room[i] = saturate16(frame.received[i] + frame.sent[i]);
        frame.received = room;
        frame.received_count = frame.count; /* who plays something ends the silence */
    } else if (recorder->config.sent) {
        frame.received = frame.sent;
        frame.received_count = frame.count; /* nothing that we send is lost here */
    }
    return frame;
}

/* Lost packets are not silence. But who was silent and then sends nothing, or has sent nothing for
 * long, has nothing to say (DTX). */
static void
note_silence(struct recorder *recorder, const struct recorder_frame *frame, bool silent) {
    uint32_t absent_max = ABSENT_MS_MAX * (recorder->config.rate_hz / 1000);
    bool absent = frame->received_count == 0;
    recorder->absent_frames = absent ? recorder->absent_frames + frame->count : 0;
    recorder->fell_silent = absent ? recorder->fell_silent : silent;
    if (!silent)
        recorder->silent_frames = 0;
    else if (absent && (recorder->fell_silent || recorder->absent_frames > absent_max))
        recorder->silent_frames += frame->count;
    else
        recorder->silent_frames += frame->received_count;
}

bool recorder_feed(struct recorder *recorder, const struct recorder_frame *fed) {
    const struct recorder_config *config = &recorder->config;
    if (recorder->reason != RECORDER_NO_REASON)
        return false;
    if (recorder->pause == RECORDER_SKIPS)
        return true;
    int16_t room[3][FRAME_MAX];
    struct recorder_frame frame = chosen(recorder, convert(recorder, fed, room), room[2]);
    bool silent = frame.received_count == 0 || is_silent(frame.received, frame.count);
    bool other_silent = config->channels == 1 || is_silent(frame.sent, frame.count);
    note_silence(recorder, &frame, silent);
    bool begun = recorder->frames > 0 || !silent || !other_silent || !config->trim_silence;
    if (begun) {
        uint32_t left = config->frames_max ? config->frames_max - recorder->frames : frame.count;
        append(recorder, frame.received, frame.sent, left < frame.count ? left : frame.count);
        if (!silent || !other_silent)
            recorder->frames_heard = recorder->frames;
    }
    if (config->frames_max && recorder->frames >= config->frames_max)
        recorder->reason = RECORDER_DURATION_MAX;
    else if (config->silence_frames && recorder->silent_frames >= config->silence_frames)
        recorder->reason = RECORDER_SILENCE;
    return recorder->reason == RECORDER_NO_REASON;
}

void recorder_stop(struct recorder *recorder, enum recorder_reason reason) {
    if (recorder->reason == RECORDER_NO_REASON)
        recorder->reason = (uint8_t)reason;
}

static uint32_t kept_frames(const struct recorder *recorder) {
    uint32_t missing = recorder->missing_samples / recorder->config.channels;
    uint32_t frames = recorder->frames - missing;
    uint32_t heard = recorder->frames_heard + TAIL_MS * (recorder->config.rate_hz / 1000);
    if (!recorder->config.trim_silence)
        return frames;
    if (recorder->frames_heard == 0)
        return 0;
    return heard < frames ? heard : frames;
}

bool recorder_drain(struct recorder *recorder, const struct plane_host *host) {
    bool stopped = recorder->reason != RECORDER_NO_REASON;
    for (;;) {
        uint32_t waiting = recorder->head - recorder->tail;
        uint32_t start = recorder->tail & (recorder->ring_samples - 1);
        uint32_t run = recorder->ring_samples - start;
        run = waiting < run ? waiting : run;
        run = run < RECORDER_BLOCK_SAMPLES ? run : RECORDER_BLOCK_SAMPLES;
        if (run == 0 || (!stopped && waiting < RECORDER_BLOCK_SAMPLES))
            break;
        if (!host->recording_write(host->context, recorder->slot, recorder->ring + start, run))
            return false;
        recorder->tail += run;
    }
    return stopped && host->recording_end(
                          host->context, recorder->slot, recorder->reason, kept_frames(recorder));
}
