#include "bytes.h"
#include "plane_state.h"

enum {
    RECORD_DUAL = 1,
    RECORD_TRIM = 2,
    RECORD_BOTH = 4,
    RECORD_SENT = 8,
    PAUSE_SILENCE = 1,
    DURATION_MS_MAX = 8000
};

static enum record_status
init_prompt(struct plane *plane, struct player *player, const struct record *record) {
    struct prompt prompt;
    uint32_t prompt_id = record_u32(record, 3);
    if (!plane->host.prompt_acquire(plane->host.context, prompt_id, &prompt))
        return STATUS_UNKNOWN_PROMPT;
    uint64_t offset = (uint64_t)record_u32(record, 5) * (prompt.rate_hz / 1000);
    player_init_prompt(player, prompt_id, &prompt, record_u32(record, 4), offset);
    return STATUS_OK;
}

static enum record_status init_tone(struct player *player, const struct record *record) {
    uint32_t first_hz = record_u32(record, 3), second_hz = record_u32(record, 4);
    uint32_t on_ms = record_u32(record, 6), off_ms = record_u32(record, 7);
    const uint32_t ms_max = 24u * 3600 * 1000;
    if (first_hz >= 4000 || second_hz >= 4000 || on_ms == 0 || on_ms > ms_max || off_ms > ms_max)
        return STATUS_INVALID;
    struct tone tone;
    tone_init(
        &tone, first_hz, second_hz, (int32_t)record_u32(record, 5), on_ms * SAMPLES_PER_MS,
        off_ms * SAMPLES_PER_MS, record_u32(record, 8));
    player_init_tone(player, &tone);
    return STATUS_OK;
}

static enum record_status init_digits(struct player *player, const struct record *record) {
    uint32_t tone_ms = record_u32(record, 3), gap_ms = record_u32(record, 4), count = 0;
    const char *digits = record_string(record, 5, &count);
    if (!digits || tone_ms == 0 || tone_ms > DURATION_MS_MAX || gap_ms > DURATION_MS_MAX ||
        player_init_digits(
            player, digits, count, tone_ms * SAMPLES_PER_MS, gap_ms * SAMPLES_PER_MS) < 0)
        return STATUS_INVALID;
    return STATUS_OK;
}

static enum record_status
init_stream(struct plane *plane, struct player *player, const struct record *record) {
    uint32_t rate_hz = record_u32(record, 3);
    if (!rate_is_supported(rate_hz))
        return STATUS_INVALID;
    struct stream *stream = plane_take_stream(plane);
    if (stream)
        player_init_stream(player, stream, rate_hz);
    return stream ? STATUS_OK : STATUS_EXHAUSTED;
}

/* What is done to a stream that plays, or waits for its turn. */
static enum record_status run_stream(const struct track *track, const struct record *record) {
    struct player *player = player_queue_find(track->players, record_u32(record, 2));
    if (!player || player->type != PLAYER_STREAM)
        return STATUS_INVALID;
    uint32_t bytes = 0;
    const char *samples;
    switch (record->type) {
    case COMMAND_FEED:
        samples = record_string(record, 3, &bytes);
        if (!samples || player->stream->ending)
            return STATUS_INVALID;
        return stream_write(player->stream, (const uint8_t *)samples, bytes / 2)
                   ? STATUS_OK
                   : STATUS_QUEUE_FULL;
    case COMMAND_MARK:
        return stream_mark(player->stream, record_u32(record, 3)) ? STATUS_OK : STATUS_QUEUE_FULL;
    case COMMAND_CLEAR:
        stream_clear(player->stream);
        return STATUS_OK;
    default:
        player->stream->ending = true;
        return STATUS_OK;
    }
}

static enum record_status
play(struct plane *plane, const struct track *track, const struct record *record) {
    if (record->type == COMMAND_SEND_DIGITS && !track->endpoint)
        return STATUS_INVALID;
    if (player_queue_is_full(track->players))
        return STATUS_QUEUE_FULL;
    struct player *player = plane_take_player(plane);
    if (!player)
        return STATUS_EXHAUSTED;
    player->id = record_u32(record, 2);
    enum record_status status = record->type == COMMAND_PLAY   ? init_prompt(plane, player, record)
                                : record->type == COMMAND_TONE ? init_tone(player, record)
                                : record->type == COMMAND_STREAM
                                    ? init_stream(plane, player, record)
                                    : init_digits(player, record);
    if (status == STATUS_OK)
        player_queue_add(track->players, player);
    else
        plane_return_player(plane, player);
    return status;
}

