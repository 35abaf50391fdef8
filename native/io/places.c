#include "places.h"
#include <stdlib.h>

bool places_init(struct places *places, uint32_t count, uint32_t lists, uint32_t generations) {
    places->count = count;
    places->lists = lists;
    places->generations = generations;
    for (uint32_t i = 0; i < lists; i++)
        places->first[i] = PLACES_MAX;
    places->places = calloc(count, sizeof *places->places);
    return places->places != NULL;
}

void places_destroy(struct places *places) {
    free(places->places);
}

static uint32_t take_from(struct places *places, uint32_t list) {
    uint32_t place = places->first[list];
    if (place != PLACES_MAX)
        places->first[list] = places->places[place].next;
    return place;
}

uint32_t places_take(struct places *places, uint32_t list) {
    uint32_t place = take_from(places, list);
    if (place == PLACES_MAX && places->fresh < places->count)
        place = places->fresh++;
    for (uint32_t i = 0; place == PLACES_MAX && i < places->lists; i++)
        place = take_from(places, i);
    if (place == PLACES_MAX)
        return 0;
    struct place *taken = &places->places[place];
    taken->generation = (uint16_t)(taken->generation % places->generations + 1u);
    taken->taken = true;
    places->used++;
    return (uint32_t)taken->generation << 16 | place;
}

void places_give_back(struct places *places, uint32_t list, uint32_t id) {
    struct place *place = &places->places[id & 0xFFFF];
    place->taken = false;
    place->next = places->first[list];
    places->first[list] = (uint16_t)(id & 0xFFFF);
    places->used--;
}

bool places_hold(const struct places *places, uint32_t id) {
    uint32_t place = id & 0xFFFF;
    return place < places->count && places->places[place].taken &&
           places->places[place].generation == id >> 16;
}
