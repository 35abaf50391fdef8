import type { Clock } from '../base/clock.js'

/** The turn of a call to begin. */
export interface Turn {
  readonly isNow: boolean
  /** Resolves when it is its turn; rejects with the signal's reason, and gives the turn away. */
  wait(signal: AbortSignal): Promise<void>
}

interface Line {
  /** When the next one may begin. */
  nextMs: number
  readonly waiting: (() => void)[]
  /** Ends the serving of those who wait; undefined while nobody does. */
  serving: AbortController | undefined
}

/** Calls that begin at a rate, for each account on its own, in the order in which they came. */
export class StartQueue {
  readonly #intervalMs: number
  readonly #queuedMax: number
  readonly #clock: Clock
  readonly #lines = new Map<string, Line>()

  /** `perSecondMax` undefined: all begin at once. `queuedMax`: of one account. */
  constructor(perSecondMax: number | undefined, queuedMax: number, clock: Clock) {
    this.#intervalMs = perSecondMax === undefined ? 0 : 1000 / perSecondMax
    this.#queuedMax = queuedMax
    this.#clock = clock
  }

  /** Calls that wait; for tests and metrics. */
  get size(): number {
    let sum = 0
    for (const { waiting } of this.#lines.values()) sum += waiting.length
    return sum
  }

  /** Undefined: too many wait. */
  join(accountSid: string): Turn | undefined {
    if (this.#intervalMs === 0) return atOnce
    const nowMs = this.#clock.monotonicMs()
    const line: Line = this.#lines.get(accountSid) ?? { nextMs: 0, waiting: [], serving: undefined }
    this.#lines.set(accountSid, line)
    if (line.waiting.length === 0 && line.nextMs <= nowMs) {
      line.nextMs = nowMs + this.#intervalMs
      return atOnce
    }
    if (line.waiting.length >= this.#queuedMax) return undefined
    let reached = () => {}
    const turn = new Promise<void>((resolve) => {
      reached = resolve
    })
    line.waiting.push(reached)
    if (!line.serving) {
      line.serving = new AbortController()
      void this.#serve(line, line.serving.signal)
    }
    return { isNow: false, wait: (signal) => this.#wait(line, reached, turn, signal) }
  }

  async #serve(line: Line, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const delayMs = Math.max(0, line.nextMs - this.#clock.monotonicMs())
      await this.#clock.sleep(delayMs, signal).catch(() => {})
      if (signal.aborted) return
      line.nextMs = Math.max(line.nextMs, this.#clock.monotonicMs()) + this.#intervalMs
      line.waiting.shift()?.()
      if (line.waiting.length === 0) stopServing(line)
    }
  }

  async #wait(
    line: Line,
    reached: () => void,
    turn: Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const leave = () => {
      const at = line.waiting.indexOf(reached)
      if (at >= 0) line.waiting.splice(at, 1)
      if (line.waiting.length === 0) stopServing(line)
      reached()
    }
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    await turn
    signal.removeEventListener('abort', leave)
    signal.throwIfAborted()
  }
}

const atOnce: Turn = { isNow: true, wait: () => Promise.resolve() }

function stopServing(line: Line): void {
  line.serving?.abort()
  line.serving = undefined
}
