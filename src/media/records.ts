/**
 * The binary form of commands and events: records in little-endian, described in native/core/records.h.
 * A change here is a change there.
 */
import type { EndpointSettings, MediaCommand, MediaEvent } from './port.js'

const headerBytes = 4

const commandTypes = {
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
} as const

const eventTypes = {
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
} as const

const recordTypes = { ...commandTypes, ...eventTypes }

const codecs = { PCMU: 0, PCMA: 1, G722: 2, L16: 3, opus: 4 } as const
const directions = { inactive: 0, sendonly: 1, recvonly: 2, sendrecv: 3 } as const
const jitterBuffers = { off: 0, small: 1, medium: 2, large: 3 } as const
const digitSources = ['telephone-event', 'in-band'] as const
const playerReasons = ['done', 'stopped', 'closed'] as const
const recorderReasons = ['stopped', 'silence', 'durationMax', 'closed', 'failed'] as const
const tapTracks = { inbound: 1, outbound: 2, both: 3 } as const
const tapFormats = { PCMU: 0, pcm8k: 1, pcm16k: 2 } as const
const noPayloadType = 255
const ofMixer = 128
const feedSamplesMax = 16_384
const unityGain = 4096

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

export interface Ack {
  readonly type: 'ack'
  readonly token: number
  readonly status: number
}

/** The address of a peer as 16 bytes in network order, with its family; undefined when it is none. */
export function parseIpAddress(text: string): { family: 4 | 6; bytes: Uint8Array } | undefined {
  const bytes = new Uint8Array(16)
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (v4) {
    for (let i = 0; i < 4; i++) bytes[i] = Number(v4[i + 1])
    return v4.slice(1).every((part) => Number(part) <= 255) ? { family: 4, bytes } : undefined
  }
  if (!text.includes(':')) return undefined
  const halves = text.replace(/^\[|\]$|%.*$/g, '').split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0] ?? '')
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : []
  if (!head || !tail) return undefined
  const groups = head.length + tail.length
  if (halves.length === 2 ? groups > 7 : groups !== 8) return undefined
  for (const [i, group] of head.entries()) writeGroup(bytes, i, group)
  for (const [i, group] of tail.entries()) writeGroup(bytes, 8 - tail.length + i, group)
  return { family: 6, bytes }
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  for (const part of text.split(':')) {
    const v4 = part.includes('.') ? parseIpAddress(part) : undefined
    if (v4) {
      groups.push(((v4.bytes[0] ?? 0) << 8) | (v4.bytes[1] ?? 0))
      groups.push(((v4.bytes[2] ?? 0) << 8) | (v4.bytes[3] ?? 0))
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return undefined
    }
  }
  return groups
}

function writeGroup(bytes: Uint8Array, index: number, group: number): void {
  bytes[2 * index] = group >> 8
  bytes[2 * index + 1] = group & 0xff
}

