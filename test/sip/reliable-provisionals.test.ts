import { describe, expect, it } from 'vitest'
import { headerOf } from '../../src/sip/message.js'
import { idle, ScriptedPeer, sdp } from './scripted-peer.js'

const supports = 'Supported: 100rel'
const requires = 'Require: 100rel'

/** A caller whose INVITE waits, with what it says of 100rel. */
function calledBy(field: string, body = sdp): ScriptedPeer {
  const peer = new ScriptedPeer()
  peer.request('INVITE', { branch: 'z9hG4bKi', headers: [field], body })
  return peer
}

function ring(peer: ScriptedPeer, status = 180, description?: string): void {
  const progress = { type: 'progress', legId: peer.legId, status } as const
  peer.input(description === undefined ? progress : { ...progress, sdp: description })
}

function rseqOf(peer: ScriptedPeer): number {
  return Number(headerOf(peer.responses.at(-1)?.headers ?? [], 'RSeq'))
}

function prack(peer: ScriptedPeer, rseq: number, cseq = 2, body = ''): void {
  const rack = `RAck: ${rseq} 1 INVITE`
  peer.request('PRACK', { toTag: peer.toTag, cseq, headers: [rack], body })
}

function end(peer: ScriptedPeer): void {
  peer.wait(200_000)
  expect(peer.engine.sizes).toEqual(idle)
}

describe('a reliable provisional response of ours (RFC 3262 §3)', () => {
  it('is sent for early media where the caller can, and for all where it must', () => {
    const can = calledBy(supports)
    ring(can)
    expect(headerOf(can.responses.at(-1)?.headers ?? [], 'RSeq')).toBeUndefined()
    ring(can, 183, sdp)
    expect(headerOf(can.responses.at(-1)?.headers ?? [], 'Require')).toBe('100rel')
    const must = calledBy(requires)
    ring(must)
    expect(rseqOf(must)).toBeGreaterThan(0)
  })

  it('comes again until its PRACK, at 0.5, 1.5, 3.5 s and so on', () => {
    const peer = calledBy(requires)
    ring(peer)
    const before = peer.responses.length
    peer.wait(499)
    expect(peer.responses).toHaveLength(before)
    peer.wait(1)
    peer.wait(1000)
    peer.wait(2000)
    expect(peer.responses).toHaveLength(before + 3)
    prack(peer, rseqOf(peer))
    expect(peer.statuses.at(-1)).toBe(200)
    peer.wait(30_000)
    expect(peer.responses).toHaveLength(before + 4)
    expect(peer.of('ended')).toEqual([])
  })

  it('refuses the call when no PRACK comes within 64*T1', () => {
    const peer = calledBy(requires)
    ring(peer)
    peer.wait(32_000)
    expect(peer.statuses.at(-1)).toBe(504)
    expect(peer.of('ended')).toMatchObject([{ cause: 'prackTimeout' }])
    peer.request('ACK', { toTag: peer.toTag, branch: 'z9hG4bKi' })
    end(peer)
  })

  it('counts up, one at a time', () => {
    const peer = calledBy(requires)
    ring(peer, 180)
    const first = rseqOf(peer)
    const sent = peer.responses.length
    ring(peer, 183, sdp)
    expect(peer.responses).toHaveLength(sent)
    prack(peer, first)
    expect(rseqOf(peer)).toBe(first + 1)
    expect(peer.statuses.at(-1)).toBe(183)
  })

  it('knows no PRACK but its own', () => {
    const peer = calledBy(requires)
    ring(peer)
    const rseq = rseqOf(peer)
    prack(peer, rseq + 1)
    expect(peer.statuses.at(-1)).toBe(481)
    peer.request('PRACK', { toTag: peer.toTag, cseq: 3, headers: ['RAck: x y z'] })
    expect(peer.statuses.at(-1)).toBe(481)
    prack(peer, rseq, 4)
    expect(peer.statuses.at(-1)).toBe(200)
    prack(peer, rseq, 5)
    expect(peer.statuses.at(-1)).toBe(481)
  })

  it('holds the 2xx back until its description is acknowledged, and says it once', () => {
    const peer = calledBy(supports)
    ring(peer, 183, sdp)
    const rseq = rseqOf(peer)
    peer.input({ type: 'accept', legId: peer.legId, sdp })
    expect(peer.statuses.at(-1)).toBe(183)
    prack(peer, rseq)
    expect(peer.statuses.slice(-2)).toEqual([200, 200])
    expect(peer.responses.at(-1)?.body).toHaveLength(0)
    peer.request('ACK', { toTag: peer.toTag })
    expect(peer.of('confirmed')).toMatchObject([{ sdp: undefined }])
    peer.request('BYE', { toTag: peer.toTag, cseq: 3 })
    end(peer)
  })

  it('may bring the offer, and PRACK the answer', () => {
    const peer = calledBy(supports, '')
    ring(peer, 183, sdp)
    prack(peer, rseqOf(peer), 2, sdp)
    expect(peer.of('reanswered')).toMatchObject([{ status: 200, sdp }])
    peer.input({ type: 'accept', legId: peer.legId, sdp })
    expect(peer.responses.at(-1)?.body).toHaveLength(0)
    peer.request('ACK', { toTag: peer.toTag })
    expect(peer.of('confirmed')).toMatchObject([{ sdp: undefined }])
  })

  it('takes another offer in PRACK', () => {
    const peer = calledBy(supports)
    ring(peer, 183, sdp)
    prack(peer, rseqOf(peer), 2, sdp)
    expect(peer.of('reoffered')).toMatchObject([{ sdp }])
    peer.input({ type: 'answerReoffer', legId: peer.legId, sdp })
    expect(peer.statuses.at(-1)).toBe(200)
    expect(peer.responses.at(-1)?.body.length).toBeGreaterThan(0)
  })

  it('says nothing to who must have an offer that we have not made', () => {
    const peer = calledBy(requires, '')
    ring(peer)
    expect(peer.statuses).toEqual([100])
  })

  it('is forgotten when the caller gives up', () => {
    const peer = calledBy(requires)
    ring(peer)
    peer.request('CANCEL', { branch: 'z9hG4bKi' })
    expect(peer.statuses.slice(-2).sort()).toEqual([200, 487])
    peer.request('ACK', { branch: 'z9hG4bKi' })
    end(peer)
  })
})

