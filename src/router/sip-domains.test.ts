import { describe, expect, it } from 'vitest'
import type { Flow } from '../sip/events.js'
import type { SipDomainRow, SipIpAddressRow, SipMappingRow } from '../store/schema.js'
import { DeviceDirectory } from './device-directory.js'
import { type Claim, SipDomains } from './sip-domains.js'
import { fullName } from './sip-domains-wiring.js'

const host = 'office.example.com'
const flow: Flow = {
  transport: 'udp',
  localAddress: '192.0.2.1',
  localPort: 5060,
  remoteAddress: '198.51.100.7',
  remotePort: 5060,
}
const elsewhere: Flow = { ...flow, remoteAddress: '203.0.113.7' }

function domainRow(parts: Partial<SipDomainRow> = {}): SipDomainRow {
  return {
    ...{ sid: 'SD1', account_sid: 'AC1', domain_name: host, friendly_name: '' },
    ...{ voice_url: 'http://app/voice', voice_method: 'GET' },
    ...{ voice_fallback_url: '', voice_fallback_method: 'POST' },
    ...{ voice_status_callback_url: '', voice_status_callback_method: 'POST' },
    ...{ sip_registration: 1, secure: 0, extras: '{}', created_ms: 0, updated_ms: 0 },
    ...parts,
  }
}

type Purposes = readonly SipMappingRow['purpose'][]

/** One domain with CL1 (alice) and AL1 (198.51.100.0/24) mapped for these purposes. */
function domainsFor(purposes: Purposes, parts: Partial<SipDomainRow> = {}) {
  const domains = new SipDomains()
  const mappings = purposes.map((purpose) => ({
    ...{ sid: purpose === 'call_addresses' ? 'AL1' : 'CL1', domain_sid: 'SD1', purpose },
    ...{ account_sid: 'AC1', created_ms: 0, updated_ms: 0 },
  }))
  domains.setDomain(domainRow(parts), mappings)
  domains.setCredentials('CL1', new Map([['alice', { MD5: 'five', 'SHA-256': 'two' }]]))
  const address = { ip_address: '198.51.100.0', cidr_prefix_length: 24 } as SipIpAddressRow
  domains.setAddresses('AL1', [address])
  return domains
}

const claim = (parts: Partial<Claim> = {}): Claim => ({
  ...{ username: 'alice', algorithm: 'SHA-256', use: 'call', flow },
  ...parts,
})

describe('who may call a domain', () => {
  it('is nobody while no list is mapped', () => {
    const domains = domainsFor([])
    expect(domains.trusts(host, flow)).toBe(false)
    expect(domains.ha1Of(host, claim())).toBeUndefined()
  })

  it('is who calls from a listed address, but no browser there', () => {
    const domains = domainsFor(['call_addresses'])
    expect(domains.trusts(host, flow)).toBe(true)
    expect(domains.trusts(host, elsewhere)).toBe(false)
    expect(domains.trusts(host, { ...flow, transport: 'wss' })).toBe(false)
    expect(domains.trusts('other.example.com', flow)).toBe(false)
    expect(domains.ha1Of(host, claim())).toBeUndefined()
  })

  it('is who proves a credential, by either algorithm', () => {
    const domains = domainsFor(['call_credentials'])
    expect(domains.trusts(host, flow)).toBe(false)
    expect(domains.ha1Of(host, claim())).toBe('two')
    expect(domains.ha1Of(host, claim({ algorithm: 'MD5', flow: elsewhere }))).toBe('five')
    expect(domains.ha1Of(host, claim({ username: 'bob' }))).toBeUndefined()
    expect(domains.ha1Of('other.example.com', claim())).toBeUndefined()
    domains.setCredentials('CL1', new Map())
    expect(domains.ha1Of(host, claim())).toBeUndefined()
  })

  it('needs both where both are mapped', () => {
    const domains = domainsFor(['call_credentials', 'call_addresses'])
    expect(domains.trusts(host, flow)).toBe(false)
    expect(domains.ha1Of(host, claim())).toBe('two')
    expect(domains.ha1Of(host, claim({ flow: elsewhere }))).toBeUndefined()
  })

  it('comes over TLS where the domain is secure', () => {
    const domains = domainsFor(['call_credentials'], { secure: 1 })
    const over = (transport: Flow['transport']) =>
      domains.ha1Of(host, claim({ flow: { ...flow, transport } }))
    expect((['udp', 'tcp', 'ws', 'tls', 'wss'] as const).map(over)).toEqual([
      ...[undefined, undefined, undefined],
      ...['two', 'two'],
    ])
    const listed = domainsFor(['call_addresses'], { secure: 1 })
    expect(listed.trusts(host, flow)).toBe(false)
    expect(listed.trusts(host, { ...flow, transport: 'tls' })).toBe(true)
  })
})

