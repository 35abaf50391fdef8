#include "bytes.h"
#include "comfort_noise.h"
#include "mix.h"
#include "plane_state.h"

enum {
    SILENCE_ENCODED_MS = 200, /* lets the peer hear the end of what was said */
    RELAY_QUIET_MS = 200,
    AUDIBLE_LEVEL = 16, /* mean magnitude: -66 dBFS */
    COMFORT_NOISE_CLOCK_HZ = 8000,
    SILENCE_INTERVAL_MS = 500,
    CONCEALED_DIGIT_MS = 100,
    DETECTOR_RATE_HZ = 8000
};

void endpoint_send_packet(
    struct plane *plane, struct endpoint *endpoint, bool rtcp, const uint8_t *packet,
    uint32_t bytes) {
    uint8_t sealed[RTP_PACKET_BYTES_MAX + SRTP_OVERHEAD_MAX];
    if (endpoint->srtp_out.suite != SRTP_NONE) {
        const struct crypto *crypto = plane->config.crypto;
        memcpy(sealed, packet, bytes);
        bytes = rtcp ? srtcp_seal(&endpoint->srtp_out, crypto, sealed, bytes)
                     : srtp_seal(&endpoint->srtp_out, crypto, sealed, bytes);
        packet = sealed;
    }
    if (bytes > 0)
        plane->host.send(
            plane->host.context, endpoint->id, rtcp && !endpoint->settings.rtcp_mux,
            rtcp ? &endpoint->rtcp_to : &endpoint->send_to, packet, bytes);
}

void endpoint_send_rtp(
    struct plane *plane, struct endpoint *endpoint, uint8_t *packet, uint8_t payload_type,
    bool marker, uint32_t timestamp, uint32_t payload_bytes) {
    rtp_write_header(
        packet, payload_type, marker, endpoint->sequence++, timestamp, endpoint->settings.ssrc);
    endpoint->packets_sent++;
    endpoint->bytes_sent += payload_bytes;
    plane->counts.packets_sent++;
    endpoint_send_packet(plane, endpoint, false, packet, RTP_HEADER_BYTES + payload_bytes);
}

static uint32_t frame_samples(const struct endpoint *endpoint) {
    return endpoint->settings.ptime_ms * (endpoint->rate_hz / 1000);
}

/* One packet time of audio for the peer: PCM, of which the first part may lie in the payload
 * instead, already encoded. */
struct outgoing {
    int16_t *pcm;
    const int16_t *said; /* the PCM, or where it comes from when nobody listens */
    uint8_t *payload;
    uint32_t count, filled;
    uint32_t encoded; /* of `filled` */
    bool listened_to; /* somebody wants the PCM too */
};

static void add_silence(struct outgoing *out) {
    memset(out->pcm + out->filled, 0, (out->count - out->filled) * sizeof *out->pcm);
    out->filled = out->count;
}

struct encoder_options endpoint_encoder_options(const struct endpoint *endpoint) {
    const struct endpoint_settings *settings = &endpoint->settings;
    return (struct encoder_options){
        endpoint->rate_hz, settings->bitrate_bps, settings->dtx, settings->fec};
}

/* With DTX: one packet when silence begins, and again from time to time, for a peer that joins late
 * and so that nobody takes us for gone. */
static bool silence_is_due(const struct endpoint *endpoint) {
    uint32_t since_ms = endpoint->silent_ms - SILENCE_ENCODED_MS;
    return since_ms % SILENCE_INTERVAL_MS < endpoint->settings.ptime_ms;
}

static void begin_encoder(struct endpoint *endpoint) {
    const struct codec *codec = endpoint->codec;
    if (!codec->encoder_begin || endpoint->encoder_begun)
        return;
    struct encoder_options options = endpoint_encoder_options(endpoint);
    codec->encoder_begin(endpoint->encoder, &options);
    endpoint->encoder_begun = true;
}

