import { describe, expect, it } from 'vitest'
import { headerOf, headerValues } from '../../src/sip/message.js'
import type { Binding } from '../../src/sip/outside-events.js'
import { contactsOf, RegisteringDevice } from './registering-device.js'
import { flowFrom, idle, ScriptedPeer, sdp } from './scripted-peer.js'

const instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"'

function connected(connectionId: number): RegisteringDevice {
  const device = new RegisteringDevice()
  device.flow = flowFrom('192.0.2.1', 40_000, connectionId)
  return device
}

describe('a device with flows (RFC 5626)', () => {
  it('replaces what it bound over the same flow, and keeps the others', () => {
    const device = connected(1)
    const contact = (port: number, regId: number) =>
      `<sip:alice@192.0.2.1:${port};transport=tcp>;${instance};reg-id=${regId}`
    const headers = ['Supported: path, outbound']
    const response = device.register({ contacts: [contact(5060, 1)], headers })
    expect(headerOf(response.headers, 'Require')).toBe('outbound')
    expect(headerOf(response.headers, 'Flow-Timer')).toBe('120')
    expect(contactsOf(response)[0]).toContain(`expires=3600;${instance};reg-id=1`)
    device.register({ contacts: [contact(5062, 2)], headers })
    device.register({ contacts: [contact(5064, 1)], headers, callId: 'restarted', cseq: 1 })
    expect(device.bound().map((uri) => /:(\d+);/.exec(uri)?.[1])).toEqual(['5062', '5064'])
  })

  it('is not told so over UDP, or through a hop that may have no flow', () => {
    const device = new RegisteringDevice()
    const contacts = [`<sip:alice@192.0.2.1>;${instance};reg-id=1`]
    const headers = ['Supported: outbound']
    expect(headerOf(device.register({ contacts, headers }).headers, 'Require')).toBeUndefined()
    const behind = connected(1)
    const via = ['Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKbehind']
    const response = behind.register({ contacts, headers: [...headers, ...via] })
    expect([response.status, headerOf(response.headers, 'Require')]).toEqual([200, undefined])
  })

  it('without flows leaves its old address when it comes back at another', () => {
    const device = new RegisteringDevice()
    const contact = (port: number) => `<sip:alice@192.0.2.1:${port}>;${instance}`
    device.register({ contacts: [contact(5060)] })
    device.register({ contacts: [contact(5062)] })
    expect(device.bound()).toEqual(['sip:alice@192.0.2.1:5062'])
    // That the old one is gone does not concern the new one.
    device.register({ contacts: [`${contact(5060)};expires=0`] })
    expect(device.bound()).toEqual(['sip:alice@192.0.2.1:5062'])
  })

  it('is gone with its connection', () => {
    const device = connected(1)
    device.register({ contacts: ['<sip:alice@192.0.2.1;transport=tcp>'] })
    device.register({ user: 'bob' })
    device.flow = flowFrom('192.0.2.1', 40_001, 2)
    device.register({ contacts: ['<sip:alice@192.0.2.1:5070;transport=tcp>'] })
    device.input({ type: 'disconnected', connectionId: 1 })
    expect(device.bound()).toEqual(['sip:alice@192.0.2.1:5070;transport=tcp'])
    expect(device.bound('bob@dialplane')).toEqual([])
    device.input({ type: 'disconnected', connectionId: 2 })
    expect(device.bound()).toEqual([])
    device.wait(10_000_000)
    expect(device.engine.sizes).toEqual(idle)
  })
})

describe('a Path (RFC 3327)', () => {
  const path = ['<sip:edge.example.com;lr>', '<sip:inner.example.com;lr>']

  it('is kept, and returned to who knows it', () => {
    const device = connected(1)
    const headers = [`Path: ${path.join(', ')}`, 'Supported: path']
    const response = device.register({ headers })
    expect(headerValues(response.headers, 'Path')).toEqual([path.join(', ')])
    expect(device.of('bound').at(-1)?.bindings[0]?.path).toEqual(path)
    const silent = device.register({ headers: headers.slice(0, 1) })
    expect(headerValues(silent.headers, 'Path')).toEqual([])
    // The proxy is reached by its name: a connection of it is one of many.
    device.input({ type: 'disconnected', connectionId: 1 })
    expect(device.bound()).toHaveLength(1)
  })

  it('that cannot be followed is refused', () => {
    const device = new RegisteringDevice()
    expect(device.register({ headers: ['Path: <tel:1>'] }).status).toBe(400)
    const long = `Path: <sip:${'a'.repeat(1100)}.example.com>`
    expect(device.register({ headers: [long] }).status).toBe(400)
  })

  it('leads an INVITE', () => {
    const peer = new ScriptedPeer()
    peer.input({
      type: 'invite',
      legId: 'out',
      target: 'sip:alice@10.0.0.7',
      routes: ['<sip:192.0.2.50:5070;lr>', '<sip:192.0.2.51;lr>'],
      from: { uri: 'sip:us@192.0.2.9' },
      sdp,
    })
    const [invite] = peer.requests('INVITE')
    expect(invite?.output.target).toEqual({ transport: 'udp', address: '192.0.2.50', port: 5070 })
    expect(invite?.message.type === 'request' && invite.message.uri).toBe('sip:alice@10.0.0.7')
    expect(headerValues(invite?.message.headers ?? [], 'Route')).toHaveLength(2)
  })
})

