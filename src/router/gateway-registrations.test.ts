import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../base/clock.js'
import type { Invited } from '../sip/leg-events.js'
import type { OutsideCommand, RegistrationEvent } from '../sip/outside-events.js'
import { GatewayRegistrations } from './gateway-registrations.js'

const gateway = {
  sid: 'GW1',
  uri: 'sip:carrier.example;transport=tcp',
  username: 'trunk-7',
  password: 'secret',
  register: true,
  expiresS: 600,
}

function setUp() {
  const sent: OutsideCommand[] = []
  const told: string[] = []
  const clock = new VirtualClock(1_000)
  const registrations = new GatewayRegistrations({
    sip: { send: (command) => sent.push(command) },
    clock,
    installationId: 'AC1',
    told: (sid, { state }, isNews) => told.push(`${sid} ${state} ${isNews}`),
  })
  const last = () => sent.at(-1) as { type: string; registrationId: string }
  const event = (state: RegistrationEvent['state'], more: Partial<RegistrationEvent> = {}) =>
    registrations.handle({
      ...{ type: 'registration', registrationId: last().registrationId, state, status: 200 },
      ...{ expiresAtMs: undefined, serviceRoutes: [], peerAddress: undefined, ...more },
    })
  return { sent, told, clock, registrations, last, event }
}

const bound = { expiresAtMs: 11_000, peerAddress: '192.0.2.7', serviceRoutes: ['<sip:edge;lr>'] }

function invited(more: Partial<Invited>): Invited {
  return {
    type: 'invited',
    legId: 'leg',
    flow: {
      transport: 'udp',
      localAddress: '192.0.2.1',
      localPort: 5060,
      remoteAddress: '192.0.2.7',
      remotePort: 5060,
    },
    trust: 'address',
    requestUri: 'sip:trunk-7@192.0.2.1',
    from: { uri: 'sip:+15550199@carrier.example' },
    to: { uri: 'sip:+15550100@carrier.example' },
    callId: 'call',
    headers: [],
    sdp: undefined,
    ...more,
  }
}