/** Builds a record; returns undefined when a value of the command cannot be expressed. */
export function encodeCommand(command: MediaCommand, token: number): Uint8Array | undefined {
  switch (command.type) {
    case 'configure':
      return encodeConfigure(token, command.endpointId, command.settings)
    case 'close':
    case 'unbridge':
    case 'leave':
      return encodeFields(command.type, 0, [token, command.endpointId])
    case 'bridge':
      return encodeFields('bridge', 0, [token, command.endpointId, command.otherEndpointId])
    case 'mixer':
      return encodeFields('mixer', command.reportVoices ? 1 : 0, [
        token,
        command.mixerId,
        command.sampleRateHz ?? 0,
        command.voicesMax ?? 0,
      ])
    case 'closeMixer':
      return encodeFields('closeMixer', 0, [token, command.mixerId])
    case 'join':
      return encodeFields('join', (command.muted ? 1 : 0) | (command.held ? 2 : 0), [
        token,
        command.endpointId,
        command.mixerId,
        Math.round((command.gain ?? 1) * unityGain),
        command.coachedEndpointId ?? 0,
      ])
    case 'play':
      return encodeFields('play', command.ofMixer ? ofMixer : 0, [
        token,
        command.endpointId,
        command.playerId,
        command.promptId,
        command.loops,
        command.offsetMs,
      ])
    case 'tone':
      return encodeFields('tone', command.ofMixer ? ofMixer : 0, [
        token,
        command.endpointId,
        command.playerId,
        command.frequenciesHz[0],
        command.frequenciesHz[1] ?? 0,
        Math.round(command.levelDbfs),
        command.onMs,
        command.offMs,
        command.loops,
      ])
    case 'sendDigits':
      return encodeFields(
        'sendDigits',
        0,
        [token, command.endpointId, command.playerId, command.toneMs, command.gapMs],
        command.digits,
      )
    case 'stream':
      return encodeFields('stream', command.ofMixer ? ofMixer : 0, [
        token,
        command.endpointId,
        command.playerId,
        command.sampleRateHz,
      ])
    case 'tap':
      return encodeFields('tap', tapTracks[command.tracks], [
        token,
        command.endpointId,
        command.tapId,
        tapFormats[command.format],
      ])
    case 'stopTap':
      return encodeFields('stopTap', 0, [token, command.endpointId, command.tapId])
    case 'stopPlayer':
    case 'feed':
    case 'mark':
    case 'clear':
    case 'endStream':
      return undefined // needs the owner of the player: encodeOwned
    case 'record':
      return encodeFields(
        'record',
        (command.channels === 'dual' ? 1 : 0) |
          (command.trimSilence ? 2 : 0) |
          (command.ofMixer ? ofMixer : 0),
        [
          token,
          command.endpointId,
          command.recorderId,
          command.durationMsMax,
          command.silenceTimeoutMs,
        ],
        command.path,
      )
    case 'stopRecorder':
      return undefined
    default:
      return command satisfies never
  }
}

/** Those about a player or recorder that is there already. */
export type OwnedCommand = Extract<
  MediaCommand,
  { type: 'stopPlayer' | 'stopRecorder' | 'feed' | 'mark' | 'clear' | 'endStream' }
>

/** Whose a player or recorder is. */
export interface Owner {
  readonly endpointId: number
  readonly ofMixer: boolean
}

/** A command that names only its player or recorder at the port; the record names the owner too. */
export function encodeOwned(
  command: OwnedCommand,
  token: number,
  owner: Owner,
): Uint8Array | undefined {
  const detail = owner.ofMixer ? ofMixer : 0
  const id = command.type === 'stopRecorder' ? command.recorderId : command.playerId
  const fields = [token, owner.endpointId, id]
  if (command.type === 'mark') fields.push(command.markId)
  if (command.type !== 'feed') return encodeFields(command.type, detail, fields)
  if (command.samples.length > feedSamplesMax) return undefined
  return encodeFields('feed', detail, fields, littleEndian(command.samples))
}

function littleEndian(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(2 * samples.length)
  const view = new DataView(bytes.buffer)
  for (const [index, sample] of samples.entries()) view.setInt16(2 * index, sample, true)
  return bytes
}