/* Whether the frame will leave with others that are encoded together with it. */
static bool
leaves_with_others(struct plane *plane, struct endpoint *endpoint, struct outgoing *out) {
    if (!endpoint->codec->encode_group)
        return false;
    add_silence(out);
    begin_encoder(endpoint);
    return encoder_group_take(plane, endpoint, out->said, out->count, !endpoint->talking);
}

/* Returns the bytes of the payload; 0: nothing is to be sent. */
static uint32_t encode(struct endpoint *endpoint, struct outgoing *out) {
    const struct codec *codec = endpoint->codec;
    if (codec->byte_per_sample && out->filled == 0) {
        memset(out->payload, codec->silence, out->count);
        add_silence(out);
        return out->count;
    }
    add_silence(out);
    if (codec->encode_silence && endpoint->silent_ms > SILENCE_ENCODED_MS)
        return endpoint->settings.dtx && !silence_is_due(endpoint)
                   ? 0
                   : codec->encode_silence(out->payload, endpoint->rate_hz, out->count);
    begin_encoder(endpoint);
    if (out->encoded == out->count)
        return out->count;
    uint32_t bytes = codec->encode(
        endpoint->encoder, out->payload + out->encoded, CODEC_PAYLOAD_BYTES_MAX - out->encoded,
        out->said + out->encoded, out->count - out->encoded);
    return bytes + out->encoded;
}

/* Without a DTX of its own, a codec of 8 kHz does with comfort noise, if the peer knows it. */
static bool sends_comfort_noise(const struct endpoint *endpoint) {
    return endpoint->settings.dtx && endpoint->settings.clock_hz == COMFORT_NOISE_CLOCK_HZ &&
           !endpoint->codec->encode_silence;
}

/* Follows how long nothing has been said: nothing at all or, for comfort noise, nothing that could
 * be heard. Returns its mean magnitude. */
static uint32_t note_silence(struct endpoint *endpoint, const struct outgoing *out) {
    uint32_t level = 0;
    if (out->filled > 0)
        level = out->filled == out->count && out->encoded == 0 && sends_comfort_noise(endpoint)
                    ? mix_level(out->said, out->count)
                    : AUDIBLE_LEVEL;
    bool silent = level < AUDIBLE_LEVEL;
    endpoint->silent_ms = silent ? endpoint->silent_ms + endpoint->settings.ptime_ms : 0;
    return level;
}

/* RFC 3389 */
static void send_comfort_noise(struct plane *plane, struct endpoint *endpoint, uint32_t level) {
    uint8_t packet[RTP_HEADER_BYTES + 1];
    endpoint->talking = false;
    if (!silence_is_due(endpoint))
        return;
    packet[RTP_HEADER_BYTES] = comfort_noise_level(level);
    endpoint_send_rtp(plane, endpoint, packet, PAYLOAD_TYPE_CN, false, endpoint->timestamp, 1);
}

static bool sends_events(const struct endpoint *endpoint, const struct player *player) {
    return player->type == PLAYER_DIGITS &&
           endpoint->settings.event_payload_type != PAYLOAD_TYPE_NONE;
}

/* Fills from the players; they join without a gap, except that events begin with a packet. */
static void add_players(struct plane *plane, struct endpoint *endpoint, struct outgoing *out) {
    while (endpoint->players.first && out->filled < out->count) {
        struct player *player = endpoint->players.first;
        uint32_t room = out->count - out->filled, got;
        if (sends_events(endpoint, player))
            return;
        enum codec_id codec_id = endpoint->settings.codec_id;
        if (!out->listened_to && out->encoded == out->filled &&
            player_has_encoded(player, codec_id)) {
            got = player_fill_encoded(player, codec_id, out->payload + out->filled, room);
            out->encoded += got;
        } else {
            got = player_fill(player, out->pcm + out->filled, room, endpoint->rate_hz);
        }
        out->filled += got;
        if (got < room)
            endpoint_end_player(plane, endpoint, player, PLAYER_DONE);
    }
}

