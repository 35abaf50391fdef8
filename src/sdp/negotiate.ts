import { fail, ok, type Result } from '../base/result.js'
import { audioLevelOf, offeredAudioLevel } from './audio-level.js'
import {
  type CodecCapability,
  type CodecName,
  capabilityOf,
  comfortNoise,
  formatParameter,
  formatParametersOf,
  knowsComfortNoise,
  packetTimesMsOf,
  rtpMapOf,
} from './codecs.js'
import {
  acceptCrypto,
  answerCrypto,
  isSecure,
  offerCrypto,
  type SrtpSelection,
} from './security.js'
import type {
  Attribute,
  Direction,
  MediaDescription,
  RtpMap,
  SessionDescription,
} from './session-description.js'
import {
  type TelephoneEvent,
  telephoneEventMap,
  telephoneEventOf,
  telephoneEventParameters,
} from './telephone-event.js'

/** What we can do, and where we are, for one call. */
export interface Capabilities {
  /** Best first. */
  readonly codecs: readonly CodecCapability[]
  /** What we offer for telephone-event (RFC 4733), one per clock of the codecs; empty: none. */
  readonly telephoneEvents: readonly TelephoneEvent[]
  readonly address: string
  readonly port: number
  readonly sessionId: string
  /** Grows by one with each description that differs (RFC 3264 §8). */
  readonly sessionVersion: number
  readonly ptimeMs: number
  /** Random bytes for SRTP; undefined: what must be encrypted is refused. */
  readonly srtpKey?: Uint8Array
  /** Offer SRTP only. */
  readonly secure?: boolean
  /** What we want ourselves; default sendrecv. */
  readonly direction?: Direction
}

/** How to send and receive after offer and answer. Structurally the settings of a media endpoint. */
export interface MediaSelection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly codec: CodecName
  readonly clockRateHz: number
  readonly payloadType: number
  readonly telephoneEventPayloadType: number | undefined
  readonly telephoneEventClockRateHz: number
  readonly ptimeMs: number
  /** The peer can use redundancy, and does without packets in silence (RFC 7587 §6.1, RFC 3389). */
  readonly fec: boolean
  readonly dtx: boolean
  /** RTCP shares the port of RTP. */
  readonly rtcpMux: boolean
  /** Where the peer says how loud its packets are; undefined: nowhere. */
  readonly audioLevelExtension: number | undefined
  /** Undefined: plain RTP. */
  readonly srtp: SrtpSelection | undefined
  /** Ours: what we may send and receive. */
  readonly direction: Direction
}

export type SdpProblem = 'noAudio' | 'noCodec' | 'noAddress' | 'rejected'

export interface Negotiated {
  readonly answer: SessionDescription
  readonly selection: MediaSelection
}

/**
 * RFC 3264 §5. `last`: what we have said last in this session, whose streams keep their places (§8): what
 * was refused stays so.
 */
export function createOffer(
  capabilities: Capabilities,
  last?: SessionDescription,
): SessionDescription {
  const direction = capabilities.direction ?? 'sendrecv'
  const formats = formatsOf(capabilities.codecs, capabilities.telephoneEvents)
  const cryptos =
    capabilities.secure && capabilities.srtpKey ? offerCrypto(capabilities.srtpKey) : []
  const protocol = cryptos.length > 0 ? 'RTP/SAVP' : 'RTP/AVP'
  const extensions = [{ ...offeredAudioLevel }]
  const parts = { ...formats, direction, protocol, cryptos, extensions, rtcpMux: true }
  const audio = audioOf(capabilities, { ...parts, attributes: [] })
  const place = last?.media.findIndex(({ kind, port }) => kind === 'audio' && port !== 0) ?? -1
  if (!last || place < 0) return sessionOf(capabilities, [audio])
  const media = last.media.map((one, at) => {
    return at === place ? { ...audio, attributes: one.attributes } : rejected(one)
  })
  return sessionOf(capabilities, media)
}

