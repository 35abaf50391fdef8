import { Bindings } from './bindings.js'
import { Core, type SipConfig } from './core.js'
import { NonceMint } from './digest-nonce.js'
import { Legs } from './leg.js'
import type { PendingMessages } from './message-request.js'
import type { OutsideRequest } from './outside-request.js'
import { Referrals } from './referrals.js'
import { Registrations } from './registrations.js'
import { Subscriptions } from './subscriptions.js'
import { TransactionLayer } from './transaction-layer.js'

/** The parts of one engine, handed to the functions that make it work. */
export interface Stack {
  readonly core: Core
  readonly transactions: TransactionLayer
  readonly legs: Legs
  readonly nonces: NonceMint
  readonly bindings: Bindings
  /** Requests of ours outside of dialogs. */
  readonly outside: Set<OutsideRequest>
  /** Ours with others. */
  readonly registrations: Registrations
  readonly referrals: Referrals
  readonly messages: PendingMessages
  readonly subscriptions: Subscriptions
}

export function makeStack(config: SipConfig): Stack {
  const core = new Core(config)
  const referrals = new Referrals()
  return {
    core,
    transactions: new TransactionLayer(core),
    legs: new Legs(core, referrals),
    nonces: new NonceMint(config.ids),
    bindings: new Bindings(core),
    outside: new Set(),
    registrations: new Registrations(),
    referrals,
    messages: new Map(),
    subscriptions: new Subscriptions(config.limits.subscriptionsMax ?? 100_000),
  }
}
