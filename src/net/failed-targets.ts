import type { SocketTarget } from './sip-flow.js'

const rememberedMs = 30_000
const rememberedMax = 1_000

/** Targets that lately did not answer, so that the next call need not find out again (RFC 3263 §4.3). */
export class FailedTargets {
  /** Until when each is avoided; the oldest first. */
  readonly #untilMs = new Map<string, number>()

  get size(): number {
    return this.#untilMs.size
  }

  add(target: SocketTarget, nowMs: number): void {
    const key = keyOf(target)
    this.#untilMs.delete(key)
    this.#untilMs.set(key, nowMs + rememberedMs)
    if (this.#untilMs.size > rememberedMax) {
      const [oldest] = this.#untilMs.keys()
      if (oldest !== undefined) this.#untilMs.delete(oldest)
    }
  }

  delete(target: SocketTarget): void {
    this.#untilMs.delete(keyOf(target))
  }

  /** The same targets in the same order, but those that failed come last. */
  last(targets: readonly SocketTarget[], nowMs: number): readonly SocketTarget[] {
    if (this.#untilMs.size === 0) return targets
    const failed = targets.filter((target) => this.#has(target, nowMs))
    if (failed.length === 0) return targets
    return [...targets.filter((target) => !failed.includes(target)), ...failed]
  }

  #has(target: SocketTarget, nowMs: number): boolean {
    const key = keyOf(target)
    const untilMs = this.#untilMs.get(key)
    if (untilMs === undefined || untilMs > nowMs) return untilMs !== undefined
    this.#untilMs.delete(key)
    return false
  }
}

function keyOf({ transport, address, port, serverName }: SocketTarget): string {
  return `${transport} ${address} ${port} ${serverName ?? ''}`
}
