import type { Clock } from '../base/clock.js'
import { type Ids, makeSid } from '../base/ids.js'
import { RouterError } from '../base/router-error.js'
import type { Call } from './call.js'
import { untilAborted } from './media-hub.js'
import { CallQueue } from './queue.js'
import type { QueueMember } from './queue-member.js'
import type { QueueRecord, QueueResult, QueueStore } from './queue-record.js'

/** Of a queue that nobody has set up. */
export const sizeMaxNormal = 1_000
export const sizeMaxLimit = 5_000
/** Of one account. */
export const queuesMax = 10_000

export interface QueuesPorts {
  readonly store: QueueStore
  readonly clock: Clock
  readonly ids: Ids
}

export interface EnqueueOptions {
  readonly name: string
  /** Default: as many as the queue takes. */
  readonly sizeMax: number | undefined
  /** When it came, if it has waited already. */
  readonly enqueuedMs: number
}

/** What a call hears while it waits; it settles when that is over, with how, or when `signal` aborts. */
export type Waiting = (
  queue: CallQueue,
  member: QueueMember,
  signal: AbortSignal,
) => Promise<'leave' | 'failed' | 'stopped'>

export interface Enqueued {
  readonly result: QueueResult
  readonly queueSid: string
  /** How long it waited [ms]. */
  readonly waitMs: number
}

/** The queues that somebody waits in or for; the others are only stored. */
export class Queues {
  readonly #ports: QueuesPorts
  /** By account and name. */
  readonly #queues = new Map<string, CallQueue>()
  readonly #opening = new Map<string, Promise<CallQueue>>()

  constructor(ports: QueuesPorts) {
    this.#ports = ports
  }

  /** One that is in use; the others have nobody in them. */
  find(sid: string): CallQueue | undefined {
    return [...this.#queues.values()].find((one) => one.record.sid === sid && !one.isIdle)
  }

  /** Takes over what was changed about a queue that is stored. */
  changed(record: QueueRecord): void {
    const queue = this.find(record.sid)
    if (!queue) return
    this.#queues.delete(keyOf(queue.record))
    Object.assign(queue.record, { friendlyName: record.friendlyName, sizeMax: record.sizeMax })
    this.#queues.set(keyOf(record), queue)
  }

  /** The queue of that name, which is made if there is none. Rejects with StoreError. */
  async named(accountSid: string, friendlyName: string): Promise<CallQueue> {
    const key = keyOf({ accountSid, friendlyName })
    const known = this.#queues.get(key)
    if (known) return known
    const opening = this.#opening.get(key) ?? this.#open(accountSid, friendlyName)
    this.#opening.set(key, opening)
    try {
      return await opening
    } finally {
      this.#opening.delete(key)
    }
  }

  /** Lets a call wait; resolves when it has left the queue, and whom it talked to. */
  async enqueue(
    call: Call,
    options: EnqueueOptions,
    wait: Waiting,
    signal: AbortSignal,
  ): Promise<Enqueued> {
    const { clock } = this.#ports
    const queue = await this.named(call.record.accountSid, options.name)
    const sizeMax = Math.min(options.sizeMax ?? sizeMaxLimit, queue.record.sizeMax)
    const member = queue.join(call, options.enqueuedMs, sizeMax)
    const told = (result: QueueResult): Enqueued => ({
      result,
      queueSid: queue.record.sid,
      waitMs: (member?.bridgedMs ?? clock.nowMs()) - options.enqueuedMs,
    })
    if (!member) return told('queue-full')
    try {
      return told(await this.#wait(queue, member, wait, signal))
    } finally {
      queue.leave(member)
      this.#drop(queue)
    }
  }

  /** The first who waits; `undefined`: nobody came until `signal` aborted. Give it back or release it. */
  async take(accountSid: string, name: string, signal: AbortSignal): Promise<Taken | undefined> {
    const queue = await this.named(accountSid, name)
    const member = await queue.take(signal)
    this.#drop(queue)
    return member && { queue, member }
  }

  async #wait(
    queue: CallQueue,
    member: QueueMember,
    wait: Waiting,
    signal: AbortSignal,
  ): Promise<QueueResult> {
    for (;;) {
      const released = member.released()
      const until = AbortSignal.any([signal, member.takenSignal])
      const end = until.aborted ? 'stopped' : await wait(queue, member, until)
      if (signal.aborted) return resultOf(member, signal)
      if (!member.takenSignal.aborted) return end === 'leave' ? 'leave' : 'error'
      await untilAborted(released, signal).catch(() => {})
      if (signal.aborted) return resultOf(member, signal)
      if (member.wasBridged) return 'bridged'
      queue.putBack(member)
    }
  }

  #drop(queue: CallQueue): void {
    if (queue.isIdle) this.#queues.delete(keyOf(queue.record))
  }

  async #open(accountSid: string, friendlyName: string): Promise<CallQueue> {
    const { store, clock, ids } = this.#ports
    const stored = await store.findQueue(accountSid, friendlyName)
    const nowMs = clock.nowMs()
    const record = stored ?? {
      sid: makeSid('QU', ids),
      ...{ accountSid, friendlyName, sizeMax: sizeMaxNormal, createdMs: nowMs, updatedMs: nowMs },
    }
    if (!stored) {
      if ((await store.countQueues(accountSid)) >= queuesMax) {
        const why = `This account has ${queuesMax} queues already`
        throw new RouterError('ERR_TOO_MANY_QUEUES', 20009, why)
      }
      await store.insertQueue(record)
    }
    const queue = new CallQueue(record)
    this.#queues.set(keyOf(record), queue)
    return queue
  }
}

export interface Taken {
  readonly queue: CallQueue
  readonly member: QueueMember
}

function resultOf(member: QueueMember, { reason }: AbortSignal): QueueResult {
  const isRedirect = (reason as { readonly type?: string } | undefined)?.type === 'redirect'
  if (member.wasBridged) return isRedirect ? 'redirected-from-bridged' : 'bridged'
  return isRedirect ? 'redirected' : 'hangup'
}

function keyOf(queue: { readonly accountSid: string; readonly friendlyName: string }): string {
  return `${queue.accountSid} ${queue.friendlyName}`
}
