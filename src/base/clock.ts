/** Time as a port: the shells implement it with the system clock, tests with virtual time. */
export interface Clock {
  /** Wall-clock time since the Unix epoch [ms]. */
  nowMs(): number
  /** Monotonic time, unaffected by changes of the wall clock [ms]. */
  monotonicMs(): number
  /** Resolves after `delayMs`; rejects with `signal.reason` as soon as the signal aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

interface Sleeper {
  readonly deadlineMs: number
  readonly wake: () => void
}

/** A clock that moves only when told to. */
export class VirtualClock implements Clock {
  #nowMs: number
  #sleepers: Sleeper[] = []

  constructor(startMs = 0) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  get sleeping(): number {
    return this.#sleepers.length
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const sleeper: Sleeper = {
        deadlineMs: this.#nowMs + delayMs,
        wake: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#sleepers.push(sleeper)
    })
  }

  /** Moves to `nowMs + durationMs`, waking sleepers in the order of their deadlines. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    for (;;) {
      await settle()
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (first, sleeper) => (!first || sleeper.deadlineMs < first.deadlineMs ? sleeper : first),
        undefined,
      )
      if (!next || next.deadlineMs > endMs) break
      this.#sleepers = this.#sleepers.filter((other) => other !== next)
      this.#nowMs = Math.max(this.#nowMs, next.deadlineMs)
      next.wake()
    }
    this.#nowMs = endMs
    await settle()
  }
}

/** Lets the microtasks that are ready run, a bounded number of rounds. */
async function settle(): Promise<void> {
  for (let round = 0; round < 50; round++) await Promise.resolve()
}
