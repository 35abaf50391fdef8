#ifndef QUALITY_CORPUS_H
#define QUALITY_CORPUS_H
/*
 * Recorded speech in five languages and music: Debian's asterisk-core-sounds-{en,es,fr,it,ru}-wav
 * and asterisk-moh-opsound-wav, 8 kHz, file by file in the order of their names.
 */
#include <stdint.h>

/* `take` gets each file as a whole and may change it. Returns how many files there were. */
uint32_t corpus_each(
    void (*take)(void *context, const char *path, int16_t *samples, uint32_t count), void *context);

#endif
