import type { Call } from './call.js'
import { QueueMember } from './queue-member.js'
import type { QueueRecord } from './queue-record.js'

/** Who waits to be connected, first come, first served; and who waits for somebody to come. */
export class CallQueue {
  readonly record: QueueRecord
  readonly #members: QueueMember[] = []
  /** Those who dialled the queue while nobody was there. */
  readonly #takers: ((member: QueueMember) => void)[] = []
  /** Those who were taken and have not left: who was not talked to comes back. */
  readonly #taken = new Set<QueueMember>()

  constructor(record: QueueRecord) {
    this.record = record
  }

  /** Those who wait, the first first; not who has been taken. */
  get members(): readonly QueueMember[] {
    return this.#members
  }

  /** Nobody waits in it or for it, nor may come back to it. */
  get isIdle(): boolean {
    if (this.#members.length > 0 || this.#takers.length > 0) return false
    return [...this.#taken].every(({ wasBridged }) => wasBridged)
  }

  /** From 1 on; 0: it does not wait here. */
  positionOf(member: QueueMember): number {
    return this.#members.indexOf(member) + 1
  }

  /** How long those who wait have done so, in the mean [ms]. */
  averageWaitMs(nowMs: number): number {
    const { length } = this.#members
    if (length === 0) return 0
    return this.#members.reduce((sum, { enqueuedMs }) => sum + nowMs - enqueuedMs, 0) / length
  }

  /** By the time of its coming, so that one that comes back keeps its place. Undefined: the queue is full. */
  join(call: Call, enqueuedMs: number, sizeMax: number): QueueMember | undefined {
    if (this.#members.length >= sizeMax) return undefined
    const member = new QueueMember(call, enqueuedMs)
    this.#insert(member)
    return member
  }

  /** Puts one back that was taken and not talked to. */
  putBack(member: QueueMember): void {
    this.#taken.delete(member)
    member.wait()
    this.#insert(member)
  }

  leave(member: QueueMember): void {
    const at = this.#members.indexOf(member)
    if (at >= 0) this.#members.splice(at, 1)
    this.#taken.delete(member)
    member.leave()
  }

  /** The first who waits, taken; waits for one until `signal` aborts: undefined then. */
  take(signal: AbortSignal): Promise<QueueMember | undefined> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve(undefined)
        return
      }
      const taker = (member: QueueMember) => {
        signal.removeEventListener('abort', giveUp)
        resolve(member)
      }
      const giveUp = () => {
        this.#takers.splice(this.#takers.indexOf(taker), 1)
        resolve(undefined)
      }
      this.#takers.push(taker)
      signal.addEventListener('abort', giveUp, { once: true })
      this.#serve()
    })
  }

  #insert(member: QueueMember): void {
    const later = this.#members.findIndex(({ enqueuedMs }) => enqueuedMs > member.enqueuedMs)
    this.#members.splice(later < 0 ? this.#members.length : later, 0, member)
    this.#serve()
  }

  #serve(): void {
    while (this.#members.length > 0 && this.#takers.length > 0) {
      const member = this.#members.shift() as QueueMember
      const taker = this.#takers.shift()
      this.#taken.add(member)
      member.take()
      taker?.(member)
    }
  }
}
