import { fail, ok, type Result } from '../base/result.js'
import type {
  Direction,
  MediaDescription,
  RtpMap,
  SessionDescription,
} from './session-description.js'

export type CodecName = 'PCMU' | 'PCMA'

export interface CodecCapability {
  readonly name: CodecName
  readonly clockRateHz: number
  readonly payloadType: number
}

/** What we can do, and where we are, for one call. */
export interface Capabilities {
  /** Best first. */
  readonly codecs: readonly CodecCapability[]
  /** Payload type that we offer for telephone-event (RFC 4733); undefined: none. */
  readonly telephoneEventPayloadType: number | undefined
  readonly address: string
  readonly port: number
  readonly sessionId: string
  /** Grows by one with each description that differs (RFC 3264 §8). */
  readonly sessionVersion: number
  readonly ptimeMs: number
  /** What we want ourselves; default sendrecv. */
  readonly direction?: Direction
}

/** How to send and receive after offer and answer. Structurally the settings of a media endpoint. */
export interface MediaSelection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly codec: CodecName
  readonly payloadType: number
  readonly telephoneEventPayloadType: number | undefined
  readonly ptimeMs: number
  /** Ours: what we may send and receive. */
  readonly direction: Direction
}

export type SdpProblem = 'noAudio' | 'noCodec' | 'noAddress' | 'rejected'

export interface Negotiated {
  readonly answer: SessionDescription
  readonly selection: MediaSelection
}

/** Events 0 to 16: digits, stars, letters, flash (RFC 4733 §3.2). */
const eventParameters = '0-16'

/** RFC 3264 §5 */
export function createOffer(capabilities: Capabilities): SessionDescription {
  const { codecs, telephoneEventPayloadType: eventType } = capabilities
  const rtpmaps = new Map<number, RtpMap>()
  const fmtps = new Map<number, string>()
  for (const { name, clockRateHz, payloadType } of codecs) {
    rtpmaps.set(payloadType, { name, clockRateHz })
  }
  if (eventType !== undefined) {
    rtpmaps.set(eventType, { name: 'telephone-event', clockRateHz: 8000 })
    fmtps.set(eventType, eventParameters)
  }
  const direction = capabilities.direction ?? 'sendrecv'
  const media = audioOf(capabilities, { rtpmaps, fmtps, direction, protocol: 'RTP/AVP' })
  return sessionOf(capabilities, [media])
}

/** The answer to an offer (RFC 3264 §6): one audio stream, every other rejected with port 0. */
export function negotiate(
  offer: SessionDescription,
  capabilities: Capabilities,
): Result<Negotiated, SdpProblem> {
  const index = offer.media.findIndex(isUsable)
  const audio = offer.media[index]
  if (!audio) return fail('noAudio')
  const codec = firstCommonCodec(audio, capabilities.codecs, 'ours')
  if (!codec) return fail('noCodec')
  const remoteAddress = audio.connection ?? offer.connection
  if (remoteAddress === undefined) return fail('noAddress')
  const wanted = capabilities.direction ?? 'sendrecv'
  const direction = allowedDirection(directionOf(offer, audio, remoteAddress), wanted)
  const eventType =
    capabilities.telephoneEventPayloadType === undefined ? undefined : telephoneEventOf(audio)
  const ptimeMs = packetTime(audio, capabilities.ptimeMs)
  const answered = answerAudio(audio, { ...capabilities, ptimeMs }, codec, eventType, direction)
  const media = offer.media.map((other, at) => (at === index ? answered : rejected(other)))
  return ok({
    answer: sessionOf(capabilities, media),
    selection: {
      remoteAddress,
      remotePort: audio.port,
      codec: codec.name,
      payloadType: codec.payloadType,
      telephoneEventPayloadType: eventType,
      ptimeMs,
      direction,
    },
  })
}

/** What the answer to our offer means (RFC 3264 §7). */
export function acceptAnswer(
  offer: SessionDescription,
  answer: SessionDescription,
): Result<MediaSelection, SdpProblem> {
  const index = offer.media.findIndex(isUsable)
  const ours = offer.media[index]
  const theirs = answer.media[index]
  if (!ours || theirs?.kind !== 'audio') return fail('noAudio')
  if (theirs.port === 0) return fail('rejected')
  if (!isUsable(theirs)) return fail('noAudio')
  const offered = ours.formats.flatMap((format) => capabilityOf(ours, Number(format)))
  const codec = firstCommonCodec(theirs, offered, 'theirs')
  if (!codec) return fail('noCodec')
  const remoteAddress = theirs.connection ?? answer.connection
  if (remoteAddress === undefined) return fail('noAddress')
  const wanted = ours.direction ?? 'sendrecv'
  const offersEvents = telephoneEventOf(ours) !== undefined
  return ok({
    remoteAddress,
    remotePort: theirs.port,
    codec: codec.name,
    payloadType: codec.payloadType,
    telephoneEventPayloadType: offersEvents ? telephoneEventOf(theirs) : undefined,
    ptimeMs: packetTime(theirs, ours.ptimeMs ?? 20),
    direction: allowedDirection(directionOf(answer, theirs, remoteAddress), wanted),
  })
}

/** Audio over plain RTP with a port; RTP/SAVP is refused as we could not decrypt it. */
function isUsable(media: MediaDescription): boolean {
  const plain = /^RTP\/AVPF?$/i.test(media.protocol)
  return media.kind === 'audio' && media.port !== 0 && plain
}

const staticTypes: ReadonlyMap<number, RtpMap> = new Map([
  // RFC 3551 §6: these need no rtpmap.
  [0, { name: 'PCMU', clockRateHz: 8000 }],
  [8, { name: 'PCMA', clockRateHz: 8000 }],
])

