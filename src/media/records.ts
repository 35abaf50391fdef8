/**
 * The binary form of commands and events: records in little-endian, described in native/core/records.h.
 * A change here is a change there; command-records.ts and event-records.ts say what is in each.
 */

export const headerBytes = 4

export const commandTypes = {
  configure: 1,
  close: 2,
  bridge: 3,
  unbridge: 4,
  play: 5,
  tone: 6,
  sendDigits: 7,
  stopPlayer: 8,
  record: 9,
  stopRecorder: 10,
  join: 11,
  leave: 12,
  mixer: 13,
  closeMixer: 14,
  stream: 15,
  feed: 16,
  mark: 17,
  clear: 18,
  endStream: 19,
  tap: 20,
  stopTap: 21,
  detect: 22,
  pauseRecorder: 23,
  resumeRecorder: 24,
  detectMachine: 25,
} as const

export const eventTypes = {
  ack: 64,
  digit: 65,
  digitStarted: 66,
  playerEnded: 67,
  recorderEnded: 68,
  rtpTimeout: 69,
  closed: 70,
  voice: 71,
  mixerClosed: 72,
  streamLow: 73,
  marked: 74,
  audio: 75,
  detected: 76,
  answeredBy: 77,
} as const

const recordTypes = { ...commandTypes, ...eventTypes }

const refusals = [
  'accepted',
  'unknown endpoint',
  'a pool of the media plane is exhausted',
  'a queue is full',
  'a value is out of range',
  'unknown prompt',
  'the endpoints are on different shards',
  'the recording could not be started',
]

/** What a status of an acknowledgement means. */
export function describeStatus(status: number): string {
  return refusals[status] ?? `status ${status}`
}

export type RecordType = keyof typeof recordTypes

/** Fields of 32 bits, then perhaps a string or bytes, preceded by their length and padded. */
export function encodeFields(
  type: RecordType,
  detail: number,
  fields: readonly number[],
  tail?: string | Uint8Array,
): Uint8Array {
  const tailBytes = typeof tail === 'string' ? new TextEncoder().encode(tail) : tail
  const stringBytes = tailBytes ? 4 + Math.ceil(tailBytes.length / 4) * 4 : 0
  const record = new Uint8Array(headerBytes + 4 * fields.length + stringBytes)
  const view = new DataView(record.buffer)
  view.setUint16(0, record.length, true)
  view.setUint8(2, recordTypes[type])
  view.setUint8(3, detail)
  let at = headerBytes
  for (const field of fields) {
    view.setUint32(at, field >>> 0, true)
    at += 4
  }
  if (tailBytes) {
    view.setUint32(at, tailBytes.length, true)
    record.set(tailBytes, at + 4)
  }
  return record
}
