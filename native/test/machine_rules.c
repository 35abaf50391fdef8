#include "machine_rules.h"

enum {
    FRAME = 160,
    FRAME_MS = 20,
    INITIAL_SILENCE_MS = 2500, /* longer silence before the greeting: machine */
    GREETING_MS = 1500,        /* a longer greeting: machine */
    AFTER_GREETING_MS = 800,   /* silence after the greeting: human */
    TOTAL_MS = 5000,           /* not known by then: not sure */
    WORD_MS_MIN = 100,         /* shorter sound is no word */
    BETWEEN_WORDS_MS = 50,     /* silence that makes what follows a new word */
    WORDS_MAX = 3,             /* more of them: machine */
    WORD_MS_MAX = 5000,        /* a longer one: machine */
    SILENCE_LEVEL = 256,       /* mean magnitude of silence */
};

static int is_silent(const int16_t *frame) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < FRAME; i++)
        sum += frame[i] < 0 ? -frame[i] : frame[i];
    return sum < SILENCE_LEVEL * FRAME;
}

static enum rules_verdict after_silence(struct machine_rules *rules) {
    rules->silence_ms += FRAME_MS;
    if (rules->silence_ms >= BETWEEN_WORDS_MS) {
        rules->in_word = 0;
        rules->word_ms = 0;
    }
    if (!rules->in_greeting && rules->silence_ms >= INITIAL_SILENCE_MS)
        return RULES_MACHINE;
    return rules->in_greeting && rules->silence_ms >= AFTER_GREETING_MS ? RULES_HUMAN : RULES_NONE;
}

static enum rules_verdict after_sound(struct machine_rules *rules) {
    rules->word_ms += FRAME_MS;
    rules->greeting_ms += FRAME_MS;
    if (rules->word_ms >= WORD_MS_MIN && !rules->in_word) {
        rules->in_word = rules->in_greeting = 1;
        rules->words++;
    }
    if (rules->word_ms >= WORD_MS_MIN)
        rules->silence_ms = 0;
    if (rules->words > WORDS_MAX || rules->word_ms > WORD_MS_MAX)
        return RULES_MACHINE;
    return rules->in_greeting && rules->greeting_ms >= GREETING_MS ? RULES_MACHINE : RULES_NONE;
}

enum rules_verdict machine_rules_feed(struct machine_rules *rules, const int16_t *frame) {
    rules->now_ms += FRAME_MS;
    if (rules->now_ms >= TOTAL_MS)
        return RULES_NOT_SURE;
    return is_silent(frame) ? after_silence(rules) : after_sound(rules);
}