function mapOf(media: MediaDescription, payloadType: number): RtpMap | undefined {
  return media.rtpmaps.get(payloadType) ?? staticTypes.get(payloadType)
}

function capabilityOf(media: MediaDescription, payloadType: number): CodecCapability[] {
  const map = mapOf(media, payloadType)
  const name = map?.name.toUpperCase()
  if (!map || (name !== 'PCMU' && name !== 'PCMA')) return []
  return [{ name, clockRateHz: map.clockRateHz, payloadType }]
}

/** The codec to use, with the payload type of `media`; `order` says whose preference counts. */
function firstCommonCodec(
  media: MediaDescription,
  codecs: readonly CodecCapability[],
  order: 'ours' | 'theirs',
): CodecCapability | undefined {
  const theirs = media.formats.flatMap((format) => capabilityOf(media, Number(format)))
  const same = (left: CodecCapability, right: CodecCapability) =>
    left.name === right.name && left.clockRateHz === right.clockRateHz
  if (order === 'theirs') return theirs.find((one) => codecs.some((other) => same(one, other)))
  for (const codec of codecs) {
    const match = theirs.find((one) => same(one, codec))
    if (match) return match
  }
  return undefined
}

/** RFC 4733 §2.4.1; without fmtp the events 0 to 15 are meant. */
function telephoneEventOf(media: MediaDescription): number | undefined {
  for (const format of media.formats) {
    const type = Number(format)
    const map = media.rtpmaps.get(type)
    const named = map?.name.toLowerCase() === 'telephone-event' && map.clockRateHz === 8000
    if (named && includesDigits(media.fmtps.get(type))) return type
  }
  return undefined
}

/** True when the event list `0-15,16` holds the digits 0 to 9. */
function includesDigits(list: string | undefined): boolean {
  if (list === undefined) return true
  const ranges = list.replace(/^events=/i, '').split(',', 64)
  const held = new Set<number>()
  for (const range of ranges) {
    const match = /^\s*([0-9]{1,3})(?:-([0-9]{1,3}))?\s*$/.exec(range)
    if (!match) continue
    const last = Number(match[2] ?? match[1])
    for (let event = Number(match[1]); event <= Math.min(last, 255); event++) held.add(event)
  }
  return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].every((event) => held.has(event))
}

/** Hold of today is a direction, that of RFC 2543 the address zero (RFC 3264 §8.4). */
function directionOf(
  session: SessionDescription,
  media: MediaDescription,
  address: string,
): Direction {
  const direction = media.direction ?? session.direction ?? 'sendrecv'
  if (address !== '0.0.0.0' && address !== '::') return direction
  return direction === 'recvonly' || direction === 'inactive' ? 'inactive' : 'sendonly'
}

/** Our side of the direction that the peer states, within what we want (RFC 3264 §6.1). */
function allowedDirection(theirs: Direction, wanted: Direction): Direction {
  const send = canReceive(theirs) && canSend(wanted)
  const receive = canSend(theirs) && canReceive(wanted)
  if (send) return receive ? 'sendrecv' : 'sendonly'
  return receive ? 'recvonly' : 'inactive'
}

function canSend(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'sendonly'
}

function canReceive(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly'
}

/** What the peer wants to receive, a multiple of 10 from 10 to 60 ms, never above its maxptime. */
function packetTime(media: MediaDescription, ourMs: number): number {
  const wantedMs = Math.min(media.ptimeMs ?? ourMs, media.maxptimeMs ?? 60, 60)
  return Math.max(10, Math.floor(wantedMs / 10) * 10)
}

function answerAudio(
  offered: MediaDescription,
  capabilities: Capabilities,
  codec: CodecCapability,
  eventType: number | undefined,
  direction: Direction,
): MediaDescription {
  const { name, clockRateHz, payloadType } = codec
  const rtpmaps = new Map<number, RtpMap>([[payloadType, { name, clockRateHz }]])
  const fmtps = new Map<number, string>()
  if (eventType !== undefined) {
    rtpmaps.set(eventType, { name: 'telephone-event', clockRateHz: 8000 })
    fmtps.set(eventType, eventParameters)
  }
  return audioOf(capabilities, { rtpmaps, fmtps, direction, protocol: offered.protocol })
}

type AudioParts = Pick<MediaDescription, 'rtpmaps' | 'fmtps' | 'direction' | 'protocol'>

function audioOf(capabilities: Capabilities, parts: AudioParts): MediaDescription {
  return {
    kind: 'audio',
    port: capabilities.port,
    formats: [...parts.rtpmaps.keys()].map(String),
    connection: undefined,
    ptimeMs: capabilities.ptimeMs,
    maxptimeMs: undefined,
    ...parts,
  }
}

/** RFC 3264 §6: a rejected stream keeps its place, with port 0. */
function rejected(media: MediaDescription): MediaDescription {
  return {
    kind: media.kind,
    port: 0,
    protocol: media.protocol,
    formats: media.formats.slice(0, 1),
    connection: undefined,
    direction: undefined,
    ptimeMs: undefined,
    maxptimeMs: undefined,
    rtpmaps: new Map(),
    fmtps: new Map(),
  }
}

function sessionOf(
  capabilities: Capabilities,
  media: readonly MediaDescription[],
): SessionDescription {
  const { address, sessionId, sessionVersion } = capabilities
  return {
    origin: { username: '-', sessionId, version: String(sessionVersion), address },
    connection: address,
    direction: undefined,
    media,
  }
}
