#include "bytes.h"
#include "plane_state.h"

enum { RELAY_QUIET_MS = 200, CONCEALED_DIGIT_SAMPLES = 800 };

void endpoint_send_rtp(
    struct plane *plane, struct endpoint *endpoint, uint8_t *packet, uint8_t payload_type,
    bool marker, uint32_t timestamp, uint32_t payload_bytes) {
    rtp_write_header(
        packet, payload_type, marker, endpoint->sequence++, timestamp, endpoint->settings.ssrc);
    endpoint->packets_sent++;
    endpoint->bytes_sent += payload_bytes;
    plane->counts.packets_sent++;
    plane->host.send(
        plane->host.context, endpoint->id, false, &endpoint->send_to, packet,
        RTP_HEADER_BYTES + payload_bytes);
}

/* One packet time of audio for the peer: encoded, and as PCM when somebody listens to it. */
struct outgoing {
    uint8_t *payload;
    int16_t *pcm; /* NULL: nobody listens */
    uint32_t count;
    uint32_t filled;
};

static void
add_pcm(struct endpoint *endpoint, struct outgoing *out, const int16_t *samples, uint32_t count) {
    g711_encode(endpoint->settings.codec, out->payload + out->filled, samples, count);
    if (out->pcm)
        memcpy(out->pcm + out->filled, samples, count * sizeof *samples);
    out->filled += count;
}

static void add_silence(struct endpoint *endpoint, struct outgoing *out) {
    uint32_t count = out->count - out->filled;
    memset(out->payload + out->filled, g711_silence(endpoint->settings.codec), count);
    if (out->pcm)
        memset(out->pcm + out->filled, 0, count * sizeof *out->pcm);
    out->filled = out->count;
}

static bool sends_events(const struct endpoint *endpoint, const struct player *player) {
    return player->type == PLAYER_DIGITS &&
           endpoint->settings.event_payload_type != PAYLOAD_TYPE_NONE;
}

/* Fills from the players; they join without a gap, except that events begin with a packet. */
static void add_players(struct plane *plane, struct endpoint *endpoint, struct outgoing *out) {
    while (endpoint->players && out->filled < out->count) {
        struct player *player = endpoint->players;
        uint32_t room = out->count - out->filled, got;
        if (sends_events(endpoint, player))
            return;
        enum codec_id codec = endpoint->settings.codec;
        if (player->type == PLAYER_PROMPT && !out->pcm && player->prompt.encoded[codec]) {
            got = player_fill_encoded(player, codec, out->payload + out->filled, room);
            out->filled += got;
        } else {
            int16_t samples[ENDPOINT_FRAME_MAX];
            got = player_fill(player, samples, room);
            add_pcm(endpoint, out, samples, got);
        }
        if (got < room)
            endpoint_end_player(plane, endpoint, player, PLAYER_DONE);
    }
}

static void push_heard(struct heard *heard, const int16_t *frame, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        heard->ring[heard->head++ & (ENDPOINT_HEARD_SAMPLES - 1)] = frame[i];
    if (heard->head - heard->tail > ENDPOINT_HEARD_SAMPLES)
        heard->tail = heard->head - ENDPOINT_HEARD_SAMPLES;
}

static void add_heard(struct endpoint *endpoint, struct endpoint *from, struct outgoing *out) {
    struct heard *heard = &from->heard;
    uint32_t count = out->count - out->filled, waiting = heard->head - heard->tail;
    if (waiting < count)
        return;
    if (waiting >
        2 * ENDPOINT_FRAME_MAX) /* the two ticks never drift; this follows a change of ptime */
        heard->tail = heard->head - count;
    int16_t samples[ENDPOINT_FRAME_MAX];
    for (uint32_t i = 0; i < count; i++)
        samples[i] = heard->ring[heard->tail++ & (ENDPOINT_HEARD_SAMPLES - 1)];
    add_pcm(endpoint, out, samples, count);
}

/* One packet time of digits as telephone-event; false: the player is done, or it is silent now. */
static bool send_event(struct plane *plane, struct endpoint *endpoint, uint32_t count) {
    while (endpoint->players && sends_events(endpoint, endpoint->players)) {
        struct event_packet event;
        enum event_step step =
            player_event_step(endpoint->players, endpoint->timestamp, count, &event);
        if (step == EVENT_STEP_SILENCE)
            return false;
        if (step == EVENT_STEP_PACKET) {
            uint8_t packet[RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES];
            telephone_event_write(
                packet + RTP_HEADER_BYTES, event.event, event.end, event.duration);
            if (endpoint->settings.sends)
                endpoint_send_rtp(
                    plane, endpoint, packet, endpoint->settings.event_payload_type, event.marker,
                    event.timestamp, TELEPHONE_EVENT_BYTES);
            return true;
        }
        endpoint_end_player(plane, endpoint, endpoint->players, PLAYER_DONE);
    }
    return false;
}

