#include "bytes.h"
#include "mix.h"
#include "plane_state.h"

enum {
    AUDIBLE_LEVEL = 40, /* about -58 dBFS: below lies the noise of a quiet line */
    AUDIBLE_HANG_MS = 500,
    KEPT_VOICE_BONUS = 2,  /* who speaks is replaced only by who is so much louder */
    FADE_PER_SECOND = 200, /* 5 ms */
    PACED_FROM = 64,       /* members: so many packets leave within a millisecond anyway */
    PACES = 5,
};

static uint32_t rate_index(uint32_t rate_hz) {
    return rate_hz == 8000 ? 0 : rate_hz == 16000 ? 1 : 2;
}

static uint32_t frame_of(uint32_t rate_hz) {
    return rate_hz / 1000 * MIXER_PTIME_MS;
}

static int16_t *take_frame(struct plane *plane) {
    return plane->frames[plane->frames_used++];
}

/* A frame of what a member says, at the rate of the mixer, in `frame`. */
static bool
listen(struct plane *plane, struct endpoint *endpoint, int16_t *frame, uint64_t now_ms) {
    struct member *member = &endpoint->member;
    uint32_t to_hz = member->mixer->rate_hz, count = frame_of(endpoint->rate_hz);
    member->received = NULL;
    if (!endpoint_in_step(endpoint))
        return audio_ring_take(&endpoint->heard, frame, frame_of(to_hz));
    if (!endpoint->configured)
        return false;
    int16_t own[MIXER_FRAME_MAX];
    bool converts = endpoint->rate_hz != to_hz;
    int16_t *received = endpoint->recorders ? take_frame(plane) : converts ? own : frame;
    member->received_count = endpoint_hear(plane, endpoint, received, count, now_ms);
    if (endpoint->recorders)
        member->received = received;
    if (!endpoint->listening)
        return false;
    if (converts) {
        rate_converter_set(&endpoint->heard.converter, endpoint->rate_hz, to_hz);
        rate_converter_run(&endpoint->heard.converter, frame, received, count);
    } else if (received != frame) {
        memcpy(frame, received, count * sizeof *frame);
    }
    return true;
}

static void judge(struct plane *plane, struct endpoint *endpoint, uint32_t level, uint64_t now_ms) {
    struct member *member = &endpoint->member;
    bool before = member->audible;
    uint32_t decayed = member->level - member->level / 8;
    member->level = level > decayed ? level : decayed;
    member->quiet_ms = level >= AUDIBLE_LEVEL ? 0 : member->quiet_ms + MIXER_PTIME_MS;
    member->audible = level >= AUDIBLE_LEVEL || (before && member->quiet_ms < AUDIBLE_HANG_MS);
    if (member->audible != before)
        mixer_report_voice(plane, endpoint, now_ms);
}

/* Hears all members; those that may have something to say get a frame. */
static uint32_t listen_to_all(struct plane *plane, struct mixer *mixer, uint64_t now_ms) {
    uint32_t voices = 0, count = frame_of(mixer->rate_hz);
    plane->frames_used = 0;
    for (struct endpoint *at = mixer->members; at; at = at->member.next) {
        struct member *member = &at->member;
        if (member->waits)
            continue;
        int16_t *frame = take_frame(plane);
        bool heard = listen(plane, at, frame, now_ms), speaks = heard && member_may_speak(member);
        judge(plane, at, speaks ? mix_level(frame, count) : 0, now_ms);
        /* Who falls silent is faded out over one more frame. */
        member->frame = heard && (member->audible || member->gain_q12 > 0) ? frame : NULL;
        member->coached = false;
        if (member->frame)
            voices++;
        else if (frame == plane->frames[plane->frames_used - 1])
            plane->frames_used--;
    }
    return voices;
}