/** The answer to an offer (RFC 3264 §6): one audio stream, every other rejected with port 0. */
export function negotiate(
  offer: SessionDescription,
  capabilities: Capabilities,
): Result<Negotiated, SdpProblem> {
  const { srtpKey } = capabilities
  const index = offer.media.findIndex((media) => isUsable(media, srtpKey !== undefined))
  const audio = offer.media[index]
  if (!audio) return fail('noAudio')
  const crypto = isSecure(audio) && srtpKey ? answerCrypto(audio.cryptos, srtpKey) : undefined
  const codec = firstCommonCodec(audio, capabilities.codecs)
  if (!codec) return fail('noCodec')
  const remoteAddress = audio.connection ?? offer.connection
  if (remoteAddress === undefined) return fail('noAddress')
  const wanted = capabilities.direction ?? 'sendrecv'
  const direction = allowedDirection(directionOf(offer, audio, remoteAddress), wanted)
  const wantsEvents = capabilities.telephoneEvents.length > 0
  const event = wantsEvents ? telephoneEventOf(audio, codec.clockRateHz) : undefined
  const ptimeMs = packetTime(audio, codec, capabilities.ptimeMs)
  const audioLevel = audioLevelOf(audio)
  const answered = answerAudio(audio, { ...capabilities, ptimeMs }, codec, event, {
    direction,
    cryptos: crypto ? [crypto.ours] : [],
    extensions: audioLevel ? [{ ...audioLevel, direction: 'recvonly' }] : [],
    rtcpMux: audio.rtcpMux,
    attributes: namesOf(audio),
  })
  const media = offer.media.map((other, at) => (at === index ? answered : rejected(other)))
  return ok({
    answer: sessionOf(capabilities, media),
    selection: {
      remoteAddress,
      remotePort: audio.port,
      rtcpMux: audio.rtcpMux,
      audioLevelExtension: audioLevel?.id,
      srtp: crypto?.selection,
      ptimeMs,
      direction,
      ...codecSelection(audio, codec, event, knowsComfortNoise(audio, codec)),
    },
  })
}

/** What the answer to our offer means (RFC 3264 §7). */
export function acceptAnswer(
  offer: SessionDescription,
  answer: SessionDescription,
): Result<MediaSelection, SdpProblem> {
  const index = offer.media.findIndex((media) => isUsable(media, true))
  const ours = offer.media[index]
  const theirs = answer.media[index]
  if (!ours || theirs?.kind !== 'audio') return fail('noAudio')
  if (theirs.port === 0) return fail('rejected')
  if (!isUsable(theirs, true) || isSecure(theirs) !== isSecure(ours)) return fail('noAudio')
  const srtp = isSecure(ours) ? acceptCrypto(ours.cryptos, theirs.cryptos) : undefined
  if (isSecure(ours) && !srtp) return fail('noAudio')
  const offered = ours.formats.flatMap((format) => capabilityOf(ours, Number(format)))
  const codec = firstCommonCodec(theirs, offered)
  if (!codec) return fail('noCodec')
  const remoteAddress = theirs.connection ?? answer.connection
  if (remoteAddress === undefined) return fail('noAddress')
  const wanted = ours.direction ?? 'sendrecv'
  const offersEvents = telephoneEventOf(ours, codec.clockRateHz) !== undefined
  const event = offersEvents ? telephoneEventOf(theirs, codec.clockRateHz) : undefined
  return ok({
    remoteAddress,
    remotePort: theirs.port,
    rtcpMux: ours.rtcpMux && theirs.rtcpMux,
    audioLevelExtension: audioLevelOf(theirs)?.id,
    srtp,
    ptimeMs: packetTime(theirs, codec, ours.ptimeMs ?? 20),
    direction: allowedDirection(directionOf(answer, theirs, remoteAddress), wanted),
    ...codecSelection(theirs, codec, event, knowsComfortNoise(ours, codec)),
  })
}

