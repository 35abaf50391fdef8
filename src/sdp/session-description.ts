import type { Crypto } from './security.js'

/** A session description as far as calls need it (RFC 8866); other lines than attributes are dropped. */
export interface SessionDescription {
  readonly origin: Origin
  readonly connection: string | undefined
  readonly direction: Direction | undefined
  /** Those that have no field here: a=group and the like. */
  readonly attributes: readonly Attribute[]
  readonly media: readonly MediaDescription[]
}

export interface Origin {
  readonly username: string
  readonly sessionId: string
  readonly version: string
  readonly address: string
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface MediaDescription {
  /** audio, video ... */
  readonly kind: string
  readonly port: number
  /** RTP/AVP ... */
  readonly protocol: string
  readonly formats: readonly string[]
  readonly connection: string | undefined
  readonly direction: Direction | undefined
  readonly ptimeMs: number | undefined
  readonly maxptimeMs: number | undefined
  /** a=rtpmap by payload type. */
  readonly rtpmaps: ReadonlyMap<number, RtpMap>
  /** a=fmtp by payload type. */
  readonly fmtps: ReadonlyMap<number, string>
  /** a=crypto, those that we can use. */
  readonly cryptos: readonly Crypto[]
  /** a=extmap (RFC 8285 §5), with the direction as it is written. */
  readonly extensions: readonly HeaderExtension[]
  /** a=rtcp-mux (RFC 5761 §5.1.1). */
  readonly rtcpMux: boolean
  /** Those that have no field here: a=mid, a=ice-ufrag, a=candidate, a=fingerprint and the like. */
  readonly attributes: readonly Attribute[]
}

/** `a=name` or `a=name:value`. */
export interface Attribute {
  readonly name: string
  readonly value: string | undefined
}

export interface HeaderExtension {
  readonly id: number
  readonly direction: Direction | undefined
  readonly uri: string
}

export interface RtpMap {
  readonly name: string
  readonly clockRateHz: number
  /** Undefined: one, or not said. */
  readonly channels?: number
}
