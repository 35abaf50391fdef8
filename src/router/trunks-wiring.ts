import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import type { Routes } from '../call/ports.js'
import type { Gateway } from '../call/trunk-gateway.js'
import { type GatewayTried, TrunkTable } from '../call/trunk-table.js'
import type { SipResolver } from '../net/sip-resolver.js'
import type { SecretBox } from '../store/secret-box.js'
import type { Store } from '../store/store.js'
import type { Config } from './config.js'
import { TrunkAddresses } from './trunks-addresses.js'
import { TrunksKeeper } from './trunks-keeper.js'
import { AllowedNumbers } from './trunks-numbers.js'

export interface TrunkParts {
  readonly config: Pick<Config, 'trunks' | 'trunkSilenceMs' | 'allowNumbers' | 'defaultCountry'>
  readonly store: Store
  readonly box: SecretBox
  readonly clock: Clock
  readonly ids: Ids
  readonly events: { gatewayTried(tried: GatewayTried): void }
  /** RFC 3608 */
  serviceRoutesOf(gatewaySid: string): readonly string[]
}

/** The gateways, and all that must hear of a change in them. */
export class Trunks implements Pick<Routes, 'number' | 'allows'> {
  readonly table: TrunkTable
  readonly keeper: TrunksKeeper
  readonly #numbers: AllowedNumbers
  readonly #clock: Clock
  readonly #listeners: ((gateways: readonly Gateway[]) => void)[] = []
  #addresses: TrunkAddresses | undefined

  static async open(parts: TrunkParts): Promise<Trunks> {
    const trunks = new Trunks(parts)
    await trunks.keeper.start(parts.config.trunks, parts.clock)
    return trunks
  }

  private constructor({ config, store, box, clock, ids, events, ...parts }: TrunkParts) {
    this.#clock = clock
    this.table = new TrunkTable({
      clock,
      random: () => ids.uint32() / 2 ** 32,
      silenceMsMax: config.trunkSilenceMs,
      tried: (facts) => events.gatewayTried(facts),
      serviceRoutesOf: (sid) => parts.serviceRoutesOf(sid),
    })
    this.#numbers = new AllowedNumbers(
      config.allowNumbers,
      config.defaultCountry,
      (phoneNumber, accountSid) => this.table.names(phoneNumber, accountSid),
    )
    this.keeper = new TrunksKeeper(store, box, (gateways) => {
      this.table.set(gateways)
      for (const listener of this.#listeners) listener(gateways)
    })
  }

  number(...parameters: Parameters<TrunkTable['route']>): ReturnType<TrunkTable['route']> {
    return this.table.route(...parameters)
  }

  allows(phoneNumber: string, accountSid: string): boolean {
    return this.#numbers.allows(phoneNumber, accountSid)
  }

  /** Called at once, and after every change. */
  onChange(listener: (gateways: readonly Gateway[]) => void): void {
    this.#listeners.push(listener)
    listener(this.table.gateways)
  }

  /** From now on calls from the addresses of gateways are let in. */
  watchAddresses(resolver: Pick<SipResolver, 'resolve'>): void {
    const addresses = new TrunkAddresses(resolver, this.#clock)
    this.#addresses = addresses
    this.onChange((gateways) => addresses.set(gateways))
  }

  isGateway(address: string): boolean {
    return this.#addresses?.has(address) ?? false
  }

  passwordOfGateway(username: string): string | undefined {
    return this.table.gateways.find((gateway) => gateway.isEnabled && gateway.username === username)
      ?.password
  }

  seal(password: string): string {
    return this.keeper.seal(password)
  }

  reload(): Promise<void> {
    return this.keeper.reload()
  }

  stateOf(gatewaySid: string): ReturnType<TrunkTable['stateOf']> {
    return this.table.stateOf(gatewaySid)
  }

  close(): void {
    this.#addresses?.close()
  }
}
