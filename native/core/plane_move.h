#ifndef DIALPLANE_PLANE_MOVE_H
#define DIALPLANE_PLANE_MOVE_H
/*
 * An endpoint goes from one plane to another of the same process: lifted out of the first, adopted
 * by the second, then discarded by the first, or put back when the second has no room. Between
 * those steps it belongs to nobody's thread but the one that has been handed it. Its place must be
 * free in the other plane; all planes count the same time and have the same codecs. Does not move
 * what waits in the shell (sockets, files).
 */
#include "plane.h"
#include "recorder.h"

/* The slots that the recorders of an endpoint have in a plane, in their order. */
struct recording_slots {
    uint32_t count;
    uint32_t at[RECORDERS_MAX];
};

struct plane_move {
    struct endpoint *lifted; /* in the plane that it comes from */
    uint32_t endpoint_id;
    struct recording_slots recordings; /* in the plane that it comes from */
};

/* Takes it out of its bridge and its mixer, and lets nothing of the plane reach it. False: there is
 * no such endpoint. */
bool plane_lift(
    struct plane *plane, uint32_t endpoint_id, struct plane_move *move, uint64_t now_ms);
/* Copies it with all that it plays and records, and goes on where it was; writes the slots that its
 * recorders have here. The plane has been ticked up to now. False: a pool is empty, and nothing has
 * changed. */
bool plane_adopt(
    struct plane *plane, const struct plane_move *move, struct recording_slots *recordings);
/* In the plane that it comes from: gives back what it held, or goes on as before. */
void plane_discard(struct plane *plane, const struct plane_move *move);
void plane_put_back(struct plane *plane, const struct plane_move *move);

#endif
