import { CidrSet } from '../base/address-policy.js'
import type { DigestAlgorithm } from '../base/digest.js'
import type { Callback } from '../call/call-record.js'
import type { SipDomainConfig } from '../call/sip-domain.js'
import type { Flow } from '../sip/events.js'
import type { SipDomainRow, SipIpAddressRow, SipMappingRow } from '../store/schema.js'

/** HA1 (RFC 7616 §3.4.2) of one password, lower-case hex. */
export type Ha1s = Readonly<Record<DigestAlgorithm, string>>

/** Who asks to be let in to a domain. */
export interface Claim {
  readonly username: string
  readonly algorithm: DigestAlgorithm
  readonly use: 'call' | 'registration'
  readonly flow: Flow
}

/** A domain, or that of a customer's trunk. */
interface Domain {
  readonly row: Pick<SipDomainRow, 'sid' | 'sip_registration' | 'secure'> & {
    /** Null: of a trunk that its PBX does not call. */
    readonly domain_name: string | null
  }
  /** Undefined: of a trunk. */
  readonly config: SipDomainConfig | undefined
  /** SIDs of the lists that are mapped, by purpose. */
  readonly lists: Readonly<Record<SipMappingRow['purpose'], readonly string[]>>
}

/** The SIP Domains of all accounts with who may use them: what is asked for each request is in memory. */
export class SipDomains {
  readonly #byName = new Map<string, Domain>()
  readonly #bySid = new Map<string, Domain>()
  readonly #credentials = new Map<string, ReadonlyMap<string, Ha1s>>()
  readonly #addresses = new Map<string, CidrSet>()
  #credentialCount = 0

  /** Domains, with those of trunks. */
  get size(): number {
    return this.#bySid.size
  }

  /** Credentials of all lists. */
  get credentialCount(): number {
    return this.#credentialCount
  }

  /** Puts a domain in the place of what was known of it. */
  setDomain(row: SipDomainRow, mappings: readonly SipMappingRow[]): void {
    this.#set(row, configOf(row), mappings)
  }

  /** The domain by which the PBX of a customer's trunk calls us: its lists say who may. */
  setTrunk(
    row: Pick<Domain['row'], 'sid' | 'domain_name' | 'secure'>,
    mappings: readonly SipMappingRow[],
  ): void {
    this.#set({ ...row, sip_registration: 0 }, undefined, mappings)
  }

  #set(row: Domain['row'], config: Domain['config'], mappings: readonly SipMappingRow[]): void {
    this.removeDomain(row.sid)
    const sidsOf = (purpose: SipMappingRow['purpose']) =>
      mappings.filter((mapping) => mapping.purpose === purpose).map(({ sid }) => sid)
    const lists = {
      call_credentials: sidsOf('call_credentials'),
      call_addresses: sidsOf('call_addresses'),
      registration_credentials: sidsOf('registration_credentials'),
    }
    const domain = { row, config, lists }
    this.#bySid.set(row.sid, domain)
    if (row.domain_name !== null) this.#byName.set(row.domain_name, domain)
  }

  removeDomain(sid: string): void {
    const known = this.#bySid.get(sid)
    if (!known) return
    this.#bySid.delete(sid)
    const { domain_name: name } = known.row
    // Another one may have its name by now.
    if (name !== null && this.#byName.get(name) === known) this.#byName.delete(name)
  }

  /** All credentials of a list, by username. */
  setCredentials(listSid: string, credentials: ReadonlyMap<string, Ha1s>): void {
    this.#credentialCount += credentials.size - (this.#credentials.get(listSid)?.size ?? 0)
    if (credentials.size === 0) this.#credentials.delete(listSid)
    else this.#credentials.set(listSid, credentials)
  }

  /** All addresses of a list. */
  setAddresses(listSid: string, rows: readonly SipIpAddressRow[]): void {
    if (rows.length === 0) this.#addresses.delete(listSid)
    else {
      const cidrs = rows.map((row) => `${row.ip_address}/${row.cidr_prefix_length}`)
      this.#addresses.set(listSid, new CidrSet(cidrs))
    }
  }

  /** By the host of a URI, in lower case. */
  find(host: string): SipDomainConfig | undefined {
    return this.#byName.get(host)?.config
  }

  has(host: string): boolean {
    return this.#byName.has(host)
  }

  /** Whether devices register there. */
  takesRegistrations(host: string): boolean {
    return this.#byName.get(host)?.row.sip_registration === 1
  }

  /** Whether a call from there needs no password: an address list is mapped, and no credential list. */
  trusts(host: string, flow: Flow): boolean {
    const domain = this.#byName.get(host)
    if (!domain || !isAllowedOver(domain, flow)) return false
    // A browser on a listed machine runs whatever page it was shown.
    if (flow.transport === 'ws' || flow.transport === 'wss') return false
    return domain.lists.call_credentials.length === 0 && this.#isListed(domain, flow)
  }

  /** What proves the username; undefined: nothing lets this one in. */
  ha1Of(host: string, { username, algorithm, use, flow }: Claim): string | undefined {
    const domain = this.#byName.get(host)
    if (!domain || !isAllowedOver(domain, flow)) return undefined
    if (use === 'registration' && domain.row.sip_registration !== 1) return undefined
    const hasAddresses = use === 'call' && domain.lists.call_addresses.length > 0
    if (hasAddresses && !this.#isListed(domain, flow)) return undefined
    const purpose = use === 'call' ? 'call_credentials' : 'registration_credentials'
    return this.#find(domain.lists[purpose], username)?.[algorithm]
  }

  /** Whether a device of this user may stay registered. */
  mayRegister(username: string, host: string): boolean {
    const domain = this.#byName.get(host)
    if (domain?.row.sip_registration !== 1) return false
    return this.#find(domain.lists.registration_credentials, username) !== undefined
  }

  /** As REST shows it: what a call needs; empty: nobody may call. */
  authTypeOf(sid: string): string {
    const lists = this.#bySid.get(sid)?.lists
    return [
      ...(lists && lists.call_addresses.length > 0 ? ['IP_ACL'] : []),
      ...(lists && lists.call_credentials.length > 0 ? ['CREDENTIAL_LIST'] : []),
    ].join(',')
  }

  #isListed({ lists }: Domain, { remoteAddress }: Flow): boolean {
    return lists.call_addresses.some((sid) => this.#addresses.get(sid)?.has(remoteAddress))
  }

  /** The first list that has the username decides. */
  #find(listSids: readonly string[], username: string): Ha1s | undefined {
    for (const sid of listSids) {
      const found = this.#credentials.get(sid)?.get(username)
      if (found) return found
    }
    return undefined
  }
}

/** `secure`: TLS only. */
function isAllowedOver({ row }: Domain, { transport }: Flow): boolean {
  return row.secure === 0 || transport === 'tls' || transport === 'wss'
}

function configOf(row: SipDomainRow): SipDomainConfig {
  return {
    sid: row.sid,
    accountSid: row.account_sid,
    domainName: row.domain_name,
    voice: callback(row.voice_url, row.voice_method),
    fallback: callback(row.voice_fallback_url, row.voice_fallback_method),
    statusCallback: callback(row.voice_status_callback_url, row.voice_status_callback_method),
  }
}

function callback(url: string, method: string): Callback | undefined {
  return url === '' ? undefined : { url, method: method === 'GET' ? 'GET' : 'POST' }
}
