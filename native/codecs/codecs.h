#ifndef DIALPLANE_CODECS_H
#define DIALPLANE_CODECS_H
/* Every codec of this build, by enum codec_id; NULL where there is none. */
#include "codec.h"

extern const struct codec *const codecs[CODECS];

#endif
