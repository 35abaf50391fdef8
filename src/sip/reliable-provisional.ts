import type { Core, Timed } from './core.js'
import { parseNumber } from './grammar.js'
import type { RequestEnvelope } from './inspect.js'
import { headerOf } from './message.js'
import { giveUpMs, t1Ms } from './timers.js'
import type { ServerTransaction } from './transaction-layer.js'

/** A provisional response that is sent again until its PRACK comes (RFC 3262 §3). */
export class ReliableProvisional implements Timed {
  readonly rseq: number
  /** It carries a description: no 2xx may leave before its PRACK. */
  readonly hasSdp: boolean
  readonly #core: Core
  readonly #transaction: ServerTransaction
  readonly #status: number
  readonly #bytes: Uint8Array
  readonly #expired: () => void
  readonly #endMs: number
  #intervalMs = t1Ms

  constructor(
    core: Core,
    transaction: ServerTransaction,
    sent: {
      readonly rseq: number
      readonly status: number
      readonly bytes: Uint8Array
      readonly hasSdp: boolean
    },
    expired: () => void,
  ) {
    this.#core = core
    this.#transaction = transaction
    this.rseq = sent.rseq
    this.hasSdp = sent.hasSdp
    this.#status = sent.status
    this.#bytes = sent.bytes
    this.#expired = expired
    this.#endMs = core.nowMs + giveUpMs
    core.deadlines.set(this, core.nowMs + t1Ms)
  }

  /** Whether this PRACK is for it (RFC 3262 §7.2). */
  isAcknowledgedBy(prack: RequestEnvelope): boolean {
    const fields = (headerOf(prack.request.headers, 'RAck') ?? '').trim().split(/\s+/)
    const [rseq = '', cseq = '', method] = fields
    const { envelope } = this.#transaction
    return (
      fields.length === 3 &&
      parseNumber(rseq, 0xffff_ffff) === this.rseq &&
      parseNumber(cseq, 0xffff_ffff) === envelope.cseq &&
      method === 'INVITE'
    )
  }

  stop(): void {
    this.#core.deadlines.delete(this)
  }

  timeout(): void {
    const { nowMs } = this.#core
    if (nowMs >= this.#endMs) {
      this.#expired()
      return
    }
    this.#transaction.respond(this.#status, this.#bytes)
    // §3: doubles without the limit of T2.
    this.#intervalMs *= 2
    this.#core.deadlines.set(this, Math.min(nowMs + this.#intervalMs, this.#endMs))
  }
}