/* One packet time of digits as telephone-event; false: the player is done, or it is silent now. */
static bool send_event(struct plane *plane, struct endpoint *endpoint) {
    const struct endpoint_settings *settings = &endpoint->settings;
    while (endpoint->players.first && sends_events(endpoint, endpoint->players.first)) {
        struct event_packet event;
        enum event_step step = player_event_step(
            endpoint->players.first, endpoint->timestamp, settings->ptime_ms * SAMPLES_PER_MS,
            settings->event_clock_hz / 1000 / SAMPLES_PER_MS, &event);
        if (step == EVENT_STEP_SILENCE)
            return false;
        if (step == EVENT_STEP_PACKET) {
            uint8_t packet[RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES];
            telephone_event_write(
                packet + RTP_HEADER_BYTES, event.event, event.end, event.duration);
            if (settings->sends)
                endpoint_send_rtp(
                    plane, endpoint, packet, settings->event_payload_type, event.marker,
                    event.timestamp, TELEPHONE_EVENT_BYTES);
            return true;
        }
        endpoint_end_player(plane, endpoint, endpoint->players.first, PLAYER_DONE);
    }
    return false;
}

/* From the other side of the bridge, or from the mixer. */
static void
add_others(struct endpoint *endpoint, const struct mixed_frame *mixed, struct outgoing *out) {
    uint32_t count = out->count - out->filled;
    bool got = true;
    if (mixed && mixed->pcm && !out->listened_to)
        out->said = mixed->pcm;
    else if (mixed && mixed->pcm)
        memcpy(out->pcm, mixed->pcm, count * sizeof *out->pcm);
    else if (endpoint->other)
        got = audio_ring_take(&endpoint->other->heard, out->pcm, count);
    else if (endpoint->member.mixer && !mixed)
        got = audio_ring_take(&endpoint->mixed, out->pcm, count);
    else
        got = false;
    out->filled += got ? count : 0;
}

/* Whether the packets of the other side go out as they are, and came lately. */
static bool is_relayed(struct endpoint *endpoint, uint64_t now_ms) {
    struct relay *relay = &endpoint->relay;
    bool relays = endpoint->other && endpoint_relays(endpoint->other) && !endpoint->players.first;
    relay->active = relays && relay->active && now_ms - relay->last_ms < RELAY_QUIET_MS;
    return relay->active;
}

/* Sends what the peer is to hear. `pcm` has room for it, and is filled if somebody listens. */
static void send_frame(
    struct plane *plane, struct endpoint *endpoint, const struct mixed_frame *mixed, int16_t *pcm,
    bool listened_to, uint64_t now_ms) {
    uint8_t packet[RTP_HEADER_BYTES + CODEC_PAYLOAD_BYTES_MAX];
    struct outgoing out = {
        .pcm = pcm,
        .said = pcm,
        .payload = packet + RTP_HEADER_BYTES,
        .count = frame_samples(endpoint),
        .listened_to = listened_to,
    };
    bool event = send_event(plane, endpoint);
    if (event || is_relayed(endpoint, now_ms)) {
        add_silence(&out);
        return;
    }
    bool plays = endpoint->players.first != NULL;
    if (plays)
        add_players(plane, endpoint, &out);
    else
        add_others(endpoint, mixed, &out);
    if (!endpoint->settings.sends) {
        endpoint->talking = false;
        add_silence(&out);
        return;
    }
    uint32_t bytes, level = note_silence(endpoint, &out);
    if (sends_comfort_noise(endpoint) && endpoint->silent_ms > SILENCE_ENCODED_MS) {
        add_silence(&out);
        send_comfort_noise(plane, endpoint, level);
        return;
    }
    if (mixed && mixed->payload && !plays) {
        bytes = mixed->payload_bytes;
        memcpy(out.payload, mixed->payload, bytes);
    } else if (leaves_with_others(plane, endpoint, &out)) {
        endpoint->talking = true;
        return;
    } else {
        bytes = encode(endpoint, &out);
    }
    if (bytes > 0)
        endpoint_send_rtp(
            plane, endpoint, packet, endpoint->settings.payload_type, !endpoint->talking,
            endpoint->timestamp, bytes);
    endpoint->talking = bytes > 0;
}

