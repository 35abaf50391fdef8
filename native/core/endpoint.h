#ifndef DIALPLANE_ENDPOINT_H
#define DIALPLANE_ENDPOINT_H
/*
 * The RTP of one leg: receives from its peer (latching to where packets really come from), sends
 * one packet per ptime from its players, its bridge or silence, and tells of digits. Packets of a
 * bridge whose sides speak the same codec are relayed without decoding. Internal to the plane.
 */
#include "audio_ring.h"
#include "codec.h"
#include "detectors.h"
#include "dtmf_detector.h"
#include "host.h"
#include "jitter_buffer.h"
#include "mixer.h"
#include "player_queue.h"
#include "recorder.h"
#include "rtcp.h"
#include "rtp.h"
#include "srtp.h"
#include "tap.h"
#include "telephone_event.h"
#include "wheel.h"

enum {
    PAYLOAD_TYPE_NONE = 255,
    PAYLOAD_TYPE_CN = 13,
    SAMPLES_PER_MS = 8, /* of players and detectors */
};

struct endpoint_settings {
    struct address remote;
    uint16_t peer; /* another number: another party has taken the place of the one before */
    enum codec_id codec_id;
    uint8_t payload_type;
    uint8_t event_payload_type; /* or PAYLOAD_TYPE_NONE */
    bool sends, receives;
    bool in_band_dtmf;
    bool dtx;
    bool fec;
    uint8_t audio_level_id; /* header extension of RFC 6464; 0: none */
    bool rtcp_mux;          /* RFC 5761 */
    enum srtp_suite srtp_suite;
    uint8_t srtp_sent[SRTP_MASTER_BYTES_MAX], srtp_received[SRTP_MASTER_BYTES_MAX];
    uint32_t ptime_ms;
    uint32_t ssrc;
    uint32_t rtp_timeout_ms;
    uint32_t clock_hz;       /* of RTP timestamps */
    uint32_t event_clock_hz; /* of telephone-event */
    uint32_t rate_hz;        /* of the PCM; 0: as the graph needs it */
    enum jitter_buffer_mode jitter_mode;
    uint32_t bitrate_bps; /* 0: the codec's choice */
};

/* The party whose place another one has taken. It may send on for a while, and must not be taken
 * for the new one. */
struct former_peer {
    bool known;
    struct address source, remote; /* where it sent from, and where it said it was */
    bool has_ssrc;
    uint32_t ssrc;
};

/* Packets of the other side of a bridge, renumbered as ours. */
struct relay {
    bool active;
    uint32_t ssrc;
    uint16_t sequence_offset;
    uint32_t timestamp_offset;
    uint16_t last_sequence;
    uint32_t last_timestamp;
    uint64_t last_ms;
};

struct endpoint {
    struct wheel_item wheel;
    uint32_t id; /* 0: free */
    bool configured;
    struct endpoint_settings settings;
    const struct codec *codec;
    uint32_t rate_hz; /* of the PCM on this side of the codec */
    uint64_t opened_ms;
    /* receiving */
    struct address send_to, rtcp_to;
    bool latched;
    uint32_t latched_ssrc;
    struct former_peer former;
    uint64_t heard_ms; /* the last accepted packet, or configuring */
    bool timed_out;
    bool listening; /* the jitter buffer is in use */
    struct rtp_reception reception;
    uint64_t packets_received;
    uint32_t packets_late; /* in jitter buffers before this one */
    struct telephone_event_receiver event_receiver;
    bool event_muted;   /* the event under way is a copy of an in-band digit */
    bool in_band_muted; /* the in-band digit under way is a copy of an event */
    char in_band_digit; /* the last reported one */
    bool in_band_active;
    uint64_t in_band_ms;
    /* sending */
    uint16_t sequence;
    uint32_t timestamp;      /* of the next tick */
    bool talking;            /* the next packet needs no marker */
    uint32_t ssrc_change;    /* added to the SSRC of the settings, after a collision; 0: none yet */
    void *encoder, *decoder; /* states lent by the plane; NULL: the codec has none */
    bool encoder_begun;
    uint32_t silent_ms; /* since something was said */
    uint64_t packets_sent, bytes_sent;
    struct player_queue players;
    struct recorder *recorders;
    struct tap *taps;
    struct detectors *detectors; /* lent by the plane; NULL: none wanted */
    struct endpoint *other;
    struct relay relay;
    struct member member;
    struct rtcp_state rtcp;
    struct srtp srtp_out, srtp_in; /* suite SRTP_NONE: plain RTP */
    /* What only listeners touch, behind what every packet does. */
    struct dtmf_detector detector;
    uint32_t concealed_samples; /* since the last frame with something received */
    struct jitter_buffer jitter_buffer;
    struct rate_converter detector_converter; /* to 8 kHz */
    struct rate_converter mixed_converter;    /* from a mix of its own to its rate */
    struct audio_ring
        heard; /* on its way to the other side of a bridge, or to a mixer out of step */
    struct audio_ring mixed; /* from a mixer out of step */
};

