import type { Call } from './call.js'

/** A call that waits in a queue, or talks to who has taken it from there. */
export class QueueMember {
  readonly call: Call
  readonly enqueuedMs: number
  readonly #gone = new AbortController()
  #taken = new AbortController()
  #bridgedMs: number | undefined
  #settled: (() => void) | undefined

  constructor(call: Call, enqueuedMs: number) {
    this.call = call
    this.enqueuedMs = enqueuedMs
  }

  /** Aborts when somebody has taken it: what it hears while it waits stops. */
  get takenSignal(): AbortSignal {
    return this.#taken.signal
  }

  /** Aborts when it will not be bridged any more: it has hung up, left, or was redirected. */
  get goneSignal(): AbortSignal {
    return this.#gone.signal
  }

  get wasBridged(): boolean {
    return this.#bridgedMs !== undefined
  }

  take(): void {
    this.#taken.abort({ type: 'taken' })
  }

  bridged(nowMs: number): void {
    this.#bridgedMs ??= nowMs
  }

  /** When it stopped waiting; undefined: it still waits. */
  get bridgedMs(): number | undefined {
    return this.#bridgedMs
  }

  /** Who had taken it has no more use for it. */
  release(): void {
    this.#settled?.()
  }

  /** Resolves when who has taken it lets it go. */
  released(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled = resolve
    })
  }

  /** It waits again, as nobody has talked to it. */
  wait(): void {
    if (this.#taken.signal.aborted) this.#taken = new AbortController()
  }

  leave(): void {
    this.#gone.abort({ type: 'gone' })
  }
}
