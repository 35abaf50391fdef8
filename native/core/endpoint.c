#include "bytes.h"
#include "plane_state.h"

enum { ALONE_RATE_HZ = 16000 }; /* of a codec that has the choice: prompts have no more */

void endpoint_init(struct endpoint *endpoint, uint32_t id, uint64_t now_ms) {
    /* What lies behind is large, and is begun when somebody listens: untouched it costs nothing. */
    memset(endpoint, 0, offsetof(struct endpoint, detector));
    memset(&endpoint->jitter_buffer.stats, 0, sizeof endpoint->jitter_buffer.stats);
    endpoint->detector_converter.from_hz = endpoint->mixed_converter.from_hz = 0;
    endpoint->heard.converter.from_hz = endpoint->mixed.converter.from_hz = 0;
    audio_ring_clear(&endpoint->heard);
    audio_ring_clear(&endpoint->mixed);
    endpoint->id = id;
    endpoint->wheel.kind = WHEEL_ENDPOINT;
    endpoint->opened_ms = now_ms;
    telephone_event_receiver_init(&endpoint->event_receiver);
    dtmf_detector_init(&endpoint->detector);
}

static struct address rtcp_address(const struct address *rtp) {
    struct address address = *rtp;
    address.port = (uint16_t)(address.port + 1);
    return address;
}

/* Whether the states of the new codec could be had; those of the old one are given back. */
static bool change_codec(struct plane *plane, struct endpoint *endpoint, enum codec_id codec_id) {
    const struct codec *codec = plane->config.codecs[codec_id];
    if (codec == endpoint->codec)
        return true;
    void *encoder, *decoder;
    if (!plane_take_states(plane, codec_id, &encoder, &decoder))
        return false;
    if (endpoint->codec)
        plane_return_states(
            plane, endpoint->settings.codec_id, endpoint->encoder, endpoint->decoder);
    endpoint->codec = codec;
    endpoint->encoder = encoder;
    endpoint->decoder = decoder;
    endpoint->encoder_begun = false;
    return true;
}

/* New keys begin a new stream of indices; the same ones go on with the old. */
static bool change_keys(
    struct plane *plane, struct endpoint *endpoint, const struct endpoint_settings *settings) {
    const struct crypto *crypto = plane->config.crypto;
    uint32_t slot = (endpoint->id & 0xFFFF) * 2 * SRTP_SLOTS;
    enum srtp_suite suite = settings->srtp_suite;
    uint32_t bytes = srtp_master_bytes(suite);
    if (!crypto)
        return suite == SRTP_NONE;
    if (suite != endpoint->srtp_out.suite ||
        memcmp(settings->srtp_sent, endpoint->srtp_out.master, bytes) != 0) {
        srtp_end(&endpoint->srtp_out, crypto);
        if (!srtp_begin(&endpoint->srtp_out, crypto, slot, suite, settings->srtp_sent))
            return false;
    }
    if (suite != endpoint->srtp_in.suite ||
        memcmp(settings->srtp_received, endpoint->srtp_in.master, bytes) != 0) {
        srtp_end(&endpoint->srtp_in, crypto);
        if (!srtp_begin(
                &endpoint->srtp_in, crypto, slot + SRTP_SLOTS, suite, settings->srtp_received))
            return false;
    }
    return true;
}

/* The supported rate that is nearest to a wanted one, from above if there is one. */
static uint32_t nearest_rate(const struct codec *codec, uint32_t wanted_hz) {
    uint32_t best_hz = codec->rates_hz[0];
    for (uint32_t i = 1; i < 4 && codec->rates_hz[i] && best_hz < wanted_hz; i++)
        best_hz = codec->rates_hz[i];
    return best_hz;
}

/* A codec of one rate has its say; one of many follows the other side. */
static uint32_t wanted_rate(const struct endpoint *endpoint) {
    const struct endpoint *other = endpoint->other;
    const struct mixer *mixer = endpoint->member.mixer;
    if (endpoint->codec->clock_hz == 0)
        return endpoint->settings.clock_hz;
    if (endpoint->settings.rate_hz)
        return endpoint->settings.rate_hz;
    if (mixer)
        return mixer->rate_hz;
    bool other_leads = other && other->configured && other->codec != endpoint->codec;
    return other_leads ? other->codec->rates_hz[0] : ALONE_RATE_HZ;
}

void endpoint_choose_rate(struct endpoint *endpoint) {
    if (!endpoint->configured)
        return;
    uint32_t rate_hz = nearest_rate(endpoint->codec, wanted_rate(endpoint));
    if (rate_hz == endpoint->rate_hz)
        return;
    endpoint->rate_hz = rate_hz;
    endpoint->encoder_begun = false;
    endpoint->listening = false;
}

