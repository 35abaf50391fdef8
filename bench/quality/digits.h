#ifndef QUALITY_DIGITS_H
#define QUALITY_DIGITS_H
/* Two detectors of DTMF with one face: ours, and spandsp's, bound at run time. */
#include <stdbool.h>
#include <stdint.h>

enum digit_listener { LISTENER_OURS, LISTENER_SPANDSP, LISTENERS };

bool digits_available(enum digit_listener listener);
/* Forgets what it heard. */
void digits_begin(enum digit_listener listener);
/* Appends the digits that ended (ours) or began (spandsp) to those heard. */
void digits_feed(enum digit_listener listener, int16_t *frame, uint32_t count);
/* Since digits_begin: the first of them as a string, and how many there were. */
const char *digits_heard(enum digit_listener listener);
uint32_t digits_count(enum digit_listener listener);

#endif
