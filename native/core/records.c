#include "records.h"
#include "bytes.h"

bool record_next(struct record *record, const uint8_t *batch, uint32_t bytes, uint32_t *offset) {
    if (bytes - *offset < RECORD_HEADER_BYTES || *offset > bytes)
        return false;
    const uint8_t *at = batch + *offset;
    uint32_t length = read_le16(at);
    if (length < RECORD_HEADER_BYTES || length % 4 != 0 || length > bytes - *offset)
        return false;
    *record = (struct record){.data = at, .bytes = length, .type = at[2], .detail = at[3]};
    *offset += length;
    return true;
}

uint32_t record_u32(const struct record *record, uint32_t field) {
    uint32_t at = RECORD_HEADER_BYTES + 4 * field;
    return at + 4 <= record->bytes ? read_le32(record->data + at) : 0;
}

const char *record_string(const struct record *record, uint32_t field, uint32_t *bytes) {
    uint32_t at = RECORD_HEADER_BYTES + 4 * field + 4;
    if (at > record->bytes)
        return NULL;
    *bytes = record_u32(record, field);
    return *bytes <= record->bytes - at ? (const char *)record->data + at : NULL;
}

uint32_t record_write(
    uint8_t *dst, enum record_type type, uint8_t detail, const uint32_t *fields, uint32_t count) {
    uint32_t bytes = RECORD_HEADER_BYTES + 4 * count;
    write_le16(dst, (uint16_t)bytes);
    dst[2] = (uint8_t)type;
    dst[3] = detail;
    for (uint32_t i = 0; i < count; i++)
        write_le32(dst + RECORD_HEADER_BYTES + 4 * i, fields[i]);
    return bytes;
}

bool record_is_of_mixer(const struct record *record) {
    bool takes_either = (record->type >= COMMAND_PLAY && record->type <= COMMAND_STOP_RECORDER) ||
                        (record->type >= COMMAND_STREAM && record->type <= COMMAND_END_STREAM) ||
                        record->type == COMMAND_PAUSE_RECORDER ||
                        record->type == COMMAND_RESUME_RECORDER;
    return record->type == COMMAND_MIXER || record->type == COMMAND_CLOSE_MIXER ||
           (takes_either && (record->detail & RECORD_OF_MIXER));
}
