import type { Machine } from '../base/machine.js'
import { absorbInviteMs, giveUpMs, never, t1Ms } from './timers.js'

export type ClientTransactionInput =
  | { readonly type: 'start'; readonly bytes: Uint8Array }
  /** `ack`: the ACK of RFC 3261 §17.1.1.3, needed for a final response of 300 and above. */
  | { readonly type: 'response'; readonly status: number; readonly ack?: Uint8Array }
  | { readonly type: 'sendFailed' }
  | { readonly type: 'timeout' }

export type ClientTransactionOutput =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** The response just handed in is for the user of the transaction. */
  | { readonly type: 'deliver' }
  /** Timer B or F. */
  | { readonly type: 'timedOut' }
  | { readonly type: 'failed' }
  | { readonly type: 'terminated' }

type State = 'initial' | 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated'

/** RFC 3261 §17.1.1 (figure 5) with the Accepted state of RFC 6026 §7.2. */
export class InviteClientTransaction
  implements Machine<ClientTransactionInput, ClientTransactionOutput>
{
  readonly #reliable: boolean
  #state: State = 'initial'
  #request: Uint8Array | undefined
  #ack: Uint8Array | undefined
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

  handle(input: ClientTransactionInput, nowMs: number, out: ClientTransactionOutput[]): void {
    switch (input.type) {
      case 'start': {
        this.#state = 'calling'
        this.#request = input.bytes
        out.push({ type: 'send', bytes: input.bytes })
        // Timer A only where packets get lost, timer B always.
        if (!this.#reliable) this.#retransmitMs = nowMs + t1Ms
        this.#endMs = nowMs + giveUpMs
        return
      }
      case 'response': {
        this.#receive(input.status, input.ack, nowMs, out)
        return
      }
      case 'sendFailed': {
        // RFC 3261 §17.1.4
        if (this.#state !== 'calling') return
        out.push({ type: 'failed' })
        this.#terminate(out)
        return
      }
      case 'timeout': {
        this.#timeout(nowMs, out)
        return
      }
    }
  }

  #receive(
    status: number,
    ack: Uint8Array | undefined,
    nowMs: number,
    out: ClientTransactionOutput[],
  ): void {
    const open = this.#state === 'calling' || this.#state === 'proceeding'
    if (status < 200) {
      if (!open) return
      this.#state = 'proceeding'
      this.#retransmitMs = never
      this.#endMs = never
      out.push({ type: 'deliver' })
      return
    }
    if (status < 300) {
      // RFC 6026 §7.2: every 2xx goes up, from any fork, until timer M.
      if (open) {
        this.#state = 'accepted'
        this.#retransmitMs = never
        this.#endMs = nowMs + giveUpMs
      }
      if (this.#state === 'accepted') out.push({ type: 'deliver' })
      return
    }
    if (this.#state === 'completed' && this.#ack) out.push({ type: 'send', bytes: this.#ack })
    if (!open) return
    this.#state = 'completed'
    this.#ack = ack
    this.#retransmitMs = never
    // Timer D
    this.#endMs = nowMs + (this.#reliable ? 0 : absorbInviteMs)
    if (ack) out.push({ type: 'send', bytes: ack })
    out.push({ type: 'deliver' })
  }

  #timeout(nowMs: number, out: ClientTransactionOutput[]): void {
    if (nowMs >= this.#endMs) {
      if (this.#state === 'calling') out.push({ type: 'timedOut' })
      this.#terminate(out)
      return
    }
    if (nowMs < this.#retransmitMs || !this.#request) return
    out.push({ type: 'send', bytes: this.#request })
    // Timer A doubles without a limit.
    this.#intervalMs *= 2
    this.#retransmitMs = nowMs + this.#intervalMs
  }

  #terminate(out: ClientTransactionOutput[]): void {
    this.#state = 'terminated'
    this.#retransmitMs = never
    this.#endMs = never
    out.push({ type: 'terminated' })
  }
}
