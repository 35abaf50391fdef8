/**
 * What goes into the SIP engine and what comes out: the only vocabulary that `net` and `call` share with
 * it. A *leg* here is one INVITE-created session with all its dialogs, named by an opaque legId.
 */

export type Transport = 'udp' | 'tcp'

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
    }
  /** Targets for a host, best first (RFC 3263). */
  | {
      readonly what: 'resolve'
      readonly host: string
      readonly port: number | undefined
      readonly transport: Transport | undefined
    }

export type Answer =
  | { readonly what: 'credential'; readonly ha1: string | undefined }
  | { readonly what: 'resolve'; readonly targets: readonly Target[] }

/** Commands of the call layer. A command for a leg that is gone does nothing. */
export type LegCommand =
  | {
      readonly type: 'invite'
      readonly legId: string
      /** Request-URI. */
      readonly target: string
      /** Where to send it when not to the Request-URI's host. */
      readonly nextHop?: string
      readonly from: NameAddress
      /** Defaults to the target. */
      readonly to?: NameAddress
      readonly headers?: readonly HeaderField[]
      readonly sdp: string
      readonly credentials?: { readonly username: string; readonly password: string }
    }
  /** 180 or 183 (with sdp: early media). */
  | {
      readonly type: 'progress'
      readonly legId: string
      readonly status: number
      readonly sdp?: string
    }
  | {
      readonly type: 'accept'
      readonly legId: string
      readonly sdp: string
      readonly headers?: readonly HeaderField[]
    }
  /** A final 3xx-6xx for an INVITE that was not accepted yet. */
  | {
      readonly type: 'reject'
      readonly legId: string
      readonly status: number
      readonly reason?: string
      readonly headers?: readonly HeaderField[]
    }
  /** CANCEL, BYE, or 480 for an unanswered incoming INVITE: whatever the state of the leg asks for. */
  | { readonly type: 'hangUp'; readonly legId: string; readonly reason?: string }
  /** The answer to `reoffered`; without sdp the re-INVITE is refused with 488. */
  | { readonly type: 'answerReoffer'; readonly legId: string; readonly sdp?: string }
  | {
      readonly type: 'info'
      readonly legId: string
      readonly contentType: string
      readonly body: string
    }

export type SipInput =
  /** One datagram, or any piece of a connection's byte stream. */
  | { readonly type: 'received'; readonly flow: Flow; readonly bytes: Uint8Array }
  | { readonly type: 'disconnected'; readonly connectionId: number }
  /** A `send` that could not be delivered (ICMP, refused connection). */
  | { readonly type: 'sendFailed'; readonly sendId: number; readonly reason: string }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'timeout' }
  | LegCommand

export type EndCause =
  /** The peer sent BYE. */
  | 'bye'
  /** The caller canceled before an answer. */
  | 'canceled'
  /** The 2xx was never acknowledged (RFC 3261 §13.3.1.4). */
  | 'ackTimeout'
  /** The peer no longer answers within the dialog. */
  | 'unreachable'
  /** We hung up and the peer has confirmed it or can no longer be heard. */
  | 'hungUp'

export interface Invited {
  readonly type: 'invited'
  readonly legId: string
  readonly flow: Flow
  /** How the caller was let in. */
  readonly trust: 'address' | 'digest'
  readonly username?: string
  readonly requestUri: string
  readonly from: NameAddress
  readonly to: NameAddress
  readonly callId: string
  /** All header fields in order, names in canonical form. */
  readonly headers: readonly HeaderField[]
  readonly sdp: string | undefined
}

/** Counted refusals and oddities; names are stable for metrics. */
export type SipCounter =
  | 'malformed'
  | 'stranger'
  | 'challenged'
  | 'authenticationFailed'
  | 'tooManyLegs'
  | 'tooManyTransactions'
  | 'loop'
  | 'retransmission'
  | 'stray'
  | 'questionTimeout'

export type SipOutput =
  | {
      readonly type: 'send'
      readonly sendId: number
      /** The way back of a response or in-dialog request over a connection or NAT; else `target`. */
      readonly flow?: Flow
      readonly target: Target
      readonly bytes: Uint8Array
    }
  /** The connection broke framing or limits. */
  | { readonly type: 'disconnect'; readonly connectionId: number }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  | { readonly type: 'counted'; readonly counter: SipCounter }
  | Invited
  /** A provisional response to our INVITE. */
  | {
      readonly type: 'progressed'
      readonly legId: string
      readonly status: number
      readonly sdp: string | undefined
    }
  /** A 2xx to our INVITE; it has been acknowledged. Further forks are ended by the engine. */
  | {
      readonly type: 'answered'
      readonly legId: string
      readonly status: number
      readonly sdp: string | undefined
      readonly headers: readonly HeaderField[]
      readonly callId: string
    }
  /** Our INVITE failed: the peer's status, or 408 and 503 of our own (RFC 3261 §8.1.3.1). */
  | {
      readonly type: 'refused'
      readonly legId: string
      readonly status: number
      readonly reason: string
      readonly headers: readonly HeaderField[]
    }
  /** The ACK of our 2xx arrived; sdp when the offer was ours (late offer). */
  | { readonly type: 'confirmed'; readonly legId: string; readonly sdp: string | undefined }
  /** A re-INVITE; answer with `answerReoffer`. Undefined sdp: the peer wants our offer. */
  | { readonly type: 'reoffered'; readonly legId: string; readonly sdp: string | undefined }
  | {
      readonly type: 'informed'
      readonly legId: string
      readonly contentType: string
      readonly body: string
    }
  /** The leg is over, whatever it was; the last output for it unless it was `refused`. */
  | {
      readonly type: 'ended'
      readonly legId: string
      readonly cause: EndCause
      /** Reason header field (RFC 3326), when there was one. */
      readonly reason?: string
    }
