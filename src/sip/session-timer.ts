import type { Core, Timed } from './core.js'
import type { HeaderField } from './events.js'
import { parseNumber, parseParams } from './grammar.js'
import { headerOf, headerValues } from './message.js'

/** RFC 4028 §4: shorter sessions are refused. */
export const sessionSecondsMin = 90
/** What we ask for, and grant at most. */
const sessionSecondsWanted = 1800
const secondsMax = 86_400

export interface SessionInterval {
  readonly seconds: number
  /** Undefined: not said. */
  readonly refresher: 'uac' | 'uas' | undefined
}

/** Session-Expires (RFC 4028 §4); undefined: none that could be read. */
export function sessionIntervalOf(headers: readonly HeaderField[]): SessionInterval | undefined {
  const value = headerOf(headers, 'Session-Expires')
  if (value === undefined) return undefined
  const semicolon = value.indexOf(';')
  const digits = (semicolon < 0 ? value : value.slice(0, semicolon)).trim()
  const seconds = parseNumber(digits, Number.MAX_SAFE_INTEGER)
  const params = parseParams(semicolon < 0 ? '' : value.slice(semicolon))
  if (seconds === undefined || !params) return undefined
  const refresher = params.get('refresher')?.toLowerCase()
  const known = refresher === 'uac' || refresher === 'uas' ? refresher : undefined
  return { seconds: Math.min(seconds, secondsMax), refresher: known }
}

/** The least interval that a peer accepts (RFC 4028 §5). */
export function minimumOf(headers: readonly HeaderField[]): number {
  const [digits = ''] = (headerOf(headers, 'Min-SE') ?? '').split(';')
  const seconds = parseNumber(digits.trim(), Number.MAX_SAFE_INTEGER) ?? 0
  return Math.min(Math.max(seconds, sessionSecondsMin), secondsMax)
}

/** The option tags of Supported or Require, lower case. */
export function optionTags(headers: readonly HeaderField[], name: 'Supported' | 'Require') {
  const text = headerValues(headers, name).join(',').toLowerCase()
  return new Set(text.split(',').flatMap((tag) => tag.trim() || []))
}

/** RFC 4028 §9: 422 for who knows session timers and asks for too short a one. */
export function intervalIsTooSmall(headers: readonly HeaderField[]): boolean {
  const interval = sessionIntervalOf(headers)
  if (!interval || interval.seconds >= sessionSecondsMin) return false
  return optionTags(headers, 'Supported').has('timer')
}

export const minimumField: HeaderField = { name: 'Min-SE', value: String(sessionSecondsMin) }

/** What a request of ours asks for; `refresher` only when the roles are settled (RFC 4028 §7.1, §7.4). */
export function intervalFields(minimumS: number, refresher?: 'uac' | 'uas'): HeaderField[] {
  const seconds = Math.max(sessionSecondsWanted, minimumS)
  const role = refresher === undefined ? '' : `;refresher=${refresher}`
  return [
    { name: 'Session-Expires', value: `${seconds}${role}` },
    { name: 'Min-SE', value: String(minimumS) },
  ]
}

export interface GrantedInterval {
  readonly seconds: number
  readonly weRefresh: boolean
  readonly fields: readonly HeaderField[]
}

/** What a 2xx of ours grants (RFC 4028 §9, table 2); undefined: the session has no timer. */
export function grantInterval(headers: readonly HeaderField[]): GrantedInterval | undefined {
  const asked = sessionIntervalOf(headers)
  // Who does not know timers would never notice that we refresh in vain.
  if (!optionTags(headers, 'Supported').has('timer')) return undefined
  const wanted = Math.max(sessionSecondsWanted, minimumOf(headers))
  const seconds = Math.max(Math.min(asked?.seconds ?? wanted, wanted), sessionSecondsMin)
  const refresher = asked?.refresher ?? 'uac'
  const interval = { name: 'Session-Expires', value: `${seconds};refresher=${refresher}` }
  const required = refresher === 'uac' ? [{ name: 'Require', value: 'timer' }] : []
  return { seconds, weRefresh: refresher === 'uas', fields: [interval, ...required] }
}

/** Refreshes a session halfway to its end, or ends it when the peer does not (RFC 4028 §10). */
export class SessionTimer implements Timed {
  readonly #core: Core
  readonly #due: (what: 'refresh' | 'expired') => void
  #seconds = 0
  #weRefresh = false
  #expiresMs = Number.POSITIVE_INFINITY
  /** Grows when the peer answers 422. */
  minimumS = sessionSecondsMin

  constructor(core: Core, due: (what: 'refresh' | 'expired') => void) {
    this.#core = core
    this.#due = due
  }

  /** Undefined: no timer runs. */
  get refresher(): 'us' | 'them' | undefined {
    if (this.#seconds === 0) return undefined
    return this.#weRefresh ? 'us' : 'them'
  }

  /** Begins anew, as each 2xx to a session refresh does; undefined: the session has no timer now. */
  start(interval: { readonly seconds: number; readonly weRefresh: boolean } | undefined): void {
    this.stop()
    if (!interval || interval.seconds < 1) return
    this.#seconds = interval.seconds
    this.#weRefresh = interval.weRefresh
    const nowMs = this.#core.nowMs
    this.#expiresMs = nowMs + this.#seconds * 1000
    // §10: the side that waits gives up a little before the end.
    const earlyS = Math.min(32, this.#seconds / 3)
    const dueMs = this.#weRefresh ? nowMs + this.#seconds * 500 : this.#expiresMs - earlyS * 1000
    this.#core.deadlines.set(this, dueMs)
  }

  /** A refresh of ours failed but the dialog is there: once more before the end, or never. */
  retryLater(): void {
    const leftMs = this.#expiresMs - this.#core.nowMs
    if (this.#seconds > 0) this.#core.deadlines.set(this, this.#core.nowMs + leftMs / 2)
  }

  stop(): void {
    this.#seconds = 0
    this.#core.deadlines.delete(this)
  }

  timeout(): void {
    const leftMs = this.#expiresMs - this.#core.nowMs
    this.#due(this.#weRefresh && leftMs > 1000 ? 'refresh' : 'expired')
  }
}