/* The level that `voices_max` of the voices reach. */
static uint32_t voice_threshold(const struct mixer *mixer) {
    uint32_t low = 0, high = 65536;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2, above = 0;
        for (struct endpoint *at = mixer->members; at; at = at->member.next) {
            const struct member *member = &at->member;
            uint32_t bonus = member->gain_q12 > 0 ? KEPT_VOICE_BONUS : 1;
            above += member->frame && member->level * bonus >= middle;
        }
        if (above > mixer->voices_max)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* Brings each voice to its gain, and those not chosen to none. */
static void set_gains(struct plane *plane, struct mixer *mixer, uint32_t voices) {
    uint32_t count = frame_of(mixer->rate_hz), fade = mixer->rate_hz / FADE_PER_SECOND;
    uint32_t threshold =
        mixer->voices_max && voices > mixer->voices_max ? voice_threshold(mixer) : 0;
    for (struct endpoint *at = mixer->members; at; at = at->member.next) {
        struct member *member = &at->member;
        uint32_t bonus = member->gain_q12 > 0 ? KEPT_VOICE_BONUS : 1;
        bool speaks =
            member->audible && member_may_speak(member) && member->level * bonus >= threshold;
        int32_t to_q12 = speaks ? member->settings.gain_q12 : 0;
        if (!member->frame || (member->gain_q12 == 0 && to_q12 == 0)) {
            mixer->left += member->last; /* its audio stopped short */
            member->gain_q12 = 0;
            member->last = 0;
            member->frame = NULL;
            continue;
        }
        mix_gain(member->frame, count, fade, member->gain_q12, to_q12);
        member->gain_q12 = to_q12;
        member->last = member->frame[count - 1];
        struct endpoint *coached =
            member->settings.coached_id ? plane_endpoint(plane, member->settings.coached_id) : NULL;
        if (coached && coached->member.mixer == mixer)
            coached->member.coached = true;
    }
}

/* Everything that all may hear: voices, what is played to the room, and the fading end of those who
 * have left. */
static void sum_up(struct plane *plane, struct mixer *mixer, int32_t *sum) {
    uint32_t count = frame_of(mixer->rate_hz), fade = mixer->rate_hz / FADE_PER_SECOND;
    memset(sum, 0, count * sizeof *sum);
    for (struct endpoint *at = mixer->members; at; at = at->member.next) {
        if (at->member.frame && !at->member.settings.coached_id)
            mix_add(sum, at->member.frame, count);
    }
    for (uint32_t filled = 0; mixer->players.first && filled < count;) {
        int16_t played[MIXER_FRAME_MAX];
        struct player *player = mixer->players.first;
        uint32_t room = count - filled, got = player_fill(player, played, room, mixer->rate_hz);
        mix_add(sum + filled, played, got);
        filled += got;
        if (got < room)
            plane_end_player(plane, &mixer->players, mixer->id, player, PLAYER_DONE);
    }
    plane_watch_streams(plane, &mixer->players, mixer->id);
    for (uint32_t i = 0; mixer->left != 0 && i < fade; i++)
        sum[i] += mixer->left * (int32_t)(fade - i - 1) / (int32_t)fade;
    mixer->left = 0;
}

static void begin_shared(struct shared_mix *shared, const int32_t *sum) {
    shared->sum = sum;
    for (uint32_t i = 0; i < MIXER_RATES; i++)
        shared->converted[i] = false;
    for (uint32_t i = 0; i < CODECS; i++)
        shared->payloads[i].rate_hz = 0;
}

static const int16_t *shared_pcm(struct mixer *mixer, struct shared_mix *shared, uint32_t rate_hz) {
    uint32_t own = rate_index(mixer->rate_hz), wanted = rate_index(rate_hz);
    if (!shared->converted[own]) {
        mix_all(shared->pcm[own], shared->sum, frame_of(mixer->rate_hz));
        shared->converted[own] = true;
    }
    if (!shared->converted[wanted]) {
        rate_converter_set(&mixer->converters[wanted], mixer->rate_hz, rate_hz);
        rate_converter_run(
            &mixer->converters[wanted], shared->pcm[wanted], shared->pcm[own],
            frame_of(mixer->rate_hz));
        shared->converted[wanted] = true;
    }
    return shared->pcm[wanted];
}

static bool same_options(const struct encoder_options *a, const struct encoder_options *b) {
    return a->rate_hz == b->rate_hz && a->bitrate_bps == b->bitrate_bps && a->dtx == b->dtx &&
           a->fec == b->fec;
}

/* To the member that loses most of what it sends, and to what this machine can afford. */
static void adapt_shared(
    const struct plane *plane, const struct mixer *mixer, struct shared_encoder *encoder,
    const struct codec *codec) {
    uint32_t loss_percent = 0;
    if (!codec->encoder_adapt || plane->ticked_ms - encoder->adapted_ms < RTCP_INTERVAL_MS)
        return;
    for (const struct endpoint *at = mixer->members; at; at = at->member.next) {
        uint32_t lost = at->codec == codec ? rtcp_peer_loss_percent(&at->rtcp) : 0;
        loss_percent = lost > loss_percent ? lost : loss_percent;
    }
    codec->encoder_adapt(encoder->state, loss_percent, plane->effort);
    encoder->adapted_ms = plane->ticked_ms;
}

/* The encoder of a codec in this mixer, if this endpoint can share it; the first one to come sets
 * its options. */
static struct shared_encoder *
shared_encoder(struct plane *plane, struct mixer *mixer, const struct endpoint *endpoint) {
    enum codec_id codec_id = endpoint->settings.codec_id;
    struct shared_encoder *encoder = &mixer->encoders[codec_id];
    struct encoder_options options = endpoint_encoder_options(endpoint);
    if (!encoder->state)
        encoder->state = plane_take_encoder(plane, codec_id);
    if (endpoint->codec->encoder_bytes && !encoder->state)
        return NULL;
    if (!encoder->begun || encoder->options.rate_hz != options.rate_hz) {
        if (endpoint->codec->encoder_begin)
            endpoint->codec->encoder_begin(encoder->state, &options);
        encoder->options = options;
        encoder->adapted_ms = plane->ticked_ms;
        encoder->begun = true;
    }
    adapt_shared(plane, mixer, encoder, endpoint->codec);
    return same_options(&encoder->options, &options) ? encoder : NULL;
}

static const struct shared_payload *shared_payload(
    struct plane *plane, struct mixer *mixer, struct shared_mix *shared,
    const struct endpoint *endpoint, const int16_t *pcm) {
    struct shared_payload *payload = &shared->payloads[endpoint->settings.codec_id];
    const struct shared_encoder *encoder = shared_encoder(plane, mixer, endpoint);
    if (!encoder || (payload->rate_hz && payload->rate_hz != endpoint->rate_hz))
        return NULL;
    if (payload->rate_hz == 0) {
        payload->rate_hz = endpoint->rate_hz;
        payload->bytes = endpoint->codec->encode(
            encoder->state, payload->payload, CODEC_PAYLOAD_BYTES_MAX, pcm,
            frame_of(endpoint->rate_hz));
    }
    return payload;
}

/* A mix for one: without its own voice, with those who speak to it alone. */
static void
mix_apart(struct mixer *mixer, const struct endpoint *endpoint, const int32_t *sum, int16_t *dst) {
    const struct member *member = &endpoint->member;
    uint32_t count = frame_of(mixer->rate_hz);
    int32_t with_coaches[MIXER_FRAME_MAX];
    if (member->coached) {
        memcpy(with_coaches, sum, count * sizeof *sum);
        for (struct endpoint *at = mixer->members; at; at = at->member.next) {
            if (at->member.frame && at->member.settings.coached_id == endpoint->id)
                mix_add(with_coaches, at->member.frame, count);
        }
        sum = with_coaches;
    }
    if (member->frame && !member->settings.coached_id)
        mix_minus(dst, sum, member->frame, count);
    else
        mix_all(dst, sum, count);
}

/* It goes on where the shared stream was, so that converter and peer notice no seam. */
static void part(struct mixer *mixer, struct endpoint *endpoint) {
    const struct shared_encoder *shared = &mixer->encoders[endpoint->settings.codec_id];
    struct encoder_options options = endpoint_encoder_options(endpoint);
    endpoint->mixed_converter = mixer->converters[rate_index(endpoint->rate_hz)];
    if (endpoint->encoder && shared->begun && same_options(&shared->options, &options)) {
        memcpy(endpoint->encoder, shared->state, endpoint->codec->encoder_bytes);
        endpoint->encoder_begun = true;
    }
}

static bool hears_apart(const struct member *member) {
    return !member->settings.held &&
           (member->coached || (member->frame && !member->settings.coached_id));
}

static void deliver(
    struct plane *plane, struct endpoint *endpoint, const struct mixed_frame *mixed,
    uint64_t now_ms) {
    const struct member *member = &endpoint->member;
    uint32_t from_hz = member->mixer->rate_hz;
    if (endpoint_in_step(endpoint))
        endpoint_speak(plane, endpoint, mixed, member->received, member->received_count, now_ms);
    else if (mixed->pcm)
        audio_ring_push(
            &endpoint->mixed, mixed->pcm, frame_of(from_hz), from_hz, endpoint->rate_hz);
}

static void speak_apart(
    struct plane *plane, struct mixer *mixer, struct endpoint *endpoint, const int32_t *sum,
    uint64_t now_ms) {
    int16_t own[MIXER_FRAME_MAX], converted[MIXER_FRAME_MAX];
    struct mixed_frame mixed = {.pcm = own};
    mix_apart(mixer, endpoint, sum, own);
    if (!endpoint->member.apart)
        part(mixer, endpoint);
    endpoint->member.apart = true;
    if (endpoint_in_step(endpoint) && endpoint->rate_hz != mixer->rate_hz) {
        rate_converter_set(&endpoint->mixed_converter, mixer->rate_hz, endpoint->rate_hz);
        rate_converter_run(&endpoint->mixed_converter, converted, own, frame_of(mixer->rate_hz));
        mixed.pcm = converted;
    }
    deliver(plane, endpoint, &mixed, now_ms);
}

static void speak_shared(
    struct plane *plane, struct mixer *mixer, struct endpoint *endpoint, struct shared_mix *shared,
    uint64_t now_ms) {
    struct mixed_frame mixed = {0};
    bool in_step = endpoint_in_step(endpoint);
    if (!endpoint->member.settings.held) {
        endpoint->member.apart = false;
        mixed.pcm = shared_pcm(mixer, shared, in_step ? endpoint->rate_hz : mixer->rate_hz);
        const struct shared_payload *payload =
            in_step ? shared_payload(plane, mixer, shared, endpoint, mixed.pcm) : NULL;
        mixed.payload = payload ? payload->payload : NULL;
        mixed.payload_bytes = payload ? payload->bytes : 0;
    }
    deliver(plane, endpoint, &mixed, now_ms);
}

static void serve(
    struct plane *plane, struct mixer *mixer, struct endpoint *endpoint, struct shared_mix *shared,
    uint64_t now_ms) {
    if (endpoint->configured && !endpoint->member.waits && !hears_apart(&endpoint->member))
        speak_shared(plane, mixer, endpoint, shared, now_ms);
    endpoint->member.waits = false;
}

/* Those who leave the shared mix: they take on the state of its stream before this frame. Who waits
 * may be coached already, but has had its packet and was not heard. */
static void
speak_to_voices(struct plane *plane, struct mixer *mixer, const int32_t *sum, uint64_t now_ms) {
    for (struct endpoint *at = mixer->members; at; at = at->member.next) {
        if (at->configured && !at->member.waits && hears_apart(&at->member))
            speak_apart(plane, mixer, at, sum, now_ms);
    }
}

void mixer_go_on(struct plane *plane, struct mixer *mixer, uint64_t now_ms) {
    for (uint32_t i = 0; mixer->unserved && i < mixer->served_at_once; i++) {
        struct endpoint *at = mixer->unserved;
        mixer->unserved = at->member.next;
        serve(plane, mixer, at, &mixer->paced, now_ms);
    }
    wheel_remove(&plane->wheel, &mixer->pace);
    if (mixer->unserved)
        wheel_insert(&plane->wheel, &mixer->pace, plane->ticked_ms + 1);
}

void mixer_finish(struct plane *plane, struct mixer *mixer, uint64_t now_ms) {
    mixer->served_at_once = UINT32_MAX;
    mixer_go_on(plane, mixer, now_ms);
}

/* A large room is served over a few milliseconds, so that its packets do not leave all at once and
 * others have their turn between them. Who is recorded is served now: what he said is at hand. */
static void serve_by_and_by(struct plane *plane, struct mixer *mixer, uint64_t now_ms) {
    struct shared_mix *shared = &mixer->paced;
    shared_pcm(mixer, shared, mixer->rate_hz); /* later there is no sum */
    for (struct endpoint *at = mixer->members; at; at = at->member.next) {
        if (at->recorders && !at->member.waits && !hears_apart(&at->member)) {
            serve(plane, mixer, at, shared, now_ms);
            at->member.waits = true; /* for the rest of this tick */
        }
    }
    mixer->unserved = mixer->members;
    mixer->served_at_once = (mixer->members_count + PACES - 1) / PACES;
    mixer_go_on(plane, mixer, now_ms);
}

static void record(struct plane *plane, struct mixer *mixer, struct shared_mix *shared) {
    uint32_t count = frame_of(mixer->rate_hz);
    const int16_t *pcm = shared_pcm(mixer, shared, mixer->rate_hz);
    struct recorder_frame frame = {pcm, pcm, count, count, mixer->rate_hz};
    plane_feed_recorders(plane, &mixer->recorders, &frame);
}

void mixer_tick(struct plane *plane, struct mixer *mixer, uint64_t now_ms) {
    int32_t sum[MIXER_FRAME_MAX];
    struct shared_mix at_once;
    bool paced = mixer->members_count >= PACED_FROM;
    struct shared_mix *shared = paced ? &mixer->paced : &at_once;
    mixer_finish(plane, mixer, now_ms);
    begin_shared(shared, sum);
    set_gains(plane, mixer, listen_to_all(plane, mixer, now_ms));
    sum_up(plane, mixer, sum);
    if (mixer->recorders)
        record(plane, mixer, shared);
    speak_to_voices(plane, mixer, sum, now_ms);
    if (paced) {
        serve_by_and_by(plane, mixer, now_ms);
        return;
    }
    for (struct endpoint *at = mixer->members; at; at = at->member.next)
        serve(plane, mixer, at, shared, now_ms);
}