/* Sends what the peer is to hear. `pcm` gets the same, unless NULL. */
static void send_frame(
    struct plane *plane, struct endpoint *endpoint, int16_t *pcm, uint32_t count, uint64_t now_ms) {
    uint8_t packet[RTP_HEADER_BYTES + ENDPOINT_FRAME_MAX];
    struct outgoing out = {packet + RTP_HEADER_BYTES, pcm, count, 0};
    bool sends = endpoint->settings.sends;
    if (send_event(plane, endpoint, count)) {
        if (pcm)
            memset(pcm, 0, count * sizeof *pcm);
        return;
    }
    if (endpoint->players) {
        endpoint->relay.active = false;
        add_players(plane, endpoint, &out);
    } else if (endpoint->other && endpoint_relays(endpoint->other)) {
        if (endpoint->relay.active && now_ms - endpoint->relay.last_ms < RELAY_QUIET_MS)
            return;
        endpoint->relay.active = false;
    } else if (endpoint->other && sends) {
        add_heard(endpoint, endpoint->other, &out);
    }
    if (!sends) {
        endpoint->talking = false;
        return;
    }
    add_silence(endpoint, &out);
    endpoint_send_rtp(
        plane, endpoint, packet, endpoint->settings.payload_type, !endpoint->talking,
        endpoint->timestamp, count);
    endpoint->talking = true;
}

static bool needs_audio(const struct endpoint *endpoint) {
    return endpoint->settings.receives && (endpoint->recorder || endpoint->settings.in_band_dtmf ||
                                           (endpoint->other && !endpoint_relays(endpoint)));
}

/* Takes a frame out of the jitter buffer for whoever listens; returns how much was received. */
static uint32_t hear_frame(
    struct plane *plane, struct endpoint *endpoint, int16_t *frame, uint32_t count,
    uint64_t now_ms) {
    bool needed = needs_audio(endpoint);
    if (needed && !endpoint->listening) {
        jitter_buffer_reset(&endpoint->jitter_buffer);
        dtmf_detector_init(&endpoint->detector);
    }
    endpoint->listening = needed;
    if (!needed) {
        if (endpoint->recorder)
            memset(frame, 0, count * sizeof *frame);
        return 0;
    }
    uint32_t received = jitter_buffer_get(&endpoint->jitter_buffer, frame, count);
    endpoint->concealed_samples = received > 0 ? 0 : endpoint->concealed_samples + count;
    endpoint->detector.concealed =
        received == 0 && endpoint->concealed_samples <= CONCEALED_DIGIT_SAMPLES;
    if (endpoint->settings.in_band_dtmf)
        endpoint_report_in_band(plane, endpoint, frame, count, now_ms);
    if (endpoint->other && !endpoint_relays(endpoint))
        push_heard(&endpoint->heard, frame, count);
    return received;
}

static void send_report(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms) {
    uint8_t packet[RTCP_BYTES_MAX];
    struct rtcp_sent sent = {
        .ssrc = endpoint->settings.ssrc,
        .timestamp = endpoint->timestamp,
        .packets = (uint32_t)endpoint->packets_sent,
        .bytes = (uint32_t)endpoint->bytes_sent,
        .wall_ms = plane->config.epoch_ms + now_ms,
    };
    uint32_t bytes = rtcp_write(&endpoint->rtcp, packet, &sent, &endpoint->reception, now_ms);
    endpoint->rtcp.next_ms = now_ms + RTCP_INTERVAL_MS;
    plane->host.send(plane->host.context, endpoint->id, true, &endpoint->rtcp_to, packet, bytes);
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
        send_report(plane, endpoint, now_ms);
}

void endpoint_tick(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms) {
    uint32_t count = endpoint->settings.ptime_ms * SAMPLES_PER_MS;
    struct recorder *recorder = endpoint->recorder;
    int16_t received_frame[ENDPOINT_FRAME_MAX], sent_frame[ENDPOINT_FRAME_MAX];
    int16_t *sent = recorder && recorder->config.channels == 2 ? sent_frame : NULL;
    uint32_t received = hear_frame(plane, endpoint, received_frame, count, now_ms);
    if (sent)
        memset(sent, 0, count * sizeof *sent);
    send_frame(plane, endpoint, sent, count, now_ms);
    endpoint->timestamp += count;
    if (recorder) {
        bool goes_on = recorder_feed(recorder, received_frame, received, sent, count);
        if (goes_on) {
            recorder_drain(recorder, &plane->host);
        } else {
            endpoint->recorder = NULL;
            plane_stop_recorder(plane, recorder, RECORDER_STOPPED);
        }
    }
    watch(plane, endpoint, now_ms);
}
