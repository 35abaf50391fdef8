import { describe, expect, it } from 'vitest'
import { headerOf } from '../../src/sip/message.js'
import { flowFrom, idle, ScriptedPeer, sdp } from './scripted-peer.js'

const command = {
  type: 'invite',
  legId: 'leg',
  target: 'sip:bob@192.0.2.1:5062',
  from: { uri: 'sip:alice@192.0.2.9', displayName: 'Alice' },
  sdp,
} as const

function calling(more: Partial<Parameters<ScriptedPeer['input']>[0]> = {}): ScriptedPeer {
  const peer = new ScriptedPeer()
  peer.input({ ...command, ...more } as typeof command)
  return peer
}

function end(peer: ScriptedPeer): void {
  peer.wait(200_000)
  expect(peer.engine.sizes).toEqual(idle)
}

describe('an outgoing call', () => {
  it('rings, is answered, informed and ended', () => {
    const peer = calling()
    peer.answer('INVITE', 100)
    peer.answer('INVITE', 183, { body: sdp })
    peer.answer('INVITE', 200, { body: sdp })
    expect(peer.of('progressed')).toMatchObject([{ status: 183, sdp }])
    expect(peer.of('answered')).toMatchObject([{ legId: 'leg', status: 200, sdp }])
    expect(peer.lastRequest('ACK')).toMatchObject({ uri: 'sip:answerer@192.0.2.1:5062' })
    // Lost ACK: the 2xx again, the same ACK again.
    peer.answer('INVITE', 200, { body: sdp })
    const [first, second] = peer.requests('ACK')
    expect(second?.message).toEqual(first?.message)
    expect(peer.of('answered')).toHaveLength(1)
    const info = { type: 'info', legId: 'leg', contentType: 'application/x', body: 'y' } as const
    peer.input(info)
    peer.answer('INFO', 200)
    peer.input({ type: 'hangUp', legId: 'leg' })
    peer.answer('BYE', 200)
    expect(peer.of('ended')).toEqual([{ type: 'ended', legId: 'leg', cause: 'hungUp' }])
    const cseqs = ['INVITE', 'INFO', 'BYE'].map((method) =>
      headerOf(peer.lastRequest(method).headers, 'CSeq'),
    )
    expect(cseqs).toEqual(['1 INVITE', '2 INFO', '3 BYE'])
    end(peer)
  })

  it('takes BYE and re-INVITE of the peer', () => {
    const peer = calling()
    peer.answer('INVITE', 200, { body: sdp })
    const from = headerOf(peer.lastRequest('INVITE').headers, 'From') ?? ''
    const toTag = /tag=(\w+)/.exec(from)?.[1] ?? ''
    const callId = headerOf(peer.lastRequest('INVITE').headers, 'Call-ID') ?? ''
    const dialog = { toTag, callId, fromTag: 'theirs' }
    peer.request('INVITE', { ...dialog, cseq: 10, body: sdp })
    peer.input({ type: 'answerReoffer', legId: 'leg', sdp })
    peer.request('ACK', { ...dialog, cseq: 10 })
    peer.request('BYE', { ...dialog, cseq: 11 })
    expect(peer.statuses).toEqual([100, 200, 200])
    expect(peer.of('ended')).toMatchObject([{ cause: 'bye' }])
    end(peer)
  })

  it('is refused with what the peer said, and acknowledges that', () => {
    const peer = calling()
    peer.answer('INVITE', 302, { headers: ['Contact: <sip:other@example.com>'] })
    expect(peer.of('refused')).toMatchObject([{ status: 302, reason: 'Whatever' }])
    expect(peer.requests('ACK')).toHaveLength(1)
    expect(peer.of('ended')).toEqual([])
    end(peer)
  })

  it('is refused with 408 when nobody answers, 503 when it cannot be sent', () => {
    const silent = calling()
    silent.wait(32_000)
    expect(silent.requests('INVITE')).toHaveLength(7)
    expect(silent.of('refused')).toMatchObject([{ status: 408 }])
    expect(silent.of('silent')).toMatchObject([{ target: { address: '192.0.2.1', port: 5062 } }])
    const broken = calling()
    const sendId = broken.requests('INVITE')[0]?.output.sendId ?? 0
    broken.input({ type: 'sendFailed', sendId, reason: 'ECONNREFUSED' })
    expect(broken.of('refused')).toMatchObject([{ status: 503 }])
    const bad = calling({ target: 'tel:+1555' })
    expect(bad.of('refused')).toMatchObject([{ status: 416 }])
    end(silent)
    end(broken)
  })

  it('to a sips: URI goes over TLS and asks to be called back so', () => {
    const peer = calling({ target: 'sips:bob@192.0.2.1' })
    const [sent] = peer.requests('INVITE')
    expect(sent?.output.target).toMatchObject({ transport: 'tls', port: 5061 })
    expect(headerOf(sent?.message.headers ?? [], 'Contact')).toBe('<sips:192.0.2.9:5060>')
    expect(headerOf(sent?.message.headers ?? [], 'Via')).toContain('SIP/2.0/TLS')
  })

  it('goes over TCP when it is too large for a datagram, and over UDP where there is no TCP', () => {
    const large = `${sdp}${'a=x:0123456789\r\n'.repeat(80)}`
    const peer = calling({ sdp: large })
    const [first] = peer.requests('INVITE')
    expect(first?.output.target).toMatchObject({ transport: 'tcp', port: 5062 })
    expect(headerOf(first?.message.headers ?? [], 'Via')).toContain('SIP/2.0/TCP')
    const sendId = first?.output.sendId ?? 0
    peer.input({ type: 'sendFailed', sendId, reason: 'ECONNREFUSED' })
    const [, second] = peer.requests('INVITE')
    expect(second?.output.target).toMatchObject({ transport: 'udp', port: 5062 })
    peer.input({ type: 'sendFailed', sendId: second?.output.sendId ?? 0, reason: 'unreachable' })
    expect(peer.of('refused')).toMatchObject([{ status: 503, local: true }])
    expect(peer.requests('INVITE')).toHaveLength(2)
    end(peer)
  })

  it('goes from one resolved target to the next', () => {
    const peer = calling({ target: 'sip:bob@example.com;transport=tcp' })
    const [asked] = peer.of('ask')
    expect(asked?.question).toEqual({
      what: 'resolve',
      host: 'example.com',
      port: undefined,
      transport: 'tcp',
      secure: false,
    })
    const target = (port: number) => ({ transport: 'tcp', address: '192.0.2.1', port }) as const
    const targets = [target(1), target(2), target(3)]
    peer.input({ type: 'answer', id: asked?.id ?? 0, answer: { what: 'resolve', targets } })
    const sendId = peer.requests('INVITE')[0]?.output.sendId ?? 0
    peer.input({ type: 'sendFailed', sendId, reason: 'ECONNREFUSED' })
    peer.answer('INVITE', 503)
    expect(peer.requests('INVITE').map(({ output }) => output.target.port)).toEqual([1, 2, 3])
    peer.answer('INVITE', 486)
    expect(peer.of('refused')).toMatchObject([{ status: 486 }])
    end(peer)
  })

  it('is refused when its host is not found in time', () => {
    const peer = calling({ target: 'sip:bob@example.com' })
    peer.wait(4000)
    expect(peer.of('refused')).toMatchObject([{ status: 503 }])
    end(peer)
  })
})

