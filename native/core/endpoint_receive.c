#include "bytes.h"
#include "plane_state.h"

enum { COPY_WITHIN_MS = 250, BRIDGED_DIGIT_MS_MIN = 100, BRIDGED_DIGIT_GAP_MS = 60, QUIET_DB = 58 };

/* Who has said that it is where the former peer was is believed. */
static bool
is_of_former_peer(const struct endpoint *endpoint, const struct address *from, uint32_t ssrc) {
    const struct former_peer *former = &endpoint->former;
    return former->known && !address_equal(from, &endpoint->settings.remote) &&
           (address_equal(from, &former->source) || address_equal(from, &former->remote) ||
            (former->has_ssrc && ssrc == former->ssrc));
}

/* Symmetric RTP: the first valid packet decides where we send; later ones must be of the same
 * stream or come from where the peer said. */
static bool is_strange(const struct endpoint *endpoint, const struct address *from, uint32_t ssrc) {
    return is_of_former_peer(endpoint, from, ssrc) ||
           (endpoint->latched && ssrc != endpoint->latched_ssrc &&
            !address_equal(from, &endpoint->send_to) &&
            !address_equal(from, &endpoint->settings.remote));
}

static bool accept_source(struct endpoint *endpoint, const struct address *from, uint32_t ssrc) {
    if (is_strange(endpoint, from, ssrc))
        return false;
    if (!address_equal(from, &endpoint->send_to)) {
        endpoint->send_to = *from;
        endpoint->rtcp_to = *from;
        if (!endpoint->settings.rtcp_mux)
            endpoint->rtcp_to.port = (uint16_t)(from->port + 1);
    }
    endpoint->latched = true;
    endpoint->latched_ssrc = ssrc;
    return true;
}

/* RFC 3550 §8.2: the peer chose our SSRC, so we leave it and take another. It happens once; a peer
 * that has it again sends back what it gets. */
static void resolve_collision(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms) {
    endpoint_say_bye(plane, endpoint, now_ms);
    endpoint->ssrc_change = endpoint->timestamp | 1;
    endpoint->settings.ssrc += endpoint->ssrc_change;
    endpoint->talking = false;
}

/* RTCP may come from another port of the peer, but from nobody else. */
static bool same_host(const struct address *from, const struct address *known) {
    struct address host = *from;
    host.port = known->port;
    return address_equal(&host, known);
}

static bool is_host_of_peer(const struct endpoint *endpoint, const struct address *from) {
    return same_host(from, &endpoint->send_to) || same_host(from, &endpoint->settings.remote);
}

static uint32_t media_time_ms(const struct endpoint *endpoint, uint64_t now_ms) {
    return (uint32_t)(now_ms - endpoint->opened_ms);
}

static void report_started(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms) {
    uint32_t fields[] = {endpoint->id, media_time_ms(endpoint, now_ms)};
    plane_event(plane, EVENT_DIGIT_STARTED, 0, fields, 2);
}

/* A digit that could not be relayed is made anew for the other side of the bridge. */
static void pass_on(struct plane *plane, struct endpoint *endpoint, char digit, uint32_t ms) {
    struct endpoint *to = endpoint->other;
    bool relayed =
        endpoint_relays(endpoint) && to->settings.event_payload_type != PAYLOAD_TYPE_NONE;
    if (!to || to == endpoint || relayed || !to->configured || player_queue_is_full(&to->players))
        return;
    struct player *player = plane_take_player(plane);
    if (!player)
        return;
    ms = ms < BRIDGED_DIGIT_MS_MIN ? BRIDGED_DIGIT_MS_MIN : ms > 1000 ? 1000 : ms;
    player->internal = true;
    player_init_digits(
        player, &digit, 1, ms * SAMPLES_PER_MS, BRIDGED_DIGIT_GAP_MS * SAMPLES_PER_MS);
    player_queue_add(&to->players, player);
}

static void report_digit(
    struct plane *plane, struct endpoint *endpoint, enum digit_source source, char digit,
    uint32_t duration_ms, uint64_t now_ms) {
    uint32_t fields[] = {
        endpoint->id,
        (uint32_t)(uint8_t)digit,
        duration_ms,
        media_time_ms(endpoint, now_ms),
    };
    plane_event(plane, EVENT_DIGIT, (uint8_t)source, fields, 4);
    if (source == DIGIT_TELEPHONE_EVENT)
        pass_on(plane, endpoint, digit, duration_ms);
}

