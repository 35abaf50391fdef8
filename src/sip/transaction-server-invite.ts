import type { Machine } from '../base/machine.js'
import { giveUpMs, never, t1Ms, t2Ms, t4Ms } from './timers.js'

export type ServerTransactionInput =
  /** The request again. */
  | { readonly type: 'request' }
  | { readonly type: 'ack' }
  | { readonly type: 'respond'; readonly status: number; readonly bytes: Uint8Array }
  | { readonly type: 'timeout' }

export type ServerTransactionOutput =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  | { readonly type: 'terminated' }

type State = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated'

/** RFC 3261 §17.2.1 (figure 7) with the Accepted state of RFC 6026 §7.1. */
export class InviteServerTransaction
  implements Machine<ServerTransactionInput, ServerTransactionOutput>
{
  readonly #reliable: boolean
  #state: State = 'proceeding'
  #response: Uint8Array | undefined
  #intervalMs = t1Ms
  #retransmitMs = never
  #endMs = never

  constructor(reliable: boolean) {
    this.#reliable = reliable
  }

  get state(): State {
    return this.#state
  }

  get deadlineMs(): number {
    return Math.min(this.#retransmitMs, this.#endMs)
  }

  handle(input: ServerTransactionInput, nowMs: number, out: ServerTransactionOutput[]): void {
    switch (input.type) {
      case 'request': {
        // Repeat the latest response; in Accepted the INVITE is absorbed (RFC 6026 §7.1).
        const repeats = this.#state === 'proceeding' || this.#state === 'completed'
        if (repeats && this.#response) out.push({ type: 'send', bytes: this.#response })
        return
      }
      case 'ack': {
        if (this.#state !== 'completed') return
        this.#state = 'confirmed'
        this.#retransmitMs = never
        // Timer I
        this.#endMs = nowMs + (this.#reliable ? 0 : t4Ms)
        return
      }
      case 'respond': {
        this.#respond(input.status, input.bytes, nowMs, out)
        return
      }
      case 'timeout': {
        this.#timeout(nowMs, out)
        return
      }
    }
  }

  #respond(status: number, bytes: Uint8Array, nowMs: number, out: ServerTransactionOutput[]): void {
    // RFC 6026 §7.1: in Accepted the user of the transaction sends its 2xx again through it.
    if (this.#state === 'accepted' && status >= 200 && status < 300) {
      out.push({ type: 'send', bytes })
      return
    }
    if (this.#state !== 'proceeding') return
    out.push({ type: 'send', bytes })
    this.#response = bytes
    if (status < 200) return
    if (status < 300) {
      this.#state = 'accepted'
      this.#response = undefined
      // Timer L
      this.#endMs = nowMs + giveUpMs
      return
    }
    this.#state = 'completed'
    // Timer G only where packets get lost, timer H always.
    if (!this.#reliable) this.#retransmitMs = nowMs + t1Ms
    this.#endMs = nowMs + giveUpMs
  }

  #timeout(nowMs: number, out: ServerTransactionOutput[]): void {
    if (nowMs >= this.#endMs) {
      this.#state = 'terminated'
      this.#retransmitMs = never
      this.#endMs = never
      out.push({ type: 'terminated' })
      return
    }
    if (nowMs < this.#retransmitMs || !this.#response) return
    out.push({ type: 'send', bytes: this.#response })
    this.#intervalMs = Math.min(2 * this.#intervalMs, t2Ms)
    this.#retransmitMs = nowMs + this.#intervalMs
  }
}
