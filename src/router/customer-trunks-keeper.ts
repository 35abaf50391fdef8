import type { TrunkTableOptions } from '../call/trunk-table.js'
import { selectCustomerTrunks, selectOriginationUrls } from '../store/customer-trunks.js'
import type { CustomerTrunkRow, OriginationUrlRow, SipMappingRow } from '../store/schema.js'
import { selectSipMappings } from '../store/sip-domains.js'
import type { Store } from '../store/store.js'
import { CustomerTrunks } from './customer-trunks.js'
import type { SipDomains } from './sip-domains.js'
import type { TrunkParts } from './trunks-wiring.js'

export interface CustomerTrunksParts {
  readonly store: Store
  /** Where the domains of trunks are among those of accounts. */
  readonly domains: SipDomains
  readonly table: TrunkTableOptions
}

/** With the same patience for a PBX as for a gateway. */
export function openCustomerTrunks({
  config,
  clock,
  ids,
  events,
  ...stored
}: Pick<TrunkParts, 'clock' | 'ids' | 'events'> &
  Pick<CustomerTrunksParts, 'store' | 'domains'> & {
    readonly config: Pick<TrunkParts['config'], 'trunkSilenceMs'>
  }): Promise<CustomerTrunksKeeper> {
  const table: TrunkTableOptions = {
    clock,
    random: () => ids.uint32() / 2 ** 32,
    silenceMsMax: config.trunkSilenceMs,
    tried: (facts) => events.gatewayTried(facts),
  }
  return CustomerTrunksKeeper.open({ ...stored, table })
}

/** Keeps `CustomerTrunks` as the store has them; REST says what it has changed. */
export class CustomerTrunksKeeper {
  readonly trunks: CustomerTrunks
  readonly #parts: CustomerTrunksParts
  #loading: Promise<void> = Promise.resolve()

  static async open(parts: CustomerTrunksParts): Promise<CustomerTrunksKeeper> {
    const keeper = new CustomerTrunksKeeper(parts)
    await keeper.#load(undefined)
    return keeper
  }

  private constructor(parts: CustomerTrunksParts) {
    this.#parts = parts
    this.trunks = new CustomerTrunks(parts.table)
  }

  /** Resolves when what is stored of the trunk, its URLs and its lists is in effect. */
  reload(sid: string): Promise<void> {
    // One after another: an older answer of the store must not replace a newer one.
    const loading = this.#loading.then(() => this.#load(sid))
    this.#loading = loading.catch(() => {})
    return loading
  }

  /** One trunk, or all. */
  async #load(sid: string | undefined): Promise<void> {
    const { store, domains } = this.#parts
    const rows = await store.read<CustomerTrunkRow>(selectCustomerTrunks(sid))
    const urls = grouped(
      await store.read<OriginationUrlRow>(selectOriginationUrls(sid)),
      (row) => row.trunk_sid,
    )
    const mappings = grouped(
      await store.read<SipMappingRow>(selectSipMappings(sid)),
      (row) => row.domain_sid,
    )
    if (sid !== undefined) domains.removeDomain(sid)
    if (sid !== undefined && rows.length === 0) this.trunks.remove(sid)
    for (const row of rows) {
      this.trunks.set(row, urls.get(row.sid) ?? [])
      domains.setTrunk(row, mappings.get(row.sid) ?? [])
    }
  }
}

function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group) group.push(row)
    else groups.set(keyOf(row), [row])
  }
  return groups
}
