/**
 * What goes into the SIP engine and what comes out, with `leg-events.ts` (calls) and `outside-events.ts`
 * (registrations): the only vocabulary that `net` and `call` share with it.
 */
import type { LegCommand, LegEvent } from './leg-events.js'
import type { MessageSummary } from './message-summary.js'
import type { OutsideCommand, OutsideEvent } from './outside-events.js'

export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

/** Where bytes came from, and the way back (RFC 5626 §2: a flow). */
export interface Flow {
  readonly transport: Transport
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Set for connections; a flow without it is a datagram. */
  readonly connectionId?: number
}

/** An address to send to: the outcome of RFC 3263. */
export interface Target {
  readonly transport: Transport
  readonly address: string
  readonly port: number
  /** The name that the certificate of a TLS peer must be for (RFC 5922 §7.1); default: the address. */
  readonly serverName?: string
}

export interface HeaderField {
  readonly name: string
  readonly value: string
}

export interface NameAddress {
  readonly uri: string
  readonly displayName?: string
}

export type Question =
  /** The stored HA1 (RFC 7616 §3.4.2) of a user, lower-case hex. */
  | {
      readonly what: 'credential'
      readonly realm: string
      readonly username: string
      readonly algorithm: 'MD5' | 'SHA-256'
      /** Host of the To URI of a REGISTER, else of the Request-URI: the domain whose user it is. */
      readonly domain: string
      /** What a device does: it registers, and subscribes to its mailbox; else it calls. */
      readonly use: 'call' | 'registration'
      /** Where the request came from. */
      readonly flow: Flow
    }
  /** What waits in a mailbox of ours. */
  | { readonly what: 'messageSummary'; readonly addressOfRecord: string }
  /** Targets for a host, best first (RFC 3263). */
  | {
      readonly what: 'resolve'
      readonly host: string
      readonly port: number | undefined
      readonly transport: Transport | undefined
      /** A sips: URI: only transports that encrypt. */
      readonly secure: boolean
    }

export type Answer =
  | { readonly what: 'credential'; readonly ha1: string | undefined }
  | { readonly what: 'messageSummary'; readonly summary: MessageSummary }
  | { readonly what: 'resolve'; readonly targets: readonly Target[] }

export type SipInput =
  /** One datagram, one WebSocket message, or any piece of a connection's byte stream. */
  | { readonly type: 'received'; readonly flow: Flow; readonly bytes: Uint8Array }
  | { readonly type: 'disconnected'; readonly connectionId: number }
  /** A `send` that could not be delivered (ICMP, refused connection). */
  | { readonly type: 'sendFailed'; readonly sendId: number; readonly reason: string }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'timeout' }
  | LegCommand
  | OutsideCommand

/** Counted refusals and oddities; names are stable for metrics. */
export type SipCounter =
  | 'malformed'
  | 'stranger'
  | 'challenged'
  | 'authenticationFailed'
  | 'tooManyLegs'
  | 'tooManyTransactions'
  | 'tooManyBindings'
  | 'tooManySubscriptions'
  | 'tooManyOutsideRequests'
  | 'tooManyRegistrations'
  | 'registrationFailed'
  | 'loop'
  | 'retransmission'
  | 'stray'
  | 'questionTimeout'
  /** A stranger's datagram was far shorter than our answer would have been, and got none. */
  | 'amplification'

export type SipOutput =
  | {
      readonly type: 'send'
      readonly sendId: number
      /** The way back: the connection, or the socket a datagram came to; else any towards `target`. */
      readonly flow?: Flow
      readonly target: Target
      readonly bytes: Uint8Array
    }
  /** The connection broke framing or limits. */
  | { readonly type: 'disconnect'; readonly connectionId: number }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  | { readonly type: 'counted'; readonly counter: SipCounter }
  /** Nobody there has answered a request (RFC 3263 §4.3): others should be tried first for a while. */
  | { readonly type: 'silent'; readonly target: Target }
  | LegEvent
  | OutsideEvent
