/*
 * The plane behind plain functions for the WASM shell (src/media/wasm): static buffers for what
 * goes in, imports for what comes out. Addresses are offsets into linear memory; times [ms] are
 * doubles, which hold them exactly. The shell grows the memory and says where the plane may live.
 */
#include "codecs.h"
#include "plane.h"
#include "prompt.h"
#include "resampler.h"

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("host"), import_name(name)))

enum { PACKET_BYTES = 2048, COMMANDS_BYTES = 65536, STATES_MAX = 256 };

IMPORT("send")
void shell_send(
    uint32_t endpoint_id, uint32_t rtcp, uint32_t family, uint32_t port, const uint8_t *ip,
    const uint8_t *packet, uint32_t bytes);
IMPORT("event") void shell_event(const uint8_t *record, uint32_t bytes);
IMPORT("promptAcquire") uint32_t shell_prompt_acquire(uint32_t prompt_id, struct prompt *prompt);
IMPORT("promptRelease") void shell_prompt_release(uint32_t prompt_id);
IMPORT("recordingOpen")
uint32_t shell_recording_open(
    uint32_t slot, uint32_t recorder_id, uint32_t endpoint_id, uint32_t channels, uint32_t rate_hz,
    const char *path, uint32_t path_bytes);
IMPORT("recordingWrite")
void shell_recording_write(uint32_t slot, const int16_t *samples, uint32_t count);
IMPORT("recordingEnd")
void shell_recording_end(uint32_t slot, uint32_t reason, uint32_t frames);

IMPORT("cryptoKeySet")
uint32_t shell_crypto_key_set(uint32_t slot, const uint8_t *key, const uint8_t *mac_key);
IMPORT("cryptoKeyClear") void shell_crypto_key_clear(uint32_t slot);
IMPORT("cryptoCtr")
void shell_crypto_ctr(uint32_t slot, const uint8_t *iv, uint8_t *data, uint32_t bytes);
IMPORT("cryptoMac")
void shell_crypto_mac(
    uint32_t slot, const uint8_t *data, uint32_t bytes, const uint8_t *more, uint32_t more_bytes,
    uint8_t *mac);
IMPORT("cryptoGcm")
uint32_t shell_crypto_gcm(
    uint32_t slot, uint32_t seal, const uint8_t *nonce, const uint8_t *aad, uint32_t aad_bytes,
    uint8_t *data, uint32_t bytes, uint8_t *tag);

static struct plane *plane;
static uint8_t packet_in[PACKET_BYTES];
static uint8_t commands_in[COMMANDS_BYTES];
static struct address from;
static double counts_out[5];

static void host_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    (void)context;
    shell_send(endpoint_id, rtcp, to->family, to->port, to->ip, packet, bytes);
}

static void host_event(void *context, const uint8_t *record, uint32_t bytes) {
    (void)context;
    shell_event(record, bytes);
}

static bool host_prompt_acquire(void *context, uint32_t prompt_id, struct prompt *prompt) {
    (void)context;
    return shell_prompt_acquire(prompt_id, prompt) != 0;
}

static void host_prompt_release(void *context, uint32_t prompt_id) {
    (void)context;
    shell_prompt_release(prompt_id);
}

static bool host_recording_open(void *context, const struct recording *recording) {
    (void)context;
    return shell_recording_open(
               recording->slot, recording->recorder_id, recording->endpoint_id, recording->channels,
               recording->rate_hz, recording->path, recording->path_bytes) != 0;
}

static bool
host_recording_write(void *context, uint32_t slot, const int16_t *samples, uint32_t count) {
    (void)context;
    shell_recording_write(slot, samples, count);
    return true;
}

static bool host_recording_end(void *context, uint32_t slot, uint8_t reason, uint32_t frames) {
    (void)context;
    shell_recording_end(slot, reason, frames);
    return true;
}

static bool
crypto_key_set(void *context, uint32_t slot, const uint8_t *key, const uint8_t *mac_key) {
    (void)context;
    return shell_crypto_key_set(slot, key, mac_key) != 0;
}

static void crypto_key_clear(void *context, uint32_t slot) {
    (void)context;
    shell_crypto_key_clear(slot);
}

static void
crypto_ctr(void *context, uint32_t slot, const uint8_t iv[16], uint8_t *data, uint32_t bytes) {
    (void)context;
    shell_crypto_ctr(slot, iv, data, bytes);
}

static void crypto_mac(
    void *context, uint32_t slot, const uint8_t *data, uint32_t bytes, const uint8_t *more,
    uint32_t more_bytes, uint8_t mac[20]) {
    (void)context;
    shell_crypto_mac(slot, data, bytes, more, more_bytes, mac);
}

static bool crypto_gcm(
    void *context, uint32_t slot, bool seal, const uint8_t nonce[12], const uint8_t *aad,
    uint32_t aad_bytes, uint8_t *data, uint32_t bytes, uint8_t *tag) {
    (void)context;
    return shell_crypto_gcm(slot, seal, nonce, aad, aad_bytes, data, bytes, tag) != 0;
}

