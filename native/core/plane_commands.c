#include "bytes.h"
#include "plane_state.h"

enum {
    RECORD_DUAL = 1,
    RECORD_TRIM = 2,
    SENDS = 1,
    RECEIVES = 2,
    IN_BAND_DTMF = 1,
    DTX = 2,
    FEC = 4,
    DURATION_MS_MAX = 8000,
    CLOCK_HZ_MAX = 48000,
};

static bool clock_is_valid(uint32_t clock_hz) {
    return clock_hz >= 8000 && clock_hz <= CLOCK_HZ_MAX && clock_hz % 8000 == 0;
}

static bool
settings_are_valid(const struct plane *plane, const struct endpoint_settings *settings) {
    if (settings->codec_id >= CODECS || !plane->config.codecs[settings->codec_id])
        return false;
    const struct codec *codec = plane->config.codecs[settings->codec_id];
    return settings->ptime_ms >= 10 && settings->ptime_ms <= CODEC_PTIME_MS_MAX &&
           settings->ptime_ms % 10 == 0 && settings->payload_type <= 127 &&
           (settings->remote.family == 4 || settings->remote.family == 6) &&
           clock_is_valid(settings->clock_hz) && clock_is_valid(settings->event_clock_hz) &&
           (codec->clock_hz == 0 || codec->clock_hz == settings->clock_hz) &&
           (settings->rate_hz == 0 || rate_is_supported(settings->rate_hz)) &&
           (codec->clock_hz != 0 || rate_is_supported(settings->clock_hz));
}

static enum record_status configure(
    struct plane *plane, struct endpoint *endpoint, const struct record *record, uint64_t now_ms) {
    if (record->bytes < RECORD_CONFIGURE_BYTES)
        return STATUS_INVALID;
    const uint8_t *at = record->data + 12;
    struct endpoint_settings settings = {
        .codec_id = (enum codec_id)at[0],
        .payload_type = at[1],
        .event_payload_type = at[2],
        .sends = (at[3] & SENDS) != 0,
        .receives = (at[3] & RECEIVES) != 0,
        .ptime_ms = at[4],
        .in_band_dtmf = (at[5] & IN_BAND_DTMF) != 0,
        .dtx = (at[5] & DTX) != 0,
        .fec = (at[5] & FEC) != 0,
        .remote = {.family = at[6], .port = (uint16_t)read_le32(at + 8)},
        .ssrc = read_le32(at + 28),
        .rtp_timeout_ms = read_le32(at + 32),
        .clock_hz = read_le32(at + 36),
        .event_clock_hz = read_le32(at + 40),
        .rate_hz = read_le32(at + 44),
        .bitrate_bps = read_le32(at + 48),
    };
    memcpy(settings.remote.ip, at + 12, 16);
    if (!settings_are_valid(plane, &settings))
        return STATUS_INVALID;
    return endpoint_configure(plane, endpoint, &settings, now_ms) ? STATUS_OK : STATUS_EXHAUSTED;
}

static enum record_status
bridge(struct plane *plane, struct endpoint *endpoint, const struct record *record) {
    struct endpoint *other = plane_endpoint(plane, record_u32(record, 2));
    if (!other)
        return STATUS_NOT_TOGETHER;
    if (other == endpoint)
        return STATUS_INVALID;
    endpoint_bridge(endpoint, other);
    return STATUS_OK;
}

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
play(struct plane *plane, struct endpoint *endpoint, const struct record *record) {
    if (endpoint->players_count >= ENDPOINT_PLAYERS_MAX)
        return STATUS_QUEUE_FULL;
    struct player *player = plane_take_player(plane);
    if (!player)
        return STATUS_EXHAUSTED;
    player->id = record_u32(record, 2);
    enum record_status status = record->type == COMMAND_PLAY   ? init_prompt(plane, player, record)
                                : record->type == COMMAND_TONE ? init_tone(player, record)
                                                               : init_digits(player, record);
    if (status == STATUS_OK)
        endpoint_play(endpoint, player);
    else
        plane_return_player(plane, player);
    return status;
}

