/** Events as records. */
import type { MediaEvent } from './port.js'
import { encodeFields, eventTypes, headerBytes } from './records.js'

const digitSources = ['telephone-event', 'in-band'] as const
const playerReasons = ['done', 'stopped', 'closed'] as const
/** In the order of native/core/detection.h. */
const detections = [
  ...(['voice', 'beep', 'dialTone', 'ringback'] as const),
  ...(['busy', 'specialInformation', 'faxCalling', 'faxAnswering'] as const),
] as const
/** In the order of native/core/machine_detector.h; 0 is nobody. */
const answerers = [
  ...(['unknown', 'human', 'machine_start', 'machine_end_beep'] as const),
  ...(['machine_end_silence', 'machine_end_other', 'fax', 'unknown'] as const),
] as const
const recorderReasons = ['stopped', 'silence', 'durationMax', 'closed', 'failed'] as const

export interface Ack {
  readonly type: 'ack'
  readonly token: number
  readonly status: number
}

/** A record as its readers see it. */
interface Fields {
  readonly detail: number
  at(index: number): number
  /** From a field on, that many bytes. */
  bytes(index: number, count: number): Uint8Array
}

type Readers = { readonly [Type in keyof typeof eventTypes]: (fields: Fields) => MediaEvent | Ack }

const readers: Readers = {
  ack: ({ at }) => ({ type: 'ack', token: at(0), status: at(1) }),
  digit: ({ at, detail }) => ({
    type: 'digit',
    endpointId: at(0),
    digit: String.fromCharCode(at(1)),
    source: digitSources[detail] ?? 'in-band',
    durationMs: at(2),
    mediaTimeMs: at(3),
  }),
  digitStarted: ({ at }) => ({ type: 'digitStarted', endpointId: at(0), mediaTimeMs: at(1) }),
  playerEnded: ({ at, detail }) => ({
    type: 'playerEnded',
    endpointId: at(0),
    playerId: at(1),
    playedMs: at(2),
    reason: playerReasons[detail] ?? 'closed',
  }),
  recorderEnded: ({ at, detail }) => ({
    type: 'recorderEnded',
    endpointId: at(0),
    recorderId: at(1),
    durationMs: at(2),
    reason: recorderReasons[detail] ?? 'failed',
  }),
  rtpTimeout: ({ at }) => ({ type: 'rtpTimeout', endpointId: at(0) }),
  voice: ({ at, detail }) => ({
    type: 'voice',
    endpointId: at(0),
    mixerId: at(1),
    mediaTimeMs: at(2),
    begun: detail === 1,
  }),
  detected: ({ at, detail }) => ({
    type: 'detected',
    endpointId: at(0),
    what: detections[at(1)] ?? 'voice',
    begun: detail === 1,
    mediaTimeMs: at(2),
  }),
  answeredBy: ({ at, detail }) => ({
    type: 'answeredBy',
    endpointId: at(0),
    afterMs: at(1),
    answeredBy: answerers[detail] ?? 'unknown',
  }),
  mixerClosed: ({ at }) => ({ type: 'mixerClosed', mixerId: at(0) }),
  streamLow: ({ at }) => ({
    type: 'streamLow',
    endpointId: at(0),
    playerId: at(1),
    playedMs: at(2),
  }),
  marked: ({ at }) => ({ type: 'marked', endpointId: at(0), playerId: at(1), markId: at(2) }),
  audio: ({ at, bytes, detail }) => ({
    type: 'audio',
    endpointId: at(0),
    tapId: at(1),
    track: detail === 1 ? 'inbound' : 'outbound',
    mediaTimeMs: at(2),
    audio: bytes(4, at(3)),
  }),
  closed: ({ at }) => ({
    type: 'closed',
    endpointId: at(0),
    stats: {
      packetsReceived: at(1),
      packetsSent: at(2),
      packetsLost: at(3),
      packetsLate: at(4),
      jitterMs: at(5) / 1000,
      roundTripMs: at(6),
      packetsLostByPeer: at(7),
      peerJitterMs: at(8) / 1000,
    },
  }),
}

const readersByType = new Map(
  Object.entries(eventTypes).map(([name, type]) => [
    type as number,
    readers[name as keyof Readers],
  ]),
)

/** Calls `onRecord` with each event of a batch, in order. */
export function decodeEvents(batch: Uint8Array, onRecord: (event: MediaEvent | Ack) => void): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  for (let start = 0; start + headerBytes <= batch.length; ) {
    const length = view.getUint16(start, true)
    if (length < headerBytes || start + length > batch.length) return
    const from = start + headerBytes
    const read = readersByType.get(view.getUint8(start + 2))
    if (read) {
      onRecord(
        read({
          detail: view.getUint8(start + 3),
          at: (index) => view.getUint32(from + 4 * index, true),
          bytes: (index, count) => batch.slice(from + 4 * index, from + 4 * index + count),
        }),
      )
    }
    start += length
  }
}

/** The event of a recording whose file is complete; `reason` is the core's number. */
export function encodeRecorderEnded(
  endpointId: number,
  recorderId: number,
  reason: number,
  durationMs: number,
): Uint8Array {
  return encodeFields('recorderEnded', reason, [endpointId, recorderId, durationMs])
}
