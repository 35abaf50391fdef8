/**
 * Calls, as the engine and its user speak of them. A *leg* is one INVITE-created session with all its
 * dialogs, named by an opaque legId.
 */
import type { Flow, HeaderField, NameAddress } from './events.js'

export interface InviteCommand {
  readonly type: 'invite'
  readonly legId: string
  /** Request-URI. */
  readonly target: string
  /** Where to send it when not to the Request-URI's host. */
  readonly nextHop?: string
  /** Route values in order: an outbound proxy, or the Path of a binding (RFC 3327). */
  readonly routes?: readonly string[]
  /** The way to a registered device; overrides every other. */
  readonly flow?: Flow
  readonly from: NameAddress
  /** Defaults to the target. */
  readonly to?: NameAddress
  readonly headers?: readonly HeaderField[]
  readonly sdp: string
  readonly credentials?: { readonly username: string; readonly password: string }
}

/** Commands of the call layer. A command for a leg that is gone does nothing. */
export type LegCommand =
  | InviteCommand
  /** 180 or 183; with sdp: early media, sent reliably when the peer can (RFC 3262). */
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
  /** The answer to `reoffered`; without sdp it is refused with 488. */
  | { readonly type: 'answerReoffer'; readonly legId: string; readonly sdp?: string }
  /**
   * A new offer of ours in a call that was answered, as soon as no other is under way; a newer one
   * takes its place. The outcome is `reanswered`.
   */
  | { readonly type: 'reoffer'; readonly legId: string; readonly sdp: string }
  /** 2xx to `referred`: it is carried out, and `reportRefer` says how; else it is refused. */
  | {
      readonly type: 'answerRefer'
      readonly legId: string
      readonly referId: string
      readonly status: number
    }
  /** How the call to the new party goes (RFC 3515 §2.4.5); a final status is the last report. */
  | {
      readonly type: 'reportRefer'
      readonly legId: string
      readonly referId: string
      readonly status: number
    }
  /** Asks the peer to call this URI instead (RFC 3515): `referAnswered`, then `referReported`. */
  | { readonly type: 'refer'; readonly legId: string; readonly target: string }
  | {
      readonly type: 'info'
      readonly legId: string
      readonly contentType: string
      readonly body: string
    }

export type EndCause =
  /** The peer sent BYE. */
  | 'bye'
  /** The caller canceled before an answer. */
  | 'canceled'
  /** The 2xx was never acknowledged (RFC 3261 §13.3.1.4). */
  | 'ackTimeout'
  /** The peer no longer answers within the dialog. */
  | 'unreachable'
  /** The session was not refreshed in time (RFC 4028 §10). */
  | 'sessionExpired'
  /** A reliable provisional response was never acknowledged (RFC 3262 §3). */
  | 'prackTimeout'
  /** We hung up and the peer has confirmed it or can no longer be heard. */
  | 'hungUp'

/** How the sender of a request was let in. */
export interface Admitted {
  readonly trust: 'address' | 'digest'
  readonly username?: string
}

export interface Invited extends Admitted {
  readonly type: 'invited'
  readonly legId: string
  readonly flow: Flow
  readonly requestUri: string
  readonly from: NameAddress
  readonly to: NameAddress
  readonly callId: string
  /** All header fields in order, names in canonical form. */
  readonly headers: readonly HeaderField[]
  readonly sdp: string | undefined
  /** The leg that this one takes the place of (RFC 3891): accept this, then hang that up. */
  readonly replacedLegId?: string | undefined
}

export type LegEvent =
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
      /** Undefined: the answer came in the last `progressed` (RFC 3262 §5). */
      readonly sdp: string | undefined
      readonly headers: readonly HeaderField[]
      readonly callId: string
      /** Where the answer came from. */
      readonly sourceAddress: string
    }
  /** Our INVITE failed: the peer's status, or 408 and 503 of our own (RFC 3261 §8.1.3.1). */
  | {
      readonly type: 'refused'
      readonly legId: string
      readonly status: number
      readonly reason: string
      readonly headers: readonly HeaderField[]
      /** Nobody answered: the status is our own. */
      readonly local: boolean
    }
  /** The ACK of our 2xx arrived; sdp when the offer was ours (late offer). */
  | { readonly type: 'confirmed'; readonly legId: string; readonly sdp: string | undefined }
  /**
   * A re-INVITE, or an UPDATE with an offer; answer with `answerReoffer`. Undefined sdp: the peer wants
   * our offer.
   */
  | { readonly type: 'reoffered'; readonly legId: string; readonly sdp: string | undefined }
  /** The outcome of `reoffer`; the answer when the status is 2xx. */
  | {
      readonly type: 'reanswered'
      readonly legId: string
      readonly status: number
      readonly sdp: string | undefined
    }
  | {
      readonly type: 'informed'
      readonly legId: string
      readonly contentType: string
      readonly body: string
    }
  /** The peer wants to be replaced by another party; answer with `answerRefer` (RFC 3515). */
  | {
      readonly type: 'referred'
      readonly legId: string
      readonly referId: string
      /** Refer-To: a sip, sips or tel URI, with the header fields that it was sent with. */
      readonly target: string
      /** The leg of ours that its Replaces names (RFC 5589 §7: attended transfer). */
      readonly replacedLegId: string | undefined
      /** Referred-By as it was sent (RFC 3892). */
      readonly referredBy: string | undefined
    }
  /** The final status of a REFER of ours; 2xx: reports follow. */
  | { readonly type: 'referAnswered'; readonly legId: string; readonly status: number }
  | {
      readonly type: 'referReported'
      readonly legId: string
      /** What the peer has heard from the new party; undefined: it does not say. */
      readonly status: number | undefined
      readonly isLast: boolean
    }
  /** The leg is over, whatever it was; the last output for it unless it was `refused`. */
  | {
      readonly type: 'ended'
      readonly legId: string
      readonly cause: EndCause
      /** Reason header field (RFC 3326), when there was one. */
      readonly reason?: string
    }
