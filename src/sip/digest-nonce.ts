import { createHmac } from 'node:crypto'
import type { Ids } from '../base/ids.js'
import { equalText } from './digest.js'

const lifetimeMs = 300_000
const usedMax = 10_000

export type NonceState = 'fresh' | 'stale' | 'forged'

/**
 * Nonces that carry their own time and signature, so that a challenge costs no memory (RFC 7616 §3.3).
 * Only nonces of requests that proved to know a password are remembered, for their nonce counts.
 */
export class NonceMint {
  readonly #ids: Ids
  readonly #secret: string
  /** Highest nonce count by nonce, oldest use first. */
  readonly #used = new Map<string, number>()
  /** Nonces made until then were forgotten and count as stale. */
  #forgottenMs = Number.NEGATIVE_INFINITY

  constructor(ids: Ids) {
    this.#ids = ids
    this.#secret = ids.hex(32)
  }

  make(nowMs: number): string {
    const head = `${Math.floor(nowMs).toString(36)}.${this.#ids.hex(8)}`
    return `${head}.${this.#sign(head)}`
  }

  check(nonce: string, nowMs: number): NonceState {
    const end = nonce.lastIndexOf('.')
    const head = nonce.slice(0, Math.max(0, end))
    if (!equalText(nonce.slice(end + 1), this.#sign(head))) return 'forged'
    const madeMs = madeAt(head)
    const expired = nowMs - madeMs > lifetimeMs || madeMs <= this.#forgottenMs
    return expired ? 'stale' : 'fresh'
  }

  /** Takes the count of a verified request; false when it was used before (RFC 7616 §3.4, nc). */
  use(nonce: string, nonceCount: number): boolean {
    const highest = this.#used.get(nonce)
    if (highest !== undefined && nonceCount <= highest) return false
    this.#used.delete(nonce)
    this.#used.set(nonce, nonceCount)
    if (this.#used.size > usedMax) {
      const [oldest] = this.#used.keys()
      if (oldest !== undefined) {
        this.#used.delete(oldest)
        this.#forgottenMs = Math.max(this.#forgottenMs, madeAt(oldest))
      }
    }
    return true
  }

  #sign(head: string): string {
    return createHmac('sha256', this.#secret).update(head).digest('hex').slice(0, 32)
  }
}

function madeAt(nonce: string): number {
  return Number.parseInt(nonce.split('.', 1)[0] ?? '', 36)
}
