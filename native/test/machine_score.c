#include "machine_score.h"
#include "machine_rules.h"

enum { FRAME = 160, LATE_MS = 4000, BEEP_MS = 50 };

struct outcome {
    enum answered_by by;
    uint32_t ms;
};

static struct outcome detect(const struct call *call, bool message_end) {
    const struct machine_settings settings = {30000, 2400, 1200, 5000, message_end};
    struct machine_detector detector;
    machine_detector_init(&detector, &settings);
    for (uint32_t at = 0; at + FRAME <= call->count; at += FRAME) {
        enum answered_by by = machine_detector_feed(&detector, call->samples + at, FRAME);
        if (by != ANSWERED_BY_NOBODY) /* at the end of the frame: it came as a whole */
            return (struct outcome){by, (at + FRAME) / 8};
    }
    return (struct outcome){ANSWERED_BY_NOBODY, call->count / 8};
}

static bool is_right(enum call_label label, enum answered_by by) {
    static const enum answered_by wanted[CALL_LABELS] = {
        ANSWERED_BY_HUMAN, ANSWERED_BY_MACHINE, ANSWERED_BY_MACHINE, ANSWERED_BY_FAX,
        ANSWERED_BY_UNKNOWN};
    return by == wanted[label];
}

static bool is_right_at_end(const struct call *call, struct outcome outcome) {
    if (call->label == CALL_MACHINE) /* not before it is over */
        return outcome.by == ANSWERED_BY_END_SILENCE && outcome.ms + 100 > call->speech_end / 8;
    if (call->label == CALL_MACHINE_BEEP)
        return outcome.by == ANSWERED_BY_END_BEEP && outcome.ms + BEEP_MS > call->beep_end / 8;
    return is_right(call->label, outcome.by);
}

static enum rules_verdict by_rules(const struct call *call) {
    struct machine_rules rules = {0};
    enum rules_verdict verdict = RULES_NONE;
    for (uint32_t at = 0; verdict == RULES_NONE && at + FRAME <= call->count; at += FRAME)
        verdict = machine_rules_feed(&rules, call->samples + at);
    return verdict;
}

void machine_score_add(
    struct machine_score *score, const struct call *call,
    void (*tell)(const struct call *call, enum answered_by enabled, enum answered_by at_end)) {
    struct label_score *label = &score->labels[call->label];
    struct outcome enabled = detect(call, false), at_end = detect(call, true);
    bool right = is_right(call->label, enabled.by), right_end = is_right_at_end(call, at_end);
    enum rules_verdict verdict = by_rules(call);
    bool is_machine = call->label == CALL_MACHINE || call->label == CALL_MACHINE_BEEP;
    label->calls++;
    label->right += right;
    label->right_end += right_end;
    label->reference += (call->label == CALL_HUMAN && verdict == RULES_HUMAN) ||
                        (is_machine && verdict == RULES_MACHINE) ||
                        (call->label > CALL_MACHINE_BEEP && verdict == RULES_NOT_SURE);
    label->late += call->label != CALL_SILENT && enabled.ms > LATE_MS;
    label->late_speech += call->label != CALL_SILENT && enabled.ms > LATE_MS + call->speech_at / 8;
    label->beeps_in_time +=
        right_end && call->beep_end && at_end.ms <= call->beep_end / 8 + BEEP_MS;
    if (right && enabled.ms > label->ms_max)
        label->ms_max = enabled.ms;
    if (tell && (!right || !right_end))
        tell(call, enabled.by, at_end.by);
}
