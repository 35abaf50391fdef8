import { describe, expect, it } from 'vitest'
import { headerOf } from '../../src/sip/message.js'
import { idle, ScriptedPeer, sdp } from './scripted-peer.js'

/** A call of the peer, answered and confirmed. */
function established(): ScriptedPeer {
  const peer = new ScriptedPeer()
  peer.request('INVITE', { body: sdp })
  peer.input({ type: 'accept', legId: peer.legId, sdp })
  peer.request('ACK', { toTag: peer.toTag })
  return peer
}

function refer(peer: ScriptedPeer, target: string, parts: { cseq?: number; more?: string[] } = {}) {
  const { toTag } = peer
  const headers = [`Refer-To: ${target}`, ...(parts.more ?? [])]
  peer.request('REFER', { toTag, cseq: parts.cseq ?? 2, headers })
}

const referIdOf = (peer: ScriptedPeer) => peer.of('referred').at(-1)?.referId ?? ''

function decide(peer: ScriptedPeer, status: number): void {
  peer.input({ type: 'answerRefer', legId: peer.legId, referId: referIdOf(peer), status })
}

function report(peer: ScriptedPeer, status: number): void {
  peer.input({ type: 'reportRefer', legId: peer.legId, referId: referIdOf(peer), status })
}

function notifies(peer: ScriptedPeer) {
  return peer.requests('NOTIFY').map(({ message: { headers, body } }) => ({
    event: headerOf(headers, 'Event'),
    state: headerOf(headers, 'Subscription-State'),
    body: Buffer.from(body).toString(),
  }))
}

function end(peer: ScriptedPeer): void {
  peer.wait(300_000)
  expect(peer.engine.sizes).toEqual(idle)
}

function hangUp(peer: ScriptedPeer, toTag = peer.toTag): void {
  peer.request('BYE', { toTag, cseq: 90 })
  end(peer)
}

