#include "player_queue.h"
#include <stddef.h>

void player_queue_add(struct player_queue *queue, struct player *player) {
    struct player **last = &queue->first;
    while (*last)
        last = &(*last)->next;
    player->next = NULL;
    *last = player;
    queue->count++;
}

void player_queue_remove(struct player_queue *queue, struct player *player) {
    for (struct player **at = &queue->first; *at; at = &(*at)->next) {
        if (*at == player) {
            *at = player->next;
            queue->count--;
            return;
        }
    }
}

struct player *player_queue_find(const struct player_queue *queue, uint32_t id) {
    for (struct player *player = queue->first; player; player = player->next) {
        if (player->id == id && !player->internal)
            return player;
    }
    return NULL;
}
