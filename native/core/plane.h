#ifndef DIALPLANE_PLANE_H
#define DIALPLANE_PLANE_H
/*
 * The media graph: endpoints (the RTP of one leg), bridges of two of them, players, recorders,
 * detectors. Sans-IO: it is told the time and handed packets and commands, and gives packets and
 * events to its host. It allocates nothing after plane_init; an exhausted pool refuses. One thread
 * at a time. Times [ms] since any fixed moment, never going back.
 */
#include "codec.h"
#include "crypto.h"
#include "host.h"
#include <stdbool.h>
#include <stdint.h>

enum { PLANE_ENDPOINTS_MAX = 65535 };

struct plane_config {
    uint32_t endpoints_max;
    uint32_t players_max;
    uint32_t recorders_max;
    uint32_t mixers_max;
    uint32_t streams_max, taps_max;
    uint32_t detectors_max; /* endpoints that detect more than digits */
    /* The codec table, by enum codec_id (NULL: not there), and how many endpoints may use each
     * codec that has states. */
    const struct codec *const *codecs;
    uint32_t states_max[CODECS];
    const struct crypto *crypto; /* NULL: no SRTP */
    /* Wall clock [ms since 1970] at time 0: RTP timestamps and sequence numbers follow it. */
    uint64_t epoch_ms;
    struct plane_host host;
};

struct plane_counts {
    uint32_t endpoints;
    uint32_t players_free;
    uint32_t recorders_free;
    uint64_t packets_received;
    uint64_t packets_sent;
    uint64_t packets_dropped;
    uint64_t recorder_overruns; /* [samples] */
};

struct plane;

/* Bytes that plane_init needs, aligned to 16; 0: a count is out of range. */
uint64_t plane_size(const struct plane_config *config);
/* `memory` must be zero: pools are touched only as they are used. */
struct plane *plane_init(void *memory, const struct plane_config *config, uint64_t now_ms);

/* The lower 16 bits of an endpoint id are its place; the rest makes it unique. 0 or -1. */
int plane_open(struct plane *plane, uint32_t endpoint_id, uint64_t now_ms);
/* Likewise of a mixer id; the two kinds of ids do not meet. */
int plane_open_mixer(struct plane *plane, uint32_t mixer_id, uint64_t now_ms);
/* A batch of records (records.h). Each command is acknowledged by an event, in order. Ticks first.
 */
void plane_commands(struct plane *plane, const uint8_t *batch, uint32_t bytes, uint64_t now_ms);
void plane_receive(
    struct plane *plane, uint32_t endpoint_id, bool rtcp, const struct address *from,
    const uint8_t *packet, uint32_t bytes, uint64_t now_ms);
/* How much work encoders that can choose may do, 0 to 10 (5 at first); they follow within seconds.
 */
void plane_set_effort(struct plane *plane, uint32_t effort);
/* Does all that is due up to now. */
void plane_tick(struct plane *plane, uint64_t now_ms);
/* When plane_tick has something to do next; UINT64_MAX: not before a command. */
uint64_t plane_next_due_ms(const struct plane *plane);
void plane_counts(const struct plane *plane, struct plane_counts *counts);

#endif
