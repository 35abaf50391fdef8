import type { Clock } from '../base/clock.js'
import { deleteOutbox, findCall, selectCallsOfOutbox, selectOutbox } from '../store/calls.js'
import type { OutboxRow } from '../store/schema.js'
import type { Store } from '../store/store.js'
import type { TelemetryEvents } from '../telemetry/events.js'
import { withoutWithheld } from '../webhook/request-options.js'
import { voiceParameters } from '../webhook/voice-parameters.js'
import type { AccountDirectory } from './account-directory.js'
import type { LoggedWebhooks } from './logged-webhooks.js'
import { outboxOptions } from './outbox-options.js'
import { resolveUrl } from './resolve-url.js'
import { callRecord } from './sql-call-store.js'
import { voiceCallOf } from './voice-call.js'
import type { WebhookOptionsTable } from './webhook-options.js'

interface SenderParts {
  readonly store: Store
  readonly client: Pick<LoggedWebhooks, 'fetch'>
  readonly accounts: AccountDirectory
  readonly events: TelemetryEvents
  readonly clock: Clock
  readonly webhookOptions: Pick<WebhookOptionsTable, 'has' | 'ofNumber'>
}

const batchMax = 100
const activeMax = 64

/**
 * Sends stored status callbacks: in order, one in flight per call, at least once; what an earlier
 * process left is sent first. One that fails after the client's retries is dropped and counted.
 */
export class OutboxSender {
  readonly #parts: SenderParts
  readonly #active = new Map<string, Promise<void>>()
  /** Calls with something to send that wait for a turn, or that got more while they were sent. */
  readonly #due = new Set<string>()
  readonly #stop = new AbortController()

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  /** Sends what is left from before. */
  async start(): Promise<void> {
    const rows = await this.#parts.store.read(selectCallsOfOutbox())
    for (const row of rows) this.filled(row.call_sid)
  }

  filled(callSid: string): void {
    this.#due.add(callSid)
    this.#next()
  }

  /** Waits, at most `graceMs`, until everything was sent; the rest is sent by the next process. */
  async close(graceMs: number): Promise<void> {
    const { clock } = this.#parts
    const deadlineMs = clock.monotonicMs() + graceMs
    while (this.#active.size > 0 && clock.monotonicMs() < deadlineMs) await clock.sleep(20)
    this.#stop.abort(new Error('shutting down'))
    await Promise.all(this.#active.values())
  }

  #next(): void {
    for (const callSid of this.#due) {
      if (this.#active.size >= activeMax || this.#stop.signal.aborted) return
      if (this.#active.has(callSid)) continue
      this.#due.delete(callSid)
      const sending = this.#sendAll(callSid)
        .catch((error) => {
          if (!this.#stop.signal.aborted) this.#parts.events.bug(error, callSid)
        })
        .finally(() => {
          this.#active.delete(callSid)
          this.#next()
        })
      this.#active.set(callSid, sending)
    }
  }

  async #sendAll(callSid: string): Promise<void> {
    const { store } = this.#parts
    for (;;) {
      const rows = await store.read(selectOutbox(callSid, batchMax))
      for (const row of rows) {
        await this.#send(row)
        if (this.#stop.signal.aborted) return
        await store.write([deleteOutbox(row.id)])
      }
      if (rows.length < batchMax) return
    }
  }

  async #send(row: OutboxRow): Promise<void> {
    const { store, client, accounts, events } = this.#parts
    const [call] = await store.read(findCall(row.account_sid, row.call_sid))
    // What concerns a conference or a message tells all of itself.
    const tellsAll = /^(CF|SM|MM)/.test(row.call_sid)
    if (!call && !tellsAll) return
    const own = JSON.parse(row.parameters) as [string, string][]
    const names = new Set(own.map(([name]) => name))
    const record = call && callRecord(call)
    const options = await outboxOptions(row.account_sid, record, own, this.#parts)
    const standard = record ? voiceParameters(voiceCallOf(record)) : []
    const all = [...standard.filter(([name]) => !names.has(name)), ...own]
    // A text without its sender would tell nothing.
    const parameters = record ? withoutWithheld(all, options) : all
    try {
      await client.fetch(
        {
          url: resolveUrl(row.url, undefined, parameters),
          method: row.method === 'GET' ? 'GET' : 'POST',
          parameters,
          accountSid: row.account_sid,
          // Cookies belong to the documents of a call; its jar may be gone by now.
          callSid: undefined,
          ...(/^[SM]M/.test(row.call_sid) ? {} : { loggedWith: row.call_sid }),
          authToken: await accounts.authToken(row.account_sid),
          idempotencyToken: row.id,
          options,
        },
        this.#stop.signal,
      )
    } catch (error) {
      if (this.#stop.signal.aborted) return
      events.callbackDropped(row.call_sid, row.url, error instanceof Error ? error.message : '')
    }
  }
}
