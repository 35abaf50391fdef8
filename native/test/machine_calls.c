#include "machine_calls.h"
#include "../core/g711.h"
#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979;
enum { HZ = 8000, PHRASE_MAX = HZ * 24, SYLLABLE_MAX = HZ * 4 / 10 };

struct random {
    uint64_t state;
};

static uint32_t next(struct random *random) {
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random->state >> 33);
}

/* From `least` to `most`. */
static uint32_t pick(struct random *random, uint32_t least, uint32_t most) {
    return least + next(random) % (most - least + 1);
}

static double unit(struct random *random) {
    return (next(random) & 0xFFFFFF) / (double)0x1000000;
}

static double normal(struct random *random) {
    double sum = 0;
    for (uint32_t i = 0; i < 6; i++)
        sum += unit(random);
    return (sum - 3) * 1.414;
}

struct voice {
    double pitch_hz;
    double size; /* of the vocal tract: formants go with it */
};

struct resonator {
    double a, b, c, last, before;
};

static struct resonator resonator(double hz, double width_hz) {
    double radius = exp(-pi * width_hz / HZ);
    double b = 2 * radius * cos(2 * pi * hz / HZ), c = -radius * radius;
    return (struct resonator){1 - b - c, b, c, 0, 0};
}

static double resonate(struct resonator *r, double x) {
    double y = r->a * x + r->b * r->last + r->c * r->before;
    r->before = r->last;
    return r->last = y;
}

/* A consonant and a vowel; returns how many samples. `fall`: how far the phrase is, 0 to 1. */
static uint32_t
syllable(struct random *random, const struct voice *voice, double fall, double *dst) {
    static const double vowels[][3] = {{730, 1090, 2440}, {270, 2290, 3010}, {530, 1840, 2480},
                                       {570, 840, 2410},  {300, 870, 2240},  {660, 1720, 2410},
                                       {490, 1350, 1690}, {440, 1020, 2240}};
    const double *from = vowels[next(random) % 8], *to = vowels[next(random) % 8];
    uint32_t burst = pick(random, 0, 640), vowel = pick(random, 640, 1900), count = burst + vowel;
    double loudness = pow(10, (unit(random) * 8 - 4 - 6 * fall) / 20);
    double fricative = unit(random) < 0.5 ? 0.15 : 0.03, phase = 0, tilt = 0;
    struct resonator hiss = resonator(2200 + unit(random) * 1400, 900), formants[3];
    for (uint32_t i = 0; i < count; i++) {
        double at = i < burst ? 0 : (double)(i - burst) / vowel, sound = 0;
        if (i < burst) {
            double edge = fmin(i, burst - i) / 120.0;
            sound = resonate(&hiss, normal(random)) * fricative * fmin(1, edge);
        } else {
            if ((i - burst) % 80 == 0) {
                for (uint32_t k = 0; k < 3; k++) {
                    struct resonator old = formants[k];
                    double hz = (from[k] + (to[k] - from[k]) * at) * voice->size;
                    formants[k] = resonator(fmin(hz, 3600), 60 + 40 * k);
                    formants[k].last = i == burst ? 0 : old.last;
                    formants[k].before = i == burst ? 0 : old.before;
                }
            }
            double hz = voice->pitch_hz * (1.1 - 0.25 * fall) * (1 + 0.04 * sin(at * 5));
            phase += hz * (1 + 0.01 * normal(random)) / HZ;
            double pulse = phase >= 1 ? 1 : 0;
            phase -= floor(phase);
            tilt = 0.9 * tilt + pulse;
            sound = resonate(&formants[0], tilt + 0.02 * normal(random));
            sound += 0.5 * resonate(&formants[1], tilt) + 0.25 * resonate(&formants[2], tilt);
            sound *= fmin(1, fmin(i - burst, count - i) / 160.0);
        }
        dst[i] = sound * loudness;
    }
    return count;
}

