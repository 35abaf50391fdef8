const deadMsMin = 5_000
const deadMsMax = 300_000

/** What we know of one gateway from calls and probes, and how much of it is in use. */
export class TrunkHealth {
  #failures = 0
  #deadUntilMs = 0
  #calls = 0
  #tokens = 0
  #tokensAtMs = Number.NEGATIVE_INFINITY

  get calls(): number {
    return this.#calls
  }

  /** Failures one after another, those while it was dead not counted. */
  get failures(): number {
    return this.#failures
  }

  isDead(nowMs: number): boolean {
    return nowMs < this.#deadUntilMs
  }

  /** It does not answer, or serves nobody: dead for 5 s, then twice as long each time, up to 5 min. */
  failed(nowMs: number): void {
    // Calls that were under way together fail together: that is one failure.
    if (this.isDead(nowMs)) return
    this.#deadUntilMs = nowMs + Math.min(deadMsMin * 2 ** this.#failures, deadMsMax)
    this.#failures = Math.min(this.#failures + 1, 16)
  }

  succeeded(): void {
    this.#failures = 0
    this.#deadUntilMs = 0
  }

  /** Takes a place for a call; false when there is none. Undefined: no such limit. */
  take(
    callsMax: number | undefined,
    callsPerSecondMax: number | undefined,
    nowMs: number,
  ): boolean {
    if (callsMax !== undefined && this.#calls >= callsMax) return false
    if (callsPerSecondMax !== undefined) {
      const burst = Math.max(1, callsPerSecondMax)
      const earned = ((nowMs - this.#tokensAtMs) * callsPerSecondMax) / 1000
      this.#tokens = Math.min(burst, this.#tokens + earned)
      this.#tokensAtMs = nowMs
      if (this.#tokens < 1) return false
      this.#tokens--
    }
    this.#calls++
    return true
  }

  release(): void {
    this.#calls--
  }
}
