import { describe, expect, it } from 'vitest'
import { headerOf } from '../../src/sip/message.js'
import { flowFrom, idle, ScriptedPeer, sdp } from './scripted-peer.js'

function answered(peer = new ScriptedPeer(), body = sdp): ScriptedPeer {
  peer.request('INVITE', { branch: 'z9hG4bKi', body })
  peer.input({ type: 'accept', legId: peer.legId, sdp })
  return peer
}

function established(): ScriptedPeer {
  const peer = answered()
  peer.request('ACK', { toTag: peer.toTag })
  return peer
}

describe('an incoming call', () => {
  it('is tried at once, answered, confirmed and ended by the peer', () => {
    const peer = new ScriptedPeer()
    peer.request('INVITE', { branch: 'z9hG4bKi', body: sdp })
    expect(peer.of('invited')).toMatchObject([
      {
        trust: 'address',
        requestUri: 'sip:+15550100@192.0.2.9',
        from: { uri: 'sip:peer@example.com', displayName: 'Peer' },
        callId: 'call',
        sdp,
      },
    ])
    peer.input({ type: 'progress', legId: peer.legId, status: 183, sdp })
    peer.input({ type: 'accept', legId: peer.legId, sdp })
    expect(peer.statuses).toEqual([100, 183, 200])
    expect(peer.responses.map(({ body }) => body.length > 0)).toEqual([false, true, true])
    peer.request('ACK', { toTag: peer.toTag })
    peer.request('BYE', { toTag: peer.toTag, cseq: 2, headers: ['Reason: Q.850;cause=16'] })
    expect(peer.of('confirmed')).toHaveLength(1)
    expect(peer.of('ended')).toMatchObject([{ cause: 'bye', reason: 'Q.850;cause=16' }])
    peer.wait(100_000)
    expect(peer.engine.sizes).toEqual(idle)
  })

  it('is answered again while the ACK is missing, then given up', () => {
    const peer = answered()
    peer.wait(31_999)
    // 0, 0.5, 1.5, 3.5, 7.5 ... 31.5 s
    expect(peer.statuses.filter((status) => status === 200)).toHaveLength(11)
    peer.wait(1)
    expect(peer.of('ended')).toMatchObject([{ cause: 'ackTimeout' }])
    expect(peer.requests('BYE')).toHaveLength(1)
    peer.answer('BYE', 200)
    peer.wait(100_000)
    expect(peer.engine.sizes).toEqual(idle)
  })

  it('rings again every minute until it is answered', () => {
    const peer = new ScriptedPeer()
    peer.request('INVITE', { branch: 'z9hG4bKi', body: sdp })
    peer.input({ type: 'progress', legId: peer.legId, status: 180 })
    peer.wait(130_000)
    expect(peer.statuses).toEqual([100, 180, 180, 180])
    peer.request('CANCEL', { branch: 'z9hG4bKi' })
    peer.wait(130_000)
    expect(peer.engine.sizes).toEqual(idle)
  })

  it('is one call however often its INVITE comes', () => {
    const peer = new ScriptedPeer()
    for (let copy = 0; copy < 3; copy++) peer.request('INVITE', { branch: 'z9hG4bKi', body: sdp })
    expect(peer.of('invited')).toHaveLength(1)
    expect(peer.statuses).toEqual([100, 100, 100])
    // The same request by another path (§8.2.2.2).
    peer.request('INVITE', { branch: 'z9hG4bKother', body: sdp })
    expect(peer.statuses.at(-1)).toBe(482)
    expect(peer.counted('loop')).toBe(1)
  })

  it('is canceled by its caller only, and the CANCEL loses after an answer', () => {
    const peer = new ScriptedPeer()
    peer.request('INVITE', { branch: 'z9hG4bKi', body: sdp })
    const own = peer.flow
    peer.flow = flowFrom('198.51.100.1')
    const via = 'SIP/2.0/UDP 192.0.2.1:5060'
    peer.request('CANCEL', { branch: 'z9hG4bKi', via })
    expect(peer.statuses.at(-1)).toBe(481)
    peer.flow = own
    peer.request('CANCEL', { branch: 'z9hG4bKi' })
    expect(peer.statuses.slice(-2)).toEqual([200, 487])
    expect(peer.of('ended')).toMatchObject([{ cause: 'canceled' }])

    const late = answered()
    late.request('CANCEL', { branch: 'z9hG4bKi' })
    expect(late.statuses.at(-1)).toBe(200)
    expect(late.of('ended')).toEqual([])
  })

  it('is refused or hung up before an answer', () => {
    const peer = new ScriptedPeer()
    peer.request('INVITE', { branch: 'z9hG4bKi', body: sdp })
    const headers = [{ name: 'Retry-After', value: '9' }]
    peer.input({ type: 'reject', legId: peer.legId, status: 486, headers })
    expect(peer.statuses).toEqual([100, 486])
    expect(peer.of('ended')).toHaveLength(1)
    peer.request('ACK', { branch: 'z9hG4bKi', toTag: peer.toTag })
    peer.request('INVITE', { callId: 'second', body: sdp })
    peer.input({ type: 'hangUp', legId: peer.legId })
    expect(peer.statuses.at(-1)).toBe(480)
    peer.wait(100_000)
    expect(peer.engine.sizes).toEqual(idle)
  })

  it('waits for the ACK before our BYE', () => {
    const peer = answered()
    peer.input({ type: 'hangUp', legId: peer.legId, reason: 'enough' })
    expect(peer.requests('BYE')).toEqual([])
    peer.request('ACK', { toTag: peer.toTag })
    expect(headerOf(peer.lastRequest('BYE').headers, 'Reason')).toBe('SIP;text="enough"')
    peer.answer('BYE', 200)
    expect(peer.of('ended')).toMatchObject([{ cause: 'hungUp' }])
    expect(peer.of('confirmed')).toEqual([])
  })

  it('ends when nobody answers our BYE, and when both hang up at once', () => {
    const silent = established()
    silent.input({ type: 'hangUp', legId: silent.legId })
    silent.wait(32_000)
    expect(silent.of('ended')).toMatchObject([{ cause: 'hungUp' }])

    const both = established()
    const { toTag } = both
    both.input({ type: 'hangUp', legId: both.legId })
    both.request('BYE', { toTag, cseq: 2 })
    expect(both.statuses.at(-1)).toBe(200)
    both.answer('BYE', 481)
    expect(both.of('ended')).toHaveLength(1)
    both.wait(100_000)
    expect(both.engine.sizes).toEqual(idle)
  })

  it('passes INFO on, refuses what it does not know, and the past', () => {
    const peer = established()
    const { toTag } = peer
    const type = 'Content-Type: application/dtmf-relay'
    peer.request('INFO', { toTag, cseq: 2, headers: [type], body: 'Signal=5' })
    expect(peer.of('informed')).toMatchObject([
      { contentType: 'application/dtmf-relay', body: 'Signal=5' },
    ])
    peer.request('PUBLISH', { toTag, cseq: 3 })
    peer.request('INFO', { toTag, cseq: 2 })
    peer.request('OPTIONS', { toTag, cseq: 4 })
    peer.request('BYE', { toTag: 'unknown', cseq: 5 })
    peer.request('BYE', { toTag, fromTag: 'other', cseq: 5 })
    expect(peer.statuses.slice(-5)).toEqual([405, 500, 200, 481, 481])
    expect(peer.of('ended')).toEqual([])
  })
})