void endpoint_report_event(
    struct plane *plane, struct endpoint *endpoint, const struct telephone_event_outcome *outcome,
    uint64_t now_ms) {
    uint32_t ticks_per_ms = endpoint->settings.event_clock_hz / 1000;
    if (outcome->ended_before && !endpoint->event_muted)
        report_digit(
            plane, endpoint, DIGIT_TELEPHONE_EVENT, outcome->digit_before,
            outcome->duration_before / ticks_per_ms, now_ms);
    if (outcome->started) {
        bool recent = endpoint->in_band_active || now_ms - endpoint->in_band_ms < COPY_WITHIN_MS;
        endpoint->event_muted = recent && endpoint->in_band_digit == outcome->digit;
        if (!endpoint->event_muted)
            report_started(plane, endpoint, now_ms);
    }
    if (outcome->ended && !endpoint->event_muted)
        report_digit(
            plane, endpoint, DIGIT_TELEPHONE_EVENT, outcome->digit,
            outcome->duration / ticks_per_ms, now_ms);
}

void endpoint_report_in_band(
    struct plane *plane, struct endpoint *endpoint, const int16_t *frame, uint32_t count,
    uint64_t now_ms) {
    for (uint32_t at = 0; at < count;) {
        uint32_t used;
        struct dtmf_outcome outcome =
            dtmf_detector_feed(&endpoint->detector, frame + at, count - at, &used);
        at += used;
        if (outcome.change == DTMF_STARTED) {
            /* A peer that sends telephone-event repeats in the audio what it already said. */
            endpoint->in_band_muted = endpoint->event_receiver.known;
            if (endpoint->in_band_muted)
                continue;
            endpoint->in_band_active = true;
            endpoint->in_band_digit = outcome.digit;
            report_started(plane, endpoint, now_ms);
        } else if (outcome.change == DTMF_ENDED && !endpoint->in_band_muted) {
            endpoint->in_band_active = false;
            endpoint->in_band_ms = now_ms;
            report_digit(
                plane, endpoint, DIGIT_IN_BAND, outcome.digit, outcome.duration / SAMPLES_PER_MS,
                now_ms);
        }
    }
}

static void relay_packet(
    struct plane *plane, struct endpoint *to, const struct rtp_packet *packet, uint8_t payload_type,
    uint64_t now_ms) {
    struct relay *relay = &to->relay;
    bool marker = packet->marker;
    int32_t jump = (int32_t)to->settings.clock_hz * 10;
    int32_t step = seq_diff(packet->sequence, relay->last_sequence);
    int32_t time_step = ts_diff(packet->timestamp, relay->last_timestamp);
    if (!relay->active || relay->ssrc != packet->ssrc || step > 1000 || step < -1000 ||
        time_step > jump || time_step < -jump) {
        relay->active = true;
        relay->ssrc = packet->ssrc;
        relay->sequence_offset = (uint16_t)(to->sequence - packet->sequence);
        relay->timestamp_offset = to->timestamp - packet->timestamp;
        relay->last_sequence = packet->sequence;
        relay->last_timestamp = packet->timestamp;
        marker = packet->payload_type != to->settings.event_payload_type;
    }
    if (step > 0) {
        relay->last_sequence = packet->sequence;
        relay->last_timestamp = packet->timestamp;
    }
    relay->last_ms = now_ms;
    uint8_t out[RTP_PACKET_BYTES_MAX];
    if (packet->payload_bytes > sizeof out - RTP_HEADER_BYTES)
        return;
    uint16_t sequence = (uint16_t)(packet->sequence + relay->sequence_offset);
    uint16_t next = (uint16_t)(sequence + 1);
    memcpy(out + RTP_HEADER_BYTES, packet->payload, packet->payload_bytes);
    uint16_t kept = seq_less(to->sequence, next) ? next : to->sequence;
    to->sequence = sequence;
    endpoint_send_rtp(
        plane, to, out, payload_type, marker, packet->timestamp + relay->timestamp_offset,
        packet->payload_bytes);
    to->sequence = kept;
}

static void new_stream(struct endpoint *endpoint) {
    if (endpoint->listening)
        jitter_buffer_restart(&endpoint->jitter_buffer);
    endpoint->event_receiver.known = false;
}

static void put_packet(
    struct jitter_buffer *jb, const struct rtp_packet *packet, bool audio, bool event,
    uint64_t now_ms) {
    if (event)
        jitter_buffer_note_event(jb, packet->sequence);
    else if (audio)
        jitter_buffer_put(
            jb, packet->sequence, packet->timestamp, packet->payload, packet->payload_bytes,
            now_ms);
    else
        jitter_buffer_put_comfort_noise(
            jb, packet->sequence, packet->timestamp, packet->payload, packet->payload_bytes,
            now_ms);
}

/* RFC 6464: as soft as what a mixer takes for silence. */
static bool is_quiet(const struct rtp_packet *packet, uint8_t audio_level_id) {
    return audio_level_id && rtp_audio_level(packet, audio_level_id) >= QUIET_DB;
}

