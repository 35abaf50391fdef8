import { describe, expect, it } from 'vitest'
import { FailedTargets } from './failed-targets.js'
import type { DnsClient } from './sip-dns.js'
import { createSipResolver, type SipResolverOptions } from './sip-resolver.js'

interface Zone {
  readonly naptr?: {
    readonly [name: string]: readonly (readonly [number, number, string, string])[]
  }
  readonly srv?: { readonly [name: string]: readonly (readonly [number, number, number, string])[] }
  readonly a?: { readonly [name: string]: readonly string[] }
  readonly aaaa?: { readonly [name: string]: readonly string[] }
}

function resolverOf(zone: Zone, options: SipResolverOptions = {}) {
  const asked: string[] = []
  const answer = <Row>(kind: string, name: string, rows: readonly Row[] | undefined) => {
    asked.push(`${kind} ${name}`)
    return rows ? Promise.resolve(rows) : Promise.reject(new Error('ENOTFOUND'))
  }
  const dns = {
    resolve4: (name: string) => answer('A', name, zone.a?.[name]),
    resolve6: (name: string) => answer('AAAA', name, zone.aaaa?.[name]),
    resolveSrv: (name: string) =>
      answer(
        'SRV',
        name,
        zone.srv?.[name]?.map(([priority, weight, port, target]) => ({
          priority,
          weight,
          port,
          name: target,
        })),
      ),
    resolveNaptr: (name: string) =>
      answer(
        'NAPTR',
        name,
        zone.naptr?.[name]?.map(([order, preference, service, replacement]) => ({
          order,
          preference,
          service,
          replacement,
          flags: 's',
          regexp: '',
        })),
      ),
    cancel: () => undefined,
  } as unknown as DnsClient
  return { asked, ...createSipResolver({ dns, ...options }) }
}

const gateway = { 'gw.example.com': ['192.0.2.1'] }

