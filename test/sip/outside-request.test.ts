import { describe, expect, it } from 'vitest'
import type { Target } from '../../src/sip/events.js'
import { headerOf } from '../../src/sip/message.js'
import { flowFrom, idle, ScriptedPeer } from './scripted-peer.js'

const credentials = { username: 'alice', password: 'secret' }
const challenge = (nonce: string, more = '') =>
  `WWW-Authenticate: Digest realm="carrier", nonce="${nonce}", qop="auth", algorithm=MD5${more}`

function udp(address: string): Target {
  return { transport: 'udp', address, port: 5060 }
}

/** Asks for a host by its name, that the test resolves to these targets. */
function probe(targets: readonly Target[], more: object = {}, config = {}) {
  const peer = new ScriptedPeer(config)
  peer.input({ type: 'probe', probeId: 'p', target: 'sip:gw.example.com', ...more })
  const [asked] = peer.of('ask')
  if (asked) peer.input({ type: 'answer', id: asked.id, answer: { what: 'resolve', targets } })
  return peer
}

const addresses = (peer: ScriptedPeer) =>
  peer.requests('OPTIONS').map(({ output }) => output.target.address)
const field = (peer: ScriptedPeer, name: string) =>
  headerOf(peer.lastRequest('OPTIONS').headers, name)
const outcomes = (peer: ScriptedPeer) =>
  peer.of('probed').map(({ status, local }) => [status, local])

