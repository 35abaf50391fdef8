#ifndef DIALPLANE_PLACES_H
#define DIALPLANE_PLACES_H
/*
 * Numbered places and their ids: a place is taken again only under another id. Who gives a place
 * back names a list, and who takes one gets it from that list first, as its memory is warm there.
 * For the control thread.
 */
#include <stdbool.h>
#include <stdint.h>

enum { PLACES_MAX = 65535, PLACES_LISTS_MAX = 64 };

struct places {
    uint32_t count, fresh, used, lists, generations;
    struct place {
        uint16_t generation;
        uint16_t next; /* given back before it, or PLACES_MAX */
        bool taken;
    } * places;
    uint16_t first[PLACES_LISTS_MAX];
};

/* Ids come round after `generations`, at most 65535. */
bool places_init(struct places *places, uint32_t count, uint32_t lists, uint32_t generations);
void places_destroy(struct places *places);
/* generation << 16 | place; 0: all are taken. */
uint32_t places_take(struct places *places, uint32_t list);
void places_give_back(struct places *places, uint32_t list, uint32_t id);
/* Whether the place is taken under this very id. */
bool places_hold(const struct places *places, uint32_t id);

#endif