static bool needs_audio(const struct endpoint *endpoint) {
    const struct member *member = &endpoint->member;
    return endpoint->settings.receives &&
           (endpoint->recorders || endpoint->taps || endpoint->settings.in_band_dtmf ||
            endpoint->detectors || (endpoint->other && !endpoint_relays(endpoint)) ||
            (member->mixer && (member->gain_q12 > 0 || member_may_speak(member))));
}

static void start_listening(struct endpoint *endpoint) {
    struct jitter_buffer_config config = {
        .codec = endpoint->codec,
        .decoder = endpoint->decoder,
        .rate_hz = endpoint->rate_hz,
        .mode = endpoint->settings.jitter_mode,
    };
    endpoint->packets_late += endpoint->jitter_buffer.stats.late;
    jitter_buffer_init(&endpoint->jitter_buffer, &config);
    dtmf_detector_init(&endpoint->detector);
    endpoint->concealed_samples = 0;
}

static void detect(
    struct plane *plane, struct endpoint *endpoint, const int16_t *frame, uint32_t count,
    uint64_t now_ms) {
    int16_t converted[CODEC_FRAME_MAX];
    if (endpoint->rate_hz != DETECTOR_RATE_HZ) {
        struct rate_converter *converter = &endpoint->detector_converter;
        rate_converter_set(converter, endpoint->rate_hz, DETECTOR_RATE_HZ);
        count = rate_converter_run(converter, converted, frame, count);
        frame = converted;
    }
    if (endpoint->settings.in_band_dtmf)
        endpoint_report_in_band(plane, endpoint, frame, count, now_ms);
    if (endpoint->detectors)
        detectors_feed(
            plane, endpoint->detectors, frame, count, (uint32_t)(now_ms - endpoint->opened_ms));
}

uint32_t endpoint_hear(
    struct plane *plane, struct endpoint *endpoint, int16_t *frame, uint32_t count,
    uint64_t now_ms) {
    bool needed = needs_audio(endpoint);
    if (needed && !endpoint->listening)
        start_listening(endpoint);
    endpoint->listening = needed;
    if (!needed) {
        if (endpoint->recorders)
            memset(frame, 0, count * sizeof *frame);
        return 0;
    }
    /* What is silent in a room need not be decoded, if the room is all that listens. */
    endpoint->jitter_buffer.skips_quiet = endpoint->member.mixer && !endpoint->member.audible &&
                                          endpoint->member.gain_q12 == 0 && !endpoint->recorders &&
                                          !endpoint->taps && !endpoint->detectors &&
                                          !endpoint->settings.in_band_dtmf;
    uint32_t received = jitter_buffer_get(&endpoint->jitter_buffer, frame, count, now_ms);
    endpoint->concealed_samples = received > 0 ? 0 : endpoint->concealed_samples + count;
    endpoint->detector.concealed =
        received == 0 &&
        endpoint->concealed_samples <= CONCEALED_DIGIT_MS * (endpoint->rate_hz / 1000);
    if (endpoint->settings.in_band_dtmf || endpoint->detectors)
        detect(plane, endpoint, frame, count, now_ms);
    for (struct tap *tap = endpoint->taps; tap; tap = tap->next)
        tap_feed(plane, tap, endpoint->id, TAP_INBOUND, frame, count, endpoint->rate_hz);
    return received;
}

/* To the other side of a bridge, or to a mixer that ticks at other moments. */
static void pass_to_others(struct endpoint *endpoint, const int16_t *frame, uint32_t count) {
    const struct mixer *mixer = endpoint->member.mixer;
    uint32_t to_hz = 0;
    if (endpoint->other && !endpoint_relays(endpoint))
        to_hz = endpoint->other->rate_hz;
    else if (mixer)
        to_hz = mixer->rate_hz;
    if (to_hz > 0)
        audio_ring_push(&endpoint->heard, frame, count, endpoint->rate_hz, to_hz);
}

