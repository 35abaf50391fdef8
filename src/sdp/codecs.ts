import type { MediaDescription, RtpMap } from './session-description.js'

/** Encoding names as they are written (RFC 3551 §6, RFC 7587 §7); compared without regard to case. */
const names = ['PCMU', 'PCMA', 'G722', 'L16', 'opus'] as const
export type CodecName = (typeof names)[number]

export interface CodecCapability {
  readonly name: CodecName
  /** RTP clock [Hz]: 8000 even for G.722 (RFC 3551 §4.5.2), 48000 for Opus. */
  readonly clockRateHz: number
  readonly payloadType: number
}

/** Payload types that need no rtpmap (RFC 3551 §6). */
const staticTypes: ReadonlyMap<number, RtpMap> = new Map([
  [0, { name: 'PCMU', clockRateHz: 8000 }],
  [8, { name: 'PCMA', clockRateHz: 8000 }],
  [9, { name: 'G722', clockRateHz: 8000 }],
])

const clockRatesHz: Readonly<Record<CodecName, readonly number[]>> = {
  PCMU: [8000],
  PCMA: [8000],
  G722: [8000],
  L16: [8000, 16000, 48000],
  opus: [48000],
}

/** Comfort noise (RFC 3389 §4): a static type, for codecs with a clock of 8 kHz and no DTX of their own. */
export const comfortNoise = { payloadType: 13, map: { name: 'CN', clockRateHz: 8000 } } as const

/** Whether silence may be left out, because the description can say what it sounds like. */
export function knowsComfortNoise(media: MediaDescription, codec: CodecCapability): boolean {
  const { payloadType, map } = comfortNoise
  return codec.clockRateHz === map.clockRateHz && media.formats.includes(String(payloadType))
}

/** RFC 7587 §7: always two channels in the map, whatever is sent. */
export function rtpMapOf({ name, clockRateHz }: CodecCapability): RtpMap {
  return name === 'opus' ? { name, clockRateHz, channels: 2 } : { name, clockRateHz }
}

/** What we ask of a sender: mono, and redundancy when it knows of losses (RFC 7587 §6.1). */
export function formatParametersOf({ name }: CodecCapability): string | undefined {
  return name === 'opus' ? 'minptime=10;useinbandfec=1;stereo=0' : undefined
}

/** The packet times in which we send a codec [ms]: Opus has no frame of 30 or 50, and packets must fit a path. */
export function packetTimesMsOf({ name, clockRateHz }: CodecCapability): readonly number[] {
  if (name === 'opus') return [10, 20, 40, 60]
  const all = [10, 20, 30, 40, 50, 60]
  return name === 'L16' ? all.filter((ms) => (2 * ms * clockRateHz) / 1000 <= l16BytesMax) : all
}

/** Of the payload of a packet. */
const l16BytesMax = 1_400

/** What a payload type of a description stands for, if it is a codec of ours. */
export function capabilityOf(media: MediaDescription, payloadType: number): CodecCapability[] {
  const map = media.rtpmaps.get(payloadType) ?? staticTypes.get(payloadType)
  const name = names.find((known) => known.toLowerCase() === map?.name.toLowerCase())
  if (!map || !name || !clockRatesHz[name].includes(map.clockRateHz)) return []
  // Two channels of Opus decode to one; those of L16 would be something else.
  if (name !== 'opus' && (map.channels ?? 1) !== 1) return []
  return [{ name, clockRateHz: map.clockRateHz, payloadType }]
}

/** The value of a parameter of a codec, like `useinbandfec` or `usedtx`. */
export function formatParameter(
  media: MediaDescription,
  payloadType: number,
  name: string,
): string | undefined {
  for (const part of (media.fmtps.get(payloadType) ?? '').split(';', 32)) {
    const [key, value] = part.split('=', 2)
    if (key?.trim().toLowerCase() === name) return value?.trim() ?? ''
  }
  return undefined
}
