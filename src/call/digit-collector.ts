import type { Clock } from '../base/clock.js'
import { untilAborted } from './media-hub.js'

const digitsMax = 128

/** The digits of one leg from the moment of its making on; more than 128 unread ones are dropped. */
export class DigitQueue {
  readonly #clock: Clock
  readonly #onClose: (queue: DigitQueue) => void
  readonly #digits: string[] = []
  #begun = false
  #wake: (() => void) | undefined

  constructor(clock: Clock, onClose: (queue: DigitQueue) => void) {
    this.#clock = clock
    this.#onClose = onClose
  }

  /** A key has gone down. */
  begin(): void {
    this.#begun = true
    this.#wake?.()
  }

  offer(digit: string): void {
    this.#begun = true
    if (this.#digits.length < digitsMax) this.#digits.push(digit)
    this.#wake?.()
  }

  async started(signal: AbortSignal): Promise<void> {
    while (!this.#begun) await untilAborted(this.#changed(), signal)
  }

  async next(timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted()
    const over = new AbortController()
    const until = AbortSignal.any([signal, over.signal])
    const timeout = this.#clock.sleep(timeoutMs, until).then(
      () => true,
      () => true,
    )
    try {
      while (this.#digits.length === 0) {
        const timedOut = await Promise.race([timeout, this.#changed().then(() => false)])
        signal.throwIfAborted()
        if (timedOut) return undefined
      }
      return this.#digits.shift()
    } finally {
      over.abort()
    }
  }

  close(): void {
    this.#onClose(this)
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
