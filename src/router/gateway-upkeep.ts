import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import type { LegEvent } from '../sip/leg-events.js'
import type { OutsideCommand, OutsideEvent } from '../sip/outside-events.js'
import { GatewayProbes } from './gateway-probes.js'
import { GatewayRegistrations, type RegisteringGateway } from './gateway-registrations.js'

export interface GatewayUpkeepParts {
  readonly sip: { send(command: OutsideCommand): void }
  readonly clock: Clock
  readonly ids: Ids
  /** The same over restarts, and another for every installation. */
  readonly installationId: string
  /** 0: no probes. */
  readonly probeIntervalMs: number
  readonly health: { probed(gatewaySid: string, isAlive: boolean): void }
  readonly events: {
    gatewayRegistered(gatewaySid: string, state: string, status: number, isNews: boolean): void
    gatewayProbed(gatewaySid: string, isAlive: boolean, status: number, isNews: boolean): void
  }
}

type Gateway = RegisteringGateway & { readonly isEnabled: boolean }

/** What is done for gateways between calls: registrations and probes. */
export class GatewayUpkeep {
  readonly #registrations: GatewayRegistrations
  readonly #probes: GatewayProbes

  constructor({ sip, clock, ids, health, events, ...parts }: GatewayUpkeepParts) {
    const { installationId, probeIntervalMs: intervalMs } = parts
    this.#registrations = new GatewayRegistrations({
      ...{ sip, clock, installationId },
      told: (sid, { state, status }, isNews) =>
        events.gatewayRegistered(sid, state, status, isNews),
    })
    this.#probes = new GatewayProbes({
      ...{ sip, clock, ids, intervalMs },
      alive: (sid, isAlive, status, isNews) => {
        health.probed(sid, isAlive)
        events.gatewayProbed(sid, isAlive, status, isNews)
      },
    })
  }

  set(gateways: readonly Gateway[]): void {
    const enabled = gateways.filter(({ isEnabled }) => isEnabled)
    this.#registrations.set(enabled)
    this.#probes.set(enabled)
  }

  handle(event: OutsideEvent): void {
    if (event.type === 'registration') this.#registrations.handle(event)
    else if (event.type === 'probed') this.#probes.handle(event)
  }

  /** The event, with the number that was called when it came to a Contact of ours. */
  named(event: LegEvent): LegEvent {
    return this.#registrations.named(event)
  }

  stateOf(gatewaySid: string): ReturnType<GatewayRegistrations['stateOf']> {
    return this.#registrations.stateOf(gatewaySid)
  }

  /** Calls to our Contacts come from where we have registered, be it no address of a gateway. */
  trustOf(others: TrustedGateways): TrustedGateways {
    return {
      isGateway: (address) => others.isGateway(address) || this.#registrations.isSource(address),
      passwordOfGateway: (username) => others.passwordOfGateway(username),
    }
  }

  /** Resolves when the carriers know that we go, or after 3 s. */
  async close(): Promise<void> {
    this.#probes.close()
    await this.#registrations.close()
  }
}

interface TrustedGateways {
  isGateway(address: string): boolean
  passwordOfGateway(username: string): string | undefined
}
