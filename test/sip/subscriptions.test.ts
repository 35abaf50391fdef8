import { describe, expect, it } from 'vitest'
import { headerOf } from '../../src/sip/message.js'
import { RegisteringDevice } from './registering-device.js'
import { idle } from './scripted-peer.js'

const event = 'Event: message-summary'
const mailbox = 'alice@dialplane'

function subscribe(
  peer: RegisteringDevice,
  headers: readonly string[] = [event],
  parts: { toTag?: string; cseq?: number; uri?: string } = {},
): void {
  peer.request('SUBSCRIBE', { uri: 'sip:alice@dialplane', ...parts, headers })
}

/** The engine asks what waits. */
function tell(peer: RegisteringDevice, newMessages: number, oldMessages = 0): void {
  const { id = 0 } = peer.of('ask').at(-1) ?? {}
  const summary = { newMessages, oldMessages }
  peer.input({ type: 'answer', id, answer: { what: 'messageSummary', summary } })
}

function change(peer: RegisteringDevice, newMessages: number): void {
  const summary = { newMessages, oldMessages: 0 }
  peer.input({ type: 'messageSummary', addressOfRecord: mailbox, summary })
}

function notifies(peer: RegisteringDevice) {
  return peer.requests('NOTIFY').map(({ message: { headers, body } }) => {
    const waiting = /Messages-Waiting: (\w+)[\s\S]*Voice-Message: (\S+)/.exec(
      `${Buffer.from(body)}`,
    )
    return `${headerOf(headers, 'Subscription-State')} ${waiting?.[1]} ${waiting?.[2]}`
  })
}

function end(peer: RegisteringDevice): void {
  peer.wait(8_000_000)
  expect(peer.engine.sizes).toEqual(idle)
}

describe('a phone that subscribes to its mailbox (RFC 6665, RFC 3842)', () => {
  it('is told at once, on each change, and when it is over', () => {
    const peer = new RegisteringDevice()
    subscribe(peer, [event, 'Expires: 100'])
    tell(peer, 2, 5)
    expect(peer.statuses).toEqual([200])
    expect(headerOf(peer.responses[0]?.headers ?? [], 'Expires')).toBe('100')
    expect(notifies(peer)).toEqual(['active;expires=100 yes 2/5'])
    const { headers, body } = peer.lastRequest('NOTIFY')
    expect(headerOf(headers, 'Event')).toBe('message-summary')
    expect(headerOf(headers, 'Content-Type')).toBe('application/simple-message-summary')
    expect(`${Buffer.from(body)}`).toContain('Message-Account: sip:alice@dialplane\r\n')
    // What changes while a NOTIFY is on its way is told by the next.
    change(peer, 3)
    change(peer, 0)
    expect(notifies(peer)).toHaveLength(1)
    peer.answer('NOTIFY', 200)
    expect(notifies(peer).at(-1)).toBe('active;expires=100 no 0/0')
    peer.answer('NOTIFY', 200)
    peer.wait(100_000)
    expect(notifies(peer).at(-1)).toBe('terminated;reason=timeout no 0/0')
    peer.answer('NOTIFY', 200)
    end(peer)
  })

  it('renews and ends its subscription', () => {
    const peer = new RegisteringDevice()
    subscribe(peer, [event, 'Expires: 100'])
    tell(peer, 1)
    peer.answer('NOTIFY', 200)
    const { toTag } = peer
    peer.wait(50_000)
    subscribe(peer, [event, 'Expires: 200'], { toTag, cseq: 2 })
    expect(notifies(peer).at(-1)).toBe('active;expires=200 yes 1/0')
    peer.answer('NOTIFY', 200)
    subscribe(peer, [event, 'Expires: 10'], { toTag, cseq: 3 })
    subscribe(peer, [event, 'Expires: 0'], { toTag, cseq: 2 })
    subscribe(peer, [event, 'Expires: 0'], { toTag, cseq: 4 })
    expect(peer.statuses.slice(-3)).toEqual([423, 500, 200])
    expect(notifies(peer).at(-1)).toBe('terminated;reason=timeout yes 1/0')
    subscribe(peer, [event], { toTag, cseq: 5 })
    expect(peer.statuses.at(-1)).toBe(481)
    end(peer)
  })

  it('asks once: Expires 0 without a subscription (§4.4.3)', () => {
    const peer = new RegisteringDevice()
    subscribe(peer, [event, 'Expires: 0'])
    tell(peer, 1)
    expect(notifies(peer)).toEqual(['terminated;reason=timeout yes 1/0'])
    peer.answer('NOTIFY', 200)
    end(peer)
  })

  it('that has gone is forgotten', () => {
    const peer = new RegisteringDevice()
    subscribe(peer)
    tell(peer, 1)
    peer.answer('NOTIFY', 481)
    change(peer, 2)
    expect(notifies(peer)).toHaveLength(1)
    end(peer)
  })

  it('is refused what there is not', () => {
    const peer = new RegisteringDevice()
    subscribe(peer, ['Event: presence'])
    subscribe(peer, [], { cseq: 2 })
    subscribe(peer, [event, 'Expires: 59'], { cseq: 3 })
    subscribe(peer, [event, 'Accept: text/plain'], { cseq: 4 })
    subscribe(peer, [event], { cseq: 5, uri: 'sip:alice@elsewhere.example.com' })
    expect(peer.statuses).toEqual([489, 489, 423, 406, 404])
    subscribe(peer, [event], { cseq: 6 })
    peer.wait(4_000)
    expect(peer.statuses.at(-1)).toBe(503)
    end(peer)
  })

  it('is one of ten at most', () => {
    const peer = new RegisteringDevice()
    for (let count = 0; count < 11; count++) {
      subscribe(peer, [event, 'Expires: 100'], { cseq: count + 1 })
      if (count < 10) tell(peer, 0)
    }
    expect(peer.statuses.at(-1)).toBe(503)
    expect(peer.counted('tooManySubscriptions')).toBe(1)
    end(peer)
  })

  it('may look into its own mailbox only', () => {
    const peer = new RegisteringDevice({ isTrusted: () => false })
    const request = (headers: readonly string[]) => {
      subscribe(peer, [event, ...headers], { cseq: peer.statuses.length + 1 })
    }
    const asked = { method: 'SUBSCRIBE', uri: 'sip:alice@dialplane' }
    for (const user of ['bob', 'alice']) {
      request([])
      const challenged = peer.responses.at(-1)
      if (!challenged) throw new Error('no challenge')
      request([peer.authorization(challenged, user, 'dialplane', asked)])
      peer.answerQuestion()
    }
    expect(peer.statuses).toEqual([401, 403, 401])
    expect(peer.counted('authenticationFailed')).toBe(0)
    tell(peer, 1)
    expect(peer.statuses).toEqual([401, 403, 401, 200])
    peer.answer('NOTIFY', 200)
    end(peer)
  })
})
