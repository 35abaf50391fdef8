#ifndef DIALPLANE_L16_H
#define DIALPLANE_L16_H
/*
 * L16: 16-bit linear PCM in network byte order, mono, at any rate that the plane has (RFC 3551,
 * section 4.5.11). Stateless. What is longer than one payload may be does not fit: 20 ms at 48 kHz
 * do not.
 */
#include "codec.h"

extern const struct codec codec_l16;

#endif