describe('hanging up an outgoing call', () => {
  it('cancels only after a provisional response', () => {
    const peer = calling()
    peer.input({ type: 'hangUp', legId: 'leg' })
    expect(peer.requests('CANCEL')).toEqual([])
    peer.answer('INVITE', 180)
    expect(peer.of('progressed')).toEqual([])
    const invite = peer.lastRequest('INVITE')
    const cancel = peer.lastRequest('CANCEL')
    expect(headerOf(cancel.headers, 'Via')).toBe(headerOf(invite.headers, 'Via'))
    peer.answer('CANCEL', 200)
    peer.answer('INVITE', 487)
    expect(peer.of('ended')).toMatchObject([{ cause: 'hungUp' }])
    end(peer)
  })

  it('ends a call whose 2xx overtook the CANCEL', () => {
    const peer = calling()
    peer.answer('INVITE', 180)
    peer.input({ type: 'hangUp', legId: 'leg' })
    peer.answer('INVITE', 200, { body: sdp })
    expect(peer.requests('ACK')).toHaveLength(1)
    peer.answer('BYE', 200)
    expect(peer.of('answered')).toEqual([])
    expect(peer.of('ended')).toMatchObject([{ cause: 'hungUp' }])
    end(peer)
  })

  it('gives up when the CANCEL changes nothing', () => {
    const peer = calling()
    peer.answer('INVITE', 180)
    peer.input({ type: 'hangUp', legId: 'leg' })
    peer.answer('CANCEL', 200)
    peer.wait(32_000)
    expect(peer.of('ended')).toMatchObject([{ cause: 'hungUp' }])
    end(peer)
  })
})

