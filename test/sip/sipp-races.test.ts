import type { AddressInfo } from 'node:net'
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { SipOutput } from '../../src/sip/events.js'
import { sippIsInstalled } from './sipp-program.js'
import { eventsOf, SippRuns } from './sipp-runs.js'
import {
  answer,
  answerInvite,
  expectAnswer,
  fromCallee,
  fromCaller,
  ignoreAnswer,
  keepInvite,
  pause,
  take,
} from './sipp-scenario.js'
import { type TestAgent, testSdp } from './test-agent.js'

const runs = new SippRuns()
const { calls } = runs

const legIdOf = (event: SipOutput) => ('legId' in event ? event.legId : '')
const accept = (event: SipOutput, { run }: TestAgent) => {
  if (event.type === 'invited') run.handle({ type: 'accept', legId: event.legId, sdp: testSdp })
}
const hangUp = (event: SipOutput, { run }: TestAgent) =>
  run.handle({ type: 'hangUp', legId: legIdOf(event) })

describe.skipIf(!sippIsInstalled)('races with sipp', { timeout: 60_000 }, () => {
  afterEach(() => runs.stop())
  afterAll(() => runs.close())

  it('two phones answer one INVITE: the first has the call, the second is told (forks)', async () => {
    const [one, two] = ['one[call_number]', 'two[call_number]']
    const steps = [
      keepInvite,
      answerInvite(180, one),
      answerInvite(180, two),
      answerInvite(200, one),
      take('ACK'),
      answerInvite(200, two),
      take('ACK'),
      take('BYE'),
      answer(200),
      pause(300),
      fromCallee('BYE', 1, { tag: one }),
      expectAnswer(200),
    ]
    const events = await runs.callingSipp(steps, () => {})
    expect(eventsOf(events, 'answered')).toHaveLength(calls)
    expect(eventsOf(events, 'ended').map(({ cause }) => cause)).toEqual(Array(calls).fill('bye'))
  })

  it('our CANCEL and the 200 of who is called cross', async () => {
    const steps = [
      keepInvite,
      answerInvite(180, 'late[call_number]'),
      take('CANCEL'),
      answer(200),
      answerInvite(200, 'late[call_number]'),
      take('ACK'),
      take('BYE'),
      answer(200),
    ]
    const events = await runs.callingSipp(steps, (event, agent) => {
      if (event.type === 'progressed') hangUp(event, agent)
    })
    expect(eventsOf(events, 'answered')).toEqual([])
    expect(eventsOf(events, 'ended').map(({ cause }) => cause)).toEqual(Array(calls).fill('hungUp'))
  })

  it('the CANCEL of a caller and our 200 cross', async () => {
    const steps = [
      fromCaller('INVITE', 1, { sdp: true }),
      ignoreAnswer(100),
      expectAnswer(200),
      // As we see it: it comes when we have answered.
      fromCaller('CANCEL', 1, { branch: '[branch-3]' }),
      expectAnswer(200, { name: 'CSeq', pattern: 'CANCEL' }),
      fromCaller('ACK', 1),
      fromCaller('BYE', 2),
      expectAnswer(200),
    ]
    const events = await runs.calledBySipp(steps, accept)
    expect(eventsOf(events, 'ended').map(({ cause }) => cause)).toEqual(Array(calls).fill('bye'))
  })

  it('a BYE overtakes the ACK of our 200', async () => {
    const steps = [
      fromCaller('INVITE', 1, { sdp: true }),
      ignoreAnswer(100),
      expectAnswer(200),
      fromCaller('BYE', 2),
      expectAnswer(200),
      // It is over, so nothing is repeated.
      pause(1_200),
      fromCaller('ACK', 1),
    ]
    const events = await runs.calledBySipp(steps, accept)
    expect(eventsOf(events, 'ended').map(({ cause }) => cause)).toEqual(Array(calls).fill('bye'))
  })

  it('we hang up before the ACK has come: the BYE waits for it', async () => {
    const steps = [
      fromCaller('INVITE', 1, { sdp: true }),
      ignoreAnswer(100),
      expectAnswer(200),
      pause(300),
      fromCaller('ACK', 1),
      take('BYE'),
      answer(200),
    ]
    const events = await runs.calledBySipp(steps, (event, agent) => {
      accept(event, agent)
      if (event.type === 'invited') hangUp(event, agent)
    })
    expect(eventsOf(events, 'ended').map(({ cause }) => cause)).toEqual(Array(calls).fill('hungUp'))
  })

  it('both hang up at once', async () => {
    const steps = [
      fromCaller('INVITE', 1, { sdp: true }),
      ignoreAnswer(100),
      expectAnswer(200),
      fromCaller('ACK', 1),
      take('BYE'),
      fromCaller('BYE', 2),
      // Ours has no answer yet, but the dialog is gone with theirs.
      expectAnswer(200),
    ]
    const events = await runs.calledBySipp(steps, (event, agent) => {
      accept(event, agent)
      if (event.type === 'confirmed') hangUp(event, agent)
    })
    expect(eventsOf(events, 'ended').map(({ cause }) => cause)).toEqual(Array(calls).fill('hungUp'))
  })

  it('an INVITE that comes back for another number is a call, for the same number a loop', async () => {
    const again = (service: string) => fromCaller('INVITE', 1, { sdp: true, service })
    const steps = [
      again('first'),
      ignoreAnswer(100),
      expectAnswer(180),
      again('first'),
      expectAnswer(482),
      again('second'),
      ignoreAnswer(100),
      expectAnswer(200),
      fromCaller('ACK', 1),
      fromCaller('BYE', 2),
      expectAnswer(200),
    ]
    const events = await runs.calledBySipp(steps, (event, { run }) => {
      if (event.type !== 'invited') return
      const { legId, requestUri } = event
      if (requestUri.includes('second')) run.handle({ type: 'accept', legId, sdp: testSdp })
      else {
        run.handle({ type: 'progress', legId, status: 180 })
        setTimeout(() => run.handle({ type: 'reject', legId, status: 480 }), 2_000)
      }
    })
    expect(eventsOf(events, 'invited')).toHaveLength(2 * calls)
    expect(
      eventsOf(events, 'ended')
        .map(({ cause }) => cause)
        .sort(),
    ).toEqual([...Array(calls).fill('bye'), ...Array(calls).fill('hungUp')])
  })

  describe('over TCP', () => {
    let splitter: Server | undefined
    afterEach(() => splitter?.close())

    it('messages come in pieces of a few bytes', async () => {
      const steps = [
        fromCaller('INVITE', 1, { sdp: true }),
        ignoreAnswer(100),
        expectAnswer(200),
        fromCaller('ACK', 1),
        fromCaller('INFO', 2),
        expectAnswer(200),
        fromCaller('BYE', 3),
        expectAnswer(200),
      ]
      const events = await runs.calledBySipp(steps, accept, async (port) => {
        splitter = createServer((socket) => splitBetween(socket, netConnect(port, '127.0.0.1')))
        await new Promise<void>((done) => splitter?.listen(0, '127.0.0.1', done))
        const { port: ours } = splitter.address() as AddressInfo
        return [`127.0.0.1:${ours}`, '-t', 't1']
      })
      expect(eventsOf(events, 'informed')).toHaveLength(calls)
      expect(eventsOf(events, 'ended')).toHaveLength(calls)
    })
  })
})

/** Passes on what either side says, one to thirteen bytes at a time. */
function splitBetween(left: Socket, right: Socket): void {
  let turn = 0
  const pass = (from: Socket, to: Socket) => {
    to.setNoDelay(true)
    from.on('error', () => to.destroy())
    from.on('close', () => to.end())
    from.on('data', async (bytes) => {
      from.pause()
      for (let start = 0; start < bytes.length; ) {
        const end = start + 1 + (turn++ % 13)
        to.write(bytes.subarray(start, end))
        start = end
        await new Promise((done) => setImmediate(done))
      }
      from.resume()
    })
  }
  pass(left, right)
  pass(right, left)
}
