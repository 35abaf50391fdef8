/** What happens outside of calls, as the engine and its user speak of it. */
import type { Flow } from './events.js'

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
