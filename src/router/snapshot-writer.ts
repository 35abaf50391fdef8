import type { Clock } from '../base/clock.js'
import { deleteSnapshot, putSnapshot } from '../store/calls.js'
import type { Store } from '../store/store.js'

const batchMs = 50

/** Stores where each call's program stands: at once for a checkpoint, else batched within 50 ms. */
export class SnapshotWriter {
  readonly #store: Store
  readonly #clock: Clock
  readonly #failed: (error: unknown) => void
  readonly #pending = new Map<string, unknown>()
  /** Calls that have a row. */
  readonly #stored = new Set<string>()
  /** What was said last about each live call. */
  readonly #latest = new Map<string, unknown>()
  #writing: Promise<void> | undefined

  constructor(store: Store, clock: Clock, failed: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#failed = failed
  }

  async checkpoint(callSid: string, state: unknown): Promise<void> {
    this.#pending.delete(callSid)
    this.#latest.set(callSid, state)
    this.#stored.add(callSid)
    await this.#store.write([putSnapshot(callSid, JSON.stringify(state), this.#clock.nowMs())])
  }

  save(callSid: string, state: unknown): void {
    this.#pending.set(callSid, state)
    this.#latest.set(callSid, state)
    this.#writing ??= this.#writeSoon()
  }

  /** Undefined: nothing was said yet. */
  latest(callSid: string): unknown {
    return this.#latest.get(callSid)
  }

  drop(callSid: string): void {
    this.#latest.delete(callSid)
    this.#pending.delete(callSid)
    if (!this.#stored.delete(callSid)) return
    this.#store.write([deleteSnapshot(callSid)]).catch(this.#failed)
  }

  async #writeSoon(): Promise<void> {
    await this.#clock.sleep(batchMs)
    this.#writing = undefined
    const nowMs = this.#clock.nowMs()
    const batch = [...this.#pending].map(([callSid, state]) => {
      this.#stored.add(callSid)
      return putSnapshot(callSid, JSON.stringify(state), nowMs)
    })
    this.#pending.clear()
    await this.#store.write(batch).catch(this.#failed)
  }
}