/** A close that nobody waits for. */
export function encodeClose(endpointId: number): Uint8Array {
  return encodeFields('close', 0, [0, endpointId])
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

function encodeFields(
  type: keyof typeof recordTypes,
  detail: number,
  fields: readonly number[],
  text?: string | Uint8Array,
): Uint8Array {
  const textBytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const stringBytes = textBytes ? 4 + Math.ceil(textBytes.length / 4) * 4 : 0
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
  if (textBytes) {
    view.setUint32(at, textBytes.length, true)
    record.set(textBytes, at + 4)
  }
  return record
}

function encodeConfigure(
  token: number,
  endpointId: number,
  settings: EndpointSettings,
): Uint8Array | undefined {
  const remote = parseIpAddress(settings.remoteAddress)
  if (!remote) return undefined
  const record = new Uint8Array(64)
  const view = new DataView(record.buffer)
  view.setUint16(0, record.length, true)
  view.setUint8(2, commandTypes.configure)
  view.setUint32(4, token, true)
  view.setUint32(8, endpointId, true)
  view.setUint8(12, codecs[settings.codec])
  view.setUint8(13, settings.payloadType)
  view.setUint8(14, settings.telephoneEventPayloadType ?? noPayloadType)
  view.setUint8(15, directions[settings.direction])
  view.setUint8(16, settings.ptimeMs)
  view.setUint8(17, (settings.inBandDtmf ? 1 : 0) | (settings.dtx ? 2 : 0) | (settings.fec ? 4 : 0))
  view.setUint8(18, remote.family)
  view.setUint8(19, jitterBuffers[settings.jitterBuffer ?? 'large'])
  view.setUint32(20, settings.remotePort, true)
  record.set(remote.bytes, 24)
  view.setUint32(40, settings.ssrc >>> 0, true)
  view.setUint32(44, settings.rtpTimeoutMs, true)
  view.setUint32(48, settings.clockRateHz, true)
  view.setUint32(52, settings.telephoneEventClockRateHz, true)
  view.setUint32(56, settings.sampleRateHz ?? 0, true)
  view.setUint32(60, settings.bitrateBps ?? 0, true)
  return record
}

/** Calls `onRecord` with each event of a batch, in order. */
export function decodeEvents(batch: Uint8Array, onRecord: (event: MediaEvent | Ack) => void): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  for (let at = 0; at + headerBytes <= batch.length; ) {
    const bytes = view.getUint16(at, true)
    if (bytes < headerBytes || at + bytes > batch.length) return
    const event = decodeEvent(view, at)
    if (event) onRecord(event)
    at += bytes
  }
}

function decodeEvent(view: DataView, at: number): MediaEvent | Ack | undefined {
  const detail = view.getUint8(at + 3)
  const field = (index: number) => view.getUint32(at + headerBytes + 4 * index, true)
  switch (view.getUint8(at + 2)) {
    case eventTypes.ack:
      return { type: 'ack', token: field(0), status: field(1) }
    case eventTypes.digit:
      return {
        type: 'digit',
        endpointId: field(0),
        digit: String.fromCharCode(field(1)),
        source: digitSources[detail] ?? 'in-band',
        durationMs: field(2),
        mediaTimeMs: field(3),
      }
    case eventTypes.digitStarted:
      return { type: 'digitStarted', endpointId: field(0), mediaTimeMs: field(1) }
    case eventTypes.playerEnded:
      return {
        type: 'playerEnded',
        endpointId: field(0),
        playerId: field(1),
        playedMs: field(2),
        reason: playerReasons[detail] ?? 'closed',
      }
    case eventTypes.recorderEnded:
      return {
        type: 'recorderEnded',
        endpointId: field(0),
        recorderId: field(1),
        durationMs: field(2),
        reason: recorderReasons[detail] ?? 'failed',
      }
    case eventTypes.rtpTimeout:
      return { type: 'rtpTimeout', endpointId: field(0) }
    case eventTypes.voice:
      return {
        type: 'voice',
        endpointId: field(0),
        mixerId: field(1),
        mediaTimeMs: field(2),
        begun: detail === 1,
      }
    case eventTypes.mixerClosed:
      return { type: 'mixerClosed', mixerId: field(0) }
    case eventTypes.streamLow:
      return { type: 'streamLow', endpointId: field(0), playerId: field(1), playedMs: field(2) }
    case eventTypes.marked:
      return { type: 'marked', endpointId: field(0), playerId: field(1), markId: field(2) }
    case eventTypes.audio: {
      const from = view.byteOffset + at + headerBytes + 16
      return {
        type: 'audio',
        endpointId: field(0),
        tapId: field(1),
        track: detail === 1 ? 'inbound' : 'outbound',
        mediaTimeMs: field(2),
        audio: new Uint8Array(view.buffer.slice(from, from + field(3))),
      }
    }
    case eventTypes.closed:
      return {
        type: 'closed',
        endpointId: field(0),
        stats: {
          packetsReceived: field(1),
          packetsSent: field(2),
          packetsLost: field(3),
          packetsLate: field(4),
          jitterMs: field(5) / 1000,
        },
      }
    default:
      return undefined
  }
}
