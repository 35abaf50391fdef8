import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.js'
import type { LegEvent } from '../sip/leg-events.js'
import { headerOf } from '../sip/message.js'
import { parseNameAddr } from '../sip/name-addr.js'
import type { OutsideCommand, RegisterCommand, RegistrationEvent } from '../sip/outside-events.js'
import { escapeUser, formatHostPort, parseSipUri, type SipUri, userOf } from '../sip/uri.js'

const gatewaysMax = 1000
/** How long a shutdown waits for the carriers. */
const closeMs = 3_000

/** What of a gateway matters to a registration with it. */
export interface RegisteringGateway {
  readonly sid: string
  /** Host, port and parameters; a user in it is left out. */
  readonly uri: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly register: boolean
  /** What is asked for [s]. */
  readonly expiresS: number
}

export interface RegistrationState {
  readonly state: 'registering' | 'registered' | 'failed'
  /** SIP status of the last attempt; undefined: it is under way. */
  readonly status: number | undefined
  /** Until when the carrier holds our binding, by the clock of the wall; undefined: it does not. */
  readonly expiresMs: number | undefined
  /** Route of calls through this gateway (RFC 3608). */
  readonly serviceRoutes: readonly string[]
}

export interface GatewayRegistrationsParts {
  readonly sip: { send(command: OutsideCommand): void }
  readonly clock: Clock
  /** The same over restarts, and another for every installation: for instance ids. */
  readonly installationId: string
  /** The outcome of an attempt; `isNews`: the one before had another. */
  told(gatewaySid: string, event: RegistrationEvent, isNews: boolean): void
}

interface Held {
  /** Several gateways may be one account with a carrier, for different numbers. */
  readonly sids: readonly string[]
  readonly command: RegisterCommand
  last: RegistrationEvent | undefined
}

/** Keeps us registered with the gateways that want it. */
export class GatewayRegistrations {
  readonly #parts: GatewayRegistrationsParts
  readonly #held = new Map<string, Held>()
  readonly #leaving = new Set<string>()
  /** Address of a carrier → until when calls from there are those of our bindings [ms, monotonic]. */
  #sources = new Map<string, number>()
  #allLeft: (() => void) | undefined

  constructor(parts: GatewayRegistrationsParts) {
    this.#parts = parts
  }