/* Words without a pause, about `samples` long; returns how long. */
static uint32_t
speak(struct random *random, const struct voice *voice, double *dst, uint32_t samples) {
    double one[SYLLABLE_MAX];
    uint32_t at = 0, word = pick(random, 1, 4);
    while (at + 800 < samples) {
        uint32_t count = syllable(random, voice, (double)at / samples, one);
        count = count < samples - at ? count : samples - at;
        memcpy(dst + at, one, count * sizeof *one);
        at += count;
        for (uint32_t i = 0; i < 80 && i < count; i++) /* what was cut short fades */
            dst[at - 1 - i] *= i / 80.0;
        if (--word == 0) {
            uint32_t gap = pick(random, 200, 1200);
            at += gap < samples - at ? gap : 0;
            word = pick(random, 1, 4);
        }
    }
    return at;
}

/* The amplitude of what has this level while it sounds: a sine of full scale is 3.14 dBm0. */
static double rms_of(int32_t dbm0) {
    return 32767 / sqrt(2) * pow(10, (dbm0 - 3.14) / 20);
}

static void level(double *sound, uint32_t count, int32_t dbm0) {
    double sum = 0, peak = 0;
    uint32_t active = 0;
    for (uint32_t i = 0; i < count; i++)
        peak = fmax(peak, fabs(sound[i]));
    for (uint32_t i = 0; i < count; i++) {
        if (fabs(sound[i]) > peak / 50) {
            sum += sound[i] * sound[i];
            active++;
        }
    }
    double gain = active ? rms_of(dbm0) / sqrt(sum / active) : 0;
    for (uint32_t i = 0; i < count; i++)
        sound[i] *= gain;
}

struct maker {
    struct random random;
    struct call *call;
    const struct call_phrases *phrases;
    double sound[CALL_SAMPLES_MAX];
};

static uint32_t
lend(struct maker *maker, const struct call_phrase *phrases, uint32_t count, double *dst) {
    const struct call_phrase *phrase = &phrases[next(&maker->random) % count];
    uint32_t taken = phrase->count < PHRASE_MAX ? phrase->count : PHRASE_MAX;
    for (uint32_t i = 0; i < taken; i++)
        dst[i] = phrase->samples[i];
    return taken;
}

/* "Hello?", and waiting: 300 to 1500 ms. */
static void make_human(struct maker *maker, const struct voice *voice) {
    struct call *call = maker->call;
    double *at = maker->sound + call->speech_at;
    uint32_t count;
    if (maker->phrases && maker->phrases->human_count)
        count = lend(maker, maker->phrases->human, maker->phrases->human_count, at);
    else
        count = speak(&maker->random, voice, at, pick(&maker->random, 300 * 8, 1500 * 8));
    call->speech_end = call->speech_at + count;
}

/* Phrases of 0.6 to 4 s with pauses below 1.1 s, 2.5 to 20 s in all, more often the shorter. */
static void make_machine(struct maker *maker, const struct voice *voice) {
    struct call *call = maker->call;
    struct random *random = &maker->random;
    uint32_t at = call->speech_at;
    uint32_t greeting = (uint32_t)(8 * 2500 * pow(8, unit(random)));
    if (maker->phrases && maker->phrases->machine_count) {
        at +=
            lend(maker, maker->phrases->machine, maker->phrases->machine_count, maker->sound + at);
    } else {
        while (at - call->speech_at < greeting) {
            uint32_t left = greeting - (at - call->speech_at), phrase = pick(random, 4800, 32000);
            phrase = left < phrase + 12000 ? left : phrase; /* no short rest */
            at += speak(random, voice, maker->sound + at, phrase);
            call->speech_end = at;
            if (phrase == left)
                break;
            at += pick(random, 1600, 8800);
        }
    }
    call->speech_end = at;
    if (call->label != CALL_MACHINE_BEEP)
        return;
    uint32_t gap = pick(random, 1600, 8000), beep = pick(random, 800, 8000);
    double amplitude = rms_of(-(int32_t)pick(random, 8, 22)) * sqrt(2);
    call->beep_hz = pick(random, 400, 2000);
    at += gap;
    for (uint32_t i = 0; i < beep; i++)
        maker->sound[at + i] =
            amplitude * sin(2 * pi * call->beep_hz * i / HZ) * fmin(1, fmin(i, beep - i) / 16.0);
    call->beep_end = at + beep;
}

