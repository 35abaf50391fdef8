#ifndef DIALPLANE_RECORDS_H
#define DIALPLANE_RECORDS_H
/*
 * The binary form of commands and events, little-endian, the same in C and in src/media/records.ts.
 * A record: u16 length in bytes (all of it, a multiple of 4), u8 type, u8 detail, then u32 fields;
 * strings come last, preceded by their length and padded with zeros. A batch is records end to end.
 */

/* clang-format off */
/*
 *   command        detail          fields
 *   configure      -               token endpoint; u8 codec payloadType eventPayloadType(255: none)
 *                                  direction(1 sends, 2 receives); u8 ptimeMs
 *                                  flags(1 in-band DTMF, 2 DTX, 4 FEC, 8 rtcp-mux, upper half: id of
 *                                  the extension with the audio level, 0: none) family(4, 6)
 *                                  jitterBuffer(0 off, 1 small, 2 medium, 3 large); u16 port
 *                                  peer(another number: it is another one now);
 *                                  u8[16] address; u32 ssrc rtpTimeoutMs clockHz eventClockHz
 *                                  rateHz(0: by the graph) bitrateBps(0: by the codec); then,
 *                                  with SRTP, u32 suite, u8[32] key and salt for what we send,
 *                                  u8[32] for what we receive
 *   close          -               token endpoint
 *   bridge         -               token endpoint otherEndpoint(itself: an echo)
 *   unbridge       -               token endpoint
 *   play           -               token endpoint player prompt loops offsetMs
 *   tone           -               token endpoint player firstHz secondHz levelDbfs(signed) onMs
 *                                  offMs loops
 *   sendDigits     -               token endpoint player toneMs gapMs digits
 *   stopPlayer     -               token endpoint player
 *   record         1 dual, 2 trim, 4 both in one, 8 what is sent
 *                                  token endpoint recorder durationMsMax silenceTimeoutMs path
 *   stopRecorder   -               token endpoint recorder
 *   pauseRecorder  1 silence, else skip
 *                                  token endpoint recorder
 *   resumeRecorder -               token endpoint recorder
 *   join           1 muted, 2 held token endpoint mixer gainQ12 coachedEndpoint(0: none)
 *   leave          -               token endpoint
 *   mixer          1 report voices token mixer rateHz(0: the best of its members) voicesMax(0: all)
 *   closeMixer     -               token mixer
 *   stream         -               token endpoint player rateHz
 *   feed           -               token endpoint player bytes samples(s16, as a string)
 *   mark           -               token endpoint player mark
 *   clear          -               token endpoint player
 *   endStream      -               token endpoint player
 *   tap            1 in, 2 out     token endpoint tap format(0 PCMU, 1 PCM 8 kHz, 2 PCM 16 kHz)
 *   stopTap        -               token endpoint tap
 *   detect         -               token endpoint detectors(1 voice, 2 tones, 4 beep; 0: none)
 *   detectMachine  1 until the end of its greeting
 *                                  token endpoint timeoutMs(0: no longer) speechMs speechEndMs
 *                                  silenceMs
 *   play, tone, stream..endStream, stopPlayer, record..resumeRecorder with 128 in the detail: mixer for endpoint
 *   event
 *   ack            -               token status
 *   digit          source          endpoint digit durationMs mediaTimeMs
 *   digitStarted   -               endpoint mediaTimeMs
 *   playerEnded    reason          endpoint player playedMs
 *   recorderEnded  reason          endpoint recorder durationMs
 *   rtpTimeout     -               endpoint
 *   voice          1 begun         endpoint mixer mediaTimeMs
 *   mixerClosed    -               mixer
 *   streamLow      -               endpoint player playedMs
 *   marked         -               endpoint player mark
 *   audio          1 in, 2 out     endpoint tap mediaTimeMs bytes samples
 *   detected       1 begun         endpoint kind(detection.h) mediaTimeMs
 *   answeredBy     who(machine_detector.h)
 *                                  endpoint afterMs
 *   closed         -               endpoint received sent lost late jitterUs roundTripMs
 *                                  peerLost peerJitterUs
 */
