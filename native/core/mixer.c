#include "mixer.h"
#include "bytes.h"
#include "plane_state.h"

void mixer_init(struct mixer *mixer, uint32_t id, uint64_t now_ms) {
    memset(mixer, 0, offsetof(struct mixer, paced));
    mixer->id = id;
    mixer->wheel.kind = WHEEL_MIXER;
    mixer->pace.kind = WHEEL_PACE;
    mixer->rate_hz = 8000;
    mixer->opened_ms = now_ms;
}

static bool has_work(const struct mixer *mixer) {
    return mixer->members || mixer->players.first || mixer->recorders;
}

void mixer_schedule(struct plane *plane, struct mixer *mixer, uint64_t now_ms) {
    if (!has_work(mixer))
        wheel_remove(&plane->wheel, &mixer->wheel);
    else if (!mixer->wheel.waiting)
        wheel_insert(
            &plane->wheel, &mixer->wheel,
            now_ms > plane->ticked_ms ? now_ms : plane->ticked_ms + 1);
}

static uint32_t best_rate(const struct endpoint *endpoint) {
    const struct endpoint_settings *settings = &endpoint->settings;
    if (!endpoint->configured)
        return 8000;
    if (endpoint->codec->clock_hz == 0)
        return settings->clock_hz;
    if (settings->rate_hz)
        return settings->rate_hz;
    uint32_t best_hz = 8000;
    for (uint32_t i = 0; i < 4 && endpoint->codec->rates_hz[i]; i++)
        best_hz = endpoint->codec->rates_hz[i];
    return best_hz;
}

/* Rises with its members; falls only when it is empty, as each change is heard. */
void mixer_choose_rate(struct mixer *mixer) {
    uint32_t rate_hz = mixer->rate_hz_wanted;
    if (rate_hz == 0) {
        rate_hz = mixer->members_count > 1 ? mixer->rate_hz : 8000;
        for (struct endpoint *at = mixer->members; at; at = at->member.next)
            rate_hz = best_rate(at) > rate_hz ? best_rate(at) : rate_hz;
    }
    if (rate_hz == mixer->rate_hz)
        return;
    mixer->rate_hz = rate_hz;
    for (struct endpoint *at = mixer->members; at; at = at->member.next)
        endpoint_choose_rate(at);
}

static void link_member(struct mixer *mixer, struct endpoint *endpoint) {
    struct member *member = &endpoint->member;
    memset(member, 0, sizeof *member);
    member->mixer = mixer;
    member->next = mixer->members;
    if (member->next)
        member->next->member.previous = endpoint;
    mixer->members = endpoint;
    mixer->members_count++;
}

static void unlink_member(struct mixer *mixer, struct endpoint *endpoint) {
    struct member *member = &endpoint->member;
    if (member->previous)
        member->previous->member.next = member->next;
    else
        mixer->members = member->next;
    if (member->next)
        member->next->member.previous = member->previous;
    mixer->members_count--;
}

void mixer_report_voice(struct plane *plane, const struct endpoint *endpoint, uint64_t now_ms) {
    const struct member *member = &endpoint->member;
    uint32_t fields[] = {
        endpoint->id, member->mixer->id, (uint32_t)(now_ms - member->mixer->opened_ms)};
    if (member->mixer->reports_voices)
        plane_event(plane, EVENT_VOICE, member->audible, fields, 3);
}

void mixer_leave(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms) {
    struct member *member = &endpoint->member;
    struct mixer *mixer = member->mixer;
    if (!mixer)
        return;
    mixer_finish(plane, mixer, now_ms);
    mixer->left += member->last;
    if (member->audible) {
        member->audible = false;
        mixer_report_voice(plane, endpoint, now_ms);
    }
    unlink_member(mixer, endpoint);
    uint64_t due_ms = mixer->wheel.due_ms;
    memset(member, 0, sizeof *member);
    audio_ring_clear(&endpoint->heard);
    audio_ring_clear(&endpoint->mixed);
    endpoint_choose_rate(endpoint);
    endpoint_schedule(plane, endpoint, due_ms > now_ms ? due_ms : now_ms + 1);
    mixer_schedule(plane, mixer, now_ms);
}

void mixer_join(
    struct plane *plane, struct mixer *mixer, struct endpoint *endpoint,
    const struct member_settings *settings, uint64_t now_ms) {
    mixer_finish(plane, mixer, now_ms);
    if (endpoint->member.mixer != mixer) {
        endpoint_unbridge(endpoint);
        mixer_leave(plane, endpoint, now_ms);
        uint64_t due_ms = endpoint->wheel.due_ms;
        bool first = mixer->members == NULL;
        link_member(mixer, endpoint);
        if (first || best_rate(endpoint) > mixer->rate_hz)
            mixer_choose_rate(mixer);
        endpoint_choose_rate(endpoint);
        endpoint_schedule(plane, endpoint, now_ms + 1);
        if (!mixer->wheel.waiting)
            mixer_schedule(plane, mixer, plane_choose_due(plane, now_ms));
        /* The nearest tick, so that its packets neither hurry nor lag, however often it moves. */
        endpoint->member.waits = due_ms > mixer->wheel.due_ms + MIXER_PTIME_MS / 2;
    }
    endpoint->member.settings = *settings;
}

void mixer_close(struct plane *plane, struct mixer *mixer, uint64_t now_ms) {
    while (mixer->members)
        mixer_leave(plane, mixer->members, now_ms);
    while (mixer->players.first)
        plane_end_player(plane, &mixer->players, mixer->id, mixer->players.first, PLAYER_CLOSED);
    plane_stop_recorders(plane, &mixer->recorders, RECORDER_CLOSED);
    for (uint32_t i = 0; i < CODECS; i++)
        plane_return_states(plane, (enum codec_id)i, mixer->encoders[i].state, NULL);
    wheel_remove(&plane->wheel, &mixer->wheel);
    uint32_t fields[] = {mixer->id};
    mixer->id = 0;
    plane_event(plane, EVENT_MIXER_CLOSED, 0, fields, 1);
}