describe('the resolver', () => {
  it('takes literals, SRV records by priority, addresses, and nothing else', async () => {
    const resolver = resolverOf({
      srv: {
        '_sip._udp.example.com': [
          [20, 0, 5062, 'gw2.example.com'],
          [10, 0, 5061, 'gw1.example.com'],
        ],
      },
      a: {
        'gw1.example.com': ['192.0.2.1'],
        'gw2.example.com': ['192.0.2.2'],
        'gw3.example.com': ['192.0.2.3'],
      },
    })
    expect(await resolver.resolve('[2001:db8::1]', 5070, 'tcp')).toEqual([
      { transport: 'tcp', address: '2001:db8::1', port: 5070 },
    ])
    expect(await resolver.resolve('example.com', undefined, undefined)).toEqual([
      { transport: 'udp', address: '192.0.2.1', port: 5061 },
      { transport: 'udp', address: '192.0.2.2', port: 5062 },
    ])
    expect(await resolver.resolve('gw3.example.com', 5080, undefined)).toEqual([
      { transport: 'udp', address: '192.0.2.3', port: 5080 },
    ])
    expect(await resolver.resolve('nowhere.example.com', undefined, undefined)).toEqual([])
    resolver.close()
  })

  it('lets the domain choose the transport by NAPTR, the lowest order first', async () => {
    const resolver = resolverOf({
      naptr: {
        'example.com': [
          [20, 1, 'SIP+D2U', '_sip._udp.example.com'],
          [10, 2, 'SIP+D2T', '_sip._tcp.example.com'],
          [10, 1, 'sips+d2t', '_sips._tcp.example.com'],
          [1, 1, 'SIP+D2S', '_sip._sctp.example.com'],
        ],
      },
      srv: {
        '_sip._udp.example.com': [[1, 1, 5060, 'gw.example.com']],
        '_sip._tcp.example.com': [[1, 1, 5070, 'gw.example.com']],
        '_sips._tcp.example.com': [[1, 1, 5081, 'gw.example.com']],
      },
      a: gateway,
    })
    const tls = {
      transport: 'tls',
      address: '192.0.2.1',
      port: 5081,
      // Not the host that SRV named: DNS could have been forged.
      serverName: 'example.com',
    }
    expect(await resolver.resolve('Example.com', undefined, undefined)).toEqual([
      tls,
      { transport: 'tcp', address: '192.0.2.1', port: 5070 },
      { transport: 'udp', address: '192.0.2.1', port: 5060 },
    ])
    expect(await resolver.resolve('example.com', undefined, undefined, true)).toEqual([tls])
    const naptrs = resolver.asked.filter((question) => question.startsWith('NAPTR')).length
    expect(await resolver.resolve('example.com', undefined, 'udp')).toHaveLength(1)
    expect(await resolver.resolve('gw.example.com', 5060, undefined)).toHaveLength(1)
    expect(resolver.asked.filter((question) => question.startsWith('NAPTR'))).toHaveLength(naptrs)
  })

  it('reaches what is secure over TLS only', async () => {
    const resolver = resolverOf({ a: gateway })
    const target = { transport: 'tls', address: '192.0.2.1', serverName: 'gw.example.com' }
    const at5061 = [{ ...target, port: 5061 }]
    expect(await resolver.resolve('gw.example.com', undefined, undefined, true)).toEqual(at5061)
    expect(await resolver.resolve('gw.example.com', undefined, 'tls')).toEqual(at5061)
    expect(await resolver.resolve('gw.example.com', 5099, 'tcp', true)).toEqual([
      { ...target, port: 5099 },
    ])
    expect(await resolver.resolve('gw.example.com', undefined, 'udp', true)).toEqual([])
    expect(await resolver.resolve('192.0.2.9', undefined, undefined, true)).toEqual([
      { transport: 'tls', address: '192.0.2.9', port: 5061 },
    ])
    expect(await resolver.resolve('192.0.2.9', undefined, 'ws')).toEqual([])
  })

  it('draws among equal priorities by weight', async () => {
    const zone: Zone = {
      srv: {
        '_sip._udp.example.com': [
          [1, 0, 1, 'gw.example.com'],
          [1, 30, 2, 'gw.example.com'],
          [1, 70, 3, 'gw.example.com'],
          [2, 100, 4, 'gw.example.com'],
        ],
      },
      a: gateway,
    }
    let drawn = 0
    const resolver = resolverOf(zone, { random: () => drawn })
    const ports = async (random: number) => {
      drawn = random
      const targets = await resolver.resolve('example.com', undefined, 'udp')
      return targets.map(({ port }) => port)
    }
    expect(await ports(0)).toEqual([1, 2, 3, 4])
    expect(await ports(0.2)).toEqual([2, 3, 1, 4])
    expect(await ports(0.999)).toEqual([3, 2, 1, 4])
  })

  it('takes addresses of the families that we have', async () => {
    const zone = { a: gateway, aaaa: { 'gw.example.com': ['2001:db8::1'] } }
    const addresses = async (families: readonly (4 | 6)[]) =>
      (await resolverOf(zone, { families }).resolve('gw.example.com', 5060, 'udp')).map(
        ({ address }) => address,
      )
    expect(await addresses([4, 6])).toEqual(['192.0.2.1', '2001:db8::1'])
    expect(await addresses([4])).toEqual(['192.0.2.1'])
    expect(await addresses([6])).toEqual(['2001:db8::1'])
  })

  it('does not fall back to addresses where the service is decidedly not there', async () => {
    const zone: Zone = { srv: { '_sip._udp.gw.example.com': [[0, 0, 0, '']] }, a: gateway }
    expect(await resolverOf(zone).resolve('gw.example.com', undefined, 'udp')).toEqual([])
  })

  it('puts those that failed last, for half a minute or until they answer', async () => {
    let nowMs = 0
    const zone = { a: { 'gw.example.com': ['192.0.2.1', '192.0.2.2'] } }
    const resolver = resolverOf(zone, { monotonicMs: () => nowMs })
    const order = async () =>
      (await resolver.resolve('gw.example.com', 5060, 'tcp')).map(({ address }) => address)
    const first = { transport: 'tcp', address: '192.0.2.1', port: 5060 } as const
    resolver.reportFailure(first)
    expect(await order()).toEqual(['192.0.2.2', '192.0.2.1'])
    resolver.reportSuccess(first)
    expect(await order()).toEqual(['192.0.2.1', '192.0.2.2'])
    resolver.reportFailure(first)
    nowMs = 30_001
    expect(await order()).toEqual(['192.0.2.1', '192.0.2.2'])
  })
})

describe('FailedTargets', () => {
  it('remembers a bounded number', () => {
    const failed = new FailedTargets()
    for (let port = 1; port <= 1500; port++) {
      failed.add({ transport: 'tcp', address: '192.0.2.1', port }, 0)
    }
    expect(failed.size).toBe(1000)
  })
})