static void receive_rtp(
    struct plane *plane, struct endpoint *endpoint, const struct address *from, const uint8_t *data,
    uint32_t bytes, uint64_t now_ms) {
    struct rtp_packet packet;
    const struct endpoint_settings *settings = &endpoint->settings;
    if (!endpoint->configured || rtp_parse(&packet, data, bytes) < 0) {
        plane->counts.packets_dropped++;
        return;
    }
    bool audio = packet.payload_type == settings->payload_type;
    bool event = packet.payload_type == settings->event_payload_type;
    bool comfort_noise = packet.payload_type == PAYLOAD_TYPE_CN;
    if ((!audio && !event && !comfort_noise) || !accept_source(endpoint, from, packet.ssrc)) {
        plane->counts.packets_dropped++;
        return;
    }
    if (packet.ssrc == settings->ssrc && endpoint->ssrc_change == 0)
        resolve_collision(plane, endpoint, now_ms);
    endpoint->heard_ms = now_ms;
    endpoint->timed_out = false;
    endpoint->packets_received++;
    plane->counts.packets_received++;
    enum rtp_verdict verdict =
        rtp_reception_packet(&endpoint->reception, &packet, settings->clock_hz, now_ms);
    if (verdict == RTP_SUSPECT || !settings->receives)
        return;
    if (verdict == RTP_NEW_STREAM) {
        struct telephone_event_outcome outcome = {0};
        if (endpoint->event_receiver.active) {
            outcome = telephone_event_expire(&endpoint->event_receiver, UINT64_MAX);
            endpoint_report_event(plane, endpoint, &outcome, now_ms);
        }
        new_stream(endpoint);
    }
    struct endpoint *to = endpoint->other;
    bool relays = endpoint_relays(endpoint) && to->settings.sends && !to->players.first;
    uint8_t relayed_type = audio         ? to ? to->settings.payload_type : PAYLOAD_TYPE_NONE
                           : event && to ? to->settings.event_payload_type
                                         : PAYLOAD_TYPE_NONE;
    if (relays && relayed_type != PAYLOAD_TYPE_NONE)
        relay_packet(plane, to, &packet, relayed_type, now_ms);
    if (event) {
        struct telephone_event_outcome outcome = telephone_event_receive(
            &endpoint->event_receiver, packet.sequence, packet.timestamp, packet.payload,
            packet.payload_bytes, settings->event_clock_hz, now_ms);
        endpoint_report_event(plane, endpoint, &outcome, now_ms);
    }
    if (endpoint->listening) {
        put_packet(&endpoint->jitter_buffer, &packet, audio, event, now_ms);
        if (audio && is_quiet(&packet, settings->audio_level_id))
            jitter_buffer_note_quiet(&endpoint->jitter_buffer, packet.sequence);
    }
}

/* RFC 5761 §4: packet types 192 to 223 on the RTP port are RTCP. */
static bool is_rtcp(const uint8_t *data, uint32_t bytes) {
    return bytes >= 2 && data[1] >= 192 && data[1] <= 223;
}

static void receive_rtcp(
    struct plane *plane, struct endpoint *endpoint, bool on_rtcp_port, const struct address *from,
    const uint8_t *data, uint32_t bytes, uint64_t now_ms) {
    uint64_t wall_ms = plane->config.epoch_ms + now_ms;
    if (!is_host_of_peer(endpoint, from) ||
        rtcp_receive(&endpoint->rtcp, data, bytes, endpoint->settings.ssrc, wall_ms, now_ms) < 0)
        plane->counts.packets_dropped++;
    else if (on_rtcp_port && endpoint->latched)
        endpoint->rtcp_to = *from;
}

/* Strangers are not worth the ciphers. */
static bool is_worth_opening(
    const struct endpoint *endpoint, bool report, const struct address *from, const uint8_t *data,
    uint32_t bytes) {
    if (bytes < RTP_HEADER_BYTES || bytes > RTP_PACKET_BYTES_MAX)
        return false;
    return report ? is_host_of_peer(endpoint, from)
                  : !is_strange(endpoint, from, read_be32(data + 8));
}

void endpoint_receive(
    struct plane *plane, struct endpoint *endpoint, bool rtcp, const struct address *from,
    const uint8_t *data, uint32_t bytes, uint64_t now_ms) {
    uint8_t opened[RTP_PACKET_BYTES_MAX];
    bool report = rtcp || is_rtcp(data, bytes);
    if (endpoint->srtp_in.suite != SRTP_NONE) {
        if (!is_worth_opening(endpoint, report, from, data, bytes)) {
            plane->counts.packets_dropped++;
            return;
        }
        memcpy(opened, data, bytes);
        const struct crypto *crypto = plane->config.crypto;
        bytes = report ? srtcp_open(&endpoint->srtp_in, crypto, opened, bytes)
                       : srtp_open(&endpoint->srtp_in, crypto, opened, bytes);
        data = opened;
    }
    if (report)
        receive_rtcp(plane, endpoint, rtcp, from, data, bytes, now_ms);
    else
        receive_rtp(plane, endpoint, from, data, bytes, now_ms);
}
