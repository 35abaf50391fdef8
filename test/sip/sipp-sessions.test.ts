import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { sippIsInstalled } from './sipp-program.js'
import { eventsOf, SippRuns } from './sipp-runs.js'
import {
  answer,
  answerInvite,
  expectAnswer,
  expectReliable,
  fromCallee,
  fromCaller,
  ignoreAnswer,
  keepInvite,
  pause,
  take,
  takeInvite,
} from './sipp-scenario.js'
import { testSdp } from './test-agent.js'

const runs = new SippRuns()
const { calls } = runs
const prack = fromCaller('PRACK', 2, { headers: ['RAck: [$rseq] 1 INVITE'] })

describe.skipIf(!sippIsInstalled)('sessions with sipp', { timeout: 60_000 }, () => {
  afterEach(() => runs.stop())
  afterAll(() => runs.close())

  it('caller requires 100rel, loses the first PRACK, updates and ends', async () => {
    const steps = [
      fromCaller('INVITE', 1, { sdp: true, headers: ['Require: 100rel'] }),
      ignoreAnswer(100),
      expectReliable,
      pause(700),
      prack,
      expectAnswer(200),
      expectAnswer(200),
      fromCaller('ACK', 1),
      fromCaller('UPDATE', 3, { sdp: true }),
      expectAnswer(200, { name: 'Content-Type', pattern: 'application/sdp' }),
      fromCaller('BYE', 4),
      expectAnswer(200),
    ]
    const events = await runs.calledBySipp(steps, (event, { run }) => {
      if (event.type === 'reoffered') run.handle({ ...event, type: 'answerReoffer', sdp: testSdp })
      if (event.type !== 'invited') return
      const { legId } = event
      run.handle({ type: 'progress', legId, status: 183, sdp: testSdp })
      run.handle({ type: 'accept', legId, sdp: testSdp })
    })
    expect(eventsOf(events, 'confirmed')).toHaveLength(calls)
    expect(eventsOf(events, 'reoffered')).toHaveLength(calls)
  })

  it('callee answers in a reliable 183', async () => {
    const events = await runs.callingSipp(reliableCallee, (event, { run }) => {
      if (event.type === 'answered') run.handle({ type: 'hangUp', legId: event.legId })
    })
    const answered = eventsOf(events, 'answered')
    expect(answered).toHaveLength(calls)
    for (const event of answered)
      expect(event).toMatchObject({ sdp: expect.stringContaining('m=') })
  })

  it('callee has a session timer, and sees the refresh', async () => {
    const headers = ['Session-Expires: 4;refresher=uac', 'Allow: INVITE, ACK, BYE, UPDATE']
    const steps = [
      takeInvite,
      answer(200, { tag: true, sdp: true, headers }),
      take('ACK'),
      take('UPDATE'),
      answer(200, { headers }),
      fromCallee('BYE', 1),
      expectAnswer(200),
    ]
    const events = await runs.callingSipp(steps, () => {})
    expect(eventsOf(events, 'ended')).toHaveLength(calls)
    for (const event of eventsOf(events, 'ended')) expect(event).toMatchObject({ cause: 'bye' })
  })

  it('callee has a session timer without UPDATE, and sees a re-INVITE', async () => {
    const headers = ['Session-Expires: 4;refresher=uac']
    const steps = [
      takeInvite,
      answer(200, { tag: true, sdp: true, headers }),
      take('ACK'),
      takeInvite,
      answer(200, { sdp: true, headers }),
      take('ACK'),
      fromCallee('BYE', 1),
      expectAnswer(200),
    ]
    expect(eventsOf(await runs.callingSipp(steps, () => {}), 'ended')).toHaveLength(calls)
  })

  it('caller refreshes the session itself', async () => {
    const headers = ['Supported: timer', 'Session-Expires: 90;refresher=uac']
    const granted = { name: 'Session-Expires', pattern: '90;refresher=uac' }
    const steps = [
      fromCaller('INVITE', 1, { sdp: true, headers }),
      ignoreAnswer(100),
      expectAnswer(200, granted),
      fromCaller('ACK', 1),
      fromCaller('UPDATE', 2, { headers }),
      expectAnswer(200, granted),
      fromCaller('BYE', 3),
      expectAnswer(200),
    ]
    await runs.calledBySipp(steps, (event, { run }) => {
      if (event.type === 'invited') {
        run.handle({ type: 'accept', legId: event.legId, sdp: testSdp })
      }
    })
  })

  it('both send a re-INVITE at once (491), and ours comes again', async () => {
    const steps = [
      fromCaller('INVITE', 1, { sdp: true }),
      ignoreAnswer(100),
      expectAnswer(200),
      fromCaller('ACK', 1),
      takeInvite,
      answer(491),
      take('ACK'),
      takeInvite,
      answer(200, { sdp: true }),
      take('ACK'),
      fromCaller('BYE', 2),
      expectAnswer(200),
    ]
    const events = await runs.calledBySipp(steps, (event, { run }) => {
      const { legId } = event as { legId: string }
      if (event.type === 'invited') run.handle({ type: 'accept', legId, sdp: testSdp })
      if (event.type === 'confirmed') run.handle({ type: 'reoffer', legId, sdp: testSdp })
    })
    for (const event of eventsOf(events, 'reanswered')) expect(event).toMatchObject({ status: 200 })
    expect(eventsOf(events, 'reanswered')).toHaveLength(calls)
  })
})

/** The 200 of the INVITE after a PRACK: its fields have to be kept while the PRACK is answered. */
const reliableCallee = [
  keepInvite,
  answer(183, { tag: true, sdp: true, headers: ['Require: 100rel', 'RSeq: 9'] }),
  take('PRACK'),
  answer(200),
  answerInvite(200, '[pid]called[call_number]', { sdp: false }),
  take('ACK'),
  take('BYE'),
  answer(200),
]