describe('a request outside of dialogs', () => {
  it('is complete and reports the answer once', () => {
    const peer = probe([udp('192.0.2.1')], { routes: ['<sip:proxy.example.com;lr>'] })
    expect(peer.of('ask')[0]?.question).toMatchObject({ host: 'proxy.example.com' })
    expect(field(peer, 'Route')).toBe('<sip:proxy.example.com;lr>')
    expect(field(peer, 'From')).toMatch(/^<sip:192.0.2.9:5060>;tag=\w+$/)
    expect(field(peer, 'To')).toBe('<sip:gw.example.com>')
    expect(field(peer, 'Contact')).toBe('<sip:192.0.2.9:5060>')
    peer.answer('OPTIONS', 200)
    peer.answer('OPTIONS', 200)
    expect(outcomes(peer)).toEqual([[200, false]])
    peer.wait(60_000)
    expect(peer.engine.sizes).toEqual(idle)
  })

  it('goes to the next target on 503, on silence and on a transport error', () => {
    const peer = probe(['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(udp))
    peer.answer('OPTIONS', 503)
    peer.input({
      type: 'sendFailed',
      sendId: peer.requests('OPTIONS').at(-1)?.output.sendId ?? 0,
      reason: 'ICMP',
    })
    peer.wait(32_000)
    expect([...new Set(addresses(peer))]).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.3',
      '192.0.2.4',
    ])
    expect(peer.of('silent').map(({ target }) => target.address)).toEqual(['192.0.2.3'])
    peer.answer('OPTIONS', 404)
    expect(outcomes(peer)).toEqual([[404, false]])
  })

  it('ends with 408 or 503 of our own when nobody answers or nobody is there', () => {
    const silent = probe([udp('192.0.2.1')])
    silent.wait(32_000)
    expect(outcomes(silent)).toEqual([[408, true]])
    const nowhere = probe([])
    expect(outcomes(nowhere)).toEqual([[503, true]])
    const unresolved = new ScriptedPeer()
    unresolved.input({ type: 'probe', probeId: 'p', target: 'sip:gw.example.com' })
    unresolved.wait(4_000)
    expect(outcomes(unresolved)).toEqual([[503, true]])
    const wrong = new ScriptedPeer()
    wrong.input({ type: 'probe', probeId: 'p', target: 'tel:+1' })
    wrong.wait(0)
    expect(outcomes(wrong)).toEqual([[503, true]])
    for (const peer of [silent, nowhere, unresolved, wrong]) expect(peer.engine.sizes).toEqual(idle)
  })

  it('gives a 503 of the last target back as it is', () => {
    const peer = probe([udp('192.0.2.1')])
    peer.answer('OPTIONS', 503)
    expect(outcomes(peer)).toEqual([[503, false]])
  })

  it('answers a challenge at the same target, and a stale nonce, but a wrong password only once', () => {
    const peer = probe([udp('192.0.2.1'), udp('192.0.2.2')], { credentials })
    peer.answer('OPTIONS', 401, { headers: [challenge('first')] })
    expect(field(peer, 'Authorization')).toContain('nonce="first"')
    expect(field(peer, 'CSeq')).toBe('2 OPTIONS')
    peer.answer('OPTIONS', 401, { headers: [challenge('second', ', stale=true')] })
    expect(field(peer, 'Authorization')).toContain('nonce="second"')
    peer.answer('OPTIONS', 401, { headers: [challenge('third')] })
    expect(outcomes(peer)).toEqual([[401, false]])
    expect(new Set(addresses(peer))).toEqual(new Set(['192.0.2.1']))
  })

  it('answers no more than three challenges, however stale', () => {
    const peer = probe([udp('192.0.2.1')], { credentials })
    for (let time = 0; time < 5 && peer.of('probed').length === 0; time++) {
      peer.answer('OPTIONS', 401, { headers: [challenge(`n${time}`, ', stale=true')] })
    }
    expect(peer.requests('OPTIONS')).toHaveLength(4)
    expect(outcomes(peer)).toEqual([[401, false]])
  })

  it('answers a proxy and the server behind it', () => {
    const peer = probe([udp('192.0.2.1')], { credentials })
    peer.answer('OPTIONS', 407, {
      headers: ['Proxy-Authenticate: Digest realm="proxy", nonce="p", algorithm=SHA-256'],
    })
    peer.answer('OPTIONS', 401, { headers: [challenge('s')] })
    expect(field(peer, 'Proxy-Authorization')).toContain('nonce="p"')
    expect(field(peer, 'Authorization')).toContain('nonce="s"')
    peer.answer('OPTIONS', 200)
    expect(outcomes(peer)).toEqual([[200, false]])
  })

  it('goes over TCP when it is long, and over UDP where there is no TCP', () => {
    const routes = [`<sip:${'x'.repeat(1_000)}@proxy.example.com;lr>`]
    const peer = probe([udp('192.0.2.1')], { routes })
    const [first] = peer.requests('OPTIONS')
    expect(first?.output.target.transport).toBe('tcp')
    expect(headerOf(first?.message.headers ?? [], 'Via')).toMatch(/^SIP\/2.0\/TCP /)
    peer.input({ type: 'sendFailed', sendId: first?.output.sendId ?? 0, reason: 'refused' })
    expect(peer.requests('OPTIONS').at(-1)?.output.target.transport).toBe('udp')
    peer.answer('OPTIONS', 200)
    expect(outcomes(peer)).toEqual([[200, false]])
  })

  it('takes 2,000 at a time and no transaction above the limit', () => {
    const many = new ScriptedPeer({
      limits: { legsMax: 1, transactionsMax: 10_000, questionsMax: 10 },
    })
    for (let id = 0; id < 2_001; id++) {
      many.input({ type: 'probe', probeId: String(id), target: 'sip:192.0.2.1' })
    }
    expect(many.counted('tooManyOutsideRequests')).toBe(1)
    many.wait(0)
    expect(many.of('probed')).toEqual([
      { type: 'probed', probeId: '2000', status: 503, local: true },
    ])
    expect(many.engine.sizes.outsideRequests).toBe(2_000)
    const few = new ScriptedPeer({ limits: { legsMax: 1, transactionsMax: 1, questionsMax: 10 } })
    few.input({ type: 'probe', probeId: '0', target: 'sip:192.0.2.1' })
    few.input({ type: 'probe', probeId: '1', target: 'sip:192.0.2.1' })
    few.wait(0)
    expect(few.counted('tooManyTransactions')).toBe(1)
    expect(outcomes(few)).toEqual([[503, true]])
  })

  it('ignores an answer from nowhere', () => {
    const peer = probe([udp('192.0.2.1')])
    peer.text('SIP/2.0 200 OK\r\nVia: x\r\n\r\n', flowFrom('192.0.2.7'))
    expect(outcomes(peer)).toEqual([])
  })
})
