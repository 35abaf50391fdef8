/*
 * Tells persons from answering machines: the detector of the core beside the documented rules of
 * Asterisk's AMD() on the same labelled calls (native/test/machine_calls.h). Arguments: a seed, how
 * many calls, and perhaps a folder with phrases: person-*.wav and machine-*.wav, 16 bit, 22.05 kHz.
 */
#include "../../native/core/resampler.h"
#include "../../native/test/machine_score.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHRASES_MAX = 64, HEADER_BYTES = 44, FROM_HZ = 22050, READ_MAX = FROM_HZ * 30 };

static struct call_phrase persons[PHRASES_MAX], machines[PHRASES_MAX];
static struct call_phrases phrases = {persons, machines, 0, 0};

static struct call_phrase load(const char *path) {
    static int16_t raw[READ_MAX];
    struct call_phrase phrase = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (file && fseek(file, HEADER_BYTES, SEEK_SET) == 0) {
        uint32_t count = (uint32_t)fread(raw, 2, READ_MAX, file);
        int16_t *samples = calloc(count, 2);
        phrase.count = resampler_output_count(count, FROM_HZ, 8000);
        resampler_run(samples, 0, phrase.count, raw, count, FROM_HZ, 8000);
        phrase.samples = samples;
        /* What is silent at its ends is not said. */
        while (phrase.count > 0 && abs(phrase.samples[phrase.count - 1]) < 200)
            phrase.count--;
        while (phrase.count > 0 && abs(phrase.samples[0]) < 200) {
            phrase.samples++;
            phrase.count--;
        }
    }
    if (file)
        fclose(file);
    return phrase;
}

static void load_all(const char *folder) {
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strncmp(entry->d_name, "person-", 7) == 0 && phrases.human_count < PHRASES_MAX)
            persons[phrases.human_count++] = load(path);
        if (strncmp(entry->d_name, "machine-", 8) == 0 && phrases.machine_count < PHRASES_MAX)
            machines[phrases.machine_count++] = load(path);
    }
    if (dir)
        closedir(dir);
}

static void tell(const struct call *call, enum answered_by enabled, enum answered_by at_end) {
    if (getenv("WRONG"))
        printf(
            "%s: told %d, at the end %d; speech %u to %u ms, %d dBm0, noise %d, beep %u Hz to %u\n",
            call_label_name(call->label), enabled, at_end, call->speech_at / 8,
            call->speech_end / 8, call->speech_dbm0, call->noise_dbm0, call->beep_hz,
            call->beep_end / 8);
}

static double percent(uint32_t part, uint32_t of) {
    return of ? 100.0 * part / of : 0;
}

int main(int count, char **arguments) {
    static struct machine_score score;
    static struct call call;
    uint32_t seed = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 16) : 1;
    uint32_t calls = count > 2 ? (uint32_t)atoi(arguments[2]) : 2000;
    if (count > 3)
        load_all(arguments[3]);
    for (uint32_t i = 0; i < calls; i++) {
        call_make(&call, seed, i, &phrases);
        machine_score_add(&score, &call, tell);
    }
    printf("seed %x, %u calls, %u phrases of persons, %u of machines\n", seed, calls,
           phrases.human_count, phrases.machine_count);
    printf("| call | of | right | at the end | in 4 s | of its first sound | beeps in 50 ms | at most | AMD() |\n");
    printf("|---|---|---|---|---|---|---|---|---|\n");
    struct label_score all = {0};
    for (uint32_t i = 0; i <= CALL_LABELS; i++) {
        const struct label_score *row = i < CALL_LABELS ? &score.labels[i] : &all;
        printf("| %s | %u | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %u | %u ms | %.1f %% |\n",
               i < CALL_LABELS ? call_label_name((enum call_label)i) : "all", row->calls,
               percent(row->right, row->calls), percent(row->right_end, row->calls),
               100 - percent(row->late, row->calls), 100 - percent(row->late_speech, row->calls),
               row->beeps_in_time, row->ms_max, percent(row->reference, row->calls));
        all.calls += row->calls;
        all.right += row->right;
        all.right_end += row->right_end;
        all.late += row->late;
        all.late_speech += row->late_speech;
        all.beeps_in_time += row->beeps_in_time;
        all.ms_max = row->ms_max > all.ms_max ? row->ms_max : all.ms_max;
        all.reference += row->reference;
    }
    return percent(all.right, all.calls) < 95 || percent(all.right_end, all.calls) < 95;
}