describe('registrations with gateways', () => {
  it('registers those that want it, at their host and with their parameters', () => {
    const { sent, registrations } = setUp()
    registrations.set([
      gateway,
      { ...gateway, sid: 'GW2', register: false },
      { ...gateway, sid: 'GW3', username: undefined },
    ])
    expect(sent).toMatchObject([
      {
        type: 'register',
        registrar: 'sip:carrier.example;transport=tcp',
        addressOfRecord: 'sip:trunk-7@carrier.example',
        contactUser: 'trunk-7',
        credentials: { username: 'trunk-7', password: 'secret' },
        expiresS: 600,
      },
    ])
    expect(registrations.stateOf('GW1')).toMatchObject({ state: 'registering', status: undefined })
    expect(registrations.stateOf('GW2')).toBeUndefined()
  })

  it('has the same instance id after a restart, and another for each account and installation', () => {
    const idOf = (username: string, installationId: string) => {
      const sent: OutsideCommand[] = []
      new GatewayRegistrations({
        sip: { send: (command) => sent.push(command) },
        ...{ clock: new VirtualClock(), installationId, told: () => {} },
      }).set([{ ...gateway, username }])
      return (sent[0] as { instanceId: string }).instanceId
    }
    expect(idOf('one', 'AC1')).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-/,
    )
    expect(idOf('one', 'AC1')).toBe(idOf('one', 'AC1'))
    expect(new Set([idOf('one', 'AC1'), idOf('two', 'AC1'), idOf('one', 'AC2')]).size).toBe(3)
  })

  it('leaves what has not changed alone, and unregisters what is gone', () => {
    const { sent, registrations } = setUp()
    registrations.set([gateway])
    registrations.set([{ ...gateway }])
    expect(sent).toHaveLength(1)
    registrations.set([{ ...gateway, password: 'other' }])
    const [first, second] = sent as { registrationId: string }[]
    expect(second?.registrationId).toBe(first?.registrationId)
    registrations.set([{ ...gateway, username: 'trunk-8' }])
    expect(sent.slice(2)).toMatchObject([
      { type: 'unregister', registrationId: first?.registrationId },
      { type: 'register', contactUser: 'trunk-8' },
    ])
  })

  it('registers once for gateways of one account with a carrier', () => {
    const { sent, told, registrations, event } = setUp()
    const second = { ...gateway, sid: 'GW2' }
    registrations.set([gateway, second])
    expect(sent).toHaveLength(1)
    event('registered', bound)
    expect(told).toEqual(['GW1 registered true', 'GW2 registered true'])
    registrations.set([second])
    expect(sent).toHaveLength(1)
    expect(registrations.stateOf('GW2')).toMatchObject({ state: 'registered' })
    expect(registrations.stateOf('GW1')).toBeUndefined()
    registrations.set([])
    expect(sent[1]).toMatchObject({ type: 'unregister' })
  })

  it('says how it stands, in the time of the wall', () => {
    const { registrations, event, told } = setUp()
    registrations.set([gateway])
    event('registered', bound)
    expect(registrations.stateOf('GW1')).toEqual({
      ...{ state: 'registered', status: 200, expiresMs: 11_000, serviceRoutes: ['<sip:edge;lr>'] },
    })
    event('registered', bound)
    event('failed', { status: 403 })
    expect(registrations.stateOf('GW1')).toMatchObject({ state: 'failed', expiresMs: undefined })
    expect(told).toEqual(['GW1 registered true', 'GW1 registered false', 'GW1 failed true'])
  })

  it('trusts the address that has accepted, until the binding ends', async () => {
    const { registrations, event, clock } = setUp()
    registrations.set([gateway])
    expect(registrations.isSource('192.0.2.7')).toBe(false)
    event('registered', bound)
    expect(registrations.isSource('192.0.2.7')).toBe(true)
    expect(registrations.isSource('192.0.2.8')).toBe(false)
    await clock.advance(10_000)
    expect(registrations.isSource('192.0.2.7')).toBe(false)
    event('registered', { ...bound, expiresAtMs: 99_000 })
    registrations.set([])
    expect(registrations.isSource('192.0.2.7')).toBe(false)
  })

  it('finds the number of a call to our Contact', () => {
    const { registrations, event } = setUp()
    registrations.set([gateway])
    const uriOf = (more: Partial<Invited>) => {
      const named = registrations.named(invited(more))
      return named.type === 'invited' ? named.requestUri : ''
    }
    expect(uriOf({})).toBe('sip:trunk-7@192.0.2.1')
    event('registered', bound)
    expect(uriOf({})).toBe('sip:+15550100@192.0.2.1')
    const party = [{ name: 'P-Called-Party-ID', value: '<sip:+15550101@carrier.example>' }]
    expect(uriOf({ headers: party })).toBe('sip:+15550101@192.0.2.1')
    expect(uriOf({ requestUri: 'sip:+15550102@192.0.2.1' })).toBe('sip:+15550102@192.0.2.1')
    expect(uriOf({ to: { uri: 'sip:trunk-7@carrier.example' } })).toBe('sip:trunk-7@192.0.2.1')
    expect(uriOf({ to: { uri: 'tel:+1' } })).toBe('sip:trunk-7@192.0.2.1')
    const { flow } = invited({})
    expect(uriOf({ flow: { ...flow, remoteAddress: '192.0.2.9' } })).toBe('sip:trunk-7@192.0.2.1')
  })

  it('ends when all carriers know, or after three seconds', async () => {
    const { registrations, event, clock, last } = setUp()
    registrations.set([gateway])
    let closed = registrations.close()
    expect(last().type).toBe('unregister')
    event('unregistered')
    await closed
    expect(clock.sleeping).toBe(0)
    registrations.set([gateway])
    closed = registrations.close()
    await clock.advance(3_000)
    await closed
    expect(clock.sleeping).toBe(0)
  })
})
