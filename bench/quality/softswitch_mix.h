#ifndef QUALITY_SOFTSWITCH_MIX_H
#define QUALITY_SOFTSWITCH_MIX_H
/*
 * A conference as softswitches have it: samples of 16 bits that saturate with every member that is
 * added and again with each that is taken off, one by one. Our own words, for comparison only: it
 * is not exact.
 */
#include <stdint.h>

void softswitch_add(int16_t *sum, const int16_t *frame, uint32_t count);
void softswitch_subtract(int16_t *dst, const int16_t *sum, const int16_t *own, uint32_t count);

#endif