static enum record_status
stop_player(struct plane *plane, struct endpoint *endpoint, const struct record *record) {
    uint32_t id = record_u32(record, 2);
    for (struct player *player = endpoint->players; player; player = player->next) {
        if (player->id == id && !player->internal) {
            endpoint_end_player(plane, endpoint, player, PLAYER_STOPPED);
            break;
        }
    }
    return STATUS_OK; /* one that has just ended is as good as stopped */
}

static uint32_t samples_of(uint32_t ms, uint32_t rate_hz) {
    uint64_t samples = (uint64_t)ms * (rate_hz / 1000);
    return samples < UINT32_MAX ? (uint32_t)samples : UINT32_MAX;
}

static enum record_status
record_endpoint(struct plane *plane, struct endpoint *endpoint, const struct record *record) {
    uint32_t rate_hz = endpoint->rate_hz > 8000 ? RECORDER_RATE_HZ_MAX : 8000;
    struct recorder_config config = {
        .id = record_u32(record, 2),
        .endpoint_id = endpoint->id,
        .channels = record->detail & RECORD_DUAL ? 2 : 1,
        .frames_max = samples_of(record_u32(record, 3), rate_hz),
        .silence_frames = samples_of(record_u32(record, 4), rate_hz),
        .rate_hz = rate_hz,
        .trim_silence = (record->detail & RECORD_TRIM) != 0,
    };
    struct recording recording = {
        .recorder_id = config.id,
        .endpoint_id = endpoint->id,
        .channels = config.channels,
        .rate_hz = rate_hz};
    recording.path = record_string(record, 5, &recording.path_bytes);
    if (!recording.path || recording.path_bytes == 0 || endpoint->recorder)
        return STATUS_INVALID;
    struct recorder *recorder = plane_take_recorder(plane);
    if (!recorder)
        return STATUS_EXHAUSTED;
    recorder_init(recorder, recorder->slot, &config);
    recording.slot = recorder->slot;
    if (!plane->host.recording_open(plane->host.context, &recording)) {
        plane_return_recorder(plane, recorder);
        return STATUS_FAILED;
    }
    endpoint->recorder = recorder;
    return STATUS_OK;
}

static enum record_status
stop_recorder(struct plane *plane, struct endpoint *endpoint, const struct record *record) {
    struct recorder *recorder = endpoint->recorder;
    if (recorder && recorder->config.id == record_u32(record, 2)) {
        endpoint->recorder = NULL;
        plane_stop_recorder(plane, recorder, RECORDER_STOPPED);
    }
    return STATUS_OK;
}

static enum record_status
run(struct plane *plane, struct endpoint *endpoint, const struct record *record, uint64_t now_ms) {
    switch (record->type) {
    case COMMAND_CONFIGURE:
        return configure(plane, endpoint, record, now_ms);
    case COMMAND_BRIDGE:
        return bridge(plane, endpoint, record);
    case COMMAND_UNBRIDGE:
        endpoint_unbridge(endpoint);
        return STATUS_OK;
    case COMMAND_PLAY:
    case COMMAND_TONE:
    case COMMAND_SEND_DIGITS:
        return play(plane, endpoint, record);
    case COMMAND_STOP_PLAYER:
        return stop_player(plane, endpoint, record);
    case COMMAND_RECORD:
        return record_endpoint(plane, endpoint, record);
    case COMMAND_STOP_RECORDER:
        return stop_recorder(plane, endpoint, record);
    default:
        return STATUS_INVALID;
    }
}

void plane_commands(struct plane *plane, const uint8_t *batch, uint32_t bytes, uint64_t now_ms) {
    struct record record;
    for (uint32_t offset = 0; record_next(&record, batch, bytes, &offset);) {
        struct endpoint *endpoint = plane_endpoint(plane, record_u32(&record, 1));
        enum record_status status = STATUS_UNKNOWN_ENDPOINT;
        if (endpoint && record.type != COMMAND_CLOSE)
            status = run(plane, endpoint, &record, now_ms);
        else if (endpoint)
            status = STATUS_OK;
        uint32_t fields[] = {record_u32(&record, 0), (uint32_t)status};
        plane_event(plane, EVENT_ACK, 0, fields, 2);
        if (endpoint && record.type == COMMAND_CLOSE)
            endpoint_close(plane, endpoint);
    }
}
