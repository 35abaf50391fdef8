import { describe, expect, it } from 'vitest'
import { SeededIds } from '../../src/base/ids.js'
import type { Target } from '../../src/sip/events.js'
import { headerOf } from '../../src/sip/message.js'
import { retryDelayMs } from '../../src/sip/registration-answer.js'
import { flowFrom, idle, ScriptedPeer } from './scripted-peer.js'

const instanceId = 'urn:uuid:00000000-0000-8000-8000-000000000001'
const command = {
  type: 'register',
  registrationId: 'trunk',
  registrar: 'sip:carrier.example.com',
  addressOfRecord: 'sip:alice@carrier.example.com',
  contactUser: 'alice',
  instanceId,
  credentials: { username: 'alice', password: 'secret' },
  expiresS: 3600,
} as const

function target(address: string, transport: 'udp' | 'tcp' = 'udp'): Target {
  return { transport, address, port: 5060 }
}

class Carrier extends ScriptedPeer {
  targets: readonly Target[] = [target('192.0.2.1')]
  #asked = 0

  /** Resolves what was asked for, then lets time pass. */
  override input(input: Parameters<ScriptedPeer['input']>[0]): void {
    super.input(input)
    for (const { id } of this.of('ask').slice(this.#asked)) {
      this.#asked++
      super.input({ type: 'answer', id, answer: { what: 'resolve', targets: this.targets } })
    }
  }

  register(more: object = {}): this {
    this.input({ ...command, ...more })
    return this
  }

  field(name: string): string | undefined {
    return headerOf(this.lastRequest('REGISTER').headers, name)
  }

  get count(): number {
    return this.requests('REGISTER').length
  }

  /** 200 with the Contact of the request and this time. */
  grant(expiresS: number, more: readonly string[] = []): void {
    const uri = /<[^>]+>/.exec(this.field('Contact') ?? '')?.[0]
    this.answer('REGISTER', 200, { headers: [`Contact: ${uri};expires=${expiresS}`, ...more] })
  }

  challenge(nonce: string, more = ''): void {
    this.answer('REGISTER', 401, {
      headers: [`WWW-Authenticate: Digest realm="c", nonce="${nonce}", qop="auth"${more}`],
    })
  }

  get told() {
    return this.of('registration').map(({ state, status }) => [state, status])
  }

  /** How long it takes until the next REGISTER is sent [ms]. */
  untilNext(maxMs: number): number {
    const [startMs, before] = [this.nowMs, this.count]
    while (this.count === before && this.engine.deadlineMs <= startMs + maxMs) {
      this.wait(this.engine.deadlineMs - this.nowMs)
    }
    return this.count === before ? Number.POSITIVE_INFINITY : this.nowMs - startMs
  }
}

describe('a registration with a carrier', () => {
  it('registers by digest and refreshes well before the end, with one Call-ID and growing CSeq', () => {
    const carrier = new Carrier().register()
    expect(carrier.lastRequest('REGISTER')).toMatchObject({ uri: 'sip:carrier.example.com' })
    expect(carrier.field('To')).toBe('<sip:alice@carrier.example.com>')
    expect(carrier.field('Contact')).toBe(
      `<sip:alice@192.0.2.9:5060>;expires=3600;+sip.instance="<${instanceId}>"`,
    )
    const callId = carrier.field('Call-ID')
    carrier.challenge('one')
    expect(carrier.field('Authorization')).toContain('nonce="one"')
    carrier.grant(120, ['Service-Route: <sip:edge.example.com;lr>, <sip:core.example.com;lr>'])
    expect(carrier.of('registration')).toEqual([
      {
        type: 'registration',
        registrationId: 'trunk',
        state: 'registered',
        status: 200,
        expiresAtMs: carrier.nowMs + 120_000,
        serviceRoutes: ['<sip:edge.example.com;lr>', '<sip:core.example.com;lr>'],
        peerAddress: '192.0.2.1',
      },
    ])
    const waitedMs = carrier.untilNext(120_000)
    expect(waitedMs).toBeGreaterThanOrEqual(60_000)
    expect(waitedMs).toBeLessThanOrEqual(90_000)
    expect(carrier.field('Authorization')).toBeUndefined()
    expect(carrier.field('Call-ID')).toBe(callId)
    expect(carrier.field('CSeq')).toBe('3 REGISTER')
    carrier.challenge('two')
    carrier.grant(120)
    expect(carrier.field('CSeq')).toBe('4 REGISTER')
    expect(carrier.told).toEqual([
      ['registered', 200],
      ['registered', 200],
    ])
  })

  it('spreads the refreshes of many', () => {
    const times = new Set<number>()
    for (let seed = 1; seed <= 20; seed++) {
      const carrier = new Carrier({ ids: new SeededIds(seed * 7919) }).register()
      carrier.grant(600)
      times.add(carrier.untilNext(600_000))
    }
    expect(times.size).toBeGreaterThan(15)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(60_000)
  })

  it('answers a stale nonce, and gives up for a while after a wrong password', () => {
    const carrier = new Carrier().register()
    carrier.challenge('one')
    carrier.challenge('two', ', stale=true')
    expect(carrier.field('Authorization')).toContain('nonce="two"')
    carrier.challenge('three')
    expect(carrier.told).toEqual([['failed', 401]])
    expect(carrier.untilNext(100_000)).toBeGreaterThanOrEqual(30_000)
    carrier.challenge('four')
    carrier.grant(60)
    expect(carrier.told.at(-1)).toEqual(['registered', 200])
  })

  it('asks for the interval of a 423, but not for any', () => {
    const carrier = new Carrier().register({ expiresS: 60 })
    carrier.answer('REGISTER', 423, { headers: ['Min-Expires: 300'] })
    expect(carrier.field('Expires')).toBe('300')
    carrier.grant(300)
    carrier.untilNext(300_000)
    expect(carrier.field('Expires')).toBe('300')
    for (const answer of ['Min-Expires: 99999999', 'Min-Expires: 300', 'Min-Expires: x', 'X: y']) {
      const other = new Carrier().register({ expiresS: 300 })
      other.answer('REGISTER', 423, { headers: [answer] })
      expect(other.told).toEqual([['failed', 423]])
    }
    const endless = new Carrier().register({ expiresS: 60 })
    for (const seconds of [61, 62, 63, 64]) {
      endless.answer('REGISTER', 423, { headers: [`Min-Expires: ${seconds}`] })
    }
    expect(endless.told).toEqual([['failed', 423]])
  })

  it('waits longer from failure to failure, and as Retry-After says', () => {
    for (const [failures, wholeMs] of [
      [1, 60_000],
      [3, 240_000],
      [6, 1_800_000],
      [1_000, 1_800_000],
    ] as const) {
      expect(retryDelayMs(failures, 0)).toBe(wholeMs / 2)
      expect(retryDelayMs(failures, 1)).toBe(wholeMs)
    }
    const carrier = new Carrier().register()
    let beforeMs = 0
    for (let failure = 1; failure <= 5; failure++) {
      carrier.answer('REGISTER', 500)
      const waitedMs = carrier.untilNext(2_000_000)
      expect(waitedMs).toBeGreaterThanOrEqual(15_000 * 2 ** failure)
      expect(waitedMs).toBeLessThanOrEqual(30_000 * 2 ** failure)
      expect(waitedMs).toBeGreaterThanOrEqual(beforeMs)
      beforeMs = waitedMs
    }
    carrier.answer('REGISTER', 503, { headers: ['Retry-After: 3000 (night)'] })
    expect(carrier.untilNext(4_000_000)).toBe(3_000_000)
    carrier.grant(60)
    carrier.untilNext(60_000)
    carrier.answer('REGISTER', 500)
    expect(carrier.counted('registrationFailed')).toBe(7)
    // After a success it starts anew, and comes before the binding ends.
    expect(carrier.untilNext(2_000_000)).toBeLessThan(30_000)
  })

  it('goes on to the next server, and stays with the one that answered', () => {
    const carrier = new Carrier()
    carrier.targets = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((one) => target(one))
    carrier.register()
    const address = () => carrier.requests('REGISTER').at(-1)?.output.target.address
    carrier.answer('REGISTER', 503)
    expect(address()).toBe('192.0.2.2')
    carrier.untilNext(32_000)
    carrier.wait(32_000)
    expect(address()).toBe('192.0.2.3')
    carrier.grant(600)
    expect(carrier.of('registration').at(-1)).toMatchObject({ peerAddress: '192.0.2.3' })
    carrier.untilNext(600_000)
    expect(address()).toBe('192.0.2.3')
  })

  it('says when nobody answers, and whether the binding still holds', () => {
    const carrier = new Carrier().register()
    carrier.wait(32_000)
    expect(carrier.of('registration')).toMatchObject([
      { state: 'failed', status: 408, expiresAtMs: undefined, peerAddress: undefined },
    ])
    carrier.untilNext(60_000)
    carrier.grant(600)
    const expiresAtMs = carrier.nowMs + 600_000
    carrier.untilNext(600_000)
    carrier.wait(32_000)
    expect(carrier.of('registration').at(-1)).toMatchObject({
      state: 'failed',
      status: 408,
      expiresAtMs,
      peerAddress: '192.0.2.1',
    })
    carrier.wait(expiresAtMs + 40_000 - carrier.nowMs)
    expect(carrier.of('registration').at(-1)).toMatchObject({ expiresAtMs: undefined })
  })

  it('takes what is granted from its own Contact, or from Expires, and a lost Contact as a failure', () => {
    const others = 'Contact: <sip:alice@198.51.100.1>;expires=10, <sip:bob@192.0.2.9>;expires=20'
    const endOf = (headers: readonly string[]) => {
      const carrier = new Carrier().register()
      const request = carrier.lastRequest('REGISTER')
      const value = (name: string) => headerOf(request.headers, name)
      const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${value(name)}`)
      carrier.text(
        [
          ...['SIP/2.0 200 OK', ...copied, `To: ${value('To')};tag=t`],
          ...[...headers, 'Content-Length: 0', '', ''],
        ].join('\r\n'),
      )
      return carrier.of('registration')[0]
    }
    expect(endOf([others, 'Contact: <sip:alice@192.0.2.9:5060>;expires=300'])).toMatchObject({
      expiresAtMs: 300_000,
    })
    expect(endOf([others])).toMatchObject({ expiresAtMs: 10_000 })
    expect(endOf(['Expires: 200'])).toMatchObject({ expiresAtMs: 200_000 })
    expect(endOf([])).toMatchObject({ expiresAtMs: 3_600_000 })
    expect(endOf(['Expires: 99999'])).toMatchObject({ expiresAtMs: 3_600_000 })
    expect(endOf(['Contact: <sip:bob@192.0.2.9>;expires=20'])).toMatchObject({ state: 'failed' })
  })

  it('refreshes no faster than every five seconds', () => {
    const carrier = new Carrier().register()
    carrier.grant(1)
    expect(carrier.untilNext(60_000)).toBe(5_000)
  })

  it('unregisters with the same Contact, and ends when nobody listens', () => {
    const carrier = new Carrier().register()
    carrier.grant(600)
    carrier.input({ type: 'unregister', registrationId: 'trunk' })
    expect(carrier.field('Expires')).toBe('0')
    expect(carrier.field('Contact')).toMatch(/^<sip:alice@192.0.2.9:5060>;expires=0;/)
    carrier.challenge('one')
    carrier.answer('REGISTER', 200)
    expect(carrier.told.at(-1)).toEqual(['unregistered', 200])
    carrier.register()
    carrier.grant(600)
    carrier.input({ type: 'unregister', registrationId: 'trunk' })
    carrier.wait(5_000)
    expect(carrier.told.at(-1)).toEqual(['unregistered', 408])
    carrier.wait(60_000)
    expect(carrier.engine.sizes).toEqual(idle)
  })

  it('has nothing to unregister before it has registered', () => {
    const carrier = new Carrier().register()
    carrier.answer('REGISTER', 403)
    carrier.input({ type: 'unregister', registrationId: 'trunk' })
    expect(carrier.count).toBe(1)
    expect(carrier.told).toEqual([
      ['failed', 403],
      ['unregistered', 200],
    ])
    carrier.input({ type: 'unregister', registrationId: 'trunk' })
    expect(carrier.told).toHaveLength(2)
  })

  it('takes other settings at once', () => {
    const carrier = new Carrier().register()
    carrier.answer('REGISTER', 403)
    carrier.register({ credentials: { username: 'alice', password: 'other' } })
    expect(carrier.field('CSeq')).toBe('2 REGISTER')
    carrier.grant(600)
    expect(carrier.told.at(-1)).toEqual(['registered', 200])
  })

  it('goes by an outbound proxy', () => {
    const carrier = new Carrier().register({ proxy: 'sip:proxy.example.com;lr' })
    expect(carrier.of('ask')[0]?.question).toMatchObject({ host: 'proxy.example.com' })
    expect(carrier.field('Route')).toBe('<sip:proxy.example.com;lr>')
  })

  it('keeps its connection open, and registers again when it is gone', () => {
    const carrier = new Carrier()
    carrier.targets = [target('192.0.2.1', 'tcp')]
    carrier.flow = flowFrom('192.0.2.1', 5060, 7)
    carrier.register()
    expect(carrier.field('Contact')).toMatch(/;transport=tcp>.*;reg-id=1$/)
    carrier.answer('REGISTER', 439)
    expect(carrier.field('Contact')).not.toContain('reg-id')
    carrier.grant(3600, ['Flow-Timer: 60'])
    carrier.wait(130_000)
    expect(carrier.others).toEqual(['\r\n\r\n', '\r\n\r\n'])
    carrier.input({ type: 'disconnected', connectionId: 8 })
    expect(carrier.untilNext(10_000)).toBe(Number.POSITIVE_INFINITY)
    carrier.input({ type: 'disconnected', connectionId: 7 })
    expect(carrier.untilNext(10_000)).toBeLessThanOrEqual(5_000)
    // One that is taken away at once is a failure.
    carrier.grant(3600)
    carrier.input({ type: 'disconnected', connectionId: 7 })
    expect(carrier.untilNext(100_000)).toBeGreaterThanOrEqual(30_000)
  })

  it('keeps a NAT open', () => {
    const carrier = new Carrier().register()
    const request = carrier.lastRequest('REGISTER')
    const value = (name: string) => headerOf(request.headers, name)
    const via = value('Via')?.replace(';rport', ';received=203.0.113.5;rport=40000')
    const copied = ['From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${value(name)}`)
    const lines = ['SIP/2.0 200 OK', `Via: ${via}`, ...copied, `To: ${value('To')};tag=t`]
    carrier.text([...lines, 'Expires: 600', 'Content-Length: 0', '', ''].join('\r\n'))
    carrier.wait(51_000)
    expect(carrier.others).toEqual(['\r\n\r\n', '\r\n\r\n'])
  })

  it('keeps no Service-Route that is too long or cannot be read', () => {
    for (const field of [
      '<tel:1>',
      Array(9).fill('<sip:a;lr>').join(','),
      `<sip:${'a'.repeat(3e3)}>`,
    ]) {
      const carrier = new Carrier().register()
      carrier.grant(60, [`Service-Route: ${field}`])
      expect(carrier.of('registration')).toMatchObject([{ state: 'registered', serviceRoutes: [] }])
    }
  })

  it('takes a thousand', () => {
    const carrier = new Carrier()
    for (let id = 0; id < 1_001; id++) carrier.register({ registrationId: String(id) })
    expect(carrier.engine.sizes.registrations).toBe(1_000)
    expect(carrier.counted('tooManyRegistrations')).toBe(1)
  })
})
