import type { Clock } from '../base/clock.js'

/** So many documents of a program may follow one another at once. */
const burst = 40
const intervalMs = 250

/**
 * Keeps a program that does nothing but lead to other documents from asking its application without end: after
 * a burst four documents a second. Times are of the monotonic clock [ms].
 */
export class DocumentPace {
  readonly #clock: Clock
  /** When as many documents as there have been are due, one each interval. */
  #dueMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when the next document may be asked for, or `signal` aborts. */
  async next(signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs()
    this.#dueMs = Math.max(this.#dueMs, nowMs) + intervalMs
    const waitMs = this.#dueMs - nowMs - burst * intervalMs
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal).catch(() => {})
  }
}
