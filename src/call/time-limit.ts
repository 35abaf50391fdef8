import type { Clock } from '../base/clock.js'

/** Ends a call that lasts too long; the latest limit counts. */
export class TimeLimit {
  readonly #clock: Clock
  readonly #ended: AbortSignal
  readonly #hangUp: () => void
  #running = new AbortController()

  constructor(clock: Clock, ended: AbortSignal, hangUp: () => void) {
    this.#clock = clock
    this.#ended = ended
    this.#hangUp = hangUp
  }

  /** `leftMs`: from now on. */
  set(leftMs: number): void {
    this.#running.abort()
    const running = new AbortController()
    this.#running = running
    const until = AbortSignal.any([this.#ended, running.signal])
    this.#clock.sleep(Math.max(0, leftMs), until).then(this.#hangUp, () => {})
  }
}
