import { describe, expect, it } from 'vitest'
import { headerOf } from '../../src/sip/message.js'
import { idle, ScriptedPeer, sdp } from './scripted-peer.js'

const text = 'Content-Type: text/plain;charset=utf-8'

function end(peer: ScriptedPeer): void {
  peer.wait(300_000)
  expect(peer.engine.sizes).toEqual(idle)
}

describe('a MESSAGE of a peer (RFC 3428 §7)', () => {
  it('is told once, and answered as it is decided', () => {
    const peer = new ScriptedPeer()
    const send = () =>
      peer.request('MESSAGE', { branch: 'z9hG4bKm', headers: [text], body: 'Grüß dich' })
    send()
    send()
    const received = peer.of('messageReceived')
    expect(received).toMatchObject([
      {
        trust: 'address',
        from: { uri: 'sip:peer@example.com', displayName: 'Peer' },
        requestUri: 'sip:+15550100@192.0.2.9',
        contentType: 'text/plain;charset=utf-8',
        maxForwards: 70,
      },
    ])
    const [message] = received
    expect(Buffer.from(message?.body ?? []).toString()).toBe('Grüß dich')
    peer.input({ type: 'answerMessage', messageId: message?.messageId ?? '', status: 202 })
    send()
    expect(peer.statuses).toEqual([202, 202])
    peer.input({ type: 'answerMessage', messageId: message?.messageId ?? '', status: 404 })
    expect(peer.statuses).toHaveLength(2)
    end(peer)
  })

  it('that nobody decides about is answered all the same', () => {
    const peer = new ScriptedPeer()
    peer.request('MESSAGE', { headers: [text], body: 'x' })
    peer.wait(19_999)
    expect(peer.statuses).toEqual([])
    peer.wait(1)
    expect(peer.statuses).toEqual([504])
    end(peer)
  })

  it('within a call is told to the call', () => {
    const peer = new ScriptedPeer()
    peer.request('INVITE', { body: sdp })
    peer.input({ type: 'accept', legId: peer.legId, sdp })
    peer.request('ACK', { toTag: peer.toTag })
    peer.request('MESSAGE', { toTag: peer.toTag, cseq: 2, headers: [text], body: 'x' })
    expect(peer.statuses.at(-1)).toBe(200)
    expect(peer.of('informed')).toMatchObject([{ legId: peer.legId, body: 'x' }])
    peer.request('BYE', { toTag: peer.toTag, cseq: 3 })
    end(peer)
  })

  it('of a stranger is challenged', () => {
    const peer = new ScriptedPeer({ isTrusted: () => false })
    peer.request('MESSAGE', { headers: [text], body: 'x' })
    expect(peer.statuses).toEqual([401])
    end(peer)
  })
})

describe('a MESSAGE of ours', () => {
  const message = {
    type: 'sendMessage',
    messageId: 'm',
    target: 'sip:bob@192.0.2.1:5062',
    from: { uri: 'sip:alice@dialplane' },
    contentType: 'text/plain',
    body: Buffer.from('hello'),
    maxForwards: 12,
  } as const

  it('tells what became of it', () => {
    const peer = new ScriptedPeer()
    peer.input(message)
    const sent = peer.lastRequest('MESSAGE')
    expect(Buffer.from(sent.body).toString()).toBe('hello')
    expect(headerOf(sent.headers, 'Max-Forwards')).toBe('12')
    expect(headerOf(sent.headers, 'Contact')).toBeUndefined()
    peer.answer('MESSAGE', 202)
    expect(peer.of('messageSent')).toMatchObject([{ messageId: 'm', status: 202, local: false }])
    end(peer)
  })

  it('tells that nobody has answered', () => {
    const peer = new ScriptedPeer()
    peer.input(message)
    peer.wait(32_000)
    expect(peer.of('messageSent')).toMatchObject([{ messageId: 'm', status: 408, local: true }])
    end(peer)
  })
})