struct plane;

void endpoint_init(struct endpoint *endpoint, uint32_t id, uint64_t now_ms);
/* False: the pool of the codec's states is empty, or there is no such cipher. */
bool endpoint_configure(
    struct plane *plane, struct endpoint *endpoint, const struct endpoint_settings *settings,
    uint64_t now_ms);
/* Tells the peer that our SSRC is no longer used, if it ever was. */
void endpoint_say_bye(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms);
void endpoint_close(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms);
void endpoint_receive(
    struct plane *plane, struct endpoint *endpoint, bool rtcp, const struct address *from,
    const uint8_t *data, uint32_t bytes, uint64_t now_ms);
void endpoint_tick(struct plane *plane, struct endpoint *endpoint, uint64_t now_ms);
/* Puts it into the wheel, unless a mixer ticks it: from `due_ms` on. */
void endpoint_schedule(struct plane *plane, struct endpoint *endpoint, uint64_t due_ms);
/* Whether its mixer ticks it: both have the same packet time. */
bool endpoint_in_step(const struct endpoint *endpoint);
/* The two halves of its tick. Hearing takes a frame of `count` samples out of the jitter buffer,
 * for whoever listens, and returns how many were received. */
uint32_t endpoint_hear(
    struct plane *plane, struct endpoint *endpoint, int16_t *frame, uint32_t count,
    uint64_t now_ms);
/* What a member in step is to hear: PCM at its rate (NULL: silence), and perhaps the same encoded.
 * Players and digits go before it. */
struct mixed_frame {
    const int16_t *pcm;
    const uint8_t *payload;
    uint32_t payload_bytes; /* with a payload: 0, nothing is to be sent */
};
void endpoint_speak(
    struct plane *plane, struct endpoint *endpoint, const struct mixed_frame *mixed,
    const int16_t *received, uint32_t received_count, uint64_t now_ms);
struct encoder_options endpoint_encoder_options(const struct endpoint *endpoint);
void endpoint_bridge(struct endpoint *endpoint, struct endpoint *other);
void endpoint_unbridge(struct endpoint *endpoint);
void endpoint_end_player(
    struct plane *plane, struct endpoint *endpoint, struct player *player,
    enum player_reason reason);

/* Those with this id; 0: all. */
void endpoint_remove_tap(struct plane *plane, struct endpoint *endpoint, uint32_t tap_id);
/* Whether packets of `from` go to the other side of its bridge as they are. */
bool endpoint_relays(const struct endpoint *from);
/* Whether somebody wants the PCM of what its peer hears. */
bool endpoint_is_overheard(const struct endpoint *endpoint);
/* Chooses the rate of the PCM anew: after its settings or its place in the graph have changed. */
void endpoint_choose_rate(struct endpoint *endpoint);
/* Sends one RTP packet whose payload is already behind the room for the header. A packet has room
 * for RTP_PACKET_BYTES_MAX at most. */
void endpoint_send_rtp(
    struct plane *plane, struct endpoint *endpoint, uint8_t *packet, uint8_t payload_type,
    bool marker, uint32_t timestamp, uint32_t payload_bytes);
/* Sends a packet that is complete, encrypted if that was agreed upon. */
void endpoint_send_packet(
    struct plane *plane, struct endpoint *endpoint, bool rtcp, const uint8_t *packet,
    uint32_t bytes);
void endpoint_report_in_band(
    struct plane *plane, struct endpoint *endpoint, const int16_t *frame, uint32_t count,
    uint64_t now_ms);
void endpoint_report_event(
    struct plane *plane, struct endpoint *endpoint, const struct telephone_event_outcome *outcome,
    uint64_t now_ms);

#endif
