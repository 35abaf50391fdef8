import type { Core, Timed } from './core.js'
import { giveUpMs, t1Ms, t2Ms } from './timers.js'
import type { ServerTransaction } from './transaction-layer.js'

/** A 2xx that is sent again until its ACK comes, over any transport (RFC 3261 §13.3.1.4). */
export class AcceptedInvite implements Timed {
  readonly cseq: number
  /** True when our 2xx carried the offer: the ACK brings the answer. */
  readonly offered: boolean
  readonly initial: boolean
  readonly #core: Core
  readonly #transaction: ServerTransaction
  readonly #bytes: Uint8Array
  readonly #expired: () => void
  readonly #endMs: number
  #intervalMs = t1Ms
  #nextMs: number

  constructor(
    core: Core,
    transaction: ServerTransaction,
    bytes: Uint8Array,
    parts: { readonly offered: boolean; readonly initial: boolean; readonly expired: () => void },
  ) {
    this.#core = core
    this.#transaction = transaction
    this.#bytes = bytes
    this.cseq = transaction.envelope.cseq
    this.offered = parts.offered
    this.initial = parts.initial
    this.#expired = parts.expired
    this.#endMs = core.nowMs + giveUpMs
    this.#nextMs = core.nowMs + t1Ms
    core.deadlines.set(this, this.#nextMs)
  }

  timeout(): void {
    const { nowMs } = this.#core
    if (nowMs >= this.#endMs) {
      this.#expired()
      return
    }
    this.#transaction.respond(200, this.#bytes)
    this.#intervalMs = Math.min(2 * this.#intervalMs, t2Ms)
    this.#nextMs = Math.min(nowMs + this.#intervalMs, this.#endMs)
    this.#core.deadlines.set(this, this.#nextMs)
  }
}