  /** Puts these gateways in the place of all; those that stay as they are stay registered. */
  set(gateways: readonly RegisteringGateway[]): void {
    const wanted = this.#wantedBy(gateways.filter(({ register }) => register).slice(0, gatewaysMax))
    for (const id of [...this.#held.keys()]) if (!wanted.has(id)) this.#leave(id)
    for (const [id, next] of wanted) {
      const held = this.#held.get(id)
      this.#held.set(id, { ...next, last: held?.last })
      if (held && JSON.stringify(held.command) === JSON.stringify(next.command)) continue
      this.#leaving.delete(id)
      this.#parts.sip.send(next.command)
    }
    this.#noteSources()
  }

  /** Undefined: this gateway wants no registration. */
  stateOf(gatewaySid: string): RegistrationState | undefined {
    const held = [...this.#held.values()].find(({ sids }) => sids.includes(gatewaySid))
    if (!held) return undefined
    const { clock } = this.#parts
    const { last } = held
    const expiresMs = last?.expiresAtMs && last.expiresAtMs - clock.monotonicMs() + clock.nowMs()
    const state = last ? (last.state === 'registered' ? 'registered' : 'failed') : 'registering'
    return {
      state,
      status: last?.status,
      expiresMs: expiresMs && Math.round(expiresMs),
      serviceRoutes: last?.serviceRoutes ?? [],
    }
  }

  /** Whether calls from this address come to a binding of ours. */
  isSource(address: string): boolean {
    const untilMs = this.#sources.get(address)
    return untilMs !== undefined && this.#parts.clock.monotonicMs() < untilMs
  }

  handle(event: RegistrationEvent): void {
    const held = this.#held.get(event.registrationId)
    if (held) {
      const isNews = held.last?.state !== event.state
      held.last = event
      this.#noteSources()
      for (const sid of held.sids) this.#parts.told(sid, event, isNews)
    } else if (event.state === 'unregistered') {
      this.#leaving.delete(event.registrationId)
      if (this.#leaving.size === 0) this.#allLeft?.()
    }
  }

  /**
   * A call to our Contact names the user of the registration, and in To who was called (RFC 7315 §5.6,
   * P-Called-Party-ID, says it better): that is put in the place of the Request-URI.
   */
  named(event: LegEvent): LegEvent {
    if (event.type !== 'invited' || !this.isSource(event.flow.remoteAddress)) return event
    const uri = parseSipUri(event.requestUri)
    const user = uri && userOf(uri)
    const isOurs = [...this.#held.values()].some(({ command }) => command.contactUser === user)
    if (!uri || !isOurs) return event
    const party = parseNameAddr(headerOf(event.headers, 'P-Called-Party-ID') ?? '')?.uri
    const called = parseSipUri(party ?? event.to.uri)
    const calledUser = called && userOf(called)
    if (calledUser === undefined || calledUser === user) return event
    return { ...event, requestUri: `sip:${escapeUser(calledUser)}@${hostOf(uri)}` }
  }

  /** Ends all registrations; resolves when the carriers know, or after 3 s. */
  async close(): Promise<void> {
    this.set([])
    if (this.#leaving.size === 0) return
    const over = new AbortController()
    this.#allLeft = () => over.abort()
    await this.#parts.clock.sleep(closeMs, over.signal).catch(() => {})
  }

  /** The settings of the first gateway of an account count. */
  #wantedBy(gateways: readonly RegisteringGateway[]): Map<string, Held> {
    const wanted = new Map<string, Held>()
    for (const gateway of gateways) {
      const command = this.#commandFor(gateway)
      const same = command && wanted.get(command.registrationId)
      if (!command) continue
      const sids = [...(same?.sids ?? []), gateway.sid]
      wanted.set(command.registrationId, {
        sids,
        command: same?.command ?? command,
        last: undefined,
      })
    }
    return wanted
  }

  #leave(registrationId: string): void {
    this.#held.delete(registrationId)
    this.#leaving.add(registrationId)
    this.#parts.sip.send({ type: 'unregister', registrationId })
  }

  #noteSources(): void {
    this.#sources = new Map()
    for (const { last } of this.#held.values()) {
      if (last?.peerAddress === undefined || last.expiresAtMs === undefined) continue
      const untilMs = Math.max(this.#sources.get(last.peerAddress) ?? 0, last.expiresAtMs)
      this.#sources.set(last.peerAddress, untilMs)
    }
  }

  #commandFor(gateway: RegisteringGateway): RegisterCommand | undefined {
    const { username, password = '', expiresS } = gateway
    const uri = parseSipUri(gateway.uri)
    if (!uri || username === undefined) return undefined
    const params = gateway.uri.includes(';') ? gateway.uri.slice(gateway.uri.indexOf(';')) : ''
    // Another address of record is another registration.
    const registrationId = `${uri.scheme}:${username}@${hostOf(uri)}${params}`
    return {
      type: 'register',
      registrationId,
      registrar: `${uri.scheme}:${hostOf(uri)}${params}`,
      addressOfRecord: `${uri.scheme}:${escapeUser(username)}@${formatHostPort(uri.host)}`,
      contactUser: username,
      instanceId: uuidOf(`${this.#parts.installationId} ${registrationId}`),
      credentials: { username, password },
      expiresS,
    }
  }
}

function hostOf({ host, port }: SipUri): string {
  return formatHostPort(host, port)
}

/** A UUID that is a function of the text (RFC 9562 §5.8). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ]
  return `urn:uuid:${[...parts, hex.slice(20, 32)].join('-')}`
}
