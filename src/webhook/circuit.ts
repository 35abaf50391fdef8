export type Admission = 'request' | 'probe'

/** What became of a request that a circuit let through. */
export type Outcome =
  | 'answered'
  /** No connection, no answer in time, or nonsense. */
  | 'failed'
  /** Given up by us: says nothing about the host. */
  | 'unknown'

export interface CircuitLimits {
  /** Failures without an answer between them that open it. */
  readonly failuresInRowMax: number
  /** Share of failures that opens it, once a window has seen `windowMin` outcomes. */
  readonly failureShareMax: number
  readonly windowMin: number
  readonly windowMs: number
  /** First pause; each probe that fails doubles it. */
  readonly pauseMs: number
  readonly pauseMsMax: number
}

export const normalLimits: CircuitLimits = {
  failuresInRowMax: 5,
  failureShareMax: 0.5,
  windowMin: 20,
  windowMs: 10_000,
  pauseMs: 2_000,
  pauseMsMax: 15_000,
}

/**
 * Keeps requests from a host that does not answer, so that calls reach their fallback at once.
 * Closed: all pass. Open: none until the pause is over. Then one probe decides.
 */
export class Circuit {
  readonly #limits: CircuitLimits
  #failuresInRow = 0
  #windowStartMs = Number.NEGATIVE_INFINITY
  #outcomes = 0
  #failures = 0
  /** Undefined while closed. */
  #openUntilMs: number | undefined
  #pauseMs: number
  #isProbing = false

  constructor(limits: CircuitLimits = normalLimits) {
    this.#limits = limits
    this.#pauseMs = limits.pauseMs
  }

  get isOpen(): boolean {
    return this.#openUntilMs !== undefined
  }

  /** As what a request may be sent now; each must be told to `ended`. Undefined: not at all. */
  admit(nowMs: number): Admission | undefined {
    if (this.#openUntilMs === undefined) return 'request'
    if (this.#isProbing || nowMs < this.#openUntilMs) return undefined
    this.#isProbing = true
    return 'probe'
  }

  ended(admission: Admission, outcome: Outcome, nowMs: number): void {
    if (admission === 'probe') this.#isProbing = false
    if (this.#openUntilMs === undefined) {
      if (outcome !== 'unknown') this.#count(outcome === 'failed', nowMs)
      return
    }
    // Also from one that was on its way when it opened: an answer is an answer.
    if (outcome === 'answered') this.#close()
    if (outcome !== 'failed' || admission !== 'probe') return
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#limits.pauseMsMax)
    this.#openUntilMs = nowMs + this.#pauseMs
  }

  #count(hasFailed: boolean, nowMs: number): void {
    const { failuresInRowMax, failureShareMax, windowMin, windowMs } = this.#limits
    if (nowMs - this.#windowStartMs >= windowMs) {
      this.#windowStartMs = nowMs
      this.#outcomes = 0
      this.#failures = 0
    }
    this.#outcomes++
    this.#failuresInRow = hasFailed ? this.#failuresInRow + 1 : 0
    if (!hasFailed) return
    this.#failures++
    const isOften =
      this.#outcomes >= windowMin && this.#failures / this.#outcomes >= failureShareMax
    if (this.#failuresInRow < failuresInRowMax && !isOften) return
    this.#openUntilMs = nowMs + this.#pauseMs
  }

  #close(): void {
    this.#openUntilMs = undefined
    this.#isProbing = false
    this.#pauseMs = this.#limits.pauseMs
    this.#failuresInRow = 0
    this.#outcomes = 0
    this.#failures = 0
  }
}
