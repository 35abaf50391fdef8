import { describe, expect, it } from 'vitest'
import { AddressPolicy } from '../base/address-policy.js'
import type { DnsClient } from '../net/sip-dns.js'
import { createSipResolver } from '../net/sip-resolver.js'
import type { Core } from '../sip/core.js'
import type { Target } from '../sip/events.js'
import { locate } from '../sip/locate.js'
import { createRoutes } from './routes.js'

const notFound = () => Promise.reject(new Error('ENOTFOUND'))
const dns = {
  resolve4: (name: string) =>
    name === 'gw.example.com' ? Promise.resolve(['10.0.0.1', '93.184.216.34']) : notFound(),
  resolve6: () => Promise.resolve(['2001:4860::1']),
  resolveSrv: notFound,
  resolveNaptr: notFound,
  cancel: () => undefined,
}

function routesFor(...families: (4 | 6)[]) {
  return createRoutes({
    trunks: {
      number: () => undefined,
      allows: (phoneNumber) => phoneNumber.startsWith('+1'),
      isGateway: (address) => address === '93.184.216.7',
    },
    resolver: createSipResolver({ dns: dns as unknown as DnsClient, families }),
    policy: new AddressPolicy([], []),
    devices: { find: () => [] },
    domains: { find: () => undefined },
    isOwnUri: () => false,
  })
}

async function hopOf(uri: string, family: 4 | 6 = 4): Promise<string | undefined> {
  const route = await routesFor(family).sipUri(uri, { accountSid: 'AC1' })
  return typeof route === 'object' ? route.nextHop : route
}

/** What the engine makes of it, without asking anybody again. */
function targetsOf(uri: string | undefined): readonly Target[] {
  let found: readonly Target[] = []
  const core = { ask: () => expect.unreachable('the address was checked already') }
  locate(core as unknown as Core, uri ?? '', (targets) => {
    found = targets
  })
  return found
}

describe('the way to a SIP URI', () => {
  it('is the address that was checked', async () => {
    const hop = await hopOf('sip:alice@gw.example.com;transport=tcp')
    expect(hop).toBe('sip:93.184.216.34:5060;transport=tcp')
    expect(targetsOf(hop)).toEqual([{ transport: 'tcp', address: '93.184.216.34', port: 5060 }])
  })

  it.each([
    ['sips:alice@gw.example.com', 4, '93.184.216.34'],
    ['sip:alice@gw.example.com;transport=TLS', 4, '93.184.216.34'],
    ['sips:alice@gw.example.com;transport=tcp', 6, '2001:4860::1'],
  ] as const)(
    'of %s over TLS keeps the name that the certificate is for',
    async (uri, family, address) => {
      expect(targetsOf(await hopOf(uri, family))).toEqual([
        { transport: 'tls', address, port: 5061, serverName: 'gw.example.com' },
      ])
    },
  )

  it.each(['sip:alice@gw.example.com;transport=ws', 'sips:alice@gw.example.com;transport=udp'])(
    'of %s is none',
    async (uri) => expect(await hopOf(uri)).toBeUndefined(),
  )

  it.each([
    ['+14155550100', true],
    ['alice', true],
    ['+882160000', false],
    ['%2B882160000', false],
    ['+882-16-0000', false],
    ['+882160000;npdi', false],
    ['00882160000', false],
  ])('of %s at a gateway is there: %s, as for a number', async (user, isThere) => {
    const hop = await hopOf(`sip:${user}@93.184.216.7`)
    expect(hop !== undefined).toBe(isThere)
    expect(await hopOf(`sip:${user}@93.184.216.8`)).toBeDefined()
  })

  it('is not what a document puts into maddr', async () => {
    const hop = await hopOf('sip:alice@gw.example.com;maddr=127.0.0.1')
    expect(targetsOf(hop)).toEqual([{ transport: 'udp', address: '93.184.216.34', port: 5060 }])
  })
})
