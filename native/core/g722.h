#ifndef DIALPLANE_G722_H
#define DIALPLANE_G722_H
/*
 * ITU-T G.722 in mode 1, 64 kbit/s: two sub-bands of ADPCM, one byte per two samples of 16 kHz.
 * Bit-exact by the recommendation, any bytes decode. Does not conceal losses, nor take the 56 and
 * 48 kbit/s modes, which RTP does not use. Its RTP clock is 8 kHz (RFC 3551, section 4.5.2).
 */
#include "codec.h"

extern const struct codec codec_g722;

#endif
