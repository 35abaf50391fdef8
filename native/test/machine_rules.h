#ifndef DIALPLANE_MACHINE_RULES_H
#define DIALPLANE_MACHINE_RULES_H
/*
 * The reference: the rules of Asterisk's AMD() with the default settings of amd.conf, written from
 * their documentation alone. They know persons and machines; what they cannot say is NOT_SURE.
 */
#include <stdint.h>

enum rules_verdict { RULES_NONE, RULES_HUMAN, RULES_MACHINE, RULES_NOT_SURE };

struct machine_rules {
    uint32_t now_ms, silence_ms, word_ms, greeting_ms, words;
    int in_word, in_greeting;
};

/* A frame of 20 ms, 160 samples. */
enum rules_verdict machine_rules_feed(struct machine_rules *rules, const int16_t *frame);

#endif