static void part_with_peer(struct endpoint *endpoint) {
    endpoint->former = (struct former_peer){
        .known = true,
        .source = endpoint->send_to,
        .remote = endpoint->settings.remote,
        .has_ssrc = endpoint->latched,
        .ssrc = endpoint->latched_ssrc,
    };
}

bool endpoint_configure(
    struct plane *plane, struct endpoint *endpoint, const struct endpoint_settings *settings,
    uint64_t now_ms) {
    const struct endpoint_settings *old = &endpoint->settings;
    bool first = !endpoint->configured;
    if (!change_keys(plane, endpoint, settings) ||
        !change_codec(plane, endpoint, settings->codec_id))
        return false;
    if (!first && settings->peer != old->peer)
        part_with_peer(endpoint);
    if (first || settings->peer != old->peer || !address_equal(&settings->remote, &old->remote)) {
        endpoint->send_to = settings->remote;
        endpoint->rtcp_to = settings->rtcp_mux ? settings->remote : rtcp_address(&settings->remote);
        endpoint->latched = false;
    }
    if (first || settings->codec_id != old->codec_id || settings->clock_hz != old->clock_hz ||
        settings->payload_type != old->payload_type || settings->jitter_mode != old->jitter_mode ||
        settings->peer != old->peer)
        endpoint->listening = false;
    if (first || settings->in_band_dtmf != old->in_band_dtmf)
        dtmf_detector_init(&endpoint->detector);
    if (settings->sends != old->sends || settings->ssrc + endpoint->ssrc_change != old->ssrc)
        endpoint->talking = false;
    if (first || settings->rtp_timeout_ms != old->rtp_timeout_ms) {
        endpoint->heard_ms = now_ms;
        endpoint->timed_out = false;
    }
    endpoint->relay.active = false;
    endpoint->settings = *settings;
    endpoint->settings.ssrc += endpoint->ssrc_change;
    if (settings->bitrate_bps != old->bitrate_bps || settings->dtx != old->dtx ||
        settings->fec != old->fec)
        endpoint->encoder_begun = false;
    endpoint->configured = true;
    endpoint_choose_rate(endpoint);
    if (endpoint->other)
        endpoint_choose_rate(endpoint->other);
    if (endpoint->member.mixer)
        mixer_choose_rate(endpoint->member.mixer);
    if (!first) {
        endpoint_schedule(plane, endpoint, endpoint->wheel.due_ms);
        return true;
    }
    /* Wall time decides, so that a stream that is resumed by another process simply goes on. */
    uint64_t due_ms = plane_choose_first_due(plane, endpoint, now_ms);
    uint64_t wall_ms = plane->config.epoch_ms + due_ms;
    endpoint->timestamp = (uint32_t)(wall_ms * (settings->clock_hz / 1000));
    endpoint->sequence = (uint16_t)(wall_ms / settings->ptime_ms);
    endpoint->rtcp.next_ms = now_ms + RTCP_INTERVAL_MS / 2 + endpoint->id * 7919u % 2500u;
    endpoint_schedule(plane, endpoint, due_ms);
    return true;
}

bool endpoint_in_step(const struct endpoint *endpoint) {
    return endpoint->member.mixer && endpoint->settings.ptime_ms == MIXER_PTIME_MS;
}

void endpoint_schedule(struct plane *plane, struct endpoint *endpoint, uint64_t due_ms) {
    if (endpoint_in_step(endpoint))
        wheel_remove(&plane->wheel, &endpoint->wheel);
    else if (endpoint->configured && !endpoint->wheel.waiting)
        wheel_insert(
            &plane->wheel, &endpoint->wheel,
            due_ms > plane->ticked_ms ? due_ms : plane->ticked_ms + 1);
}

/* With itself: it hears its own echo. */
void endpoint_bridge(struct endpoint *endpoint, struct endpoint *other) {
    endpoint_unbridge(endpoint);
    endpoint_unbridge(other);
    endpoint->other = other;
    other->other = endpoint;
    endpoint_choose_rate(endpoint);
    endpoint_choose_rate(other);
}

void endpoint_unbridge(struct endpoint *endpoint) {
    struct endpoint *other = endpoint->other;
    if (!other)
        return;
    endpoint->other = other->other = NULL;
    endpoint->relay.active = other->relay.active = false;
    audio_ring_clear(&endpoint->heard);
    audio_ring_clear(&other->heard);
    endpoint_choose_rate(endpoint);
    endpoint_choose_rate(other);
}