describe('forks', () => {
  it('are acknowledged and ended but for the first', () => {
    const peer = calling()
    peer.answer('INVITE', 180, { toTag: 'a' })
    peer.answer('INVITE', 200, { toTag: 'b', body: sdp })
    peer.answer('INVITE', 200, { toTag: 'a', body: sdp })
    expect(peer.of('answered')).toHaveLength(1)
    expect(peer.requests('ACK')).toHaveLength(2)
    expect(peer.requests('BYE')).toHaveLength(1)
    expect(headerOf(peer.lastRequest('BYE').headers, 'To')).toContain('tag=a')
    peer.answer('BYE', 200)
    expect(peer.of('ended')).toEqual([])
  })
})

describe('a challenged call', () => {
  const credentials = { username: 'trunk', password: 'secret' }
  const challenge = (nonce: string, more = '') =>
    `WWW-Authenticate: Digest realm="r", nonce="${nonce}", qop="auth", algorithm=SHA-256${more}`

  it('answers once, again when the nonce was stale, and acknowledges with credentials', () => {
    const peer = calling({ credentials })
    peer.answer('INVITE', 401, { headers: [challenge('one')] })
    peer.answer('INVITE', 401, { headers: [challenge('two', ', stale=true')] })
    const invite = peer.lastRequest('INVITE')
    expect(headerOf(invite.headers, 'CSeq')).toBe('3 INVITE')
    expect(headerOf(invite.headers, 'Authorization')).toContain('nonce="two"')
    peer.answer('INVITE', 200, { body: sdp })
    expect(headerOf(peer.lastRequest('ACK').headers, 'Authorization')).toContain('nonce="two"')
    peer.input({ type: 'hangUp', legId: 'leg' })
    peer.answer('BYE', 401, { headers: [challenge('three')] })
    peer.answer('BYE', 200)
    expect(peer.requests('BYE')).toHaveLength(2)
    expect(peer.of('ended')).toHaveLength(1)
    end(peer)
  })

  it('is refused when the password is wrong or there is none', () => {
    const wrong = calling({ credentials })
    wrong.answer('INVITE', 407, { headers: ['Proxy-Authenticate: Digest realm="r", nonce="n"'] })
    wrong.answer('INVITE', 407, { headers: ['Proxy-Authenticate: Digest realm="r", nonce="m"'] })
    expect(wrong.of('refused')).toMatchObject([{ status: 407 }])
    const none = calling()
    none.answer('INVITE', 401, { headers: [challenge('one')] })
    expect(none.of('refused')).toMatchObject([{ status: 401 }])
    end(wrong)
  })
})

describe('a peer that vanished', () => {
  it('is noticed when INFO goes unanswered', () => {
    const peer = calling()
    peer.answer('INVITE', 200, { body: sdp })
    peer.input({ type: 'info', legId: 'leg', contentType: 'a/b', body: '' })
    peer.wait(32_000)
    expect(peer.of('ended')).toMatchObject([{ cause: 'unreachable' }])
    end(peer)
  })

  it('leaves a stray response behind at most', () => {
    const peer = new ScriptedPeer()
    peer.flow = flowFrom('192.0.2.1')
    peer.text(
      'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n',
    )
    expect(peer.counted('stray')).toBe(1)
  })
})
