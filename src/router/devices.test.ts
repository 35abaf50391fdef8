import { describe, expect, it } from 'vitest'
import { AddressPolicy } from '../base/address-policy.js'
import { VirtualClock } from '../base/clock.js'
import type { SipDomainConfig } from '../call/sip-domain.js'
import type { SipResolver } from '../net/sip-resolver.js'
import type { Binding } from '../sip/outside-events.js'
import { parseSipUri } from '../sip/uri.js'
import type { SipBindingRow } from '../store/schema.js'
import type { Store } from '../store/store.js'
import { BindingKeeper } from './binding-keeper.js'
import { DeviceDirectory } from './device-directory.js'
import { isOwnUri, ownDomains } from './own-domains.js'
import { createRoutes } from './routes.js'

const flow = {
  transport: 'udp',
  localAddress: '127.0.0.1',
  localPort: 5060,
  remoteAddress: '198.51.100.7',
  remotePort: 31_000,
} as const

function binding(parts: Partial<Binding> = {}): Binding {
  return {
    addressOfRecord: 'alice@dialplane',
    contactUri: 'sip:alice@10.0.0.7:5060?x=y',
    expiresAtMs: 5_000,
    priority: 1,
    callId: 'c',
    cseq: 1,
    instanceId: undefined,
    regId: undefined,
    path: [],
    flow,
    userAgent: 'Phone',
    ...parts,
  }
}

const domains = ownDomains({
  hosts: ['192.0.2.9'],
  realm: 'Dialplane',
  publicHost: 'pbx.example.com',
})

const dialler = { accountSid: 'AC1' }

const acme: SipDomainConfig = {
  ...{ sid: 'SD1', accountSid: 'AC1', domainName: 'acme.example.com' },
  ...{ voice: undefined, fallback: undefined, statusCallback: undefined },
}

function routesTo(...bindings: Binding[]) {
  const devices = new DeviceDirectory('dialplane')
  if (bindings.length > 0) {
    const [{ addressOfRecord } = binding()] = bindings
    devices.bound({ type: 'bound', addressOfRecord, bindings })
  }
  const resolve: SipResolver['resolve'] = async (host, port) =>
    host === 'edge.example.com'
      ? [{ transport: 'udp', address: '203.0.113.5', port: port ?? 5060 }]
      : [{ transport: 'udp', address: '10.0.0.1', port: port ?? 5060 }]
  return createRoutes({
    trunks: { number: () => undefined, allows: () => true, isGateway: () => false },
    resolver: { resolve } as SipResolver,
    policy: new AddressPolicy(['203.0.113.0/24'], []),
    devices,
    domains: { find: (host) => (host === acme.domainName ? acme : undefined) },
    isOwnUri: (uri) => isOwnUri(uri, domains, 5080),
  })
}

describe('the way to a device', () => {
  it('is its flow, not what its Contact names; media goes there, too', async () => {
    const route = await routesTo(binding()).device('alice')
    expect(route).toMatchObject({ target: 'sip:alice@10.0.0.7:5060', flow, nextHop: undefined })
    const mayReach = route !== 'notRegistered' && route?.mayReach
    expect(mayReach && [mayReach('198.51.100.7'), mayReach('10.0.0.7')]).toEqual([true, false])
  })

  it('is that of all devices, the best first', async () => {
    const low = binding({ contactUri: 'sip:low@10.0.0.7', priority: 0.1 })
    const later = binding({ contactUri: 'sip:later@10.0.0.7', expiresAtMs: 6_000 })
    const route = await routesTo(low, binding(), later).device('alice')
    expect(route).toMatchObject({
      target: 'sip:later@10.0.0.7',
      alternatives: [{ target: 'sip:alice@10.0.0.7:5060' }, { target: 'sip:low@10.0.0.7' }],
    })
  })

  it('is its Path, where we may send', async () => {
    const path = ['<sip:edge.example.com:5070;lr>', '<sip:inner.example.com;lr>']
    const route = await routesTo(binding({ path })).device('alice')
    expect(route).toMatchObject({ routes: path, nextHop: 'sip:203.0.113.5:5070;transport=udp' })
    expect(route).not.toHaveProperty('flow')
    const inside = binding({ path: ['<sip:10.0.0.1;lr>'] })
    expect(await routesTo(inside).device('alice')).toBe('notRegistered')
  })

  it('is found by a URI of ours', async () => {
    const routes = routesTo(binding())
    for (const uri of [
      'sip:alice@dialplane',
      'sip:alice@pbx.example.com',
      'sip:alice@192.0.2.9:5080',
    ]) {
      expect(await routes.sipUri(uri, dialler)).toMatchObject({ flow })
    }
    expect(await routes.sipUri('sip:bob@dialplane', dialler)).toBe('notRegistered')
    // Another program of the same machine.
    expect(isOwnUri(parseSipUri('sip:alice@192.0.2.9') as never, domains, 5080)).toBe(false)
    expect(isOwnUri(parseSipUri('sip:alice@192.0.2.9') as never, domains, 5060)).toBe(true)
    expect(isOwnUri(parseSipUri('sip:alice@dialplane:5062') as never, domains, 5080)).toBe(false)
  })
})