/** Audio with a port over plain RTP, or over SRTP with keys that we can use. */
function isUsable(media: MediaDescription, decrypts: boolean): boolean {
  const plain = /^RTP\/AVPF?$/i.test(media.protocol)
  const secure = decrypts && isSecure(media) && media.cryptos.length > 0
  return media.kind === 'audio' && media.port !== 0 && (plain || secure)
}

/** The first codec of `media` that is among `codecs`: who lists first is asked first. */
function firstCommonCodec(
  media: MediaDescription,
  codecs: readonly CodecCapability[],
): CodecCapability | undefined {
  const same = (left: CodecCapability, right: CodecCapability) =>
    left.name === right.name && left.clockRateHz === right.clockRateHz
  return media.formats
    .flatMap((format) => capabilityOf(media, Number(format)))
    .find((one) => codecs.some((other) => same(one, other)))
}

function codecSelection(
  theirs: MediaDescription,
  codec: CodecCapability,
  event: TelephoneEvent | undefined,
  leavesOutSilence: boolean,
) {
  const { name, clockRateHz, payloadType } = codec
  return {
    codec: name,
    clockRateHz,
    payloadType,
    telephoneEventPayloadType: event?.payloadType,
    telephoneEventClockRateHz: event?.clockRateHz ?? 8000,
    fec: formatParameter(theirs, payloadType, 'useinbandfec') === '1',
    dtx: leavesOutSilence || formatParameter(theirs, payloadType, 'usedtx') === '1',
  }
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

/** What the peer wants to receive, as near as the codec comes to it, never above its maxptime. */
function packetTime(media: MediaDescription, codec: CodecCapability, ourMs: number): number {
  const wantedMs = Math.min(media.ptimeMs ?? ourMs, media.maxptimeMs ?? 60)
  return packetTimesMsOf(codec).findLast((ms) => ms <= wantedMs) ?? 10
}

function answerAudio(
  offered: MediaDescription,
  capabilities: Capabilities,
  codec: CodecCapability,
  event: TelephoneEvent | undefined,
  stream: Omit<AudioParts, 'rtpmaps' | 'fmtps' | 'protocol'>,
): MediaDescription {
  const formats = formatsOf([codec], event ? [event] : [])
  if (knowsComfortNoise(offered, codec)) {
    formats.rtpmaps.set(comfortNoise.payloadType, comfortNoise.map)
  }
  return audioOf(capabilities, { protocol: offered.protocol, ...formats, ...stream })
}

/** Maps and parameters of the codecs, then those of telephone-event. */
function formatsOf(codecs: readonly CodecCapability[], events: readonly TelephoneEvent[]) {
  const rtpmaps = new Map<number, RtpMap>(
    codecs.map((codec) => [codec.payloadType, rtpMapOf(codec)]),
  )
  const fmtps = new Map<number, string>()
  for (const codec of codecs) {
    const parameters = formatParametersOf(codec)
    if (parameters !== undefined) fmtps.set(codec.payloadType, parameters)
  }
  for (const event of events) {
    rtpmaps.set(event.payloadType, telephoneEventMap(event))
    fmtps.set(event.payloadType, telephoneEventParameters)
  }
  return { rtpmaps, fmtps }
}

type AudioParts = Pick<
  MediaDescription,
  | 'rtpmaps'
  | 'fmtps'
  | 'direction'
  | 'protocol'
  | 'cryptos'
  | 'extensions'
  | 'rtcpMux'
  | 'attributes'
>

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
    cryptos: [],
    extensions: [],
    rtcpMux: false,
    attributes: namesOf(media),
  }
}

/** RFC 5888 §6: a stream keeps its name in the answer. Streams are not bundled (RFC 8843 §7.3). */
function namesOf({ attributes }: MediaDescription): Attribute[] {
  return attributes.filter(({ name }) => name === 'mid').slice(0, 1)
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
    attributes: [],
    media,
  }
}
