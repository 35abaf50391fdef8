#include "../core/prompt.h"
#include "io_state.h"
#include <stdlib.h>
#include <string.h>

/* Behind the samples of an entry lie both encoded forms, so that playing a prompt is a copy. */
static uint8_t *encoded(struct prompt_entry *entry, enum codec_id codec) {
    return (uint8_t *)(entry->samples + entry->count) +
           (size_t)codec * prompt_encoded_bytes(entry->count, entry->rate_hz);
}

static struct prompt_entry **find(struct prompts *prompts, uint32_t id) {
    struct prompt_entry **at = &prompts->buckets[id % PROMPT_BUCKETS];
    while (*at && (*at)->id != id)
        at = &(*at)->next;
    return at;
}

uint32_t io_load_prompt(struct io *io, const int16_t *samples, uint32_t count, uint32_t rate_hz) {
    struct prompts *prompts = &io->prompts;
    struct prompt_entry *entry = malloc(
        sizeof *entry + (size_t)count * sizeof *samples +
        (size_t)2 * prompt_encoded_bytes(count, rate_hz));
    if (!entry)
        return 0;
    entry->count = count;
    entry->rate_hz = rate_hz;
    entry->references = 1;
    memcpy(entry->samples, samples, (size_t)count * sizeof *samples);
    prompt_encode(encoded(entry, CODEC_PCMU), encoded(entry, CODEC_PCMA), samples, count, rate_hz);
    pthread_mutex_lock(&prompts->lock);
    do {
        prompts->next_id++;
    } while (prompts->next_id == 0 || *find(prompts, prompts->next_id));
    entry->id = prompts->next_id;
    entry->next = prompts->buckets[entry->id % PROMPT_BUCKETS];
    prompts->buckets[entry->id % PROMPT_BUCKETS] = entry;
    prompts->count++;
    uint32_t id = entry->id;
    pthread_mutex_unlock(&prompts->lock);
    return id;
}

bool prompts_acquire(struct prompts *prompts, uint32_t id, struct prompt *prompt) {
    pthread_mutex_lock(&prompts->lock);
    struct prompt_entry *entry = *find(prompts, id);
    if (entry) {
        entry->references++;
        *prompt = (struct prompt){
            .samples = entry->samples,
            .encoded = {encoded(entry, CODEC_PCMU), encoded(entry, CODEC_PCMA)},
            .count = entry->count,
            .rate_hz = entry->rate_hz,
        };
    }
    pthread_mutex_unlock(&prompts->lock);
    return entry != NULL;
}

void prompts_release(struct prompts *prompts, uint32_t id) {
    pthread_mutex_lock(&prompts->lock);
    struct prompt_entry **at = find(prompts, id), *entry = *at;
    if (entry && --entry->references == 0) {
        *at = entry->next;
        prompts->count--;
    } else {
        entry = NULL;
    }
    pthread_mutex_unlock(&prompts->lock);
    free(entry);
}

void io_release_prompt(struct io *io, uint32_t prompt_id) {
    prompts_release(&io->prompts, prompt_id);
}

void prompts_destroy(struct prompts *prompts) {
    for (uint32_t i = 0; i < PROMPT_BUCKETS; i++) {
        while (prompts->buckets[i]) {
            struct prompt_entry *entry = prompts->buckets[i];
            prompts->buckets[i] = entry->next;
            free(entry);
        }
    }
    pthread_mutex_destroy(&prompts->lock);
}