const invite = {
  type: 'invite',
  legId: 'leg',
  target: 'sip:bob@192.0.2.1:5062',
  from: { uri: 'sip:alice@192.0.2.9' },
  sdp,
} as const

const reliable = (rseq: number) => ({ headers: [requires, `RSeq: ${rseq}`] })

describe('a reliable provisional response of the peer (RFC 3262 §4)', () => {
  it('gets its PRACK, once', () => {
    const peer = new ScriptedPeer()
    peer.input(invite)
    expect(headerOf(peer.lastRequest('INVITE').headers, 'Supported')).toContain('100rel')
    peer.answer('INVITE', 183, { ...reliable(77), body: sdp })
    const prackSent = peer.lastRequest('PRACK')
    expect(headerOf(prackSent.headers, 'RAck')).toBe('77 1 INVITE')
    expect(headerOf(prackSent.headers, 'CSeq')).toBe('2 PRACK')
    expect(prackSent).toMatchObject({ uri: 'sip:answerer@192.0.2.1:5062' })
    peer.answer('PRACK', 200)
    peer.answer('INVITE', 183, { ...reliable(77), body: sdp })
    expect(peer.requests('PRACK')).toHaveLength(1)
    expect(peer.of('progressed')).toHaveLength(1)
  })

  it('is ignored when it comes before its predecessor', () => {
    const peer = new ScriptedPeer()
    peer.input(invite)
    peer.answer('INVITE', 180, reliable(5))
    peer.answer('INVITE', 183, reliable(7))
    expect(peer.requests('PRACK')).toHaveLength(1)
    peer.answer('INVITE', 183, reliable(6))
    peer.answer('INVITE', 183, reliable(7))
    expect(peer.requests('PRACK')).toHaveLength(3)
  })

  it('counts apart for each fork', () => {
    const peer = new ScriptedPeer()
    peer.input(invite)
    peer.answer('INVITE', 180, { ...reliable(5), toTag: 'one' })
    peer.answer('INVITE', 180, { ...reliable(900), toTag: 'two' })
    const tags = peer.requests('PRACK').map(({ message }) => headerOf(message.headers, 'To'))
    expect(tags).toEqual([expect.stringContaining('tag=one'), expect.stringContaining('tag=two')])
  })

  it('may bring the answer for a 2xx without one; the CSeq goes on', () => {
    const peer = new ScriptedPeer()
    peer.input(invite)
    peer.answer('INVITE', 183, { ...reliable(1), body: sdp })
    peer.answer('PRACK', 200)
    peer.answer('INVITE', 200)
    expect(peer.of('answered')).toMatchObject([{ sdp }])
    expect(headerOf(peer.lastRequest('ACK').headers, 'CSeq')).toBe('1 ACK')
    peer.input({ type: 'hangUp', legId: 'leg' })
    expect(headerOf(peer.lastRequest('BYE').headers, 'CSeq')).toBe('3 BYE')
    peer.answer('BYE', 200)
    end(peer)
  })
})
