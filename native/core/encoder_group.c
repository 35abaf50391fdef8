#include "encoder_group.h"
#include "plane_state.h"
#include <string.h>

/* Fewer are encoded one by one: a group costs the same however many it has. */
enum { TOGETHER_FROM = 3 };

static bool has(const struct encoder_group *group, const struct endpoint *endpoint) {
    for (uint32_t i = 0; i < group->members; i++) {
        if (group->frames[i].endpoint == endpoint)
            return true;
    }
    return false;
}

bool encoder_group_take(
    struct plane *plane, struct endpoint *endpoint, const int16_t *pcm, uint32_t count,
    bool marker) {
    struct encoder_group *group = &plane->encoder_group;
    if (!group->open || !endpoint->codec->encode_group || count > ENCODER_GROUP_SAMPLES_MAX)
        return false;
    bool fits = group->codec == endpoint->codec && group->count == count && !has(group, endpoint);
    if (!fits || group->members == CODEC_GROUP_MAX)
        encoder_group_flush(plane);
    struct waiting_frame *frame = &group->frames[group->members++];
    group->codec = endpoint->codec;
    group->count = count;
    frame->endpoint = endpoint;
    frame->timestamp = endpoint->timestamp;
    frame->marker = marker;
    memcpy(frame->pcm, pcm, count * sizeof *pcm);
    return true;
}

void encoder_group_flush(struct plane *plane) {
    struct encoder_group *group = &plane->encoder_group;
    uint8_t packets[CODEC_GROUP_MAX][RTP_HEADER_BYTES + CODEC_PAYLOAD_BYTES_MAX];
    void *encoders[CODEC_GROUP_MAX];
    uint8_t *payloads[CODEC_GROUP_MAX];
    const int16_t *sources[CODEC_GROUP_MAX];
    uint32_t members = group->members, bytes = 0;
    for (uint32_t i = 0; i < members; i++) {
        encoders[i] = group->frames[i].endpoint->encoder;
        payloads[i] = packets[i] + RTP_HEADER_BYTES;
        sources[i] = group->frames[i].pcm;
    }
    if (members >= TOGETHER_FROM)
        bytes = group->codec->encode_group(encoders, payloads, sources, members, group->count);
    for (uint32_t i = 0; i < members; i++) {
        struct waiting_frame *frame = &group->frames[i];
        if (members < TOGETHER_FROM)
            bytes = group->codec->encode(
                encoders[i], payloads[i], CODEC_PAYLOAD_BYTES_MAX, sources[i], group->count);
        endpoint_send_rtp(
            plane, frame->endpoint, packets[i], frame->endpoint->settings.payload_type,
            frame->marker, frame->timestamp, bytes);
    }
    group->members = 0;
}