describe('a device behind a NAT', () => {
  const natted = () => {
    const device = new RegisteringDevice()
    device.flow = flowFrom('192.0.2.77', 31_000)
    return device
  }
  /** How many were sent within this time. */
  const keepAlives = (device: RegisteringDevice, durationMs: number) => {
    device.others.length = 0
    device.wait(durationMs)
    return device.others.filter((text) => text === '\r\n\r\n').length
  }

  it('is kept reachable until it leaves', () => {
    const device = natted()
    device.register({ contacts: ['<sip:alice@10.0.0.7:5060>'] })
    const count = keepAlives(device, 1_000_000)
    expect(count).toBeGreaterThanOrEqual(39)
    expect(count).toBeLessThanOrEqual(41)
    device.register({ contacts: ['<sip:alice@10.0.0.7:5060>;expires=0'] })
    expect(keepAlives(device, 100_000)).toBe(0)
    expect(device.engine.sizes).toEqual(idle)
  })

  it('sends nothing to who is not translated, or has a connection', () => {
    const device = new RegisteringDevice()
    device.register()
    expect(keepAlives(device, 100_000)).toBe(0)
    const connection = connected(1)
    connection.register({ contacts: ['<sip:alice@10.0.0.7;transport=tcp>'] })
    expect(keepAlives(connection, 100_000)).toBe(0)
  })

  it('is called over its flow, and acknowledged and hung up there', () => {
    const device = natted()
    device.register({ contacts: ['<sip:alice@10.0.0.7:5060>'] })
    const flow = device.of('bound').at(-1)?.bindings[0]?.flow
    if (!flow) throw new Error('not bound')
    const from = { uri: 'sip:us@192.0.2.9' }
    device.input({
      type: 'invite',
      legId: 'out',
      target: 'sip:alice@10.0.0.7:5060',
      flow,
      from,
      sdp,
    })
    device.answer('INVITE', 180, { headers: ['Require: 100rel', 'RSeq: 1'] })
    device.answer('PRACK', 200)
    device.answer('INVITE', 200, { body: sdp })
    device.input({ type: 'hangUp', legId: 'out' })
    for (const method of ['INVITE', 'PRACK', 'ACK', 'BYE']) {
      const { target } = device.requests(method)[0]?.output ?? {}
      expect(target).toEqual({ transport: 'udp', address: '192.0.2.77', port: 31_000 })
    }
  })
})

describe('a client that listens elsewhere', () => {
  it('is reached at the port of its Contact, unless it asked for the way it came', () => {
    const device = new RegisteringDevice()
    device.flow = flowFrom('192.0.2.1', 40_000)
    const contacts = ['<sip:alice@192.0.2.1:5062>']
    device.register({ contacts, via: 'SIP/2.0/UDP 192.0.2.1:5062' })
    device.register({ contacts, via: 'SIP/2.0/UDP 192.0.2.1:5062;rport' })
    const ports = device.of('bound').map(({ bindings }) => bindings[0]?.flow.remotePort)
    expect(ports).toEqual([5062, 40_000])
  })
})

describe('bindings of before a restart', () => {
  const binding = (parts: Partial<Binding>): Binding => ({
    addressOfRecord: 'alice@dialplane',
    contactUri: 'sip:alice@192.0.2.1',
    expiresAtMs: 90_000,
    priority: 1,
    callId: 'registration',
    cseq: 7,
    instanceId: undefined,
    regId: undefined,
    path: [],
    flow: flowFrom('192.0.2.1'),
    userAgent: '',
    ...parts,
  })

  it('go on, but for those that are over or known better', () => {
    const device = new RegisteringDevice()
    device.register({ user: 'bob' })
    device.nowMs = 10_000
    device.input({
      type: 'restoreBindings',
      bindings: [
        binding({}),
        binding({ contactUri: 'sip:alice@192.0.2.2', expiresAtMs: 10_000 }),
        binding({ addressOfRecord: 'bob@dialplane', contactUri: 'sip:bob@192.0.2.3' }),
      ],
    })
    expect(device.bound()).toEqual(['sip:alice@192.0.2.1'])
    expect(device.bound('bob@dialplane')).toEqual(['sip:bob@192.0.2.1'])
    expect(contactsOf(device.register({ contacts: [] }))).toEqual([
      '<sip:alice@192.0.2.1>;expires=80',
    ])
    expect(device.register({ contacts: ['<sip:alice@192.0.2.1>'], cseq: 7 }).status).toBe(500)
    device.wait(80_000)
    expect(device.bound()).toEqual([])
  })

  it('are not more than fit', () => {
    const limits = { legsMax: 10, transactionsMax: 50, questionsMax: 10, bindingsMax: 1 }
    const device = new RegisteringDevice({ limits })
    const bindings = [binding({}), binding({ addressOfRecord: 'bob@dialplane' })]
    device.input({ type: 'restoreBindings', bindings })
    expect(device.engine.sizes.bindings).toBe(1)
    expect(device.counted('tooManyBindings')).toBe(1)
  })
})

describe('five thousand devices at once', () => {
  it('are all bound, each for two messages, and all forgotten', () => {
    const count = 5_000
    const limits = { legsMax: 10, transactionsMax: 20_000, questionsMax: 10 }
    const storm = new RegisteringDevice({ limits })
    for (let index = 0; index < count; index++) {
      const user = `user${index}`
      storm.flow = flowFrom('198.51.100.7', 10_000 + index)
      storm.prove({ user }, user)
    }
    expect(storm.statuses.filter((status) => status === 401)).toHaveLength(count)
    expect(storm.statuses.filter((status) => status === 200)).toHaveLength(count)
    expect(storm.sent).toHaveLength(2 * count)
    expect(storm.of('bound')).toHaveLength(count)
    expect(storm.engine.sizes).toMatchObject({ bindings: count, questions: 0 })
    storm.wait(32_000)
    expect(storm.engine.sizes.transactions).toBe(0)
    storm.wait(3_600_000)
    expect(storm.of('bound')).toHaveLength(2 * count)
    expect(storm.engine.sizes).toEqual(idle)
  })
})
