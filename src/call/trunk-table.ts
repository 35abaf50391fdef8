import type { Clock } from '../base/clock.js'
import type { Route, TrunkAttempt, TrunkSearch } from './ports.js'
import { type Gateway, isDialable, isMediaSecure, routeThrough, serves } from './trunk-gateway.js'
import { TrunkHealth } from './trunk-health.js'
import { orderGateways } from './trunk-order.js'
import { type AttemptOutcome, isFailureOfGateway } from './trunk-outcome.js'

/** More would keep a caller waiting for nothing. */
const attemptsMax = 8

/** Who calls: for the choice of gateways, and for the log. */
export interface Dialler {
  readonly accountSid: string
  readonly callSid: string
}

/** One attempt, as the log and the counters have it. */
export interface GatewayTried extends Dialler {
  readonly gatewaySid: string
  readonly gateway: string
  readonly outcome: AttemptOutcome['type'] | 'full'
  readonly status: number | undefined
}

export interface TrunkTableOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** From 0 to below 1. */
  readonly random: () => number
  /** A gateway that sent nothing but 100 for so long is dead. */
  readonly silenceMsMax: number
  tried(facts: GatewayTried): void
  /** The way that a registrar wants calls to take (RFC 3608); none: directly. */
  serviceRoutesOf?(gatewaySid: string): readonly string[]
}

/** The gateways with what is known of them. */
export class TrunkTable {
  readonly #options: TrunkTableOptions
  #gateways: readonly Gateway[] = []
  readonly #health = new Map<string, TrunkHealth>()

  constructor(options: TrunkTableOptions) {
    this.#options = options
  }

  get gateways(): readonly Gateway[] {
    return this.#gateways
  }

  /** Puts these in the place of all; what is known of those that stay is kept. */
  set(gateways: readonly Gateway[]): void {
    this.#gateways = gateways
    const sids = new Set(gateways.map(({ sid }) => sid))
    for (const sid of this.#health.keys()) if (!sids.has(sid)) this.#health.delete(sid)
    for (const sid of sids) if (!this.#health.has(sid)) this.#health.set(sid, new TrunkHealth())
  }

  /** What a probe found, or a registration. */
  probed(gatewaySid: string, isAlive: boolean): void {
    const health = this.#health.get(gatewaySid)
    if (isAlive) health?.succeeded()
    else health?.failed(this.#options.clock.monotonicMs())
  }

  /** Undefined: there is no such gateway. */
  stateOf(gatewaySid: string): { readonly isDead: boolean; readonly calls: number } | undefined {
    const health = this.#health.get(gatewaySid)
    const nowMs = this.#options.clock.monotonicMs()
    return health && { isDead: health.isDead(nowMs), calls: health.calls }
  }

  /** Whether a gateway names a prefix of this number, instead of taking every number. */
  names(phoneNumber: string, accountSid: string): boolean {
    return this.#gateways.some(
      (gateway) => gateway.prefix !== '*' && serves(gateway, phoneNumber, accountSid),
    )
  }

  /** The way of a number through its gateways; undefined: none serves it. */
  route(phoneNumber: string, dialler: Dialler): Route | undefined {
    if (!isDialable(phoneNumber)) return undefined
    const { clock, random } = this.#options
    const nowMs = clock.monotonicMs()
    const isDead = ({ sid }: Gateway) => this.#health.get(sid)?.isDead(nowMs) ?? false
    const ordered = orderGateways(this.#gateways, phoneNumber, dialler.accountSid, isDead, random)
    const [best] = ordered
    if (!best) return undefined
    const route = this.#routeThrough(best, phoneNumber)
    // The offer is the same for all that are tried.
    const alike = ordered.filter((one) => isMediaSecure(one) === isMediaSecure(best))
    return { ...route, trunk: this.#search(alike, phoneNumber, dialler) }
  }

  #search(ordered: readonly Gateway[], phoneNumber: string, dialler: Dialler): TrunkSearch {
    let index = 0
    let attempts = 0
    return {
      silenceMsMax: this.#options.silenceMsMax,
      next: () => {
        while (attempts < attemptsMax && index < ordered.length) {
          const gateway = ordered[index++] as Gateway
          const health = this.#health.get(gateway.sid)
          // It was removed meanwhile.
          if (!health) continue
          const nowMs = this.#options.clock.monotonicMs()
          if (health.take(gateway.callsMax, gateway.callsPerSecondMax, nowMs)) {
            attempts++
            return this.#attempt(gateway, health, phoneNumber, dialler)
          }
          this.#tell(gateway, dialler, 'full')
        }
        return undefined
      },
    }
  }

  #attempt(
    gateway: Gateway,
    health: TrunkHealth,
    phoneNumber: string,
    dialler: Dialler,
  ): TrunkAttempt {
    let isHeld = true
    return {
      route: this.#routeThrough(gateway, phoneNumber),
      heard: () => health.succeeded(),
      report: (outcome) => {
        const isFailure = isFailureOfGateway(outcome)
        if (isFailure) health.failed(this.#options.clock.monotonicMs())
        else if (isFailure === false) health.succeeded()
        const status = outcome.type === 'refused' ? outcome.status : undefined
        this.#tell(gateway, dialler, outcome.type, status)
      },
      release: () => {
        if (isHeld) health.release()
        isHeld = false
      },
    }
  }

  #routeThrough(gateway: Gateway, phoneNumber: string): Route {
    const route = routeThrough(gateway, phoneNumber)
    const routes = this.#options.serviceRoutesOf?.(gateway.sid) ?? []
    return routes.length === 0 ? route : { ...route, routes }
  }

  #tell(
    gateway: Gateway,
    { accountSid, callSid }: Dialler,
    outcome: GatewayTried['outcome'],
    status?: number,
  ): void {
    const facts = { gatewaySid: gateway.sid, gateway: gateway.name, outcome, status }
    this.#options.tried({ accountSid, callSid, ...facts })
  }
}
