import type { AcceptedInvite } from './accepted-invite.js'
import type { Core, Timed } from './core.js'
import type { Dialog } from './dialog.js'
import type { ClientCredentials } from './digest.js'
import type { RequestEnvelope } from './inspect.js'
import type { EndCause } from './leg-events.js'
import type { ServerTransaction } from './transaction-layer.js'
import type { OutgoingInvite } from './uac.js'

/** An INVITE of the peer that still waits for our final response. */
export interface PendingInvite {
  readonly envelope: RequestEnvelope
  readonly transaction: ServerTransaction
}

/** One INVITE-created session. What may happen to it follows from the fields that are set. */
export interface Leg {
  readonly id: string
  readonly callId: string
  readonly localTag: string
  readonly credentials: ClientCredentials | undefined
  /** Set once a To tag was sent or a 2xx came. */
  dialog: Dialog | undefined
  pending: PendingInvite | undefined
  /** Repeats our provisional response. */
  ringing: Timed | undefined
  /** A 2xx of ours that waits for its ACK. */
  accepted: AcceptedInvite | undefined
  /** Our INVITE, until its leg is over. */
  outgoing: OutgoingInvite | undefined
  /** True after the first 2xx: a BYE ends it now. */
  established: boolean
  /** We want it to end; a Reason value when there is one. */
  hangingUp: { readonly reason: string | undefined } | undefined
}

/** The legs that exist, by their id and by their own tag. */
export class Legs {
  readonly #core: Core
  readonly #byId = new Map<string, Leg>()
  readonly #byLocalTag = new Map<string, Leg>()

  constructor(core: Core) {
    this.#core = core
  }

  get size(): number {
    return this.#byId.size
  }

  get isFull(): boolean {
    return this.#byId.size >= this.#core.config.limits.legsMax
  }

  add(parts: Pick<Leg, 'id' | 'callId' | 'localTag' | 'credentials'>): Leg {
    const leg: Leg = {
      ...parts,
      dialog: undefined,
      pending: undefined,
      ringing: undefined,
      accepted: undefined,
      outgoing: undefined,
      established: false,
      hangingUp: undefined,
    }
    this.#byId.set(leg.id, leg)
    this.#byLocalTag.set(leg.localTag, leg)
    return leg
  }

  get(id: string): Leg | undefined {
    return this.#byId.get(id)
  }

  has(leg: Leg): boolean {
    return this.#byId.get(leg.id) === leg
  }

  /** The leg whose dialog this request is in (RFC 3261 §12.2.2). */
  findDialog(envelope: RequestEnvelope): Leg | undefined {
    const leg = this.#byLocalTag.get(envelope.to.params.get('tag') ?? '')
    if (!leg?.dialog || leg.callId !== envelope.callId) return undefined
    return leg.dialog.remoteTag === (envelope.from.params.get('tag') ?? '') ? leg : undefined
  }

  /** The leg whose INVITE this transaction holds, while it has no final response. */
  findPending(transaction: ServerTransaction): Leg | undefined {
    const leg = transaction.legId === undefined ? undefined : this.#byId.get(transaction.legId)
    return leg?.pending?.transaction === transaction ? leg : undefined
  }

  /** Forgets a leg and its timers. Only the first time counts. */
  remove(leg: Leg): boolean {
    if (!this.has(leg)) return false
    this.#byId.delete(leg.id)
    this.#byLocalTag.delete(leg.localTag)
    this.stopRinging(leg)
    if (leg.accepted) this.#core.deadlines.delete(leg.accepted)
    leg.accepted = undefined
    leg.outgoing?.release()
    return true
  }

  stopRinging(leg: Leg): void {
    if (leg.ringing) this.#core.deadlines.delete(leg.ringing)
    leg.ringing = undefined
  }

  end(leg: Leg, cause: EndCause, reason?: string): void {
    if (!this.remove(leg)) return
    const ended = { type: 'ended', legId: leg.id, cause } as const
    this.#core.emit(reason === undefined ? ended : { ...ended, reason })
  }
}
