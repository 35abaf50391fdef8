import type { AcceptedInvite } from './accepted-invite.js'
import type { Core, Timed } from './core.js'
import type { Dialog } from './dialog.js'
import type { ClientCredentials } from './digest.js'
import type { RequestEnvelope } from './inspect.js'
import type { EndCause, LegCommand } from './leg-events.js'
import type { OutgoingReinvite } from './outgoing-reinvite.js'
import type { Referrals } from './referrals.js'
import type { ReliableProvisional } from './reliable-provisional.js'
import type { ReplacedDialog } from './replaces.js'
import { respond } from './respond.js'
import type { SessionTimer } from './session-timer.js'
import type { ServerTransaction } from './transaction-layer.js'
import type { OutgoingInvite } from './uac.js'

/** A request of the peer that still waits for our final response. */
export interface PendingRequest {
  readonly envelope: RequestEnvelope
  readonly transaction: ServerTransaction
}

/** An offer of the peer outside of an INVITE, with the dialog that it came in. */
export interface PendingOffer extends PendingRequest {
  readonly dialog: Dialog
}

/** One INVITE-created session. What may happen to it follows from the fields that are set. */
export interface Leg {
  readonly id: string
  readonly callId: string
  readonly localTag: string
  readonly credentials: ClientCredentials | undefined
  /** Set once a To tag was sent or a 2xx came. */
  dialog: Dialog | undefined
  /** An INVITE of the peer. */
  pending: PendingRequest | undefined
  /** An offer of the peer in UPDATE or PRACK. */
  offered: PendingOffer | undefined
  /** Repeats our provisional response. */
  ringing: Timed | undefined
  /** A provisional response of ours that waits for its PRACK, and what is to follow it. */
  reliable: ReliableProvisional | undefined
  afterReliable: (LegCommand & { readonly type: 'progress' | 'accept' }) | undefined
  /** Number of the last reliable provisional response; 0: none yet. */
  rseq: number
  /** The offer of the peer's INVITE was answered before the 2xx (RFC 3262 §5). */
  answeredEarly: boolean
  /** A 2xx of ours that waits for its ACK. */
  accepted: AcceptedInvite | undefined
  /** Our INVITE, until its leg is over. */
  outgoing: OutgoingInvite | undefined
  /** A re-INVITE of ours, and the offer that waits until one may be sent. */
  reinvite: OutgoingReinvite | undefined
  waitingOffer: string | undefined
  /** Our latest description, for refreshes that change nothing. */
  localSdp: string | undefined
  /** Runs once a 2xx has said so (RFC 4028). */
  sessionTimer: SessionTimer | undefined
  /** The peer's Allow names UPDATE. */
  allowsUpdate: boolean
  /** The peer has sent a REFER; later ones are told apart by their CSeq (RFC 3515 §2.4.6). */
  wasReferred: boolean
  /** A REFER of ours was not refused, and its last report has not come. */
  expectsReports: boolean
  /** True after the first 2xx: a BYE ends it now. */
  established: boolean
  /** We want it to end; a Reason value when there is one. */
  hangingUp: { readonly reason: string | undefined } | undefined
}

/** The legs that exist, by their id and by their own tag. */
export class Legs {
  readonly #core: Core
  readonly #referrals: Referrals
  readonly #byId = new Map<string, Leg>()
  readonly #byLocalTag = new Map<string, Leg>()

  constructor(core: Core, referrals: Referrals) {
    this.#core = core
    this.#referrals = referrals
  }

  get size(): number {
    return this.#byId.size
  }

  get isFull(): boolean {
    return this.#byId.size >= this.#core.config.limits.legsMax
  }

  add(parts: Pick<Leg, 'id' | 'callId' | 'localTag' | 'credentials'>): Leg {
    const leg: Leg = {
      dialog: undefined,
      pending: undefined,
      offered: undefined,
      ringing: undefined,
      reliable: undefined,
      afterReliable: undefined,
      rseq: 0,
      answeredEarly: false,
      accepted: undefined,
      outgoing: undefined,
      reinvite: undefined,
      waitingOffer: undefined,
      localSdp: undefined,
      sessionTimer: undefined,
      allowsUpdate: false,
      wasReferred: false,
      expectsReports: false,
      established: false,
      hangingUp: undefined,
      ...parts,
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

  /** The dialog that this request is in, early ones too (RFC 3261 §12.2.2). */
  findDialog(envelope: RequestEnvelope): { leg: Leg; dialog: Dialog } | undefined {
    const localTag = envelope.to.params.get('tag') ?? ''
    return this.#find(envelope.callId, localTag, envelope.from.params.get('tag') ?? '')
  }

  /** The leg with this dialog, early ones too (RFC 3891 §3). */
  findReplaced({ callId, toTag, fromTag }: ReplacedDialog): Leg | undefined {
    return this.#find(callId, toTag, fromTag)?.leg
  }

  #find(callId: string, localTag: string, remoteTag: string) {
    const leg = this.#byLocalTag.get(localTag)
    if (!leg || leg.callId !== callId) return undefined
    const dialog =
      leg.dialog?.remoteTag === remoteTag ? leg.dialog : leg.outgoing?.earlyDialog(remoteTag)
    return dialog && { leg, dialog }
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
    this.#refuseOpen(leg)
    this.#referrals.legEnded(leg.id)
    if (leg.accepted) this.#core.deadlines.delete(leg.accepted)
    leg.accepted = undefined
    this.stopReliable(leg)
    leg.sessionTimer?.stop()
    leg.outgoing?.release()
    leg.reinvite?.release()
    return true
  }

  /** RFC 3261 §15.1.2: requests that wait for the answer of a dialog that is gone. */
  #refuseOpen({ pending, offered, localTag }: Leg): void {
    for (const open of [pending, offered]) {
      if (!open?.transaction.isOpen) continue
      const { envelope, transaction } = open
      const exchange = { request: envelope.request, flow: transaction.flow, transaction }
      respond(this.#core, exchange, 487, { toTag: localTag })
    }
  }

  stopRinging(leg: Leg): void {
    if (leg.ringing) this.#core.deadlines.delete(leg.ringing)
    leg.ringing = undefined
  }

  stopReliable(leg: Leg): void {
    leg.reliable?.stop()
    leg.reliable = undefined
  }

  end(leg: Leg, cause: EndCause, reason?: string): void {
    if (!this.remove(leg)) return
    const ended = { type: 'ended', legId: leg.id, cause } as const
    this.#core.emit(reason === undefined ? ended : { ...ended, reason })
  }
}