describe('the way to a device of a SIP domain', () => {
  it('is found by user and domain, for the account that has it', async () => {
    const routes = routesTo(binding({ addressOfRecord: 'alice@acme.example.com' }))
    const uri = 'sip:alice@acme.example.com'
    expect(await routes.sipUri(uri, dialler)).toMatchObject({ flow })
    expect(await routes.device('alice', 'acme.example.com')).toMatchObject({ flow })
    // No user of ours, and to others only a host that the policy does not allow.
    expect(await routes.device('alice')).toBe('notRegistered')
    expect(await routes.sipUri('sip:bob@acme.example.com', dialler)).toBe('notRegistered')
    expect(await routes.sipUri(uri, { accountSid: 'AC2' })).toBeUndefined()
  })

  it('is not that of a user of ours with the same name', async () => {
    const routes = routesTo(binding())
    expect(await routes.sipUri('sip:alice@acme.example.com', dialler)).toBe('notRegistered')
  })
})

/** Its monotonic time began anew. */
class RestartedClock extends VirtualClock {
  override monotonicMs(): number {
    return this.nowMs() - 1_025_000
  }
}

describe('stored bindings', () => {
  it('come back in the times of the next process, if they can be reached', async () => {
    let rows: SipBindingRow[] = []
    const writes: number[] = []
    const store = {
      read: async () => rows,
      write: async (batch: readonly { sql: string; parameters: readonly unknown[] }[]) => {
        writes.push(batch.length)
        for (const { sql, parameters } of batch) {
          if (!sql.startsWith('insert')) continue
          for (let at = 0; at < parameters.length; at += 4) {
            const [address_of_record, position, expires_ms, json] = parameters.slice(at, at + 4)
            rows.push({ address_of_record, position, expires_ms, binding: json } as SipBindingRow)
          }
        }
      },
      close: async () => {},
    } as unknown as Store
    const failed = (error: unknown) => expect.fail(String(error))
    const before = new VirtualClock(1_000_000)
    const keeper = new BindingKeeper(store, before, failed)
    const startMs = before.monotonicMs()
    const tcp = { ...flow, transport: 'tcp', connectionId: 7 } as const
    const bindings = [
      binding({ expiresAtMs: startMs + 60_000 }),
      binding({ expiresAtMs: startMs + 60_000, contactUri: 'sip:a@10.0.0.7', flow: tcp }),
      binding({ expiresAtMs: startMs + 60_000, contactUri: 'sip:a@198.51.100.7', flow: tcp }),
      binding({ expiresAtMs: startMs + 60_000, flow: { ...tcp, transport: 'wss' } }),
      binding({ expiresAtMs: startMs + 1_000 }),
    ]
    keeper.save({ type: 'bound', addressOfRecord: 'alice@dialplane', bindings: [] })
    keeper.save({ type: 'bound', addressOfRecord: 'alice@dialplane', bindings })
    await before.advance(200)
    // Only the last word is written.
    expect([writes, rows.length]).toEqual([[2], 5])

    const after = new RestartedClock(1_030_000)
    const loaded = await new BindingKeeper(store, after, failed).load()
    expect(loaded.map(({ contactUri }) => contactUri)).toEqual([
      'sip:alice@10.0.0.7:5060?x=y',
      'sip:a@198.51.100.7',
    ])
    expect(loaded[0]?.expiresAtMs).toBe(5_000 + 30_000)
    expect(loaded[1]?.flow).toMatchObject({ transport: 'tcp', remotePort: 5060 })
    expect(loaded[1]?.flow).not.toHaveProperty('connectionId')
    rows = []
    await after.advance(200)
    expect(rows).toHaveLength(2)
    await keeper.close()
  })
})