describe('a re-INVITE', () => {
  it('is answered by the call layer, refused, and refused while another waits', () => {
    const peer = established()
    const { toTag } = peer
    peer.request('INVITE', { toTag, cseq: 2, body: sdp })
    expect(peer.of('reoffered')).toMatchObject([{ sdp }])
    peer.request('INVITE', { toTag, cseq: 3, body: sdp })
    expect(peer.statuses.at(-1)).toBe(500)
    peer.input({ type: 'answerReoffer', legId: peer.legId, sdp })
    expect(peer.statuses.at(-1)).toBe(200)
    peer.request('INVITE', { toTag, cseq: 4, body: sdp })
    expect(peer.statuses.at(-1)).toBe(491)
    peer.request('ACK', { toTag, cseq: 2 })
    peer.request('INVITE', { toTag, cseq: 5, body: sdp })
    peer.input({ type: 'answerReoffer', legId: peer.legId })
    expect(peer.statuses.at(-1)).toBe(488)
    expect(peer.of('confirmed')).toHaveLength(1)
    expect(peer.of('ended')).toEqual([])
  })

  it('without an offer gets ours, and the ACK brings the answer', () => {
    const peer = established()
    const { toTag } = peer
    peer.request('INVITE', { toTag, cseq: 2 })
    expect(peer.of('reoffered')).toMatchObject([{ sdp: undefined }])
    peer.input({ type: 'answerReoffer', legId: peer.legId, sdp })
    peer.request('ACK', { toTag, cseq: 2, body: sdp })
    expect(peer.of('confirmed').at(-1)?.sdp).toBe(sdp)
  })
})

