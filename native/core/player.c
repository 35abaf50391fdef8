#include "player.h"
#include "bytes.h"
#include "telephone_event.h"

enum {
    OWN_RATE_HZ = 8000, /* of tones and digits */
    SHORT_WAIT_SAMPLES = 4000,
    LONG_WAIT_SAMPLES = 8000,
    SEGMENT_MAX = 0xFFFF, /* of an event: RFC 4733 §2.5.1.3 */
};

void player_init_prompt(
    struct player *player, uint32_t prompt_id, const struct prompt *prompt, uint32_t loops,
    uint64_t offset) {
    player->type = PLAYER_PROMPT;
    player->rate_hz = prompt->rate_hz;
    player->prompt_id = prompt_id;
    player->prompt = *prompt;
    /* Whole bytes of the encoded form: a shell that keeps a stray sample loses it. */
    player->prompt.count -= prompt->count % (prompt->rate_hz / OWN_RATE_HZ);
    player->loops = loops;
    player->position = player->prompt.count;
    if (offset < player->prompt.count)
        player->position = (uint32_t)(offset - offset % (prompt->rate_hz / OWN_RATE_HZ));
}

void player_init_stream(struct player *player, struct stream *stream, uint32_t rate_hz) {
    player->type = PLAYER_STREAM;
    player->rate_hz = rate_hz;
    player->stream = stream;
}

void player_init_tone(struct player *player, const struct tone *tone) {
    player->type = PLAYER_TONE;
    player->rate_hz = OWN_RATE_HZ;
    player->tone = *tone;
}

int player_init_digits(
    struct player *player, const char *digits, uint32_t count, uint32_t tone_samples,
    uint32_t gap_samples) {
    if (count > PLAYER_DIGITS_MAX)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        if (digits[i] != 'w' && digits[i] != 'W' && telephone_event_of(digits[i]) < 0)
            return -1;
    }
    player->type = PLAYER_DIGITS;
    player->rate_hz = OWN_RATE_HZ;
    memcpy(player->digits, digits, count);
    player->digits_count = count;
    player->tone_samples = tone_samples;
    player->gap_samples = gap_samples;
    player->stage = DIGIT_NEXT;
    return 0;
}

/* How much of the prompt comes next without a seam, at most `count`; 0: it is over. */
static uint32_t prompt_run(struct player *player, uint32_t count) {
    if (player->prompt.count == 0)
        return 0;
    if (player->position == player->prompt.count) {
        if (player->loops != 0 && player->done + 1 >= player->loops)
            return 0;
        player->done++;
        player->position = 0;
    }
    uint32_t left = player->prompt.count - player->position;
    return left < count ? left : count;
}

bool player_has_encoded(const struct player *player, enum codec_id codec) {
    return player->type == PLAYER_PROMPT && codec <= CODEC_PCMA && player->prompt.encoded[codec];
}

uint32_t
player_fill_encoded(struct player *player, enum codec_id codec, uint8_t *dst, uint32_t count) {
    uint32_t filled = 0, samples_per_byte = player->rate_hz / OWN_RATE_HZ;
    while (filled < count) {
        uint32_t run = prompt_run(player, (count - filled) * samples_per_byte);
        uint32_t bytes = run / samples_per_byte;
        if (run == 0)
            break;
        memcpy(
            dst + filled, player->prompt.encoded[codec] + player->position / samples_per_byte,
            bytes);
        player->position += run;
        player->played_samples += run;
        filled += bytes;
    }
    return filled;
}

static uint32_t fill_prompt(struct player *player, int16_t *dst, uint32_t count) {
    uint32_t filled = 0;
    while (filled < count) {
        uint32_t run = prompt_run(player, count - filled);
        if (run == 0)
            break;
        memcpy(dst + filled, player->prompt.samples + player->position, run * sizeof *dst);
        player->position += run;
        filled += run;
    }
    return filled;
}

/* Takes the next character; false at the end. */
static bool next_digit(struct player *player) {
    if (player->digits_at == player->digits_count)
        return false;
    char digit = player->digits[player->digits_at++];
    if (digit == 'w' || digit == 'W') {
        player->stage = DIGIT_PAUSE;
        player->pause_samples = digit == 'w' ? SHORT_WAIT_SAMPLES : LONG_WAIT_SAMPLES;
        return true;
    }
    player->stage = DIGIT_SOUNDING;
    player->event = (uint8_t)telephone_event_of(digit);
    player->event_duration = 0;
    tone_init_digit(&player->tone, player->event, player->tone_samples, player->gap_samples);
    return true;
}

