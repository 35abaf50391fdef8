import type { Timed } from './core.js'
import type { Dialog } from './dialog.js'
import { isDialogLost, sendInDialog } from './dialog-request.js'
import type { ClientCredentials } from './digest.js'
import type { RequestEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import { headerOf } from './message.js'
import { respond } from './respond.js'
import { sipfragType, writeSipfrag } from './sipfrag.js'
import type { Stack } from './stack.js'
import type { ServerTransaction } from './transaction-layer.js'

/** Longer than anybody lets a phone ring (RFC 3515 §2.4.4: we choose how long we report). */
const reportMs = 180_000

/**
 * A REFER of the peer and the subscription that it makes (RFC 3515 §2.4.4). It outlives the call that it
 * came in: who transfers may hang up first (RFC 5589 §5).
 */
export class Referral implements Timed {
  readonly id: string
  readonly legId: string
  readonly #stack: Stack
  readonly #dialog: Dialog
  readonly #credentials: ClientCredentials | undefined
  readonly #envelope: RequestEnvelope
  readonly #transaction: ServerTransaction
  readonly #localTag: string
  /** RFC 4488 §4: the peer may want no reports. */
  readonly #reports: boolean
  /** Event of its NOTIFYs. */
  readonly event: string
  #deadlineMs = 0
  #isOver = false
  /** One NOTIFY at a time; of what happens meanwhile the latest is told. */
  #isSending = false
  #waiting: number | undefined

  constructor(
    stack: Stack,
    leg: Leg,
    dialog: Dialog,
    envelope: RequestEnvelope,
    transaction: ServerTransaction,
    isFirst: boolean,
  ) {
    this.#stack = stack
    this.legId = leg.id
    this.#dialog = dialog
    this.#credentials = leg.credentials
    this.#localTag = leg.localTag
    this.#envelope = envelope
    this.#transaction = transaction
    this.id = stack.core.config.ids.hex(8)
    const wanted = headerOf(envelope.request.headers, 'Refer-Sub')?.trim().toLowerCase()
    this.#reports = wanted === undefined || !wanted.startsWith('false')
    // RFC 3515 §2.4.6: those after the first in a dialog are told apart.
    this.event = isFirst ? 'refer' : `refer;id=${envelope.cseq}`
  }

  /** The REFER has not been answered yet. */
  get isOpen(): boolean {
    return this.#transaction.isOpen
  }

  /** 2xx accepts it; anything else is its end. */
  answer(status: number): void {
    const { core, referrals } = this.#stack
    if (!this.isOpen) return
    const exchange = {
      request: this.#envelope.request,
      flow: this.#transaction.flow,
      transaction: this.#transaction,
    }
    const accepted = status < 300
    const headers = this.#reports || !accepted ? [] : [{ name: 'Refer-Sub', value: 'false' }]
    respond(core, exchange, accepted ? 202 : status, { headers, toTag: this.#localTag })
    if (!accepted || !this.#reports) {
      referrals.delete(this)
      return
    }
    this.#deadlineMs = core.nowMs + reportMs
    core.deadlines.set(this, this.#deadlineMs)
    this.#notify(100)
  }

  /** The peer wants to hear of it for longer, or (0) no more (§2.4.4). */
  renew(expiresS: number): void {
    const { core } = this.#stack
    this.#deadlineMs = core.nowMs + expiresS * 1000
    if (expiresS === 0) this.timeout()
    else core.deadlines.set(this, this.#deadlineMs)
  }

  /** How the call to the new party goes; a final status is the last report (§2.4.5). */
  report(status: number): void {
    if (this.#deadlineMs > 0 && !this.#isOver) this.#notify(status)
  }

  /** The peer is told that there is nothing more to come. */
  timeout(): void {
    this.#end()
    this.#send('terminated;reason=timeout', 408)
  }

  #notify(status: number): void {
    if (status >= 200) {
      // The last one waits for nothing: a BYE may be right behind it.
      this.#end()
      this.#send('terminated;reason=noresource', status)
      return
    }
    if (this.#isSending) {
      this.#waiting = status
      return
    }
    const leftS = Math.ceil((this.#deadlineMs - this.#stack.core.nowMs) / 1000)
    this.#send(`active;expires=${Math.max(1, leftS)}`, status)
  }

  #end(): void {
    this.#isOver = true
    this.#stack.core.deadlines.delete(this)
    this.#stack.referrals.delete(this)
  }

  #send(state: string, status: number): void {
    this.#isSending = true
    sendInDialog(this.#stack, this.#dialog, {
      method: 'NOTIFY',
      credentials: this.#credentials,
      headers: [
        { name: 'Event', value: this.event },
        { name: 'Subscription-State', value: state },
        sipfragType,
      ],
      body: writeSipfrag(status),
      done: (answer) => {
        this.#isSending = false
        if (this.#isOver) return
        // RFC 6665 §4.2.2: who does not know the subscription wants no more of it.
        if (isDialogLost(answer)) this.#end()
        else if (this.#waiting !== undefined) {
          const next = this.#waiting
          this.#waiting = undefined
          this.#notify(next)
        }
      },
    })
  }
}
