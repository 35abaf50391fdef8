import { describe, expect, it } from 'vitest'
import { headerOf } from '../../src/sip/message.js'
import { idle, ScriptedPeer, sdp } from './scripted-peer.js'

const other = sdp.replace('192.0.2.1', '192.0.2.77')
const timed = (value: string) => ['Supported: timer', `Session-Expires: ${value}`]

/** A call of the peer, answered and confirmed. */
function calledBy(headers: readonly string[] = []): ScriptedPeer {
  const peer = new ScriptedPeer()
  peer.request('INVITE', { body: sdp, headers })
  peer.input({ type: 'accept', legId: peer.legId, sdp })
  peer.request('ACK', { toTag: peer.toTag, headers: [] })
  return peer
}

/** A call of ours, answered. */
function calling(headers: readonly string[] = []): ScriptedPeer {
  const peer = new ScriptedPeer()
  peer.input({
    type: 'invite',
    legId: 'leg',
    target: 'sip:bob@192.0.2.1:5062',
    from: { uri: 'sip:alice@192.0.2.9' },
    sdp,
  })
  peer.answer('INVITE', 200, { body: sdp, headers })
  return peer
}

function dialogOf(peer: ScriptedPeer) {
  const invite = peer.lastRequest('INVITE')
  const from = headerOf(invite.headers, 'From') ?? ''
  const callId = headerOf(invite.headers, 'Call-ID') ?? ''
  return { toTag: /tag=(\w+)/.exec(from)?.[1] ?? '', callId, fromTag: 'theirs' }
}

function end(peer: ScriptedPeer): void {
  peer.wait(300_000)
  expect(peer.engine.sizes).toEqual(idle)
}

const last = (peer: ScriptedPeer, name: string) =>
  headerOf(peer.responses.at(-1)?.headers ?? [], name)

describe('a re-INVITE of ours (RFC 3261 §14.1)', () => {
  it('brings a new offer, moves to a new contact and is acknowledged', () => {
    const peer = calling()
    peer.input({ type: 'reoffer', legId: 'leg', sdp: other })
    const sent = peer.lastRequest('INVITE')
    expect(Buffer.from(sent.body).toString()).toBe(other)
    expect(headerOf(sent.headers, 'CSeq')).toBe('2 INVITE')
    peer.answer('INVITE', 200, { body: sdp })
    expect(peer.of('reanswered')).toMatchObject([{ status: 200, sdp }])
    expect(headerOf(peer.lastRequest('ACK').headers, 'CSeq')).toBe('2 ACK')
    peer.answer('INVITE', 200, { body: sdp })
    expect(peer.requests('ACK')).toHaveLength(3)
    expect(peer.of('reanswered')).toHaveLength(1)
    peer.request('BYE', { ...dialogOf(peer), cseq: 1 })
    end(peer)
  })

  it('waits for what is under way, and the latest offer counts', () => {
    const peer = new ScriptedPeer()
    peer.request('INVITE', { body: sdp })
    peer.input({ type: 'accept', legId: peer.legId, sdp })
    peer.input({ type: 'reoffer', legId: peer.legId, sdp })
    peer.input({ type: 'reoffer', legId: peer.legId, sdp: other })
    expect(peer.requests('INVITE')).toHaveLength(0)
    peer.request('ACK', { toTag: peer.toTag })
    expect(peer.requests('INVITE')).toHaveLength(1)
    expect(Buffer.from(peer.lastRequest('INVITE').body).toString()).toBe(other)
  })

  it('tries again after a glare, and refuses that of the peer meanwhile', () => {
    const peer = calling()
    peer.input({ type: 'reoffer', legId: 'leg', sdp: other })
    peer.request('INVITE', { ...dialogOf(peer), cseq: 1, body: sdp })
    expect(peer.statuses.at(-1)).toBe(491)
    peer.answer('INVITE', 491)
    peer.wait(2099)
    expect(peer.requests('INVITE')).toHaveLength(2)
    peer.wait(1901)
    expect(peer.requests('INVITE').length).toBeGreaterThan(2)
    peer.answer('INVITE', 200, { body: sdp })
    expect(peer.of('reanswered')).toMatchObject([{ status: 200 }])
  })

  it('leaves the call as it is when refused, and ends it when the dialog is gone', () => {
    const peer = calling()
    peer.input({ type: 'reoffer', legId: 'leg', sdp: other })
    peer.answer('INVITE', 488)
    expect(peer.of('reanswered')).toMatchObject([{ status: 488, sdp: undefined }])
    expect(peer.of('ended')).toEqual([])
    peer.input({ type: 'reoffer', legId: 'leg', sdp: other })
    peer.answer('INVITE', 481)
    expect(peer.of('ended')).toMatchObject([{ cause: 'unreachable' }])
    end(peer)
  })

  it('may be overtaken by our BYE', () => {
    const peer = calling()
    peer.input({ type: 'reoffer', legId: 'leg', sdp: other })
    peer.input({ type: 'hangUp', legId: 'leg' })
    peer.answer('BYE', 200)
    peer.answer('INVITE', 200, { body: sdp })
    expect(peer.requests('ACK')).toHaveLength(2)
    expect(peer.of('reanswered')).toEqual([])
    end(peer)
  })
})