static const struct crypto crypto = {0,          crypto_key_set, crypto_key_clear,
                                     crypto_ctr, crypto_mac,     crypto_gcm};

/* The states of a heavy codec are most of the memory of an endpoint: not all may have one. */
static struct plane_config config_of(uint32_t endpoints_max, double epoch_ms) {
    uint32_t states_max = endpoints_max < STATES_MAX ? endpoints_max : STATES_MAX;
    return (struct plane_config){
        .endpoints_max = endpoints_max,
        .players_max = endpoints_max * 4 + 64,
        .recorders_max = endpoints_max * 2,
        .streams_max = endpoints_max,
        .taps_max = endpoints_max,
        .detectors_max = endpoints_max,
        .mixers_max = endpoints_max / 2 + 1,
        .codecs = codecs,
        .crypto = &crypto,
        .states_max = {[CODEC_G722] = endpoints_max, [CODEC_OPUS] = states_max},
        .epoch_ms = (uint64_t)epoch_ms,
        .host =
            {0, host_send, host_event, host_prompt_acquire, host_prompt_release,
             host_recording_open, host_recording_write, host_recording_end},
    };
}

EXPORT("planeBytes") uint32_t export_plane_bytes(uint32_t endpoints_max) {
    struct plane_config config = config_of(endpoints_max, 0);
    return (uint32_t)plane_size(&config);
}

EXPORT("planeInit")
void export_plane_init(void *memory, uint32_t endpoints_max, double epoch_ms, double now_ms) {
    struct plane_config config = config_of(endpoints_max, epoch_ms);
    plane = plane_init(memory, &config, (uint64_t)now_ms);
}

EXPORT("packetIn") uint8_t *export_packet_in(void) {
    return packet_in;
}

EXPORT("commandsIn") uint8_t *export_commands_in(void) {
    return commands_in;
}

/* The 16 bytes of the address that the next packet comes from. */
EXPORT("addressIn") uint8_t *export_address_in(void) {
    return from.ip;
}

EXPORT("planeOpen") uint32_t export_plane_open(uint32_t endpoint_id, double now_ms) {
    return plane_open(plane, endpoint_id, (uint64_t)now_ms) == 0;
}

EXPORT("planeOpenMixer") uint32_t export_plane_open_mixer(uint32_t mixer_id, double now_ms) {
    return plane_open_mixer(plane, mixer_id, (uint64_t)now_ms) == 0;
}

EXPORT("planeCommands") void export_plane_commands(uint32_t bytes, double now_ms) {
    plane_commands(plane, commands_in, bytes, (uint64_t)now_ms);
}

EXPORT("planeReceive")
void export_plane_receive(
    uint32_t endpoint_id, uint32_t rtcp, uint32_t family, uint32_t port, uint32_t bytes,
    double now_ms) {
    from.family = (uint8_t)family;
    from.port = (uint16_t)port;
    plane_receive(plane, endpoint_id, rtcp != 0, &from, packet_in, bytes, (uint64_t)now_ms);
}

EXPORT("planeTick") void export_plane_tick(double now_ms) {
    plane_tick(plane, (uint64_t)now_ms);
}

/* -1: nothing is due. */
EXPORT("planeNextDueMs") double export_plane_next_due_ms(void) {
    uint64_t due_ms = plane_next_due_ms(plane);
    return due_ms == UINT64_MAX ? -1 : (double)due_ms;
}

/* endpoints, received, sent, dropped, recorder overruns */
EXPORT("planeCounts") const double *export_plane_counts(void) {
    struct plane_counts counts;
    plane_counts(plane, &counts);
    counts_out[0] = counts.endpoints;
    counts_out[1] = (double)counts.packets_received;
    counts_out[2] = (double)counts.packets_sent;
    counts_out[3] = (double)counts.packets_dropped;
    counts_out[4] = (double)counts.recorder_overruns;
    return counts_out;
}

EXPORT("promptEncode")
void export_prompt_encode(
    uint8_t *pcmu, uint8_t *pcma, const int16_t *samples, uint32_t count, uint32_t rate_hz) {
    prompt_encode(pcmu, pcma, samples, count, rate_hz);
}

EXPORT("resamplerOutputCount")
uint32_t export_resampler_output_count(uint32_t count, uint32_t from_hz, uint32_t to_hz) {
    return resampler_supports(from_hz, to_hz) ? resampler_output_count(count, from_hz, to_hz)
                                              : UINT32_MAX;
}

EXPORT("resample")
void export_resample(
    int16_t *dst, uint32_t first, uint32_t dst_count, const int16_t *src, uint32_t src_count,
    uint32_t from_hz, uint32_t to_hz) {
    resampler_run(dst, first, dst_count, src, src_count, from_hz, to_hz);
}

/* Returns the bytes written. */
EXPORT("runConformance")
uint32_t export_run_conformance(const char *program, uint8_t *dst, uint32_t room) {
    uint32_t bytes = 0;
    codecs_conformance(program, dst, &bytes, room);
    return bytes;
}
