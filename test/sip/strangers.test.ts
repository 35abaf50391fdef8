import { describe, expect, it } from 'vitest'
import { computeHa1 } from '../../src/base/digest.js'
import { answerChallenge, parseDigest } from '../../src/sip/digest.js'
import { headerOf, headerValues } from '../../src/sip/message.js'
import { flowFrom, idle, ScriptedPeer, sdp } from './scripted-peer.js'

const uri = 'sip:+15550100@192.0.2.9'

function stranger(config: ConstructorParameters<typeof ScriptedPeer>[0] = {}): ScriptedPeer {
  const peer = new ScriptedPeer(config)
  peer.flow = flowFrom('198.51.100.7')
  return peer
}

function authorization(peer: ScriptedPeer, password: string, nonceCount = '00000001', index = 0) {
  const challenges = headerValues(peer.responses.at(-1)?.headers ?? [], 'WWW-Authenticate')
  const challenge = parseDigest(challenges[index] ?? '')
  if (!challenge) throw new Error('no challenge')
  const credentials = { username: 'alice', password }
  const value = answerChallenge(challenge, credentials, { method: 'INVITE', uri }, 'cnonce')
  return `Authorization: ${(value ?? '').replace('00000001', nonceCount)}`
}

function answerQuestion(peer: ScriptedPeer, password: string | undefined): void {
  const question = peer.of('ask').at(-1)
  if (question?.question.what !== 'credential') throw new Error('no question')
  const { realm, username, algorithm } = question.question
  const ha1 = password === undefined ? undefined : computeHa1(algorithm, username, realm, password)
  peer.input({ type: 'answer', id: question.id, answer: { what: 'credential', ha1 } })
}

