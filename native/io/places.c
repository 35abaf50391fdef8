#include "io_state.h"
#include <stdlib.h>

enum { GENERATIONS = 1023 };

bool places_init(struct places *places, uint32_t count) {
    places->count = count;
    places->free = calloc(count, sizeof *places->free);
    places->generations = calloc(count, sizeof *places->generations);
    return places->free && places->generations;
}

void places_destroy(struct places *places) {
    free(places->free);
    free(places->generations);
}

uint32_t places_take(struct places *places) {
    uint32_t place;
    if (places->fresh < places->count)
        place = places->fresh++;
    else if (places->free_count > 0)
        place = places->free[--places->free_count];
    else
        return 0;
    uint32_t generation = places->generations[place] % GENERATIONS + 1u;
    places->generations[place] = (uint16_t)generation;
    return generation << 16 | place;
}

void places_give_back(struct places *places, uint32_t id) {
    places->free[places->free_count++] = (uint16_t)(id & 0xFFFF);
}