describe('a re-INVITE that is never finally answered', () => {
  it('is forgotten 32 s after its dialog', () => {
    const peer = calling()
    peer.input({ type: 'reoffer', legId: 'leg', sdp: other })
    peer.answer('INVITE', 100)
    peer.request('BYE', { ...dialogOf(peer), cseq: 1 })
    peer.wait(31_999)
    expect(peer.engine.sizes.transactions).toBeGreaterThan(0)
    peer.wait(1)
    expect(peer.engine.sizes).toEqual(idle)
  })

  it('ends the call after three minutes', () => {
    const peer = calling()
    peer.input({ type: 'reoffer', legId: 'leg', sdp: other })
    peer.answer('INVITE', 100)
    peer.wait(180_000)
    expect(peer.of('reanswered')).toMatchObject([{ status: 408 }])
    expect(peer.of('ended')).toMatchObject([{ cause: 'unreachable' }])
    end(peer)
  })
})

describe('UPDATE (RFC 3311)', () => {
  it('moves the contact, and brings an offer', () => {
    const peer = calledBy()
    const { toTag } = peer
    const moved = 'Contact: <sip:moved@192.0.2.5>'
    peer.request('UPDATE', { toTag, cseq: 2, headers: [moved] })
    expect(peer.statuses.at(-1)).toBe(200)
    expect(last(peer, 'Contact')).toContain('192.0.2.9')
    peer.request('UPDATE', { toTag, cseq: 3, body: other })
    expect(peer.of('reoffered')).toMatchObject([{ sdp: other }])
    peer.request('UPDATE', { toTag, cseq: 4, body: other })
    expect(peer.statuses.at(-1)).toBe(500)
    expect(last(peer, 'Retry-After')).toMatch(/^\d+$/)
    peer.input({ type: 'answerReoffer', legId: peer.legId, sdp })
    expect(peer.statuses.at(-1)).toBe(200)
    expect(Buffer.from(peer.responses.at(-1)?.body ?? []).toString()).toBe(sdp)
    peer.request('UPDATE', { toTag, cseq: 5, body: other })
    peer.input({ type: 'answerReoffer', legId: peer.legId })
    expect(peer.statuses.at(-1)).toBe(488)
  })

  it('gets its final response when the call ends before we have answered its offer', () => {
    const peer = calledBy()
    const { toTag } = peer
    peer.request('UPDATE', { toTag, cseq: 2, body: other })
    peer.request('BYE', { toTag, cseq: 3 })
    expect(peer.statuses.slice(-2)).toEqual([200, 487])
    end(peer)
  })

  it('is refused while the offer of the INVITE, or ours, is open', () => {
    const early = new ScriptedPeer()
    early.request('INVITE', { body: sdp })
    early.input({ type: 'progress', legId: early.legId, status: 180 })
    early.request('UPDATE', { toTag: early.toTag, cseq: 2, body: other })
    expect(early.statuses.at(-1)).toBe(500)
    const peer = calling()
    peer.input({ type: 'reoffer', legId: 'leg', sdp: other })
    peer.request('UPDATE', { ...dialogOf(peer), cseq: 1, body: other })
    expect(peer.statuses.at(-1)).toBe(491)
  })

  it('reaches an early dialog of ours', () => {
    const peer = new ScriptedPeer()
    peer.input({
      type: 'invite',
      legId: 'leg',
      target: 'sip:bob@192.0.2.1',
      from: { uri: 'sip:a@b.c' },
      sdp,
    })
    peer.answer('INVITE', 180)
    peer.request('UPDATE', { ...dialogOf(peer), cseq: 1 })
    expect(peer.statuses.at(-1)).toBe(200)
    peer.request('BYE', { ...dialogOf(peer), cseq: 2 })
    expect(peer.statuses.at(-1)).toBe(481)
    peer.answer('INVITE', 200, { body: sdp })
    expect(peer.of('answered')).toHaveLength(1)
  })
})