static void make_fax(struct maker *maker) {
    struct call *call = maker->call;
    bool answers = next(&maker->random) % 2;
    double hz =
        answers ? 2100 + (unit(&maker->random) * 30 - 15) : 1100 + (unit(&maker->random) * 60 - 30);
    double amplitude = rms_of(-(int32_t)pick(&maker->random, 8, 30)) * sqrt(2);
    for (uint32_t i = call->speech_at; i < call->speech_at + HZ * 8u; i++) {
        uint32_t since = i - call->speech_at;
        bool on = answers ? since < HZ * 3u : since % (HZ * 7u / 2) < HZ / 2u;
        maker->sound[i] = on ? amplitude * sin(2 * pi * hz * i / HZ) : 0;
    }
    call->speech_end = call->speech_at + (answers ? HZ * 3u : HZ / 2u);
}

/* White, or with more of the low frequencies, and often hum; it may begin a little after the call.
 */
static void add_noise(struct maker *maker) {
    struct random *random = &maker->random;
    double rms = rms_of(maker->call->noise_dbm0), low = 0, colour = unit(random) < 0.5 ? 0 : 0.8;
    double hum = unit(random) < 0.3 ? rms * unit(random) : 0,
           gain = rms * sqrt(1 - colour * colour);
    uint32_t from = unit(random) < 0.2 ? pick(random, 400, 6400) : 0;
    for (uint32_t i = from; i < maker->call->count; i++) {
        low = colour * low + gain * normal(random);
        maker->sound[i] += low + hum * sin(2 * pi * 50 * i / HZ);
    }
    for (uint32_t clicks = unit(random) < 0.2 ? 3 : 0; clicks > 0; clicks--)
        maker->sound[next(random) % maker->call->count] += 4 * rms + 300;
}

static void encode(struct maker *maker) {
    struct call *call = maker->call;
    enum codec_id codec = next(&maker->random) % 2 ? CODEC_PCMU : CODEC_PCMA;
    for (uint32_t i = 0; i < call->count; i++)
        call->samples[i] = (int16_t)fmax(-32768, fmin(32767, maker->sound[i]));
    for (uint32_t i = 0; i < call->count; i += 160) {
        uint8_t payload[160];
        uint32_t count = call->count - i < 160 ? call->count - i : 160;
        g711_encode(codec, payload, call->samples + i, count);
        g711_decode(codec, call->samples + i, payload, count);
    }
}

void call_make(
    struct call *call, uint32_t seed, uint32_t index, const struct call_phrases *phrases) {
    static struct maker maker;
    static const enum call_label labels[20] = {0, 1, 0, 2, 0, 1, 0, 2, 0,        1,
                                               0, 2, 0, 1, 0, 2, 0, 1, CALL_FAX, CALL_SILENT};
    memset(&maker, 0, sizeof maker);
    memset(call, 0, sizeof *call);
    maker.random.state = ((uint64_t)seed << 32 | index) * 0x9E3779B97F4A7C15u;
    maker.call = call;
    maker.phrases = phrases;
    struct random *random = &maker.random;
    next(random);
    call->label = labels[index % 20];
    call->speech_at = pick(random, 0, 1500 * 8);
    call->speech_dbm0 = -(int32_t)pick(random, 10, 30);
    call->noise_dbm0 = -(int32_t)pick(random, 35, 60);
    struct voice voice = {90 + unit(random) * 150, 0.9 + unit(random) * 0.3};
    switch (call->label) {
    case CALL_HUMAN:
        make_human(&maker, &voice);
        break;
    case CALL_MACHINE:
    case CALL_MACHINE_BEEP:
        make_machine(&maker, &voice);
        break;
    case CALL_FAX:
        make_fax(&maker);
        break;
    default:
        break;
    }
    if (call->label <= CALL_MACHINE_BEEP)
        level(maker.sound + call->speech_at, call->speech_end - call->speech_at, call->speech_dbm0);
    uint32_t end = call->beep_end > call->speech_end ? call->beep_end : call->speech_end;
    call->count = (end + CALL_WAIT_MS * 8) / 160 * 160;
    add_noise(&maker);
    encode(&maker);
}

const char *call_label_name(enum call_label label) {
    static const char *const names[] = {
        "person", "machine", "machine that beeps", "fax", "silence"};
    return names[label];
}