/* To what the peer loses, and to what this machine can afford. */
static void adapt_encoder(const struct plane *plane, struct endpoint *endpoint) {
    const struct codec *codec = endpoint->codec;
    if (codec->encoder_adapt && endpoint->encoder_begun)
        codec->encoder_adapt(
            endpoint->encoder, rtcp_peer_loss_percent(&endpoint->rtcp), plane->effort);
}

static void
send_report(struct plane *plane, struct endpoint *endpoint, bool leaves, uint64_t now_ms) {
    uint8_t packet[RTCP_BYTES_MAX];
    struct rtcp_sent sent = {
        .ssrc = endpoint->settings.ssrc,
        .timestamp = endpoint->timestamp,
        .packets = (uint32_t)endpoint->packets_sent,
        .bytes = (uint32_t)endpoint->bytes_sent,
        .wall_ms = plane->config.epoch_ms + now_ms,
        .leaves = leaves,
    };
    uint32_t bytes = rtcp_write(&endpoint->rtcp, packet, &sent, &endpoint->reception, now_ms);
    endpoint->rtcp.next_ms = now_ms + RTCP_INTERVAL_MS;
    adapt_encoder(plane, endpoint);
    endpoint_send_packet(plane, endpoint, true, packet, bytes);
}

static void watch(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms) {
    if (endpoint->event_receiver.active) {
        struct telephone_event_outcome outcome =
            telephone_event_expire(&endpoint->event_receiver, now_ms);
        endpoint_report_event(plane, endpoint, &outcome, now_ms);
    }
    uint32_t timeout_ms = endpoint->settings.rtp_timeout_ms;
    if (timeout_ms && !endpoint->timed_out && now_ms - endpoint->heard_ms >= timeout_ms) {
        uint32_t fields[] = {endpoint->id};
        endpoint->timed_out = true;
        plane_event(plane, EVENT_RTP_TIMEOUT, 0, fields, 1);
    }
    if (now_ms >= endpoint->rtcp.next_ms)
        send_report(plane, endpoint, false, now_ms);
}

void endpoint_say_bye(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms) {
    if (endpoint->configured && endpoint->packets_sent > 0)
        send_report(plane, endpoint, true, now_ms);
}

void endpoint_speak(
    struct plane *plane, struct endpoint *endpoint, const struct mixed_frame *mixed,
    const int16_t *received, uint32_t received_count, uint64_t now_ms) {
    const struct endpoint_settings *settings = &endpoint->settings;
    int16_t sent[CODEC_FRAME_MAX];
    struct recorder_frame frame = {
        .received = received,
        .received_count = received_count,
        .sent = sent,
        .count = frame_samples(endpoint),
        .rate_hz = endpoint->rate_hz,
    };
    send_frame(plane, endpoint, mixed, sent, endpoint_is_overheard(endpoint), now_ms);
    plane_watch_streams(plane, &endpoint->players, endpoint->id);
    endpoint->timestamp += settings->ptime_ms * (settings->clock_hz / 1000);
    for (struct tap *tap = endpoint->taps; tap; tap = tap->next)
        tap_feed(plane, tap, endpoint->id, TAP_OUTBOUND, sent, frame.count, frame.rate_hz);
    plane_feed_recorders(plane, &endpoint->recorders, &frame);
    watch(plane, endpoint, now_ms);
}

void endpoint_tick(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms) {
    int16_t received[CODEC_FRAME_MAX];
    uint32_t count = frame_samples(endpoint);
    uint32_t received_count = endpoint_hear(plane, endpoint, received, count, now_ms);
    if (endpoint->listening)
        pass_to_others(endpoint, received, count);
    endpoint_speak(plane, endpoint, NULL, received, received_count, now_ms);
}
