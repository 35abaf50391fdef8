#include "codecs.h"
#include "g711.h"
#include "g722.h"
#include "l16.h"

const struct codec *const codecs[CODECS] = {
    [CODEC_PCMU] = &codec_pcmu,
    [CODEC_PCMA] = &codec_pcma,
    [CODEC_G722] = &codec_g722,
    [CODEC_L16] = &codec_l16,
};
