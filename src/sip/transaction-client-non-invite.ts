import type { Machine } from '../base/machine.js'
import { giveUpMs, never, t1Ms, t2Ms, t4Ms } from './timers.js'
import type {
  ClientTransactionInput,
  ClientTransactionOutput,
} from './transaction-client-invite.js'

type State = 'initial' | 'trying' | 'proceeding' | 'completed' | 'terminated'

/** RFC 3261 §17.1.2 (figure 6). */
export class NonInviteClientTransaction
  implements Machine<ClientTransactionInput, ClientTransactionOutput>
{
  readonly #reliable: boolean
  #state: State = 'initial'
  #request: Uint8Array | undefined
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
        this.#state = 'trying'
        this.#request = input.bytes
        out.push({ type: 'send', bytes: input.bytes })
        // Timer E only where packets get lost, timer F always.
        if (!this.#reliable) this.#retransmitMs = nowMs + t1Ms
        this.#endMs = nowMs + giveUpMs
        return
      }
      case 'response': {
        this.#receive(input.status, nowMs, out)
        return
      }
      case 'sendFailed': {
        // RFC 3261 §17.1.4
        if (this.#state !== 'trying') return
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

  #receive(status: number, nowMs: number, out: ClientTransactionOutput[]): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return
    out.push({ type: 'deliver' })
    if (status < 200) {
      this.#state = 'proceeding'
      return
    }
    this.#state = 'completed'
    this.#retransmitMs = never
    // Timer K
    this.#endMs = nowMs + (this.#reliable ? 0 : t4Ms)
  }

  #timeout(nowMs: number, out: ClientTransactionOutput[]): void {
    if (nowMs >= this.#endMs) {
      if (this.#state !== 'completed') out.push({ type: 'timedOut' })
      this.#terminate(out)
      return
    }
    if (nowMs < this.#retransmitMs || !this.#request) return
    out.push({ type: 'send', bytes: this.#request })
    // Timer E doubles up to T2; in Proceeding it is T2 (§17.1.2.2).
    this.#intervalMs = this.#state === 'proceeding' ? t2Ms : Math.min(2 * this.#intervalMs, t2Ms)
    this.#retransmitMs = nowMs + this.#intervalMs
  }

  #terminate(out: ClientTransactionOutput[]): void {
    this.#state = 'terminated'
    this.#retransmitMs = never
    this.#endMs = never
    out.push({ type: 'terminated' })
  }
}
