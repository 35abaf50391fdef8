import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import { withoutUserInfo } from '../base/user-info.js'
import { insertCallEvent, trimCallEvents } from '../store/call-events.js'
import type { CallEvent, CallEventRow } from '../store/schema.js'
import type { Store } from '../store/store.js'
import type { Parameters } from '../webhook/signature.js'
import { withoutPasswords } from './event-secrets.js'

/** Whose event it is. */
export interface EventCall {
  readonly sid: string
}

export interface LoggedExchange {
  readonly method: string
  readonly url: string
  readonly parameters: Parameters
  /** Undefined: there was no answer. */
  readonly status: number | undefined
  readonly contentType: string | undefined
  readonly body: Buffer | undefined
  readonly durationMs: number
  readonly redirects: number
  readonly tries: number
  readonly isCached: boolean
  readonly error: LoggedFault | undefined
  /** Faults that are told later may be of its answer. */
  readonly isDocument: boolean
}

export interface LoggedFault {
  readonly errorCode: number | undefined
  readonly message: string
}

/** What the log knows of a call whose events it has taken. */
interface Known {
  count: number
  /** The request that led to the document at hand. */
  last: { readonly method: string; readonly url: string } | undefined
}

const eventsPerCall = 200
const bodyCharsMax = 4_096
const valueCharsMax = 2_000
const parametersMax = 200
const batchMs = 200
const pendingMax = 10_000
const callsMax = 50_000

/**
 * The event log of calls (REST: Calls/{Sid}/Events): what applications were asked and what they
 * answered. Written behind, many together; the latest 200 of each call are kept.
 */
export class CallEventLog {
  readonly #store: Store
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #failed: (error: unknown) => void
  #pending: CallEventRow[] = []
  readonly #calls = new Map<string, Known>()
  #writing: Promise<void> | undefined
  readonly #stop = new AbortController()
  #events = 0

  constructor(store: Store, clock: Clock, ids: Ids, failed: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#ids = ids
    this.#failed = failed
  }

  exchange(call: EventCall, exchange: LoggedExchange): void {
    const { method, contentType, body, error } = exchange
    const url = withoutUserInfo(exchange.url)
    const known = this.#known(call.sid)
    if (exchange.isDocument) known.last = { method, url }
    const { redirects, tries, isCached } = exchange
    this.#add(call, {
      method,
      url,
      redirects,
      tries,
      isCached,
      parameters: shownParameters(exchange.parameters),
      status: exchange.status ?? null,
      contentType: contentType ?? null,
      body: body === undefined ? null : textOf(contentType ?? '', body),
      durationMs: Math.round(exchange.durationMs),
      ...shownFault(error),
    })
  }

  /** A fault of a document, which belongs to the request before. */
  fault(call: EventCall, fault: LoggedFault): void {
    const { method, url } = this.#known(call.sid).last ?? { method: null, url: null }
    const none = { parameters: [], status: null, contentType: null, body: null, durationMs: null }
    const counts = { redirects: 0, tries: 0, isCached: false }
    this.#add(call, { method, url, ...none, ...counts, ...shownFault(fault) })
  }

  forget(callSid: string): void {
    this.#calls.delete(callSid)
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('shutting down'))
    await this.#writing
    await this.#write()
  }

  #known(callSid: string): Known {
    const known = this.#calls.get(callSid)
    if (known) return known
    if (this.#calls.size >= callsMax) {
      const [oldest] = this.#calls.keys()
      if (oldest !== undefined) this.#calls.delete(oldest)
    }
    const added: Known = { count: 0, last: undefined }
    this.#calls.set(callSid, added)
    return added
  }

  #add(call: EventCall, event: CallEvent): void {
    // The store is stuck: the calls matter more.
    if (this.#pending.length >= pendingMax) this.#pending.shift()
    const nowMs = this.#clock.nowMs()
    this.#pending.push({
      sid: this.#sid(nowMs),
      call_sid: call.sid,
      event: JSON.stringify(event),
      created_ms: nowMs,
    })
    this.#writing ??= this.#writeSoon()
  }

  /** Sorts by time, and those of one millisecond by their order. */
  #sid(nowMs: number): string {
    this.#events = (this.#events + 1) % 0xffff_ffff
    const time = nowMs.toString(16).padStart(12, '0')
    return `EV${time}${this.#events.toString(16).padStart(8, '0')}${this.#ids.hex(6)}`
  }

  async #writeSoon(): Promise<void> {
    await this.#clock.sleep(batchMs, this.#stop.signal).catch(() => {})
    this.#writing = undefined
    await this.#write()
  }

  async #write(): Promise<void> {
    const rows = this.#pending
    if (rows.length === 0) return
    this.#pending = []
    const full = new Set<string>()
    for (const { call_sid } of rows) {
      const known = this.#calls.get(call_sid)
      if (known && ++known.count > eventsPerCall) full.add(call_sid)
    }
    const trims = [...full].map((callSid) => trimCallEvents(callSid, eventsPerCall))
    await this.#store.write([...rows.map(insertCallEvent), ...trims]).catch(this.#failed)
  }
}

function shownFault(fault: LoggedFault | undefined) {
  const message = fault && withoutUserInfo(fault.message).slice(0, valueCharsMax)
  return { errorCode: fault?.errorCode ?? null, errorMessage: message ?? null }
}

function shownParameters(parameters: Parameters): Parameters {
  const isShown = ([, value]: Parameters[number]) =>
    value.length <= valueCharsMax && withoutUserInfo(value) === value
  if (parameters.length <= parametersMax && parameters.every(isShown)) return parameters
  return parameters
    .slice(0, parametersMax)
    .map(([name, value]) => [name, withoutUserInfo(value.slice(0, valueCharsMax))])
}

/** Null for what is no text. */
function textOf(contentType: string, body: Buffer): string | null {
  const isText = /^(text\/|application\/(.*[+])?(xml|json)|$)/.test(contentType)
  if (!isText) return null
  return withoutPasswords(body.toString('utf8', 0, bodyCharsMax))
}
