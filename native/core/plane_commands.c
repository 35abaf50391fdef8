#include "bytes.h"
#include "plane_state.h"

enum {
    SENDS = 1,
    RECEIVES = 2,
    IN_BAND_DTMF = 1,
    DTX = 2,
    FEC = 4,
    RTCP_MUX = 8,
    SUITE_AT = 52, /* in the settings */
    KEY_ROOM = 32,
    AUDIO_LEVEL_SHIFT = 4, /* in the flags */
    MEMBER_MUTED = 1,
    MEMBER_HELD = 2,
    REPORT_VOICES = 1,
    CLOCK_HZ_MAX = 48000,
    MESSAGE_END = 1,
    MACHINE_MS_MAX = 3600000,
};

static bool clock_is_valid(uint32_t clock_hz) {
    return clock_hz >= 8000 && clock_hz <= CLOCK_HZ_MAX && clock_hz % 8000 == 0;
}

static bool
settings_are_valid(const struct plane *plane, const struct endpoint_settings *settings) {
    if (settings->codec_id >= CODECS || !plane->config.codecs[settings->codec_id])
        return false;
    const struct codec *codec = plane->config.codecs[settings->codec_id];
    return settings->srtp_suite < SRTP_SUITES && settings->jitter_mode <= JITTER_BUFFER_LARGE &&
           settings->ptime_ms >= 10 && settings->ptime_ms <= CODEC_PTIME_MS_MAX &&
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
        .jitter_mode = (enum jitter_buffer_mode)at[7],
        .in_band_dtmf = (at[5] & IN_BAND_DTMF) != 0,
        .dtx = (at[5] & DTX) != 0,
        .fec = (at[5] & FEC) != 0,
        .rtcp_mux = (at[5] & RTCP_MUX) != 0,
        .audio_level_id = at[5] >> AUDIO_LEVEL_SHIFT,
        .remote = {.family = at[6], .port = read_le16(at + 8)},
        .peer = read_le16(at + 10),
        .ssrc = read_le32(at + 28),
        .rtp_timeout_ms = read_le32(at + 32),
        .clock_hz = read_le32(at + 36),
        .event_clock_hz = read_le32(at + 40),
        .rate_hz = read_le32(at + 44),
        .bitrate_bps = read_le32(at + 48),
    };
    memcpy(settings.remote.ip, at + 12, 16);
    if (record->bytes >= RECORD_CONFIGURE_BYTES + 4 + 2 * KEY_ROOM) {
        settings.srtp_suite = (enum srtp_suite)at[SUITE_AT];
        memcpy(settings.srtp_sent, at + SUITE_AT + 4, sizeof settings.srtp_sent);
        memcpy(settings.srtp_received, at + SUITE_AT + 4 + KEY_ROOM, sizeof settings.srtp_received);
    }
    if (!settings_are_valid(plane, &settings))
        return STATUS_INVALID;
    return endpoint_configure(plane, endpoint, &settings, now_ms) ? STATUS_OK : STATUS_EXHAUSTED;
}

static enum record_status bridge(
    struct plane *plane, struct endpoint *endpoint, const struct record *record, uint64_t now_ms) {
    struct endpoint *other = plane_endpoint(plane, record_u32(record, 2));
    if (!other)
        return STATUS_NOT_TOGETHER;
    mixer_leave(plane, endpoint, now_ms);
    mixer_leave(plane, other, now_ms);
    endpoint_bridge(endpoint, other);
    return STATUS_OK;
}

static enum record_status
join(struct plane *plane, struct endpoint *endpoint, const struct record *record, uint64_t now_ms) {
    struct mixer *mixer = plane_mixer(plane, record_u32(record, 2));
    struct member_settings settings = {
        .muted = (record->detail & MEMBER_MUTED) != 0,
        .held = (record->detail & MEMBER_HELD) != 0,
        .gain_q12 = (int32_t)record_u32(record, 3),
        .coached_id = record_u32(record, 4),
    };
    if (!mixer)
        return STATUS_NOT_TOGETHER;
    if (record_u32(record, 3) > MIXER_GAIN_MAX_Q12 || settings.coached_id == endpoint->id)
        return STATUS_INVALID;
    mixer_join(plane, mixer, endpoint, &settings, now_ms);
    return STATUS_OK;
}

static enum record_status
add_tap(struct plane *plane, struct endpoint *endpoint, const struct record *record) {
    uint32_t format = record_u32(record, 3);
    if (record->detail == 0 || record->detail > (TAP_INBOUND | TAP_OUTBOUND) ||
        format >= TAP_FORMATS)
        return STATUS_INVALID;
    struct tap *tap = plane_take_tap(plane);
    if (!tap)
        return STATUS_EXHAUSTED;
    tap_init(tap, record_u32(record, 2), record->detail, (enum tap_format)format);
    tap->next = endpoint->taps;
    endpoint->taps = tap;
    return STATUS_OK;
}

static bool lend_detectors(struct plane *plane, struct endpoint *endpoint) {
    if (!endpoint->detectors) {
        endpoint->detectors = plane_take_detectors(plane);
        if (endpoint->detectors)
            detectors_init(endpoint->detectors, endpoint->id);
    }
    return endpoint->detectors != NULL;
}

static void take_idle_detectors(struct plane *plane, struct endpoint *endpoint) {
    if (endpoint->detectors && endpoint->detectors->wanted == 0) {
        plane_return_detectors(plane, endpoint->detectors);
        endpoint->detectors = NULL;
    }
}