describe('a stranger', () => {
  it.each(['INVITE', 'OPTIONS', 'REGISTER', 'MESSAGE'])(
    'is challenged for %s, without state',
    (method) => {
      const peer = stranger()
      peer.request(method, { branch: 'z9hG4bK1', body: method === 'INVITE' ? sdp : '' })
      peer.request(method, { branch: 'z9hG4bK1', body: method === 'INVITE' ? sdp : '' })
      expect(peer.statuses).toEqual([401, 401])
      const tags = peer.responses.map(({ headers }) => headerOf(headers, 'To'))
      expect(new Set(tags).size).toBe(1)
      const challenges = headerValues(peer.responses[0]?.headers ?? [], 'WWW-Authenticate')
      expect(challenges.map((value) => parseDigest(value)?.get('algorithm'))).toEqual([
        'SHA-256',
        'MD5',
      ])
      expect(peer.engine.sizes).toEqual(idle)
      expect(peer.counted('stranger')).toBe(2)
    },
  )

  it('gets no answer much longer than a datagram that may be forged', () => {
    const short = [
      'OPTIONS sip:a SIP/2.0',
      'v: SIP/2.0/UDP a;branch=z9hG4bK1',
      'f: <sip:a>;tag=1',
      't: <sip:a>',
      'i: 1',
      'CSeq: 1 OPTIONS',
      'l: 0',
      '',
      '',
    ].join('\r\n')
    const peer = stranger()
    peer.text(short)
    peer.text(short.replace('CSeq: 1 ', 'CSeq: x '))
    expect(peer.sent.map(({ output }) => output.bytes.length <= 3 * short.length)).toEqual([true])
    expect(peer.statuses).toEqual([400])
    expect(peer.counted('amplification')).toBe(1)
    // A connection shows that its source is there; a trusted one asks what it likes.
    peer.flow = flowFrom('198.51.100.7', 5060, 1)
    peer.text(short)
    peer.flow = flowFrom('192.0.2.1')
    peer.text(short)
    expect(peer.statuses).toEqual([400, 401, 200])
  })

  it('gets no word about what exists', () => {
    const peer = stranger()
    peer.request('INVITE', { uri: 'unknown:x', headers: ['Require: x'], body: 'x' })
    expect(peer.statuses).toEqual([401])
    peer.request('ACK', { toTag: peer.toTag })
    expect(peer.statuses).toEqual([401])
  })

  it.each([0, 1])('is let in with the right password (challenge %d)', (index) => {
    const peer = stranger()
    peer.request('INVITE', { body: sdp })
    const header = authorization(peer, 'secret', '00000001', index)
    peer.request('INVITE', { cseq: 2, branch: 'z9hG4bK2', headers: [header], body: sdp })
    // A retransmission while the question is open belongs to the same transaction.
    peer.request('INVITE', { cseq: 2, branch: 'z9hG4bK2', headers: [header], body: sdp })
    expect(peer.of('ask')).toHaveLength(1)
    answerQuestion(peer, 'secret')
    expect(peer.of('invited')).toMatchObject([{ trust: 'digest', username: 'alice' }])
    peer.request('INVITE', { cseq: 2, branch: 'z9hG4bK2', headers: [header], body: sdp })
    expect(peer.of('invited')).toHaveLength(1)
  })

  it('is offered the algorithms that are configured, and no other is taken', () => {
    const peer = stranger({ digestAlgorithms: ['SHA-256'] })
    peer.request('INVITE', { body: sdp })
    const challenges = headerValues(peer.responses[0]?.headers ?? [], 'WWW-Authenticate')
    expect(challenges).toHaveLength(1)
    const weaker = authorization(peer, 'secret').replace('algorithm=SHA-256', 'algorithm=MD5')
    peer.request('INVITE', { cseq: 2, headers: [weaker], body: sdp })
    expect(peer.of('ask')).toEqual([])
    expect(peer.statuses).toEqual([401, 401])
  })

  it('cannot replay, but can count on', () => {
    const peer = stranger()
    peer.request('INVITE', { body: sdp })
    const first = authorization(peer, 'secret')
    const forged = first.replace('nc=00000001', 'nc=00000002')
    peer.request('INVITE', { cseq: 2, headers: [first], body: sdp })
    answerQuestion(peer, 'secret')
    peer.request('INVITE', { cseq: 2, callId: 'replay', headers: [first], body: sdp })
    answerQuestion(peer, 'secret')
    expect(peer.statuses.at(-1)).toBe(401)
    const again = headerOf(peer.responses.at(-1)?.headers ?? [], 'WWW-Authenticate')
    expect(again).toContain('stale=true')
    // A count that the response was not made for is a wrong response.
    peer.request('INVITE', { cseq: 2, callId: 'forged', headers: [forged], body: sdp })
    answerQuestion(peer, 'secret')
    expect(peer.statuses.at(-1)).toBe(403)
  })

  it.each([
    ['wrong', 'secret'],
    ['secret', undefined],
  ])('is refused with %s for %s', (given, stored) => {
    const peer = stranger()
    peer.request('INVITE', { body: sdp })
    const headers = [authorization(peer, given)]
    peer.request('INVITE', { cseq: 2, branch: 'z9hG4bK2', headers, body: sdp })
    answerQuestion(peer, stored)
    expect(peer.statuses.at(-1)).toBe(403)
    expect(peer.counted('authenticationFailed')).toBe(1)
    peer.request('ACK', { branch: 'z9hG4bK2', toTag: peer.toTag })
    peer.wait(100_000)
    expect(peer.engine.sizes).toEqual(idle)
  })

  it('is asked again when the nonce is old or not ours, before any question', () => {
    const peer = stranger()
    peer.request('INVITE', { body: sdp })
    const header = authorization(peer, 'secret')
    peer.wait(301_000)
    peer.request('INVITE', { cseq: 2, headers: [header], body: sdp })
    expect(peer.statuses.at(-1)).toBe(401)
    expect(headerOf(peer.responses.at(-1)?.headers ?? [], 'WWW-Authenticate')).toContain('stale')
    const foreign = header.replace(/nonce="[^"]*"/, 'nonce="mine"')
    peer.request('INVITE', { cseq: 3, headers: [foreign], body: sdp })
    expect(peer.statuses.at(-1)).toBe(401)
    expect(peer.of('ask')).toEqual([])
  })

  it('gets 503 when the question is not answered, 487 when it cancels meanwhile', () => {
    const peer = stranger()
    peer.request('INVITE', { body: sdp })
    const header = authorization(peer, 'secret')
    peer.request('INVITE', { cseq: 2, headers: [header], body: sdp })
    peer.wait(4000)
    expect(peer.statuses.at(-1)).toBe(503)
    expect(peer.counted('questionTimeout')).toBe(1)
    answerQuestion(peer, 'secret')
    expect(peer.of('invited')).toEqual([])

    peer.request('INVITE', { cseq: 3, branch: 'z9hG4bK3', headers: [header], body: sdp })
    peer.request('CANCEL', { cseq: 3, branch: 'z9hG4bK3' })
    expect(peer.statuses.slice(-2)).toEqual([200, 487])
    answerQuestion(peer, 'secret')
    expect(peer.of('invited')).toEqual([])
  })
})