describe('where messages go', () => {
  it('responses go to the source with rport, else to the port of Via', () => {
    const peer = new ScriptedPeer()
    peer.flow = flowFrom('192.0.2.77', 40_000)
    peer.request('OPTIONS', { via: 'SIP/2.0/UDP 10.0.0.1:5070;rport' })
    peer.request('OPTIONS', { via: 'SIP/2.0/UDP 10.0.0.1:5070', cseq: 2 })
    const targets = peer.sent.map(({ output }) => output.target)
    expect(targets.map(({ address, port }) => `${address}:${port}`)).toEqual([
      '192.0.2.77:40000',
      '192.0.2.77:5070',
    ])
    const via = headerOf(peer.responses[0]?.headers ?? [], 'Via')
    expect(via).toContain(';rport=40000')
    expect(via).toContain(';received=192.0.2.77')
  })

  it('requests follow a loose route, and turn around for a strict one', () => {
    for (const [route, uri, routes] of [
      ['<sip:192.0.2.50;lr>', 'sip:peer@192.0.2.1:5060', ['<sip:192.0.2.50;lr>', '<sip:b;lr>']],
      ['<sip:192.0.2.50>', 'sip:192.0.2.50', ['<sip:b;lr>', '<sip:peer@192.0.2.1:5060>']],
    ] as const) {
      const peer = new ScriptedPeer()
      const headers = [`Record-Route: ${route}, <sip:b;lr>`]
      peer.request('INVITE', { body: sdp, headers })
      peer.input({ type: 'accept', legId: peer.legId, sdp })
      expect(headerOf(peer.responses.at(-1)?.headers ?? [], 'Record-Route')).toBe(route)
      peer.request('ACK', { toTag: peer.toTag })
      peer.input({ type: 'hangUp', legId: peer.legId })
      const bye = peer.requests('BYE').at(-1)
      expect(bye?.message).toMatchObject({ uri })
      expect(bye?.message.headers.filter(({ name }) => name === 'Route')).toEqual(
        routes.map((value) => ({ name: 'Route', value })),
      )
      expect(bye?.output.target.address).toBe('192.0.2.50')
    }
  })

  it('requests over a connection stay on it, those behind a NAT go to the source', () => {
    const peer = new ScriptedPeer()
    peer.flow = flowFrom('192.0.2.1', 41_000, 3)
    peer.request('INVITE', { body: sdp })
    peer.input({ type: 'accept', legId: peer.legId, sdp })
    peer.request('ACK', { toTag: peer.toTag })
    peer.input({ type: 'hangUp', legId: peer.legId })
    expect(peer.requests('BYE').at(-1)?.output.flow?.connectionId).toBe(3)

    const nat = new ScriptedPeer()
    nat.flow = flowFrom('192.0.2.1', 41_000)
    nat.request('INVITE', { body: sdp, via: 'SIP/2.0/UDP 10.0.0.1:5060;rport' })
    nat.input({ type: 'accept', legId: nat.legId, sdp })
    nat.request('ACK', { toTag: nat.toTag })
    nat.input({ type: 'hangUp', legId: nat.legId })
    expect(nat.requests('BYE').at(-1)?.output.target.port).toBe(41_000)
  })

  it('a connection is framed, pinged and dropped when it makes no sense', () => {
    const peer = new ScriptedPeer()
    peer.flow = flowFrom('192.0.2.1', 41_000, 3)
    const out: string[] = []
    peer.text('\r\n\r\n')
    peer.text('OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\n')
    for (const { type } of peer.events) out.push(type)
    expect(out).toContain('disconnect')
    peer.input({ type: 'disconnected', connectionId: 3 })
    expect(peer.engine.sizes).toEqual(idle)
  })
})

describe('limits', () => {
  it('refuse calls beyond them with 503', () => {
    const limits = { legsMax: 1, transactionsMax: 50, questionsMax: 1 }
    const peer = new ScriptedPeer({ limits })
    peer.request('INVITE', { body: sdp })
    peer.request('INVITE', { body: sdp, callId: 'b' })
    expect(peer.statuses).toEqual([100, 503])
    expect(headerOf(peer.responses.at(-1)?.headers ?? [], 'Retry-After')).toBe('5')
    expect(peer.counted('tooManyLegs')).toBe(1)

    const full = new ScriptedPeer({ limits: { ...limits, legsMax: 9, transactionsMax: 1 } })
    full.request('INVITE', { body: sdp })
    full.request('INVITE', { body: sdp, callId: 'b' })
    expect(full.statuses).toEqual([100, 503])
    expect(full.counted('tooManyTransactions')).toBe(1)
  })
})