describe('who may register with a domain', () => {
  it('is who has a credential of a list for that, from anywhere', () => {
    const domains = domainsFor(['registration_credentials', 'call_addresses'])
    const use = 'registration'
    expect(domains.ha1Of(host, claim({ use, flow: elsewhere }))).toBe('two')
    expect(domains.ha1Of(host, claim())).toBeUndefined()
    expect(domainsFor(['call_credentials']).ha1Of(host, claim({ use }))).toBeUndefined()
    expect(domains.mayRegister('alice', host)).toBe(true)
    expect(domains.mayRegister('bob', host)).toBe(false)
  })

  it('is nobody where the domain takes no registrations', () => {
    const domains = domainsFor(['registration_credentials'], { sip_registration: 0 })
    expect(domains.ha1Of(host, claim({ use: 'registration' }))).toBeUndefined()
    expect(domains.takesRegistrations(host)).toBe(false)
    expect(domains.mayRegister('alice', host)).toBe(false)
  })

  it('loses its devices with its credential; those of our own domain stay', () => {
    const domains = domainsFor(['registration_credentials'])
    const devices = new DeviceDirectory('dialplane')
    for (const addressOfRecord of [`alice@${host}`, 'alice@dialplane', `bob@${host}`]) {
      devices.bound({ type: 'bound', addressOfRecord, bindings: [{} as never] })
    }
    const strangers = () => devices.strangers((user, name) => domains.mayRegister(user, name))
    expect(strangers()).toEqual([`bob@${host}`])
    domains.removeDomain('SD1')
    expect(strangers()).toEqual([`alice@${host}`, `bob@${host}`])
  })
})

describe('the directory', () => {
  it('follows the names of domains and what is mapped', () => {
    const domains = domainsFor(['call_credentials', 'call_addresses'])
    expect(domains.find(host)).toEqual({
      ...{ sid: 'SD1', accountSid: 'AC1', domainName: host },
      voice: { url: 'http://app/voice', method: 'GET' },
      fallback: undefined,
      statusCallback: undefined,
    })
    expect(domains.authTypeOf('SD1')).toBe('IP_ACL,CREDENTIAL_LIST')
    domains.setDomain(domainRow({ domain_name: 'new.example.com' }), [])
    expect([domains.has(host), domains.has('new.example.com'), domains.size]).toEqual([
      ...[false, true],
      1,
    ])
    expect(domains.authTypeOf('SD1')).toBe('')
    // Two domains that swap their names are loaded one after the other.
    domains.setDomain(domainRow({ sid: 'SD2', domain_name: 'new.example.com' }), [])
    domains.setDomain(domainRow({ domain_name: host }), [])
    expect(domains.find('new.example.com')?.sid).toBe('SD2')
  })

  it('counts the credentials that it keeps', () => {
    const domains = domainsFor([])
    const ha1s = { MD5: '', 'SHA-256': '' }
    domains.setCredentials('CL2', new Map([['a', ha1s]]).set('b', ha1s))
    expect(domains.credentialCount).toBe(3)
    domains.setCredentials('CL1', new Map())
    expect(domains.credentialCount).toBe(2)
  })
})

describe('names of domains', () => {
  const own = new Set(['dialplane', '192.0.2.9'])
  it.each([
    ['Office', 'office.dialplane'],
    ['office.sip.example.com', 'office.sip.example.com'],
    ['dialplane', 'dialplane.dialplane'],
    ['192.0.2.9', undefined],
    ['198.51.100.9', undefined],
    ['a_b', undefined],
    ['a..b', undefined],
    [`${'a.'.repeat(126)}bc`, undefined],
  ])('%s is %s', (given, name) => {
    expect(fullName(given, 'dialplane', own)).toBe(name)
  })
})
