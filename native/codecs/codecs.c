#include "codecs.h"
#include "g711.h"
#include "g722.h"
#include "l16.h"
#include "opus_codec.h"

const struct codec *const codecs[CODECS] = {
    [CODEC_PCMU] = &codec_pcmu, [CODEC_PCMA] = &codec_pcma, [CODEC_G722] = &codec_g722,
    [CODEC_L16] = &codec_l16,   [CODEC_OPUS] = &codec_opus,
};