static enum record_status
detect(struct plane *plane, struct endpoint *endpoint, const struct record *record) {
    uint32_t wanted = record_u32(record, 2);
    if (wanted > DETECT_ALL)
        return STATUS_INVALID;
    if (wanted > 0 && !lend_detectors(plane, endpoint))
        return STATUS_EXHAUSTED;
    if (endpoint->detectors)
        detectors_want(endpoint->detectors, wanted);
    take_idle_detectors(plane, endpoint);
    return STATUS_OK;
}

static enum record_status
detect_machine(struct plane *plane, struct endpoint *endpoint, const struct record *record) {
    struct machine_settings settings = {
        .timeout_ms = record_u32(record, 2),
        .speech_ms = record_u32(record, 3),
        .speech_end_ms = record_u32(record, 4),
        .silence_ms = record_u32(record, 5),
        .message_end = record->detail & MESSAGE_END,
    };
    bool wanted = settings.timeout_ms > 0;
    if (settings.timeout_ms > MACHINE_MS_MAX || settings.speech_ms > MACHINE_MS_MAX ||
        settings.speech_end_ms > MACHINE_MS_MAX || settings.silence_ms > MACHINE_MS_MAX)
        return STATUS_INVALID;
    if (wanted && !lend_detectors(plane, endpoint))
        return STATUS_EXHAUSTED;
    if (endpoint->detectors)
        detectors_want_machine(endpoint->detectors, wanted ? &settings : NULL);
    take_idle_detectors(plane, endpoint);
    return STATUS_OK;
}

static enum record_status configure_mixer(struct mixer *mixer, const struct record *record) {
    uint32_t rate_hz = record_u32(record, 2);
    if (rate_hz != 0 && !rate_is_supported(rate_hz))
        return STATUS_INVALID;
    mixer->reports_voices = (record->detail & REPORT_VOICES) != 0;
    mixer->rate_hz_wanted = rate_hz;
    mixer->voices_max = record_u32(record, 3);
    mixer_choose_rate(mixer);
    return STATUS_OK;
}

static enum record_status
run(struct plane *plane, struct endpoint *endpoint, const struct record *record, uint64_t now_ms) {
    struct track track = {
        .owner_id = endpoint->id,
        .rate_hz = endpoint->rate_hz,
        .players = &endpoint->players,
        .recorders = &endpoint->recorders,
        .endpoint = endpoint,
    };
    switch (record->type) {
    case COMMAND_CONFIGURE:
        return configure(plane, endpoint, record, now_ms);
    case COMMAND_BRIDGE:
        return bridge(plane, endpoint, record, now_ms);
    case COMMAND_UNBRIDGE:
        endpoint_unbridge(endpoint);
        return STATUS_OK;
    case COMMAND_JOIN:
        return join(plane, endpoint, record, now_ms);
    case COMMAND_TAP:
        return add_tap(plane, endpoint, record);
    case COMMAND_STOP_TAP:
        endpoint_remove_tap(plane, endpoint, record_u32(record, 2));
        return STATUS_OK;
    case COMMAND_DETECT:
        return detect(plane, endpoint, record);
    case COMMAND_DETECT_MACHINE:
        return detect_machine(plane, endpoint, record);
    case COMMAND_LEAVE:
        mixer_leave(plane, endpoint, now_ms);
        return STATUS_OK;
    default:
        return plane_run_track(plane, &track, record);
    }
}

static enum record_status
run_mixer(struct plane *plane, struct mixer *mixer, const struct record *record, uint64_t now_ms) {
    struct track track = {
        .owner_id = mixer->id,
        .rate_hz = mixer->rate_hz,
        .players = &mixer->players,
        .recorders = &mixer->recorders,
    };
    if (record->type == COMMAND_MIXER)
        return configure_mixer(mixer, record);
    enum record_status status = plane_run_track(plane, &track, record);
    mixer_schedule(plane, mixer, now_ms + 1);
    return status;
}

static void run_and_acknowledge(struct plane *plane, const struct record *record, uint64_t now_ms) {
    uint32_t token = record_u32(record, 0), id = record_u32(record, 1);
    bool of_mixer = record_is_of_mixer(record);
    struct mixer *mixer = of_mixer ? plane_mixer(plane, id) : NULL;
    struct endpoint *endpoint = of_mixer ? NULL : plane_endpoint(plane, id);
    struct mixer *affected = endpoint ? endpoint->member.mixer : mixer;
    enum record_status status = STATUS_UNKNOWN_ENDPOINT;
    if (affected)
        mixer_finish(plane, affected, now_ms);
    if (record->type == COMMAND_CLOSE || record->type == COMMAND_CLOSE_MIXER)
        status = endpoint || mixer ? STATUS_OK : STATUS_UNKNOWN_ENDPOINT;
    else if (endpoint)
        status = run(plane, endpoint, record, now_ms);
    else if (mixer)
        status = run_mixer(plane, mixer, record, now_ms);
    uint32_t fields[] = {token, (uint32_t)status};
    plane_event(plane, EVENT_ACK, 0, fields, 2);
    if (endpoint && record->type == COMMAND_CLOSE)
        endpoint_close(plane, endpoint, now_ms);
    if (mixer && record->type == COMMAND_CLOSE_MIXER)
        mixer_close(plane, mixer, now_ms);
}

void plane_commands(struct plane *plane, const uint8_t *batch, uint32_t bytes, uint64_t now_ms) {
    struct record record;
    plane_tick(plane, now_ms); /* what is put into the wheel is due from now on */
    for (uint32_t offset = 0; record_next(&record, batch, bytes, &offset);)
        run_and_acknowledge(plane, &record, now_ms);
}