describe('a REFER of the peer (RFC 3515 §2.4)', () => {
  it('is accepted, and its progress is reported to the end', () => {
    const peer = established()
    refer(peer, '"Carol" <sip:carol@example.com>', {
      more: ['Referred-By: <sip:peer@example.com>'],
    })
    expect(peer.of('referred')).toMatchObject([
      {
        target: 'sip:carol@example.com',
        replacedLegId: undefined,
        referredBy: '<sip:peer@example.com>',
      },
    ])
    decide(peer, 202)
    expect(peer.statuses.at(-1)).toBe(202)
    expect(notifies(peer)).toEqual([
      { event: 'refer', state: 'active;expires=180', body: 'SIP/2.0 100 Trying\r\n' },
    ])
    expect(headerOf(peer.lastRequest('NOTIFY').headers, 'Contact')).toContain('192.0.2.9')
    peer.answer('NOTIFY', 200)
    report(peer, 180)
    peer.answer('NOTIFY', 200)
    report(peer, 200)
    peer.answer('NOTIFY', 200)
    expect(notifies(peer).slice(1)).toEqual([
      { event: 'refer', state: 'active;expires=180', body: 'SIP/2.0 180 Ringing\r\n' },
      {
        event: 'refer',
        state: 'terminated;reason=noresource',
        body: 'SIP/2.0 200 OK\r\n',
      },
    ])
    report(peer, 200)
    expect(notifies(peer)).toHaveLength(3)
    hangUp(peer)
  })

  it('sends one NOTIFY at a time, then the latest, and the last at once', () => {
    const peer = established()
    refer(peer, 'sip:carol@example.com')
    decide(peer, 202)
    for (const status of [180, 183]) report(peer, status)
    expect(notifies(peer)).toHaveLength(1)
    peer.answer('NOTIFY', 200)
    report(peer, 200)
    expect(notifies(peer).map(({ body }) => body.slice(8, 11))).toEqual(['100', '183', '200'])
    peer.answer('NOTIFY', 200)
    hangUp(peer)
  })

  it('is still reported on when the peer has hung up (RFC 5589 §5)', () => {
    const peer = established()
    refer(peer, 'sip:carol@example.com')
    decide(peer, 202)
    peer.answer('NOTIFY', 200)
    peer.request('BYE', { toTag: peer.toTag, cseq: 3 })
    expect(peer.engine.sizes).toMatchObject({ legs: 0, referrals: 1 })
    report(peer, 486)
    expect(notifies(peer).at(-1)).toMatchObject({ body: 'SIP/2.0 486 Busy Here\r\n' })
    peer.answer('NOTIFY', 481)
    end(peer)
  })

  it('ends by itself when nobody says how it went, and when the peer knows no subscription', () => {
    const peer = established()
    refer(peer, 'sip:carol@example.com')
    decide(peer, 202)
    peer.answer('NOTIFY', 200)
    peer.wait(180_000)
    expect(notifies(peer).at(-1)).toMatchObject({ state: 'terminated;reason=timeout' })
    refer(peer, 'sip:dave@example.com', { cseq: 3 })
    decide(peer, 202)
    peer.answer('NOTIFY', 481)
    report(peer, 200)
    expect(notifies(peer)).toHaveLength(3)
    expect(notifies(peer).at(-1)?.event).toBe('refer;id=3')
    hangUp(peer)
  })

  it('is reported on for as long as the peer wants (§2.4.4)', () => {
    const peer = established()
    const { toTag } = peer
    const subscribe = (cseq: number, headers: string[]) =>
      peer.request('SUBSCRIBE', { toTag, cseq, headers })
    refer(peer, 'sip:carol@example.com')
    decide(peer, 202)
    peer.answer('NOTIFY', 200)
    peer.wait(170_000)
    subscribe(3, ['Event: refer', 'Expires: 100'])
    peer.wait(99_000)
    report(peer, 180)
    expect(notifies(peer).at(-1)?.state).toBe('active;expires=1')
    peer.answer('NOTIFY', 200)
    subscribe(4, ['o: refer', 'Expires: 0'])
    expect(notifies(peer).at(-1)?.state).toBe('terminated;reason=timeout')
    peer.answer('NOTIFY', 200)
    subscribe(5, ['Event: refer', 'Expires: 60'])
    subscribe(6, ['Event: presence'])
    expect(peer.statuses.slice(-4)).toEqual([200, 200, 481, 489])
    hangUp(peer, toTag)
  })

  it('is refused when it is declined, malformed, of another scheme, or one too many', () => {
    const peer = established()
    refer(peer, 'sip:carol@example.com')
    decide(peer, 603)
    refer(peer, 'sip:carol', { cseq: 3, more: ['Refer-To: sip:dave@example.com'] })
    refer(peer, '<sip:unclosed', { cseq: 4 })
    refer(peer, '<mailto:carol@example.com>', { cseq: 5 })
    expect(peer.statuses.slice(-4)).toEqual([603, 400, 400, 416])
    refer(peer, '<tel:+15550123>', { cseq: 6 })
    refer(peer, 'sip:dave@example.com', { cseq: 7 })
    expect(peer.statuses.at(-1)).toBe(491)
    expect(notifies(peer)).toEqual([])
    expect(peer.of('referred').map(({ target }) => target)).toEqual([
      'sip:carol@example.com',
      'tel:+15550123',
    ])
    // What is open when the call ends is answered.
    peer.request('BYE', { toTag: peer.toTag, cseq: 8 })
    expect(peer.statuses.slice(-2).sort()).toEqual([200, 481])
    end(peer)
  })

  it('without a subscription where the peer wants none (RFC 4488 §4)', () => {
    const peer = established()
    refer(peer, 'sip:carol@example.com', { more: ['Refer-Sub: false', 'Require: norefersub'] })
    decide(peer, 202)
    expect(headerOf(peer.responses.at(-1)?.headers ?? [], 'Refer-Sub')).toBe('false')
    report(peer, 200)
    expect(notifies(peer)).toEqual([])
    hangUp(peer)
  })

  it('names the leg that an attended transfer leads to (RFC 5589 §7)', () => {
    const peer = established()
    const [first, firstTag] = [peer.legId, peer.toTag]
    peer.request('INVITE', { callId: 'second', fromTag: 'two', cseq: 1, body: sdp })
    peer.input({ type: 'accept', legId: peer.legId, sdp })
    const [second, secondTag] = [peer.legId, peer.toTag]
    peer.request('ACK', { callId: 'second', fromTag: 'two', toTag: secondTag })
    const replaces = encodeURIComponent(`second;to-tag=${secondTag};from-tag=two`)
    const headers = [`Refer-To: <sip:+15550100@192.0.2.9?Replaces=${replaces}>`]
    peer.request('REFER', { toTag: firstTag, cseq: 2, headers })
    expect(peer.of('referred')).toMatchObject([{ legId: first, replacedLegId: second }])
    peer.input({ type: 'hangUp', legId: first })
    peer.input({ type: 'hangUp', legId: second })
    end(peer)
  })

  it('is refused outside of a call', () => {
    const peer = new ScriptedPeer()
    peer.request('REFER', { headers: ['Refer-To: sip:carol@example.com'] })
    peer.request('NOTIFY', { headers: ['Event: refer', 'Subscription-State: active'], cseq: 2 })
    expect(peer.statuses).toEqual([603, 481])
    end(peer)
  })
})

