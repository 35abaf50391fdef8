#ifndef DIALPLANE_JITTER_DELAY_H
#define DIALPLANE_JITTER_DELAY_H
/*
 * How long a jitter buffer should wait. Keeps a histogram of how late packets come, which fades
 * over about 20 seconds and moves along with the path's minimum (clocks drift, routes change), and
 * chooses the delay that costs least by the E-model (ITU-T G.107): each millisecond costs a little,
 * more from where a conversation begins to suffer; each late packet costs what a lost one does.
 * Packets that have not come as late as before for long count less. Knows no packets and no audio.
 * Times and delays are counted in samples of 8 kHz
 * (`_8k`); absolute ones are arrival minus timestamp, on the clocks of both ends.
 */
#include <stdbool.h>
#include <stdint.h>

enum {
    JITTER_DELAY_BINS = 256,
    JITTER_DELAY_BIN_8K = 20, /* 2.5 ms */
};

struct jitter_delay {
    int64_t origin_8k; /* where the first bin begins */
    int64_t target_8k;
    int64_t base_8k;   /* the path's minimum: of this window and the one before */
    int64_t floor_8k;  /* the least ever, give or take the drift of clocks */
    int64_t anchor_8k; /* the minimum that the bins are aligned to */
    int64_t window_min_8k, previous_min_8k;
    int64_t brief_min_8k, settled_8k; /* of the last few packets, and of those before them */
    uint32_t start_8k, most_8k;       /* above the base: to begin with, and at most */
    uint32_t frame_8k, packet_8k;
    uint32_t step_8k;  /* between delays worth choosing */
    uint32_t extra_8k; /* until the frame of the packet that has to wait longest */
    uint32_t weight;   /* of a packet noted now; grows, so that older ones count less */
    uint32_t total;
    uint32_t loss_q16; /* fraction lost on the way, of late */
    uint32_t window_packets, brief_packets;
    uint16_t packets;
    uint16_t bins_used;
    bool started;
    uint8_t deepest[JITTER_DELAY_BINS]; /* the largest offset seen within the bin */
    uint16_t seen[JITTER_DELAY_BINS];   /* `packets` when it was hit last */
    uint32_t bins[JITTER_DELAY_BINS];
};

void jitter_delay_init(struct jitter_delay *delay, uint32_t start_8k, uint32_t most_8k);
/* Frames of audio are taken so often, and packets are so long: only delays that meet a frame when a
 * packet is just in time are worth choosing. */
void jitter_delay_set_grid(struct jitter_delay *delay, uint32_t frame_8k, uint32_t packet_8k);
/* A packet came with the delay `raw_8k`; playing it at the next frame would make it `turn_8k`. */
void jitter_delay_note(struct jitter_delay *delay, int64_t raw_8k, int64_t turn_8k);
/* The path has become longer: its minimum is this now. */
void jitter_delay_rebase(struct jitter_delay *delay, int64_t raw_8k);
/* `missing` sequence numbers were passed over; -1: one of them came after all. */
void jitter_delay_note_loss(struct jitter_delay *delay, int32_t missing);

#endif