void endpoint_remove_tap(struct plane *plane, struct endpoint *endpoint, uint32_t tap_id) {
    for (struct tap **at = &endpoint->taps; *at;) {
        struct tap *tap = *at;
        if (tap_id == 0 || tap->id == tap_id) {
            *at = tap->next;
            plane_return_tap(plane, tap);
        } else {
            at = &tap->next;
        }
    }
}

bool endpoint_is_overheard(const struct endpoint *endpoint) {
    for (const struct tap *tap = endpoint->taps; tap; tap = tap->next) {
        if (tap->tracks & TAP_OUTBOUND)
            return true;
    }
    for (const struct recorder *at = endpoint->recorders; at; at = at->next) {
        if (recorder_wants_sent(&at->config))
            return true;
    }
    return false;
}

bool endpoint_relays(const struct endpoint *from) {
    const struct endpoint *to = from->other;
    /* Two that echo each other would relay a packet round and round, as fast as they can. */
    return to && to != from && to->configured && from->codec == to->codec &&
           from->settings.clock_hz == to->settings.clock_hz && !endpoint_is_overheard(from) &&
           !endpoint_is_overheard(to);
}

/* A digit that is cut short still needs its end packets. */
static void end_event(struct plane *plane, struct endpoint *endpoint, struct player *player) {
    uint8_t event_type = endpoint->settings.event_payload_type;
    bool sounding = player->type == PLAYER_DIGITS && player->event_duration > 0 &&
                    (player->stage == DIGIT_SOUNDING || player->stage == DIGIT_ENDING);
    if (!sounding || event_type == PAYLOAD_TYPE_NONE || !endpoint->settings.sends)
        return;
    uint32_t clock_per_sample = endpoint->settings.event_clock_hz / 1000 / SAMPLES_PER_MS;
    uint32_t duration = (player->event_duration - player->segment_start) * clock_per_sample;
    for (uint32_t i = 0; i < player->ends_left; i++) {
        uint8_t packet[RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES];
        telephone_event_write(packet + RTP_HEADER_BYTES, player->event, true, duration);
        endpoint_send_rtp(
            plane, endpoint, packet, event_type, false, player->event_timestamp,
            TELEPHONE_EVENT_BYTES);
    }
}

void endpoint_end_player(
    struct plane *plane, struct endpoint *endpoint, struct player *player,
    enum player_reason reason) {
    if (reason != PLAYER_DONE)
        end_event(plane, endpoint, player);
    plane_end_player(plane, &endpoint->players, endpoint->id, player, reason);
}

void endpoint_close(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms) {
    while (endpoint->players.first)
        endpoint_end_player(plane, endpoint, endpoint->players.first, PLAYER_CLOSED);
    if (endpoint->event_receiver.active) { /* nobody shall wait for the end of a digit */
        struct telephone_event_outcome outcome =
            telephone_event_expire(&endpoint->event_receiver, UINT64_MAX);
        endpoint_report_event(plane, endpoint, &outcome, now_ms);
    }
    endpoint_remove_tap(plane, endpoint, 0);
    plane_return_detectors(plane, endpoint->detectors);
    endpoint->detectors = NULL;
    plane_stop_recorders(plane, &endpoint->recorders, RECORDER_CLOSED);
    endpoint_unbridge(endpoint);
    if (endpoint->member.mixer)
        mixer_leave(plane, endpoint, now_ms);
    wheel_remove(&plane->wheel, &endpoint->wheel);
    endpoint_say_bye(plane, endpoint, now_ms);
    if (plane->config.crypto) {
        srtp_end(&endpoint->srtp_out, plane->config.crypto);
        srtp_end(&endpoint->srtp_in, plane->config.crypto);
    }
    if (endpoint->configured) {
        plane_return_states(
            plane, endpoint->settings.codec_id, endpoint->encoder, endpoint->decoder);
    }
    const struct rtp_reception *reception = &endpoint->reception;
    uint32_t clock_hz = endpoint->configured ? endpoint->settings.clock_hz : 8000;
    uint32_t jitter_us = (uint32_t)((uint64_t)reception->jitter_q4 * 1000000 / 16 / clock_hz);
    uint32_t fields[] = {
        endpoint->id,
        (uint32_t)endpoint->packets_received,
        (uint32_t)endpoint->packets_sent,
        rtp_reception_lost(reception),
        endpoint->packets_late + endpoint->jitter_buffer.stats.late,
        jitter_us,
        endpoint->rtcp.round_trip_ms,
        endpoint->rtcp.peer_lost,
        (uint32_t)((uint64_t)endpoint->rtcp.peer_jitter * 1000000 / clock_hz),
    };
    endpoint->id = 0;
    plane->counts.endpoints--;
    plane_event(plane, EVENT_CLOSED, 0, fields, 9);
}
