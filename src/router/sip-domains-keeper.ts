import { computeHa1 } from '../base/digest.js'
import type {
  SipCredentialRow,
  SipDomainRow,
  SipIpAddressRow,
  SipMappingRow,
} from '../store/schema.js'
import type { SecretBox } from '../store/secret-box.js'
import { selectSipDomains, selectSipMappings } from '../store/sip-domains.js'
import { selectSipCredentials, selectSipIpAddresses } from '../store/sip-lists.js'
import type { Store } from '../store/store.js'
import { type Ha1s, SipDomains } from './sip-domains.js'

export interface SipDomainsKeeperParts {
  readonly store: Store
  readonly box: SecretBox
  /** Digest realm of our challenges. */
  readonly realm: string
}

/** Keeps `SipDomains` as the store has them; REST says what it has changed. */
export class SipDomainsKeeper {
  readonly domains = new SipDomains()
  readonly #parts: SipDomainsKeeperParts
  readonly #listeners: (() => void)[] = []
  #loading: Promise<void> = Promise.resolve()

  static async open(parts: SipDomainsKeeperParts): Promise<SipDomainsKeeper> {
    const keeper = new SipDomainsKeeper(parts)
    await keeper.#loadAll()
    return keeper
  }

  private constructor(parts: SipDomainsKeeperParts) {
    this.#parts = parts
  }

  /** Called after every change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Resolves when what is stored of the domain and its mappings is in effect, as the others below. */
  reloadDomain(sid: string): Promise<void> {
    return this.#next(async () => {
      const { store } = this.#parts
      const [row] = await store.read<SipDomainRow>(selectSipDomains(sid))
      const mappings = await store.read<SipMappingRow>(selectSipMappings(sid))
      if (row) this.domains.setDomain(row, mappings)
      else this.domains.removeDomain(sid)
    })
  }

  reloadCredentials(listSid: string): Promise<void> {
    return this.#next(async () => {
      const rows = await this.#parts.store.read<SipCredentialRow>(selectSipCredentials(listSid))
      this.domains.setCredentials(listSid, this.#opened(rows))
    })
  }

  reloadAddresses(listSid: string): Promise<void> {
    return this.#next(async () => {
      const rows = await this.#parts.store.read<SipIpAddressRow>(selectSipIpAddresses(listSid))
      this.domains.setAddresses(listSid, rows)
    })
  }

  /** What is stored of a password, for our realm. */
  seal(username: string, password: string): Pick<SipCredentialRow, 'realm' | 'ha1'> {
    const { box, realm } = this.#parts
    const ha1s: Ha1s = {
      MD5: computeHa1('MD5', username, realm, password),
      'SHA-256': computeHa1('SHA-256', username, realm, password),
    }
    return { realm, ha1: box.seal(JSON.stringify(ha1s)) }
  }

  async #loadAll(): Promise<void> {
    const { store } = this.#parts
    const allMappings = await store.read<SipMappingRow>(selectSipMappings())
    const mappings = grouped(allMappings, (row) => row.domain_sid)
    for (const row of await store.read<SipDomainRow>(selectSipDomains())) {
      this.domains.setDomain(row, mappings.get(row.sid) ?? [])
    }
    const credentials = await store.read<SipCredentialRow>(selectSipCredentials())
    for (const [listSid, rows] of grouped(credentials, (row) => row.list_sid)) {
      this.domains.setCredentials(listSid, this.#opened(rows))
    }
    const addresses = await store.read<SipIpAddressRow>(selectSipIpAddresses())
    for (const [listSid, rows] of grouped(addresses, (row) => row.list_sid)) {
      this.domains.setAddresses(listSid, rows)
    }
  }

  /** One after another: an older answer of the store must not replace a newer one. */
  #next(load: () => Promise<void>): Promise<void> {
    const loading = this.#loading.then(async () => {
      await load()
      for (const listener of this.#listeners) listener()
    })
    this.#loading = loading.catch(() => {})
    return loading
  }

  /** A credential for another realm can prove nothing: the realm is part of its HA1. */
  #opened(rows: readonly SipCredentialRow[]): ReadonlyMap<string, Ha1s> {
    const { box, realm } = this.#parts
    const usable = rows.filter((row) => row.realm === realm)
    return new Map(usable.map((row) => [row.username, JSON.parse(box.open(row.ha1)) as Ha1s]))
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