/* clang-format on */
#include <stdbool.h>
#include <stdint.h>

enum {
    RECORD_HEADER_BYTES = 4,
    RECORD_CONFIGURE_BYTES = 64,
    RECORD_OF_MIXER = 128, /* in the detail: the object is a mixer */
};

enum record_type {
    COMMAND_CONFIGURE = 1,
    COMMAND_CLOSE,
    COMMAND_BRIDGE,
    COMMAND_UNBRIDGE,
    COMMAND_PLAY,
    COMMAND_TONE,
    COMMAND_SEND_DIGITS,
    COMMAND_STOP_PLAYER,
    COMMAND_RECORD,
    COMMAND_STOP_RECORDER,
    COMMAND_JOIN,
    COMMAND_LEAVE,
    COMMAND_MIXER,
    COMMAND_CLOSE_MIXER,
    COMMAND_STREAM,
    COMMAND_FEED,
    COMMAND_MARK,
    COMMAND_CLEAR,
    COMMAND_END_STREAM,
    COMMAND_TAP,
    COMMAND_STOP_TAP,
    COMMAND_DETECT,
    COMMAND_PAUSE_RECORDER,
    COMMAND_RESUME_RECORDER,
    COMMAND_DETECT_MACHINE,
    EVENT_ACK = 64,
    EVENT_DIGIT,
    EVENT_DIGIT_STARTED,
    EVENT_PLAYER_ENDED,
    EVENT_RECORDER_ENDED,
    EVENT_RTP_TIMEOUT,
    EVENT_CLOSED,
    EVENT_VOICE,
    EVENT_MIXER_CLOSED,
    EVENT_STREAM_LOW,
    EVENT_MARKED,
    EVENT_AUDIO,
    EVENT_DETECTED,
    EVENT_ANSWERED_BY,
    RECORD_SHELL = 128, /* from here on: between a shell and itself, never seen by the core */
};

enum record_status {
    STATUS_OK,
    STATUS_UNKNOWN_ENDPOINT,
    STATUS_EXHAUSTED, /* a pool is empty */
    STATUS_QUEUE_FULL,
    STATUS_INVALID,
    STATUS_UNKNOWN_PROMPT,
    STATUS_NOT_TOGETHER, /* endpoints of different shards */
    STATUS_FAILED,
};

enum digit_source { DIGIT_TELEPHONE_EVENT, DIGIT_IN_BAND };
enum player_reason { PLAYER_DONE, PLAYER_STOPPED, PLAYER_CLOSED };
enum recorder_reason {
    RECORDER_STOPPED,
    RECORDER_SILENCE,
    RECORDER_DURATION_MAX,
    RECORDER_CLOSED,
    RECORDER_FAILED,
};

/* One record of a batch; its fields are read with record_u32. */
struct record {
    const uint8_t *data;
    uint32_t bytes;
    uint8_t type;
    uint8_t detail;
};

/* Takes the record at `*offset` and moves on; false at the end, or when the batch is malformed. */
bool record_next(struct record *record, const uint8_t *batch, uint32_t bytes, uint32_t *offset);
/* Whether field 1 is the id of a mixer, not of an endpoint. */
bool record_is_of_mixer(const struct record *record);
/* Field 0 follows the header. Fields beyond the record read as 0. */
uint32_t record_u32(const struct record *record, uint32_t field);
/* The string whose length is in `field`; NULL when it does not fit into the record. */
const char *record_string(const struct record *record, uint32_t field, uint32_t *bytes);
/* Writes a record of `count` fields and returns its length. */
uint32_t record_write(
    uint8_t *dst, enum record_type type, uint8_t detail, const uint32_t *fields, uint32_t count);

#endif
