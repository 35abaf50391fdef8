#include "prompts.h"
#include "../core/codec.h"
#include "../core/prompt.h"
#include <stdlib.h>
#include <string.h>

struct prompt_entry {
    struct prompt_entry *next; /* on the list of the unused */
    uint32_t id;
    uint32_t count, rate_hz;
    int16_t samples[];
};

/* Behind the samples of an entry lie both encoded forms, so that playing a prompt is a copy. */
static uint8_t *encoded(struct prompt_entry *entry, enum codec_id codec) {
    return (uint8_t *)(entry->samples + entry->count) +
           (size_t)codec * prompt_encoded_bytes(entry->count, entry->rate_hz);
}

bool prompts_init(struct prompts *prompts) {
    prompts->slots = calloc(PLACES_MAX, sizeof *prompts->slots);
    return prompts->slots && places_init(&prompts->places, PLACES_MAX, 1, 65535);
}

void prompts_destroy(struct prompts *prompts) {
    prompts_collect(prompts);
    for (uint32_t i = 0; prompts->slots && i < prompts->places.fresh; i++)
        free(prompts->slots[i].entry);
    free(prompts->slots);
    places_destroy(&prompts->places);
}

uint32_t
prompts_load(struct prompts *prompts, const int16_t *samples, uint32_t count, uint32_t rate_hz) {
    prompts_collect(prompts);
    struct prompt_entry *entry = malloc(
        sizeof *entry + (size_t)count * sizeof *samples +
        (size_t)2 * prompt_encoded_bytes(count, rate_hz));
    uint32_t id = entry ? places_take(&prompts->places, 0) : 0;
    if (id == 0) {
        free(entry);
        return 0;
    }
    entry->id = id;
    entry->count = count;
    entry->rate_hz = rate_hz;
    memcpy(entry->samples, samples, (size_t)count * sizeof *samples);
    prompt_encode(encoded(entry, CODEC_PCMU), encoded(entry, CODEC_PCMA), samples, count, rate_hz);
    struct prompt_slot *slot = &prompts->slots[id & 0xFFFF];
    slot->entry = entry;
    atomic_store_explicit(&slot->word, (uint64_t)id << 32 | 1, memory_order_release);
    return id;
}

uint32_t prompts_collect(struct prompts *prompts) {
    struct prompt_entry *entry = NULL;
    if (atomic_load_explicit(&prompts->unused, memory_order_relaxed))
        entry = atomic_exchange_explicit(&prompts->unused, NULL, memory_order_acquire);
    while (entry) {
        struct prompt_entry *next = entry->next;
        prompts->slots[entry->id & 0xFFFF].entry = NULL;
        places_give_back(&prompts->places, 0, entry->id);
        free(entry);
        entry = next;
    }
    return prompts->places.used;
}

bool prompts_acquire(struct prompts *prompts, uint32_t id, struct prompt *prompt) {
    if (id == 0 || (id & 0xFFFF) >= PLACES_MAX)
        return false;
    struct prompt_slot *slot = &prompts->slots[id & 0xFFFF];
    unsigned long long word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    do {
        if (word >> 32 != id || (uint32_t)word == 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(
        &slot->word, &word, word + 1, memory_order_acquire, memory_order_relaxed));
    struct prompt_entry *entry = slot->entry;
    *prompt = (struct prompt){
        .samples = entry->samples,
        .encoded = {encoded(entry, CODEC_PCMU), encoded(entry, CODEC_PCMA)},
        .count = entry->count,
        .rate_hz = entry->rate_hz,
    };
    return true;
}

void prompts_release(struct prompts *prompts, uint32_t id) {
    if (id == 0 || (id & 0xFFFF) >= PLACES_MAX)
        return;
    struct prompt_slot *slot = &prompts->slots[id & 0xFFFF];
    unsigned long long word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    struct prompt_entry *entry;
    do {
        if (word >> 32 != id || (uint32_t)word == 0)
            return;
        entry = slot->entry; /* still ours: counted in */
    } while (!atomic_compare_exchange_weak_explicit(
        &slot->word, &word, word - 1, memory_order_acq_rel, memory_order_relaxed));
    if ((uint32_t)word != 1)
        return;
    entry->next = atomic_load_explicit(&prompts->unused, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(
        &prompts->unused, &entry->next, entry, memory_order_release, memory_order_relaxed)) {
    }
}
