/*
 * Our kernels beside others' (kernel_rows.h). cost_kernels count, under callgrind: gives one dump for
 * each thing to count, which it names. cost_kernels <file>: takes those counts, as lines of "row form
 * instructions", measures nanoseconds, and prints the table. cost_kernels.sh does both.
 */
#include "kernel_rows.h"
#include "../../native/core/kernels.h"
#include "players.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name) (void)(name)
#endif

enum { FORM_PORTABLE, FORM_AVX2, FORM_PEER, FORMS, ROWS_MAX = 128, WARM_UP = 64, ROUNDS = 25 };

static const char *const form_names[] = {"portable", "avx2", "peer"};
static const struct kernel_row *const files[] = {g711_rows, g722_rows, dtmf_rows, mix_rows,   path_rows,
                                                 rate_rows, jitter_rows, opus_rows, plane_rows};

volatile int32_t rows_sink;

void *rows_bind(const char *library, const char *function) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    return handle ? dlsym(handle, function) : NULL;
}

int16_t *rows_speech(uint32_t frame) {
    static int16_t speech[ROW_SPEECH_FRAMES * ROW_FRAME];
    static bool loaded;
    if (!loaded)
        speech_load(speech, ROW_SPEECH_FRAMES * ROW_FRAME, NULL);
    loaded = true;
    return speech + frame % ROW_SPEECH_FRAMES * ROW_FRAME;
}

/* False: there is no such form here, or no such peer. */
static bool run(const struct kernel_row *row, uint32_t form, uint32_t frames) {
    if (form == FORM_PEER) {
        row->theirs(row->which, frames);
        return true;
    }
    if (!kernels_take(form_names[form]))
        return false;
    row->ours(row->which, frames);
    return true;
}

static uint32_t at_once(const struct kernel_row *row) {
    return row->at_once ? row->at_once : 1;
}

/* Two lengths: what is left when the shorter is taken off has no beginning and no end. */
static void count_row(const struct kernel_row *row, uint32_t number) {
    bool peer = row->begin(row->which) && row->theirs;
    for (uint32_t form = 0; form < FORMS; form++) {
        uint32_t unit = 256 > 2 * at_once(row) ? 256 : 2 * at_once(row);
        if ((form == FORM_PEER && !peer) || !run(row, form, WARM_UP + at_once(row)))
            continue;
        for (uint32_t length = 1; length <= 3; length += 2) {
            char name[64];
            snprintf(name, sizeof name, "%u %s %u", number, form_names[form], length * unit);
            CALLGRIND_ZERO_STATS;
            run(row, form, length * unit);
            CALLGRIND_DUMP_STATS_AT(name);
        }
    }
}

static double measure(const struct kernel_row *row, uint32_t form, uint32_t frames) {
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    bool done = run(row, form, frames);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
    return done ? ns / frames : 0;
}

/* The least of several short runs of each, taken in turns; 0 where there is none. */
static void measure_row(const struct kernel_row *row, bool peer, double ns[FORMS]) {
    uint32_t frames[FORMS] = {0};
    for (uint32_t form = 0; form < FORMS; form++) {
        ns[form] = 0;
        if (form == FORM_PEER && !peer)
            continue;
        double first = measure(row, form, WARM_UP + at_once(row));
        frames[form] = first > 0 ? (uint32_t)(1e6 / first) / at_once(row) * at_once(row) : 0;
        frames[form] += first > 0 ? at_once(row) : 0;
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t form = 0; form < FORMS; form++) {
            double now = frames[form] ? measure(row, form, frames[form]) : 0;
            ns[form] = round == 0 || now < ns[form] ? now : ns[form];
        }
    }
}

static void read_counts(const char *path, double counts[ROWS_MAX][FORMS]) {
    FILE *file = fopen(path, "r");
    char line[128], name[16];
    unsigned row;
    double count;
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%u %15s %lf", &row, name, &count) != 3 || row >= ROWS_MAX)
            continue;
        for (uint32_t form = 0; form < FORMS; form++) {
            if (strcmp(name, form_names[form]) == 0)
                counts[row][form] = count;
        }
    }
    if (file)
        fclose(file);
}

static void print_row(const struct kernel_row *row, bool peer, const double *counts) {
    double ns[FORMS];
    measure_row(row, peer, ns);
    uint32_t best = ns[FORM_AVX2] > 0 ? FORM_AVX2 : FORM_PORTABLE;
    double fewer = counts[best] > 0 ? counts[FORM_PEER] / counts[best] : 0;
    double faster = ns[FORM_PEER] / ns[best];
    printf("| %s | %s | ", row->kernel, row->peer ? row->peer : "");
    if (row->same_forms)
        printf("%.0f | ", counts[FORM_PORTABLE]);
    else
        printf("%.0f / %.0f | ", counts[FORM_PORTABLE], counts[FORM_AVX2]);
    if (!row->peer)
        printf(" | | %.0f / %.0f | | | | |\n", ns[FORM_PORTABLE], ns[best]);
    else if (!peer)
        printf("not installed | | %.0f / %.0f | | | | |\n", ns[FORM_PORTABLE], ns[best]);
    else
        printf(
            "%.0f | %.1f | %.0f / %.0f | %.0f | %.1f | ", counts[FORM_PEER], fewer,
            ns[FORM_PORTABLE], ns[best], ns[FORM_PEER], faster);
    if (!peer)
        return;
    if (row->target == 0)
        printf("| |\n");
    else
        printf(
            "%.1f | %s |\n", row->target,
            faster >= row->target && fewer >= row->target ? "yes"
            : faster >= row->target                       ? "in ns"
            : fewer >= row->target                        ? "in instructions"
                                                          : "no");
}

int main(int count, char **arguments) {
    static double counts[ROWS_MAX][FORMS];
    bool counting = count > 1 && strcmp(arguments[1], "count") == 0;
    uint32_t number = 0;
    if (!counting) {
        if (count > 1)
            read_counts(arguments[1], counts);
        printf(
            "| kernel | peer | our instructions, portable / avx2 | peer's | times fewer | our ns, "
            "portable / avx2 | peer's | times faster | target | met |\n"
            "|---|---|---|---|---|---|---|---|---|---|\n");
    }
    for (uint32_t file = 0; file < sizeof files / sizeof *files; file++) {
        for (const struct kernel_row *row = files[file]; row->kernel; row++, number++) {
            if (count > 2 && !strstr(row->kernel, arguments[2]))
                continue;
            if (counting)
                count_row(row, number);
            else
                print_row(row, row->begin(row->which) && row->theirs, counts[number]);
        }
    }
    return 0;
}
