#ifndef DIALPLANE_TONE_ROWS_H
#define DIALPLANE_TONE_ROWS_H
/* What the tone detector knows: sounds, and the cadences that make tones of them. Written by hand
 * from E.180 and its supplement 2, the precise tones of North America, and T.30; blocks of 40 ms.
 */
#include "detection.h"

/* What a block may have. */
enum tone_sound {
    SOUND_350_440 = 1,
    SOUND_440_480 = 2,
    SOUND_480_620 = 4,
    SOUND_425 = 8,
    SOUND_1100 = 16,
    SOUND_2100 = 32,
    SOUND_950 = 64,
    SOUND_1400 = 128,
    SOUND_1800 = 256,
};

struct tone_single {
    enum tone_sound sound;
    uint32_t hz_min, hz_max;
};

static const struct tone_single tone_singles[] = {
    {SOUND_425, 398, 452},  {SOUND_1100, 1050, 1150}, {SOUND_2100, 2080, 2120},
    {SOUND_950, 890, 1005}, {SOUND_1400, 1350, 1450}, {SOUND_1800, 1750, 1850},
};

/* `bursts` of sound, each at least on_min and, but for the last, at most on_max, with pauses of
 * off_min to off_max between them. The last is reported as soon as it has lasted on_min. */
struct tone_row {
    enum detection_kind kind;
    uint32_t sound;
    uint32_t on_min, on_max, off_min, off_max, bursts;
};

static const struct tone_row tone_rows[] = {
    {DETECTION_DIAL_TONE, SOUND_350_440, 25, UINT32_MAX, 0, 2, 1},
    {DETECTION_DIAL_TONE, SOUND_425, 75, UINT32_MAX, 0, 2, 1},
    {DETECTION_RINGBACK, SOUND_440_480, 17, 66, 60, 115, 1},
    {DETECTION_RINGBACK, SOUND_425, 16, 66, 55, 130, 2}, /* 0.67 to 2.5 s on, 2.5 to 5 s off */
    {DETECTION_BUSY, SOUND_480_620, 10, 14, 10, 15, 2},
    {DETECTION_BUSY, SOUND_480_620, 4, 7, 4, 8, 3}, /* fast: congestion */
    {DETECTION_BUSY, SOUND_425, 8, 17, 6, 16, 3},   /* 0.33 to 0.6 s */
    {DETECTION_BUSY, SOUND_425, 3, 9, 2, 8, 4},     /* 0.15 to 0.3 s */
    /* The last of three tones that go up; the first two are looked at apart. */
    {DETECTION_SIT, SOUND_1800, 5, 14, 0, 3, 1},
    {DETECTION_FAX_CNG, SOUND_1100, 10, 16, 60, 88, 2},
    {DETECTION_FAX_CED, SOUND_2100, 25, UINT32_MAX, 0, 3, 1},
};

#endif
