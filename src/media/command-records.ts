/** Commands as records. */
import { parseIpAddress } from './ip-address.js'
import type { EndpointSettings, MediaCommand } from './port.js'
import { commandTypes, encodeFields } from './records.js'

const codecs = { PCMU: 0, PCMA: 1, G722: 2, L16: 3, opus: 4 } as const
const directions = { inactive: 0, sendonly: 1, recvonly: 2, sendrecv: 3 } as const
const jitterBuffers = { off: 0, small: 1, medium: 2, large: 3 } as const
const srtpSuites = {
  AES_CM_128_HMAC_SHA1_80: 1,
  AES_CM_128_HMAC_SHA1_32: 2,
  AEAD_AES_128_GCM: 3,
} as const
const tapTracks = { inbound: 1, outbound: 2, both: 3 } as const
const tapFormats = { PCMU: 0, pcm8k: 1, pcm16k: 2 } as const
const recordedChannels = { received: 0, dual: 1, both: 4, sent: 8 } as const
const noPayloadType = 255
const ofMixer = 128
const feedSamplesMax = 16_384
const unityGain = 4096

/** Those about a player or recorder that is there already; at the port they do not say whose it is. */
export type OwnedCommand = Extract<
  MediaCommand,
  {
    type:
      | 'stopPlayer'
      | 'stopRecorder'
      | 'pauseRecorder'
      | 'resumeRecorder'
      | 'feed'
      | 'mark'
      | 'clear'
      | 'endStream'
  }
>
type OpeningCommand = Exclude<MediaCommand, OwnedCommand | { type: 'configure' }>

/** Whose a player or recorder is. */
export interface Owner {
  readonly endpointId: number
  readonly ofMixer: boolean
}

/** What follows the token. */
interface Form {
  readonly detail?: number
  readonly fields: readonly number[]
  readonly tail?: string | Uint8Array
}

type Forms<Command extends MediaCommand> = {
  readonly [Type in Command['type']]: (command: Extract<Command, { type: Type }>) => Form
}

const mixerBit = (command: { readonly ofMixer?: boolean }) => (command.ofMixer ? ofMixer : 0)

const openingForms: Forms<OpeningCommand> = {
  close: ({ endpointId }) => ({ fields: [endpointId] }),
  unbridge: ({ endpointId }) => ({ fields: [endpointId] }),
  leave: ({ endpointId }) => ({ fields: [endpointId] }),
  bridge: ({ endpointId, otherEndpointId }) => ({ fields: [endpointId, otherEndpointId] }),
  mixer: ({ mixerId, sampleRateHz, voicesMax, reportVoices }) => ({
    detail: reportVoices ? 1 : 0,
    fields: [mixerId, sampleRateHz ?? 0, voicesMax ?? 0],
  }),
  closeMixer: ({ mixerId }) => ({ fields: [mixerId] }),
  join: ({ endpointId, mixerId, muted, held, gain, coachedEndpointId }) => ({
    detail: (muted ? 1 : 0) | (held ? 2 : 0),
    fields: [endpointId, mixerId, Math.round((gain ?? 1) * unityGain), coachedEndpointId ?? 0],
  }),
  play: (command) => ({
    detail: mixerBit(command),
    fields: [
      ...[command.endpointId, command.playerId, command.promptId],
      ...[command.loops, command.offsetMs],
    ],
  }),
  tone: (command) => ({
    detail: mixerBit(command),
    fields: [
      ...[command.endpointId, command.playerId],
      ...[command.frequenciesHz[0], command.frequenciesHz[1] ?? 0],
      ...[Math.round(command.levelDbfs), command.onMs, command.offMs, command.loops],
    ],
  }),
  sendDigits: ({ endpointId, playerId, toneMs, gapMs, digits }) => ({
    fields: [endpointId, playerId, toneMs, gapMs],
    tail: digits,
  }),
  stream: (command) => ({
    detail: mixerBit(command),
    fields: [command.endpointId, command.playerId, command.sampleRateHz],
  }),
  tap: ({ endpointId, tapId, tracks, format }) => ({
    detail: tapTracks[tracks],
    fields: [endpointId, tapId, tapFormats[format]],
  }),
  stopTap: ({ endpointId, tapId }) => ({ fields: [endpointId, tapId] }),
  detect: ({ endpointId, voice, tones, beep }) => ({
    fields: [endpointId, (voice ? 1 : 0) | (tones ? 2 : 0) | (beep ? 4 : 0)],
  }),
  detectMachine: ({ endpointId, detection }) => ({
    detail: detection?.isUntilEnd ? 1 : 0,
    fields: [
      ...[endpointId, detection?.timeoutMs ?? 0, detection?.speechThresholdMs ?? 0],
      ...[detection?.speechEndThresholdMs ?? 0, detection?.silenceTimeoutMs ?? 0],
    ],
  }),
  record: (command) => ({
    detail: recordedChannels[command.channels] | (command.trimSilence ? 2 : 0) | mixerBit(command),
    fields: [
      ...[command.endpointId, command.recorderId],
      ...[command.durationMsMax, command.silenceTimeoutMs],
    ],
    tail: command.path,
  }),
}

