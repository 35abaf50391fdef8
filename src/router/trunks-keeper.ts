import type { Clock } from '../base/clock.js'
import type { Gateway } from '../call/trunk-gateway.js'
import { deleteConfiguredGateways, insertGateway, selectGateways } from '../store/gateways.js'
import type { GatewayRow } from '../store/schema.js'
import type { SecretBox } from '../store/secret-box.js'
import type { Store } from '../store/store.js'

/** The gateways of settings and REST in one table of the store; tells about every change. */
export class TrunksKeeper {
  readonly #store: Store
  readonly #box: SecretBox
  readonly #changed: (gateways: readonly Gateway[]) => void
  #loading: Promise<void> = Promise.resolve()

  constructor(store: Store, box: SecretBox, changed: (gateways: readonly Gateway[]) => void) {
    this.#store = store
    this.#box = box
    this.#changed = changed
  }

  /** Puts what the settings say in the place of what they said before, and loads all. */
  async start(configured: readonly Gateway[], clock: Pick<Clock, 'nowMs'>): Promise<void> {
    const nowMs = clock.nowMs()
    const rows = configured.map((gateway) => this.#rowOf(gateway, nowMs))
    await this.#store.write([deleteConfiguredGateways(), ...rows.map(insertGateway)])
    await this.reload()
  }

  /** Resolves when a change in the store is in effect. */
  reload(): Promise<void> {
    const loading = this.#loading.then(async () => {
      const rows = await this.#store.read<GatewayRow>(selectGateways())
      this.#changed(rows.map((row) => this.#gatewayOf(row)))
    })
    this.#loading = loading.catch(() => {})
    return loading
  }

  seal(password: string): string {
    return this.#box.seal(password)
  }

  #gatewayOf(row: GatewayRow): Gateway {
    return {
      sid: row.sid,
      accountSid: row.account_sid ?? undefined,
      name: row.name,
      prefix: row.prefix,
      priority: row.priority,
      weight: row.weight,
      uri: row.uri,
      username: row.username ?? undefined,
      password: row.password === null ? undefined : this.#box.open(row.password),
      strip: row.strip,
      prepend: row.prepend,
      callsMax: row.calls_max ?? undefined,
      callsPerSecondMax: row.calls_per_second_max ?? undefined,
      register: row.register === 1,
      expiresS: row.expires_s,
      isEnabled: row.enabled === 1,
    }
  }

  #rowOf(gateway: Gateway, nowMs: number): GatewayRow {
    return {
      sid: gateway.sid,
      account_sid: gateway.accountSid ?? null,
      source: 'settings',
      name: gateway.name,
      prefix: gateway.prefix,
      priority: gateway.priority,
      weight: gateway.weight,
      uri: gateway.uri,
      username: gateway.username ?? null,
      password: gateway.password === undefined ? null : this.seal(gateway.password),
      strip: gateway.strip,
      prepend: gateway.prepend,
      calls_max: gateway.callsMax ?? null,
      calls_per_second_max: gateway.callsPerSecondMax ?? null,
      register: gateway.register ? 1 : 0,
      expires_s: gateway.expiresS,
      enabled: gateway.isEnabled ? 1 : 0,
      created_ms: nowMs,
      updated_ms: nowMs,
    }
  }
}
