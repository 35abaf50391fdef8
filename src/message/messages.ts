import type { Clock } from '../base/clock.js'
import {
  isFinal,
  type MessageCallback,
  type MessageRecord,
  retained,
  shownTo,
  statusCallbackOf,
} from './message-record.js'
import { countSegments } from './segments.js'

export const bodyCharactersMax = 1_600
export const mediaMax = 10

/** A change and the callback that it causes are one write, durable when it resolves. */
export interface MessageStore {
  find(sid: string): Promise<MessageRecord | undefined>
  insert(message: MessageRecord, callbacks: readonly MessageCallback[]): Promise<void>
  /** Changes it if it still has the status `was`; resolves to whether it had. */
  update(
    message: MessageRecord,
    was: MessageRecord['status'],
    callbacks: readonly MessageCallback[],
  ): Promise<boolean>
  /** Those that are to be sent by now, the oldest first. */
  due(nowMs: number, limit: number): Promise<readonly MessageRecord[]>
}

export interface MessagesParts {
  readonly store: MessageStore
  readonly clock: Clock
  /** Whether the account may send as this number. */
  mayUse(accountSid: string, from: string): Promise<boolean>
  /** Tells the sender of callbacks that there is something new. */
  outboxFilled(messageSid: string): void
  bug(error: unknown): void
}

export type NewMessage = Pick<
  MessageRecord,
  | ('sid' | 'accountSid' | 'direction' | 'from' | 'to' | 'messagingServiceSid')
  | ('body' | 'mediaUrls' | 'statusCallback' | 'sendMs')
  | ('contentRetention' | 'addressRetention')
>

const noCarrier = { errorCode: 30008, errorMessage: 'No carrier is connected to this router' }
const sweepEveryMs = 10_000
const sweepMax = 100

/** Messages on their way. Nothing takes them yet, which each tells by its status once it is due. */
export class Messages {
  readonly #parts: MessagesParts
  readonly #over = new AbortController()
  readonly #sending = new Set<Promise<unknown>>()

  constructor(parts: MessagesParts) {
    this.#parts = parts
  }

  /** Sends what an earlier process has left, and from now on what becomes due. */
  start(): void {
    this.#keep(this.#sweep())
  }

  async close(): Promise<void> {
    this.#over.abort(new Error('shutting down'))
    await Promise.all(this.#sending)
  }

  /** Stores a message and sends it when it is due. A sid that is known names the message that has it. */
  async create(wanted: NewMessage): Promise<MessageRecord> {
    const message = await this.#stored(wanted)
    if (message.status === 'queued') this.#keep(this.#send(message))
    return message
  }

  async #stored(wanted: NewMessage): Promise<MessageRecord> {
    const { store, clock } = this.#parts
    const known = await store.find(wanted.sid)
    if (known) return known
    const nowMs = clock.nowMs()
    const message: MessageRecord = {
      ...wanted,
      segments: countSegments(wanted.body),
      status: wanted.sendMs === undefined ? 'queued' : 'scheduled',
      errorCode: undefined,
      errorMessage: undefined,
      createdMs: nowMs,
      updatedMs: nowMs,
    }
    const callbacks = statusCallbackOf(message)
    await store.insert(message, callbacks)
    if (callbacks.length > 0) this.#parts.outboxFilled(message.sid)
    return message
  }

  /** As `create`, but resolves when it is known what became of it. */
  async send(wanted: NewMessage): Promise<MessageRecord> {
    const message = await this.#stored(wanted)
    return isFinal(message.status) ? message : this.#send(message)
  }

  mayUse(accountSid: string, from: string): Promise<boolean> {
    return this.#parts.mayUse(accountSid, from)
  }

  /** Undefined: it is too late for that. */
  async cancel(sid: string): Promise<MessageRecord | undefined> {
    const message = await this.#parts.store.find(sid)
    if (!message || isFinal(message.status)) return undefined
    const canceled = { ...message, status: 'canceled' as const, updatedMs: this.#nowMs() }
    return (await this.#changed(canceled, message.status)) ? canceled : undefined
  }

  /** Sends a message, or what was done to it meanwhile. */
  async #send(message: MessageRecord): Promise<MessageRecord> {
    const failed = {
      ...message,
      ...(await this.#faultOf(message)),
      status: 'failed' as const,
      updatedMs: this.#nowMs(),
    }
    if (await this.#changed(failed, message.status)) return failed
    return (await this.#parts.store.find(message.sid)) ?? failed
  }

  async #faultOf(message: MessageRecord) {
    const { accountSid, from } = message
    if (!/^\+[1-9]\d{7,14}$/.test(message.to)) {
      return { errorCode: 21211, errorMessage: `The 'To' number ${shownTo(message)} is not valid` }
    }
    if (from !== undefined && !(await this.#parts.mayUse(accountSid, from))) {
      return { errorCode: 21606, errorMessage: `The account may not send as ${from}` }
    }
    return noCarrier
  }

  async #changed(message: MessageRecord, was: MessageRecord['status']): Promise<boolean> {
    const callbacks = statusCallbackOf(message)
    const has = await this.#parts.store.update(retained(message), was, callbacks)
    if (has && callbacks.length > 0) this.#parts.outboxFilled(message.sid)
    return has
  }

  async #sweep(): Promise<void> {
    const { store, clock } = this.#parts
    const { signal } = this.#over
    while (!signal.aborted) {
      for (const message of await store.due(clock.nowMs(), sweepMax)) await this.#send(message)
      await clock.sleep(sweepEveryMs, signal).catch(() => {})
    }
  }

  #keep(task: Promise<unknown>): void {
    const kept = task
      .catch((error) => {
        if (!this.#over.signal.aborted) this.#parts.bug(error)
      })
      .finally(() => this.#sending.delete(kept))
    this.#sending.add(kept)
  }

  #nowMs(): number {
    return this.#parts.clock.nowMs()
  }
}
