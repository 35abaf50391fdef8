import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LegCommand } from '../../src/sip/leg-events.js'
import { headerOf } from '../../src/sip/message.js'
import { flowFrom, idle, ScriptedPeer, sdp } from './scripted-peer.js'

const commands: ((legId: string) => LegCommand)[] = [
  (legId) => ({ type: 'progress', legId, status: 180 }),
  (legId) => ({ type: 'progress', legId, status: 183, sdp }),
  (legId) => ({ type: 'reoffer', legId, sdp }),
  (legId) => ({ type: 'accept', legId, sdp }),
  (legId) => ({ type: 'reject', legId, status: 600 }),
  (legId) => ({ type: 'answerReoffer', legId, sdp }),
  (legId) => ({ type: 'answerReoffer', legId }),
  (legId) => ({ type: 'info', legId, contentType: 'a/b', body: 'x' }),
  (legId) => ({ type: 'refer', legId, target: 'sip:carol@192.0.2.1' }),
  (legId) => ({ type: 'hangUp', legId }),
]

const methods = [
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'INFO', 'REGISTER', 'PRACK', 'UPDATE'],
  ...['REFER', 'NOTIFY', 'MESSAGE', 'SUBSCRIBE'],
]
const abilities = [
  [],
  ['Require: 100rel'],
  ['Supported: 100rel, timer', 'Session-Expires: 120;refresher=uas', 'Allow: UPDATE'],
  ['Supported: timer', 'Session-Expires: 100;refresher=uac'],
  ['Supported: timer', 'Session-Expires: 1'],
  ['Refer-To: <sip:carol@192.0.2.1>'],
  ['Event: refer', 'Subscription-State: terminated'],
  ['Event: message-summary', 'Expires: 100'],
]
const answers = [
  [],
  ['Require: 100rel', 'RSeq: 1'],
  ['Require: 100rel', 'RSeq: 2'],
  ['Session-Expires: 60;refresher=uac', 'Allow: UPDATE'],
  ['Session-Expires: 60;refresher=uas'],
  ['Min-SE: 4000'],
]
const step = fc.oneof(
  fc.record({
    what: fc.constant('request' as const),
    method: fc.constantFrom(...methods),
    branch: fc.constantFrom('z9hG4bKa', 'z9hG4bKb', 'z9hG4bKc', 'old'),
    cseq: fc.integer({ min: 0, max: 4 }),
    inDialog: fc.boolean(),
    headers: fc.constantFrom(...abilities),
    described: fc.boolean(),
    mutation: fc.option(fc.tuple(fc.nat(600), fc.string({ maxLength: 3 })), { nil: undefined }),
  }),
  fc.record({
    what: fc.constant('response' as const),
    method: fc.constantFrom('INVITE', 'BYE', 'CANCEL', 'INFO', 'PRACK', 'UPDATE'),
    status: fc.constantFrom(100, 180, 183, 200, 302, 401, 422, 481, 486, 491, 503),
    headers: fc.constantFrom(...answers),
    described: fc.boolean(),
    toTag: fc.constantFrom('a', 'b'),
  }),
  fc.record({ what: fc.constant('command' as const), index: fc.nat(commands.length - 1) }),
  fc.record({ what: fc.constant('invite' as const), legId: fc.constantFrom('x', 'y') }),
  fc.record({ what: fc.constant('wait' as const), durationMs: fc.nat(40_000) }),
  fc.record({ what: fc.constant('connection' as const), id: fc.option(fc.nat(2)) }),
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

class MutatingPeer extends ScriptedPeer {
  mutation: readonly [number, string] | undefined

  override text(text: string): void {
    const [at, piece] = this.mutation ?? [0, '']
    super.text(text.slice(0, at) + piece + text.slice(at + piece.length))
  }
}

function take(peer: MutatingPeer, turn: Step): void {
  peer.mutation = undefined
  switch (turn.what) {
    case 'request': {
      const tag = turn.inDialog ? { toTag: peer.toTag } : {}
      peer.mutation = turn.mutation
      const body = turn.method === 'INVITE' || turn.described ? sdp : ''
      const { branch, cseq } = turn
      const rseq = peer.responses.map(({ headers }) => headerOf(headers, 'RSeq')).findLast(Boolean)
      const rack = turn.method === 'PRACK' ? [`RAck: ${rseq ?? 1} ${cseq} INVITE`] : []
      const headers = [...turn.headers, ...rack]
      peer.request(turn.method, { branch, cseq, headers, body, ...tag })
      return
    }
    case 'response': {
      if (peer.requests(turn.method).length === 0) return
      const { toTag, headers, described } = turn
      peer.answer(turn.method, turn.status, { toTag, headers, body: described ? sdp : '' })
      return
    }
    case 'command': {
      const legs = [peer.legId, 'x', 'y']
      for (const legId of legs) {
        const command = commands[turn.index]?.(legId)
        if (command) peer.input(command)
      }
      return
    }
    case 'invite': {
      const from = { uri: 'sip:a@192.0.2.9' }
      peer.input({ type: 'invite', legId: turn.legId, target: 'sip:b@192.0.2.1', from, sdp })
      return
    }
    case 'wait': {
      peer.wait(turn.durationMs)
      return
    }
    case 'connection': {
      peer.flow = flowFrom('192.0.2.1', 5060, turn.id ?? undefined)
      return
    }
  }
}

describe('the engine', () => {
  it('survives any order of messages and commands, and ends with empty tables', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const peer = new MutatingPeer()
        const begun = new Set<string>()
        for (const turn of steps) take(peer, turn)
        for (const event of peer.events) if ('legId' in event) begun.add(event.legId)
        begun.add('x').add('y')
        for (const legId of begun) peer.input({ type: 'hangUp', legId })
        peer.wait(300_000)
        for (const id of [0, 1, 2]) peer.input({ type: 'disconnected', connectionId: id })
        expect(peer.engine.sizes).toEqual(idle)
        const over = peer.events.filter(({ type }) => type === 'ended' || type === 'refused')
        const invited = peer.of('invited').length
        expect(over.length).toBeGreaterThanOrEqual(invited)
        for (const { legId } of peer.of('invited')) {
          const ends = peer.of('ended').filter((event) => event.legId === legId)
          expect(ends).toHaveLength(1)
        }
      }),
      { numRuns: 1500 },
    )
  })
})
