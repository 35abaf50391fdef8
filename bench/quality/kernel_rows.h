#ifndef QUALITY_KERNEL_ROWS_H
#define QUALITY_KERNEL_ROWS_H
/*
 * The rows of cost_kernels: one of our kernels beside one of another's that does the same, a frame
 * of 20 ms of one channel at a time. Every file of rows has an array that ends with an empty one.
 */
#include <stdbool.h>
#include <stdint.h>

struct kernel_row {
    const char *kernel, *peer; /* NULL: nobody's stands beside it */
    uint32_t which;            /* passed to all of its functions */
    /* Makes both ready and returns whether the peer is installed. Not counted. */
    bool (*begin)(uint32_t which);
    /* So many frames. */
    void (*ours)(uint32_t which, uint32_t frames);
    void (*theirs)(uint32_t which, uint32_t frames);
    double target;    /* how many times faster MEDIA.md wants it; 0: it says nothing */
    bool same_forms;  /* it has no kernels in it: one form is all */
    uint32_t at_once; /* frames that are done as one; 0: 1 */
};

extern const struct kernel_row g711_rows[], g722_rows[], dtmf_rows[], mix_rows[], path_rows[],
    rate_rows[], jitter_rows[], opus_rows[], plane_rows[];

enum { ROW_FRAME = 160, ROW_SPEECH_FRAMES = 4096 };

/* Frame number `frame` of speech at 8 kHz, which begins anew after ROW_SPEECH_FRAMES; recorded where
 * that is installed. */
int16_t *rows_speech(uint32_t frame);
/* A function of a shared library, bound at run time, since some names are ours, too. NULL: neither
 * is there. */
void *rows_bind(const char *library, const char *function);
/* What a compiler must not leave out. */
extern volatile int32_t rows_sink;

#endif
