/** What happens outside of calls, as the engine and its user speak of it. */
import type { Flow, HeaderField, NameAddress } from './events.js'
import type { Admitted } from './leg-events.js'
import type { MessageSummary } from './message-summary.js'

/** Where one device of an address of record can be reached (RFC 3261 §10.3). */
export interface Binding {
  /** `user@domain`, lower-case domain. */
  readonly addressOfRecord: string
  readonly contactUri: string
  /** Monotonic time of the engine. */
  readonly expiresAtMs: number
  /** Preference from 0 to 1. */
  readonly priority: number
  readonly callId: string
  readonly cseq: number
  readonly instanceId: string | undefined
  /** RFC 5626 §4.2, with instanceId: the same device over another flow. */
  readonly regId: number | undefined
  /** RFC 3327, in order. */
  readonly path: readonly string[]
  readonly flow: Flow
  readonly userAgent: string
}

export type OutsideCommand =
  /** Bindings that were stored before a restart. */
  | { readonly type: 'restoreBindings'; readonly bindings: readonly Binding[] }
  /** The devices of a user who is one no more. */
  | { readonly type: 'unbind'; readonly addressOfRecord: string }
  /** Whether a server is there (RFC 3261 §11): one OPTIONS. The outcome is `probed`. */
  | {
      readonly type: 'probe'
      readonly probeId: string
      /** SIP URI. */
      readonly target: string
      /** Route values: an outbound proxy. */
      readonly routes?: readonly string[]
      readonly credentials?: { readonly username: string; readonly password: string } | undefined
    }
  /** The answer to `messageReceived`, at most 20 s later. */
  | { readonly type: 'answerMessage'; readonly messageId: string; readonly status: number }
  | SendMessageCommand
  /** What waits in a mailbox has changed: who has subscribed to it is told (RFC 3842). */
  | {
      readonly type: 'messageSummary'
      readonly addressOfRecord: string
      readonly summary: MessageSummary
    }
  | RegisterCommand
  /** Ends a registration with its registrar, within 5 s. */
  | { readonly type: 'unregister'; readonly registrationId: string }

/**
 * Registers with a registrar, and again in time, until `unregister` (RFC 3261 §10.2). For an id that is
 * known the settings change; they are then for the same address of record.
 */
export interface RegisterCommand {
  readonly type: 'register'
  readonly registrationId: string
  /** Request-URI: a domain, without user. */
  readonly registrar: string
  readonly addressOfRecord: string
  /** User part of our Contact, and so of the Request-URI of calls to us; not escaped. */
  readonly contactUser: string
  /** `urn:uuid:…`, the same for ever (RFC 5626 §4.1). */
  readonly instanceId: string
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
  /** What is asked for; the registrar may grant less, and ask for more (423) [s]. */
  readonly expiresS: number
  /** URI of an outbound proxy. */
  readonly proxy?: string | undefined
}

/** One MESSAGE (RFC 3428); the outcome is `messageSent`. */
export interface SendMessageCommand {
  readonly type: 'sendMessage'
  readonly messageId: string
  /** Request-URI. */
  readonly target: string
  readonly nextHop?: string
  readonly routes?: readonly string[]
  /** The way to a registered device; overrides every other. */
  readonly flow?: Flow
  readonly from: NameAddress
  readonly to?: NameAddress
  /** Default: 70. */
  readonly maxForwards?: number
  readonly headers?: readonly HeaderField[]
  readonly contentType: string
  readonly body: Uint8Array
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
}

/** A MESSAGE of a peer; answer with `answerMessage`. */
export interface ReceivedMessage extends Admitted {
  readonly type: 'messageReceived'
  readonly messageId: string
  readonly flow: Flow
  readonly requestUri: string
  readonly from: NameAddress
  readonly to: NameAddress
  readonly contentType: string
  readonly body: Uint8Array
  readonly maxForwards: number
}

/** All bindings of an address of record after a change; none: it is gone. */
export interface Bound {
  readonly type: 'bound'
  readonly addressOfRecord: string
  readonly bindings: readonly Binding[]
}

export type OutsideEvent =
  | Bound
  | {
      readonly type: 'probed'
      readonly probeId: string
      /** Final status of the answer; 408 or 503 when there was none. */
      readonly status: number
      /** True when nobody has answered. */
      readonly local: boolean
    }
  | ReceivedMessage
  | {
      readonly type: 'messageSent'
      readonly messageId: string
      /** Final status of the answer; 408 or 503 when there was none. */
      readonly status: number
      /** True when nobody has answered. */
      readonly local: boolean
    }
  | RegistrationEvent

/** The outcome of each attempt to register, to refresh or to unregister. */
export interface RegistrationEvent {
  readonly type: 'registration'
  readonly registrationId: string
  readonly state: 'registered' | 'failed' | 'unregistered'
  /** Of the answer; 408 or 503 when there was none. */
  readonly status: number
  /**
   * Until when the registrar holds our binding, by the monotonic time of the engine; undefined: it does
   * not. After a refresh that failed it may hold still.
   */
  readonly expiresAtMs: number | undefined
  /** Route of requests to others by way of the registrar (RFC 3608). */
  readonly serviceRoutes: readonly string[]
  /** Where the REGISTER was accepted, and calls come from. */
  readonly peerAddress: string | undefined
}