describe('session timers (RFC 4028)', () => {
  it('are granted to the caller as it asks, and refused when too short', () => {
    expect(last(calledBy(timed('1200;refresher=uac')), 'Session-Expires')).toBe(
      '1200;refresher=uac',
    )
    expect(last(calledBy(timed('1200;refresher=uac')), 'Require')).toBe('timer')
    expect(last(calledBy(timed('7200')), 'Session-Expires')).toBe('1800;refresher=uac')
    expect(last(calledBy([...timed('7200'), 'Min-SE: 3600']), 'Session-Expires')).toBe(
      '3600;refresher=uac',
    )
    expect(last(calledBy([]), 'Session-Expires')).toBeUndefined()
    const short = new ScriptedPeer()
    short.request('INVITE', { body: sdp, headers: timed('60') })
    expect(short.statuses).toEqual([422])
    expect(last(short, 'Min-SE')).toBe('90')
  })

  it('end a call that the peer does not refresh, a little before its time', () => {
    const peer = calledBy(timed('600;refresher=uac'))
    peer.wait(567_000)
    expect(peer.of('ended')).toEqual([])
    peer.wait(1000)
    expect(peer.of('ended')).toMatchObject([{ cause: 'sessionExpired' }])
    expect(headerOf(peer.lastRequest('BYE').headers, 'Reason')).toContain('408')
    peer.answer('BYE', 200)
    end(peer)
  })

  it('go on with each refresh of the peer', () => {
    const peer = calledBy(timed('600;refresher=uac'))
    const { toTag } = peer
    peer.wait(400_000)
    const headers = timed('600;refresher=uac')
    peer.request('UPDATE', { toTag, cseq: 2, headers })
    expect(last(peer, 'Session-Expires')).toBe('600;refresher=uac')
    peer.wait(400_000)
    peer.request('INVITE', { toTag, cseq: 3, headers, body: sdp })
    peer.input({ type: 'answerReoffer', legId: peer.legId, sdp })
    peer.request('ACK', { toTag, cseq: 3 })
    peer.wait(400_000)
    expect(peer.of('ended')).toEqual([])
    peer.wait(200_000)
    expect(peer.of('ended')).toHaveLength(1)
  })

  it('are kept by our UPDATE halfway, where the peer knows it', () => {
    const peer = calling(['Session-Expires: 300;refresher=uac', 'Allow: INVITE, UPDATE'])
    expect(headerOf(peer.requests('INVITE')[0]?.message.headers ?? [], 'Min-SE')).toBe('90')
    peer.wait(149_999)
    expect(peer.requests('UPDATE')).toHaveLength(0)
    peer.wait(1)
    const sent = peer.lastRequest('UPDATE')
    expect(headerOf(sent.headers, 'Session-Expires')).toBe('1800;refresher=uac')
    expect(sent.body).toHaveLength(0)
    peer.answer('UPDATE', 200, { headers: ['Session-Expires: 200;refresher=uac'] })
    peer.wait(100_000)
    expect(peer.requests('UPDATE')).toHaveLength(2)
    peer.answer('UPDATE', 481)
    expect(peer.of('ended')).toMatchObject([{ cause: 'unreachable' }])
    end(peer)
  })

  it('are kept by a re-INVITE with what we said last, where it does not', () => {
    const peer = calling(['Session-Expires: 300;refresher=uac'])
    peer.wait(150_000)
    const sent = peer.lastRequest('INVITE')
    expect(headerOf(sent.headers, 'CSeq')).toBe('2 INVITE')
    expect(Buffer.from(sent.body).toString()).toBe(sdp)
    peer.answer('INVITE', 200, { body: sdp, headers: ['Session-Expires: 300;refresher=uac'] })
    expect(peer.of('reanswered')).toEqual([])
    peer.wait(150_000)
    expect(peer.requests('INVITE')).toHaveLength(3)
  })

  it('are tried once more when a refresh fails, and end the call at last', () => {
    const peer = calling(['Session-Expires: 300;refresher=uac', 'Allow: UPDATE'])
    peer.wait(150_000)
    peer.answer('UPDATE', 500)
    expect(peer.of('ended')).toEqual([])
    peer.wait(75_000)
    expect(peer.requests('UPDATE')).toHaveLength(2)
    peer.answer('UPDATE', 200, { headers: ['Session-Expires: 300;refresher=uac'] })
    peer.wait(100_000)
    expect(peer.of('ended')).toEqual([])
  })

  it('are asked for again with the interval that the peer wants, once', () => {
    const peer = new ScriptedPeer()
    peer.input({
      type: 'invite',
      legId: 'leg',
      target: 'sip:bob@192.0.2.1',
      from: { uri: 'sip:a@b.c' },
      sdp,
    })
    peer.answer('INVITE', 422, { headers: ['Min-SE: 3600'] })
    const sent = peer.lastRequest('INVITE')
    expect(headerOf(sent.headers, 'Session-Expires')).toBe('3600')
    expect(headerOf(sent.headers, 'Min-SE')).toBe('3600')
    peer.answer('INVITE', 422, { headers: ['Min-SE: 7200'] })
    expect(peer.of('refused')).toMatchObject([{ status: 422 }])
    end(peer)
  })
})