describe('a REFER of ours (RFC 3515 §2.4.1)', () => {
  it('tells what the peer answers and reports', () => {
    const peer = established()
    const { toTag, legId } = peer
    peer.input({ type: 'refer', legId, target: 'sip:carol@example.com' })
    const sent = peer.lastRequest('REFER')
    expect(headerOf(sent.headers, 'Refer-To')).toBe('<sip:carol@example.com>')
    expect(headerOf(sent.headers, 'Referred-By')).toBe('<sip:+15550100@192.0.2.9>')
    const event = 'Event: refer'
    const type = 'Content-Type: message/sipfrag'
    const active = 'Subscription-State: active;expires=60'
    const notify = (cseq: number, headers: string[], body: string) =>
      peer.request('NOTIFY', { toTag, cseq, headers, body })
    // It may overtake the answer (RFC 6665 §4.1.2.4).
    notify(2, [event, type, active], 'SIP/2.0 100 Trying')
    peer.answer('REFER', 202)
    notify(3, [event, active, 'Content-Type: text/plain'], 'whatever')
    notify(4, [event, type, 'Subscription-State: terminated'], 'SIP/2.0 200 OK\r\nTo: someone\r\n')
    expect(peer.statuses.slice(-3)).toEqual([200, 200, 200])
    expect(peer.of('referAnswered')).toMatchObject([{ legId, status: 202 }])
    expect(peer.of('referReported')).toMatchObject([
      { status: 100, isLast: false },
      { status: undefined, isLast: false },
      { status: 200, isLast: true },
    ])
    notify(5, [event, type, active], 'SIP/2.0 200 OK')
    notify(6, ['Event: presence', active], '')
    notify(7, [event, type], 'SIP/2.0 200 OK')
    expect(peer.statuses.slice(-3)).toEqual([481, 489, 400])
    hangUp(peer, toTag)
  })

  it('tells a refusal, and ends a call that the peer does not know', () => {
    const peer = established()
    const { legId, toTag } = peer
    peer.input({ type: 'refer', legId, target: 'sip:carol@example.com' })
    peer.answer('REFER', 603)
    peer.request('NOTIFY', { toTag, cseq: 3, headers: ['Event: refer', 'Subscription-State: x'] })
    expect(peer.statuses.at(-1)).toBe(481)
    peer.input({ type: 'refer', legId, target: 'sip:carol@example.com' })
    peer.answer('REFER', 481)
    expect(peer.of('referAnswered').map(({ status }) => status)).toEqual([603, 481])
    expect(peer.of('ended')).toMatchObject([{ cause: 'unreachable' }])
    peer.answer('BYE', 481)
    end(peer)
  })
})

