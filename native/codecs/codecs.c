#include "codecs.h"
#include "g711.h"

const struct codec *const codecs[CODECS] = {
    [CODEC_PCMU] = &codec_pcmu,
    [CODEC_PCMA] = &codec_pcma,
};
