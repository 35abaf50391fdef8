#ifndef DIALPLANE_PLAYER_H
#define DIALPLANE_PLAYER_H
/*
 * One thing that an endpoint plays: a prompt, a tone, digits (as tones, or packet by packet as
 * telephone-event), or a stream. Players of an endpoint form a queue, which the endpoint owns. Does
 * not send. A player counts in [samples] of its own rate (tones and digits: 8 kHz) and gives any
 * other.
 */
#include "codec.h"
#include "host.h"
#include "rate_converter.h"
#include "stream.h"
#include "tone.h"
#include <stdbool.h>
#include <stdint.h>

enum { PLAYER_DIGITS_MAX = 128 };
enum player_type { PLAYER_PROMPT, PLAYER_TONE, PLAYER_DIGITS, PLAYER_STREAM };
enum digit_stage { DIGIT_NEXT, DIGIT_SOUNDING, DIGIT_ENDING, DIGIT_PAUSE };

struct player {
    struct player *next;
    uint32_t id;
    bool internal; /* made by the plane itself: ends without an event */
    enum player_type type;
    uint32_t rate_hz; /* its own */
    uint64_t played_samples;
    /* prompt */
    uint32_t prompt_id;
    struct prompt prompt;
    uint32_t position;
    uint32_t loops; /* 0: without end */
    uint32_t done;
    struct stream *stream; /* lent by the plane */
    /* tone, and digits in the audio */
    struct tone tone;
    /* digits */
    char digits[PLAYER_DIGITS_MAX];
    uint32_t digits_count;
    uint32_t digits_at;
    uint32_t tone_samples;
    uint32_t gap_samples;
    enum digit_stage stage;
    uint8_t event;
    uint8_t ends_left;
    uint32_t event_timestamp; /* of the segment under way */
    uint32_t event_duration;  /* of all segments */
    uint32_t segment_start;   /* duration of the segments before */
    uint32_t pause_samples;
    struct rate_converter converter; /* last: untouched at its own rate */
};

void player_init_prompt(
    struct player *player, uint32_t prompt_id, const struct prompt *prompt, uint32_t loops,
    uint64_t offset);
void player_init_stream(struct player *player, struct stream *stream, uint32_t rate_hz);
void player_init_tone(struct player *player, const struct tone *tone);
/* Returns -1 when a character is not one of 0-9 A-D # * w W, or there are too many. */
int player_init_digits(
    struct player *player, const char *digits, uint32_t count, uint32_t tone_samples,
    uint32_t gap_samples);

/* Writes up to `count` samples of `rate_hz`; fewer: the player is done. */
uint32_t player_fill(struct player *player, int16_t *dst, uint32_t count, uint32_t rate_hz);
bool player_has_encoded(const struct player *player, enum codec_id codec);
/* The same in bytes, when it has them. */
uint32_t
player_fill_encoded(struct player *player, enum codec_id codec, uint8_t *dst, uint32_t count);
uint32_t player_played_ms(const struct player *player);

/* One packet time (`frame_samples` of 8 kHz) of digits as telephone-event, whose clock has
 * `clock_per_sample` ticks per sample. `timestamp` is the one of the audio now. */
enum event_step { EVENT_STEP_DONE, EVENT_STEP_SILENCE, EVENT_STEP_PACKET };
struct event_packet {
    uint8_t event;
    bool marker, end;
    uint32_t timestamp;
    uint32_t duration;
};
enum event_step player_event_step(
    struct player *player, uint32_t timestamp, uint32_t frame_samples, uint32_t clock_per_sample,
    struct event_packet *packet);

#endif