describe('an INVITE with Replaces (RFC 3891 §3)', () => {
  const replacing = (peer: ScriptedPeer, headers: readonly string[], method = 'INVITE') =>
    peer.request(method, { callId: 'other', fromTag: 'carol', headers, body: sdp })

  it('names the answered leg that it takes the place of', () => {
    const peer = established()
    const [first, toTag] = [peer.legId, peer.toTag]
    replacing(peer, [`Replaces: call;from-tag=peer;to-tag=${toTag}`, 'Require: replaces'])
    const invited = peer.of('invited').at(-1)
    expect(invited).toMatchObject({ replacedLegId: first })
    peer.input({ type: 'accept', legId: invited?.legId ?? '', sdp })
    peer.input({ type: 'hangUp', legId: first })
    expect(peer.statuses.at(-1)).toBe(200)
    expect(peer.requests('BYE')).toHaveLength(1)
    peer.answer('BYE', 200)
    peer.request('ACK', { callId: 'other', fromTag: 'carol', toTag: peer.toTag })
    peer.input({ type: 'hangUp', legId: invited?.legId ?? '' })
    end(peer)
  })

  it('names a leg of ours that rings', () => {
    const peer = new ScriptedPeer()
    peer.input({
      type: 'invite',
      legId: 'leg',
      target: 'sip:bob@192.0.2.1:5062',
      from: { uri: 'sip:alice@192.0.2.9' },
      sdp,
    })
    peer.answer('INVITE', 180)
    const { headers } = peer.lastRequest('INVITE')
    const ourTag = /tag=(\w+)/.exec(headerOf(headers, 'From') ?? '')?.[1]
    const callId = headerOf(headers, 'Call-ID')
    replacing(peer, [`Replaces: ${callId};to-tag=${ourTag};from-tag=theirs;early-only`])
    expect(peer.of('invited')).toMatchObject([{ replacedLegId: 'leg' }])
    peer.input({ type: 'hangUp', legId: 'leg' })
    peer.answer('INVITE', 487)
    peer.input({ type: 'reject', legId: peer.legId, status: 486 })
    end(peer)
  })

  it('is refused when there is no such dialog, or it may not be replaced', () => {
    const peer = established()
    const { toTag, legId } = peer
    const value = `call;to-tag=${toTag};from-tag=peer`
    replacing(peer, [`Replaces: call;to-tag=${toTag};from-tag=other`])
    replacing(peer, ['Replaces: call;to-tag=x;from-tag=peer'])
    replacing(peer, [`Replaces: ${value};early-only`])
    replacing(peer, [`Replaces: ${value}`, `Replaces: ${value}`])
    replacing(peer, [`Replaces: ${value}`, 'Join: x;to-tag=1;from-tag=2'])
    replacing(peer, ['Replaces: nonsense'])
    replacing(peer, [`Replaces: ${value}`], 'OPTIONS')
    peer.input({ type: 'hangUp', legId })
    replacing(peer, [`Replaces: ${value}`])
    const finals = peer.statuses.filter((status) => status > 200)
    expect(finals).toEqual([481, 481, 486, 400, 400, 400, 400, 603])
    expect(peer.of('invited')).toHaveLength(1)
    peer.answer('BYE', 200)
    end(peer)
  })

  it('cannot pick up a call of somebody else that rings here', () => {
    const peer = new ScriptedPeer()
    peer.request('INVITE', { body: sdp })
    peer.input({ type: 'progress', legId: peer.legId, status: 180 })
    replacing(peer, [`Replaces: call;to-tag=${peer.toTag};from-tag=peer`])
    expect(peer.statuses.at(-1)).toBe(481)
    peer.input({ type: 'hangUp', legId: peer.legId })
    end(peer)
  })
})