const ownedForms: Forms<OwnedCommand> = {
  stopPlayer: ({ playerId }) => ({ fields: [playerId] }),
  stopRecorder: ({ recorderId }) => ({ fields: [recorderId] }),
  pauseRecorder: ({ recorderId, instead }) => ({
    detail: instead === 'silence' ? 1 : 0,
    fields: [recorderId],
  }),
  resumeRecorder: ({ recorderId }) => ({ fields: [recorderId] }),
  feed: ({ playerId, samples }) => ({ fields: [playerId], tail: littleEndian(samples) }),
  mark: ({ playerId, markId }) => ({ fields: [playerId, markId] }),
  clear: ({ playerId }) => ({ fields: [playerId] }),
  endStream: ({ playerId }) => ({ fields: [playerId] }),
}

function formOf<Command extends MediaCommand>(forms: Forms<Command>, command: Command): Form {
  // The table maps each type to the form of just that type.
  return (forms[command.type as Command['type']] as (command: Command) => Form)(command)
}

export function isOwned(command: MediaCommand): command is OwnedCommand {
  return Object.hasOwn(ownedForms, command.type)
}

/** Undefined: a value of the command cannot be expressed. */
export function encodeCommand(
  command: Exclude<MediaCommand, OwnedCommand>,
  token: number,
): Uint8Array | undefined {
  if (command.type === 'configure') {
    return encodeConfigure(token, command.endpointId, command.settings)
  }
  const { detail, fields, tail } = formOf(openingForms, command)
  return encodeFields(command.type, detail ?? 0, [token, ...fields], tail)
}

export function encodeOwned(
  command: OwnedCommand,
  token: number,
  owner: Owner,
): Uint8Array | undefined {
  if (command.type === 'feed' && command.samples.length > feedSamplesMax) return undefined
  const { detail, fields, tail } = formOf(ownedForms, command)
  return encodeFields(
    command.type,
    (detail ?? 0) | mixerBit(owner),
    [token, owner.endpointId, ...fields],
    tail,
  )
}

/** A close that nobody waits for. */
export function encodeClose(endpointId: number): Uint8Array {
  return encodeFields('close', 0, [0, endpointId])
}

function littleEndian(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(2 * samples.length)
  const view = new DataView(bytes.buffer)
  for (const [index, sample] of samples.entries()) view.setInt16(2 * index, sample, true)
  return bytes
}

function encodeConfigure(
  token: number,
  endpointId: number,
  settings: EndpointSettings,
): Uint8Array | undefined {
  const remote = parseIpAddress(settings.remoteAddress)
  if (!remote) return undefined
  const record = new Uint8Array(settings.srtp ? 132 : 64)
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
  view.setUint8(17, flagsOf(settings))
  view.setUint8(18, remote.family)
  view.setUint8(19, jitterBuffers[settings.jitterBuffer ?? 'large'])
  view.setUint16(20, settings.remotePort, true)
  view.setUint16(22, settings.peer ?? 0, true)
  record.set(remote.bytes, 24)
  view.setUint32(40, settings.ssrc >>> 0, true)
  view.setUint32(44, settings.rtpTimeoutMs, true)
  view.setUint32(48, settings.clockRateHz, true)
  view.setUint32(52, settings.telephoneEventClockRateHz, true)
  view.setUint32(56, settings.sampleRateHz ?? 0, true)
  view.setUint32(60, settings.bitrateBps ?? 0, true)
  if (settings.srtp) {
    view.setUint32(64, srtpSuites[settings.srtp.suite], true)
    record.set(settings.srtp.sentKey, 68)
    record.set(settings.srtp.receivedKey, 100)
  }
  return record
}

function flagsOf(settings: EndpointSettings): number {
  const { inBandDtmf, dtx, fec, rtcpMux, audioLevelExtension } = settings
  const flags = (inBandDtmf ? 1 : 0) | (dtx ? 2 : 0) | (fec ? 4 : 0) | (rtcpMux ? 8 : 0)
  return flags | ((audioLevelExtension ?? 0) << 4)
}
