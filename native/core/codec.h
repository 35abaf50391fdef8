#ifndef DIALPLANE_CODEC_H
#define DIALPLANE_CODEC_H
/*
 * What the plane knows of a codec: one row of a table that its shell hands over (native/codecs).
 * Rows are immutable; states are memory of the plane, of the sizes given here, begun anew each time
 * they are lent, and never freed. PCM is 16-bit linear mono at the rate that a state was begun
 * with. Nothing here allocates, blocks, or knows RTP headers.
 */
#include <stdbool.h>
#include <stdint.h>

/* The places of the table; also their numbers in the command records. */
enum codec_id { CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_L16, CODEC_OPUS, CODECS };

enum {
    CODEC_PTIME_MS_MAX = 60,
    CODEC_RATE_HZ_MAX = 48000,
    CODEC_FRAME_MAX = CODEC_PTIME_MS_MAX * CODEC_RATE_HZ_MAX / 1000, /* [samples] */
    CODEC_PAYLOAD_BYTES_MAX = 1400,
    CODEC_GROUP_MAX = 8,
};

struct encoder_options {
    uint32_t rate_hz;     /* of the PCM */
    uint32_t bitrate_bps; /* 0: the codec's own choice */
    bool dtx;             /* nothing, or comfort noise, instead of silence */
    bool fec;
};

struct codec {
    const char *name;     /* encoding name of rtpmap (RFC 3551, 7587) */
    bool byte_per_sample; /* stateless, so that prompts can be kept encoded and parts joined */
    uint8_t silence;      /* the byte of digital silence, with byte_per_sample */
    uint32_t clock_hz;    /* of RTP timestamps; 0: that of the PCM (L16) */
    /* PCM rates that it can be encoded from and decoded to, ascending, closed by 0 [Hz]. */
    uint32_t rates_hz[4];
    uint32_t encoder_bytes, decoder_bytes; /* of a state; 0: none, and the pointers may be NULL */

    void (*encoder_begin)(void *encoder, const struct encoder_options *options);
    /* One packet of `count` samples, a multiple of 10 ms. Returns the bytes written, at most
     * `room`; 0: nothing is to be sent (DTX), or it does not fit. */
    uint32_t (*encode)(
        void *encoder, uint8_t *dst, uint32_t room, const int16_t *src, uint32_t count);
    /* As `encode` for each of up to CODEC_GROUP_MAX encoders, with room for what they write:
     * `count` samples of every source. Returns the bytes of each. NULL: together they cost what
     * they cost one by one. */
    uint32_t (*encode_group)(
        void *const *encoders, uint8_t *const *dst, const int16_t *const *src, uint32_t members,
        uint32_t count);
    /* A packet that stands for `count` samples of silence and leaves the encoder out, for when
     * there has been nothing but silence for a while. NULL: there is none, or encoding is as cheap.
     */
    uint32_t (*encode_silence)(uint8_t *dst, uint32_t rate_hz, uint32_t count);
    /* While it runs: what the peer loses [percent], and how much effort is affordable (0 to 10).
     * NULL: nothing to adapt. */
    void (*encoder_adapt)(void *encoder, uint32_t loss_percent, uint32_t complexity);

    void (*decoder_begin)(void *decoder, uint32_t rate_hz);
    /* Samples at `rate_hz` that a payload stands for, without decoding it; 0: it is malformed. */
    uint32_t (*payload_samples)(const uint8_t *payload, uint32_t bytes, uint32_t rate_hz);
    /* Returns the samples written; 0: malformed, or more than `room`. Any bytes are safe. */
    uint32_t (*decode)(
        void *decoder, int16_t *dst, uint32_t room, const uint8_t *payload, uint32_t bytes);
    /* `count` samples in place of a lost packet, from `next` (the packet after it, for its forward
     * error correction) when that is there, else by extrapolation. NULL: the codec cannot. */
    uint32_t (*conceal)(
        void *decoder, int16_t *dst, uint32_t count, const uint8_t *next, uint32_t next_bytes);
};

/* PCM samples per tick of the RTP clock, as a fraction: G.722 has two, Opus at 8 kHz a sixth. */
static inline uint32_t codec_clock_hz(const struct codec *codec, uint32_t rate_hz) {
    return codec->clock_hz ? codec->clock_hz : rate_hz;
}

#endif
