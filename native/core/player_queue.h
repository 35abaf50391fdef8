#ifndef DIALPLANE_PLAYER_QUEUE_H
#define DIALPLANE_PLAYER_QUEUE_H
/* Players that wait for each other. Owns their order, not their memory. */
#include "player.h"

enum { PLAYER_QUEUE_MAX = 8 };

struct player_queue {
    struct player *first;
    uint32_t count;
};

static inline bool player_queue_is_full(const struct player_queue *queue) {
    return queue->count >= PLAYER_QUEUE_MAX;
}
/* The caller has checked that there is room. */
void player_queue_add(struct player_queue *queue, struct player *player);
void player_queue_remove(struct player_queue *queue, struct player *player);
/* One with this id that was not made by the plane itself; NULL: there is none. */
struct player *player_queue_find(const struct player_queue *queue, uint32_t id);

#endif