/* One that has just ended is as good as stopped. */
static enum record_status
stop_player(struct plane *plane, const struct track *track, const struct record *record) {
    struct player *player = player_queue_find(track->players, record_u32(record, 2));
    if (player && track->endpoint)
        endpoint_end_player(plane, track->endpoint, player, PLAYER_STOPPED);
    else if (player)
        plane_end_player(plane, track->players, track->owner_id, player, PLAYER_STOPPED);
    return STATUS_OK;
}

static uint32_t samples_of(uint32_t ms, uint32_t rate_hz) {
    uint64_t samples = (uint64_t)ms * (rate_hz / 1000);
    return samples < UINT32_MAX ? (uint32_t)samples : UINT32_MAX;
}

/* Where the recorder with this id is linked, or the end of the list, and how many come before. */
static struct recorder **
find_recorder(const struct track *track, uint32_t recorder_id, uint32_t *before) {
    struct recorder **at = track->recorders;
    for (*before = 0; *at && (*at)->config.id != recorder_id; at = &(*at)->next)
        ++*before;
    return at;
}

static enum record_status
record_track(struct plane *plane, const struct track *track, const struct record *record) {
    uint32_t rate_hz = track->rate_hz > 8000 ? RECORDER_RATE_HZ_MAX : 8000;
    struct recorder_config config = {
        .id = record_u32(record, 2),
        .endpoint_id = track->owner_id,
        .channels = record->detail & RECORD_DUAL && track->endpoint ? 2 : 1,
        .both = (record->detail & RECORD_BOTH) != 0 && track->endpoint,
        .sent = (record->detail & RECORD_SENT) != 0 && track->endpoint,
        .frames_max = samples_of(record_u32(record, 3), rate_hz),
        .silence_frames = samples_of(record_u32(record, 4), rate_hz),
        .rate_hz = rate_hz,
        .trim_silence = (record->detail & RECORD_TRIM) != 0,
    };
    struct recording recording = {
        .recorder_id = config.id,
        .endpoint_id = track->owner_id,
        .channels = config.channels,
        .rate_hz = rate_hz};
    recording.path = record_string(record, 5, &recording.path_bytes);
    uint32_t before;
    struct recorder **last = find_recorder(track, config.id, &before);
    bool ambiguous = config.both + config.sent + (config.channels == 2) > 1;
    if (!recording.path || recording.path_bytes == 0 || *last || ambiguous)
        return STATUS_INVALID;
    if (before >= RECORDERS_MAX)
        return STATUS_QUEUE_FULL;
    struct recorder *recorder = plane_take_recorder(plane);
    if (!recorder)
        return STATUS_EXHAUSTED;
    recorder_init(recorder, recorder->slot, &config);
    recording.slot = recorder->slot;
    if (!plane->host.recording_open(plane->host.context, &recording)) {
        plane_return_recorder(plane, recorder);
        return STATUS_FAILED;
    }
    *last = recorder;
    return STATUS_OK;
}

static enum record_status
stop_recorder(struct plane *plane, const struct track *track, const struct record *record) {
    uint32_t before;
    struct recorder **at = find_recorder(track, record_u32(record, 2), &before), *recorder = *at;
    if (recorder) {
        *at = recorder->next;
        plane_stop_recorder(plane, recorder, RECORDER_STOPPED);
    }
    return STATUS_OK;
}

static enum record_status
pause_recorder(const struct track *track, const struct record *record, enum recorder_pause pause) {
    uint32_t before;
    struct recorder *recorder = *find_recorder(track, record_u32(record, 2), &before);
    if (!recorder)
        return STATUS_INVALID;
    recorder->pause = (uint8_t)pause;
    return STATUS_OK;
}

enum record_status
plane_run_track(struct plane *plane, const struct track *track, const struct record *record) {
    switch (record->type) {
    case COMMAND_PLAY:
    case COMMAND_TONE:
    case COMMAND_SEND_DIGITS:
    case COMMAND_STREAM:
        return play(plane, track, record);
    case COMMAND_STOP_PLAYER:
        return stop_player(plane, track, record);
    case COMMAND_FEED:
    case COMMAND_MARK:
    case COMMAND_CLEAR:
    case COMMAND_END_STREAM:
        return run_stream(track, record);
    case COMMAND_RECORD:
        return record_track(plane, track, record);
    case COMMAND_STOP_RECORDER:
        return stop_recorder(plane, track, record);
    case COMMAND_PAUSE_RECORDER:
        return pause_recorder(
            track, record, record->detail & PAUSE_SILENCE ? RECORDER_SILENCES : RECORDER_SKIPS);
    case COMMAND_RESUME_RECORDER:
        return pause_recorder(track, record, RECORDER_RUNS);
    default:
        return STATUS_INVALID;
    }
}
