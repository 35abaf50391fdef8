#ifndef DIALPLANE_FUZZ_WORLD_H
#define DIALPLANE_FUZZ_WORLD_H
/*
 * A plane with small pools, and a host that keeps account of what it was given: every command is
 * answered once and in order, everything that begins ends once, nothing is sent or told for an
 * endpoint that is gone, and when all is closed all pools are whole again.
 */
#include "../core/plane.h"
#include "../core/records.h"
#include "crypto.h"
#include "input.h"

enum { WORLD_ENDPOINTS = 4, WORLD_MIXERS = 3, WORLD_PROMPTS = 3 };

struct world {
    struct plane *plane;
    struct plane_config config;
    struct crypto crypto;
    struct fuzz_crypto ciphers;
    uint64_t now_ms;
    uint32_t token, acknowledged;
    uint8_t command;                /* type of the one that is under way */
    uint32_t open[WORLD_ENDPOINTS]; /* endpoint ids by place; 0: not open */
    uint32_t open_mixers[WORLD_MIXERS];
    int32_t players, recorders, prompts; /* begun and not ended */
    uint32_t recordings;                 /* bits: slots that are open */
    bool busy;                           /* the writer of recordings has no room */
    uint32_t digits_started, digits;
    uint32_t packets_sent;
};

/* Begins anew with this much of everything. */
void world_begin(struct world *world);
void world_open(struct world *world, uint32_t endpoint_id);
void world_open_mixer(struct world *world, uint32_t mixer_id);
/* Gives the record to the plane, under the next token. */
void world_command(
    struct world *world, enum record_type type, uint8_t detail, uint32_t *fields, uint32_t count);
/* Likewise, of any bytes: `record` has room for its fields 0 (and as many as `bytes` say). */
void world_submit(struct world *world, uint8_t *record, uint32_t bytes);
void world_receive(
    struct world *world, uint32_t endpoint_id, bool rtcp, uint16_t port, const uint8_t *packet,
    uint32_t bytes);
void world_pass(struct world *world, uint32_t ms);
/* Closes everything and checks that nothing is left. */
void world_end(struct world *world);

#endif
