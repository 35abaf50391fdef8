/* The jitter buffer, in order, beside speexdsp's. Neither decodes: ours copies a frame where it
 * would. */
#include "../../native/core/jitter_buffer.h"
#include "kernel_rows.h"
#include "rows.h"
#include <string.h>

enum { FRAME = ROW_FRAME, SETTLED = 4000 };

static struct jitter_buffer buffer;
static uint32_t sent;
static uint8_t payload[FRAME];

void speex_put_and_get(uint32_t times); /* cost_speex.c: its names are ours, too */

static uint32_t
copy(void *decoder, int16_t *dst, uint32_t room, const uint8_t *bytes, uint32_t count) {
    (void)decoder, (void)bytes;
    count = count < room ? count : room;
    memcpy(dst, rows_speech(0), count * sizeof *dst);
    return count;
}

static const struct codec row_copied = {
    .name = "copied",
    .clock_hz = 8000,
    .rates_hz = {8000},
    .payload_samples = row_payload_samples,
    .decode = copy,
};

static void ours(uint32_t which, uint32_t frames) {
    int16_t frame[FRAME];
    (void)which;
    for (uint32_t i = 0; i < frames; i++, sent++) {
        jitter_buffer_put(
            &buffer, (uint16_t)sent, sent * FRAME, payload, FRAME, sent * 20 + 1000);
        jitter_buffer_get(&buffer, frame, FRAME, sent * 20 + 1000);
        rows_sink = frame[0];
    }
}

static bool begin(uint32_t which) {
    struct jitter_buffer_config config = {
        .codec = which ? &row_pcmu : &row_copied, .rate_hz = 8000, .mode = JITTER_BUFFER_MEDIUM};
    jitter_buffer_init(&buffer, &config);
    g711_encode(CODEC_PCMU, payload, rows_speech(1000), FRAME);
    sent = 0;
    ours(which, SETTLED);
    return rows_bind("libspeexdsp.so.1", "jitter_buffer_init") != NULL;
}

static void theirs(uint32_t which, uint32_t frames) {
    (void)which;
    speex_put_and_get(frames);
}

/* MEDIA.md: 100 ns, where speexdsp takes 1000. */
const struct kernel_row jitter_rows[] = {
    {"jitter buffer, put and get", "speexdsp", 0, begin, ours, theirs, .target = 10},
    {"jitter buffer, with mu-law decoding", NULL, 1, begin, .ours = ours},
    {0}};