static uint32_t fill_digits(struct player *player, int16_t *dst, uint32_t count) {
    uint32_t filled = 0;
    while (filled < count) {
        if (player->stage == DIGIT_NEXT && !next_digit(player))
            break;
        uint32_t room = count - filled;
        if (player->stage == DIGIT_PAUSE) {
            uint32_t run = player->pause_samples < room ? player->pause_samples : room;
            memset(dst + filled, 0, run * sizeof *dst);
            player->pause_samples -= run;
            filled += run;
            if (player->pause_samples == 0)
                player->stage = DIGIT_NEXT;
            continue;
        }
        uint32_t run = tone_fill(&player->tone, dst + filled, room);
        filled += run;
        if (run < room)
            player->stage = DIGIT_NEXT;
    }
    return filled;
}

/* Silence where nothing has come yet. */
static uint32_t fill_stream(struct stream *stream, int16_t *dst, uint32_t count) {
    uint32_t filled = stream_read(stream, dst, count);
    if (stream_is_over(stream))
        return filled;
    memset(dst + filled, 0, (count - filled) * sizeof *dst);
    return count;
}

static uint32_t fill_own(struct player *player, int16_t *dst, uint32_t count) {
    uint32_t filled = player->type == PLAYER_PROMPT   ? fill_prompt(player, dst, count)
                      : player->type == PLAYER_TONE   ? tone_fill(&player->tone, dst, count)
                      : player->type == PLAYER_STREAM ? fill_stream(player->stream, dst, count)
                                                      : fill_digits(player, dst, count);
    player->played_samples += filled;
    return filled;
}

uint32_t player_fill(struct player *player, int16_t *dst, uint32_t count, uint32_t rate_hz) {
    if (rate_hz == player->rate_hz)
        return fill_own(player, dst, count);
    int16_t own[CODEC_FRAME_MAX];
    uint32_t wanted = (uint32_t)((uint64_t)count * player->rate_hz / rate_hz);
    rate_converter_set(&player->converter, player->rate_hz, rate_hz);
    uint32_t got = fill_own(player, own, wanted);
    uint32_t filled = rate_converter_run(&player->converter, dst, own, got);
    while (got == wanted && filled < count) /* the room is no whole number of its own samples */
        dst[filled++] = 0;
    return filled;
}

uint32_t player_played_ms(const struct player *player) {
    return (uint32_t)(player->played_samples * 1000 / player->rate_hz);
}

enum event_step player_event_step(
    struct player *player, uint32_t timestamp, uint32_t frame_samples, uint32_t clock_per_sample,
    struct event_packet *packet) {
    if (player->stage == DIGIT_NEXT && !next_digit(player))
        return EVENT_STEP_DONE;
    player->played_samples += frame_samples;
    if (player->stage == DIGIT_PAUSE) {
        uint32_t left = player->pause_samples;
        player->pause_samples -= left < frame_samples ? left : frame_samples;
        if (player->pause_samples == 0)
            player->stage = DIGIT_NEXT;
        return EVENT_STEP_SILENCE;
    }
    bool first = player->event_duration == 0;
    if (first) {
        player->event_timestamp = timestamp;
        player->segment_start = 0;
        player->ends_left = TELEPHONE_EVENT_END_PACKETS;
    }
    if (player->stage == DIGIT_SOUNDING) {
        uint32_t before = player->event_duration - player->segment_start;
        if ((before + frame_samples) * clock_per_sample > SEGMENT_MAX) {
            player->segment_start = player->event_duration;
            player->event_timestamp = timestamp;
        }
        player->event_duration += frame_samples;
        if (player->event_duration >= player->tone_samples)
            player->stage = DIGIT_ENDING;
    }
    *packet = (struct event_packet){
        .event = player->event,
        .marker = first,
        .end = player->stage == DIGIT_ENDING,
        .timestamp = player->event_timestamp,
        .duration = (player->event_duration - player->segment_start) * clock_per_sample,
    };
    if (packet->end && --player->ends_left == 0) {
        uint32_t spent = (TELEPHONE_EVENT_END_PACKETS - 1) * frame_samples;
        player->pause_samples = player->gap_samples > spent ? player->gap_samples - spent : 0;
        player->stage = player->pause_samples > 0 ? DIGIT_PAUSE : DIGIT_NEXT;
    }
    return EVENT_STEP_PACKET;
}
