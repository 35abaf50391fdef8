#include "player.h"
#include "bytes.h"
#include "telephone_event.h"

enum { SHORT_WAIT_SAMPLES = 4000, LONG_WAIT_SAMPLES = 8000 };

void player_init_prompt(
    struct player *player, uint32_t prompt_id, const struct prompt *prompt, uint32_t loops,
    uint32_t offset) {
    player->type = PLAYER_PROMPT;
    player->prompt_id = prompt_id;
    player->prompt = *prompt;
    player->loops = loops;
    player->position = offset < prompt->count ? offset : prompt->count;
}

void player_init_tone(struct player *player, const struct tone *tone) {
    player->type = PLAYER_TONE;
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

uint32_t
player_fill_encoded(struct player *player, enum codec_id codec, uint8_t *dst, uint32_t count) {
    uint32_t filled = 0;
    while (filled < count) {
        uint32_t run = prompt_run(player, count - filled);
        if (run == 0)
            break;
        memcpy(dst + filled, player->prompt.encoded[codec] + player->position, run);
        player->position += run;
        filled += run;
    }
    player->played_samples += filled;
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

uint32_t player_fill(struct player *player, int16_t *dst, uint32_t count) {
    uint32_t filled = player->type == PLAYER_PROMPT ? fill_prompt(player, dst, count)
                      : player->type == PLAYER_TONE ? tone_fill(&player->tone, dst, count)
                                                    : fill_digits(player, dst, count);
    player->played_samples += filled;
    return filled;
}

enum event_step player_event_step(
    struct player *player, uint32_t timestamp, uint32_t frame, struct event_packet *packet) {
    if (player->stage == DIGIT_NEXT && !next_digit(player))
        return EVENT_STEP_DONE;
    player->played_samples += frame;
    if (player->stage == DIGIT_PAUSE) {
        player->pause_samples -= player->pause_samples < frame ? player->pause_samples : frame;
        if (player->pause_samples == 0)
            player->stage = DIGIT_NEXT;
        return EVENT_STEP_SILENCE;
    }
    bool first = player->event_duration == 0;
    if (first) {
        player->event_timestamp = timestamp;
        player->ends_left = TELEPHONE_EVENT_END_PACKETS;
    }
    if (player->stage == DIGIT_SOUNDING) {
        player->event_duration += frame;
        if (player->event_duration >= player->tone_samples)
            player->stage = DIGIT_ENDING;
    }
    *packet = (struct event_packet){
        .event = player->event,
        .marker = first,
        .end = player->stage == DIGIT_ENDING,
        .timestamp = player->event_timestamp,
        .duration = player->event_duration,
    };
    if (packet->end && --player->ends_left == 0) {
        uint32_t spent = (TELEPHONE_EVENT_END_PACKETS - 1) * frame;
        player->pause_samples = player->gap_samples > spent ? player->gap_samples - spent : 0;
        player->stage = player->pause_samples > 0 ? DIGIT_PAUSE : DIGIT_NEXT;
    }
    return EVENT_STEP_PACKET;
}
