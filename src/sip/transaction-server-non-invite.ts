import type { Machine } from '../base/machine.js'
import { giveUpMs, never } from './timers.js'
import type {
  ServerTransactionInput,
  ServerTransactionOutput,
} from './transaction-server-invite.js'

type State = 'trying' | 'proceeding' | 'completed' | 'terminated'

/** RFC 3261 §17.2.2 (figure 8). */
export class NonInviteServerTransaction
  implements Machine<ServerTransactionInput, ServerTransactionOutput>
{
  readonly #reliable: boolean
  #state: State = 'trying'
  #response: Uint8Array | undefined
  #endMs = never

  constructor(reliable: boolean) {
    this.#reliable = reliable
  }

  get state(): State {
    return this.#state
  }

  get deadlineMs(): number {
    return this.#endMs
  }

  handle(input: ServerTransactionInput, nowMs: number, out: ServerTransactionOutput[]): void {
    switch (input.type) {
      case 'request': {
        // Trying discards retransmissions; Proceeding and Completed repeat the response.
        if (this.#response) out.push({ type: 'send', bytes: this.#response })
        return
      }
      case 'respond': {
        if (this.#state === 'completed' || this.#state === 'terminated') return
        this.#response = input.bytes
        this.#state = input.status < 200 ? 'proceeding' : 'completed'
        out.push({ type: 'send', bytes: input.bytes })
        // Timer J
        if (input.status >= 200) this.#endMs = nowMs + (this.#reliable ? 0 : giveUpMs)
        return
      }
      case 'timeout': {
        if (nowMs < this.#endMs) return
        this.#state = 'terminated'
        this.#endMs = never
        out.push({ type: 'terminated' })
        return
      }
      case 'ack':
        return
    }
  }
}
