import { expect, test } from 'vitest'
import { type DialSettings, dialParties } from '../../src/call/dial.js'
import type { ChildTarget } from '../../src/call/dial-target.js'
import { recordCall } from '../../src/call/recording.js'
import { FakeRouter, nothingLeft, untilStopped } from './fake-router.js'

const target: ChildTarget = {
  noun: 'Number',
  address: '+15550100003',
  sendDigits: undefined,
  username: undefined,
  password: undefined,
  statusCallback: undefined,
}

/** A router with an incoming call whose first program dials; what Dial gave is in `outcomes`. */
async function dialling(options: Partial<DialSettings> = {}, party = target) {
  const router = new FakeRouter()
  const outcomes: object[] = []
  router.program = async (call, start, signal) => {
    if (start.type === 'document') {
      await untilStopped(signal)
      return
    }
    await call.answer(signal)
    const settings = {
      callerId: undefined,
      timeoutMs: 10_000,
      timeLimitMs: 3_600_000,
      hangupOnStar: false,
      answerOnBridge: false,
      ...options,
    }
    const parties = [{ childSid: 'CAchild', target: party }]
    outcomes.push(await dialParties(call, parties, settings, router.world, signal))
  }
  const parentLeg = router.invite()
  await router.settle()
  const parentSid = router.started[0]?.sid ?? ''
  return { router, outcomes, parentLeg, parentSid, childLeg: () => router.invitedLeg() }
}

type World = Awaited<ReturnType<typeof dialling>>

/** The engine confirms the end of every leg that it was told to end. */
async function endLegs({ router }: World): Promise<void> {
  for (const { legId } of router.commands('hangUp')) router.ended(legId, 'hungUp')
  await router.settle()
}

const redirect = { type: 'redirect', start: { type: 'document', twiml: '' } } as const

test('the caller hangs up while the child rings', async () => {
  const world = await dialling()
  world.router.ended(world.parentLeg, 'bye')
  await world.router.settle()
  expect(world.outcomes).toMatchObject([{ status: 'canceled', durationMs: 0, bridged: false }])
  await endLegs(world)
  expect(world.router.leftovers()).toEqual(nothingLeft)
})

test('the caller is redirected while the child rings: at once, however slow the CANCEL', async () => {
  const world = await dialling()
  await world.router.calls.dispatch(world.parentSid, redirect)
  expect(world.router.started).toHaveLength(2)
  expect(world.router.stored.get('CAchild')?.status).toBe('canceled')
})

test('the caller is redirected while the two talk: the child is hung up', async () => {
  const world = await dialling()
  world.router.answer(world.childLeg())
  await world.router.settle()
  await world.router.calls.dispatch(world.parentSid, redirect)
  await world.router.settle()
  expect(world.outcomes).toMatchObject([{ status: 'completed', bridged: true }])
  expect(world.router.commands('hangUp')).toMatchObject([{ legId: world.childLeg() }])
  expect(world.router.stored.get('CAchild')?.status).toBe('completed')
})

test('the child is redirected while the two talk: it lives on and the Dial is complete', async () => {
  const world = await dialling()
  world.router.answer(world.childLeg())
  await world.router.settle()
  await world.router.calls.dispatch('CAchild', redirect)
  await world.router.settle()
  expect(world.outcomes).toMatchObject([{ status: 'completed', bridged: true }])
  expect(world.router.stored.get('CAchild')?.status).toBe('in-progress')
})

test('the child is redirected before the two are connected', async () => {
  const world = await dialling({}, { ...target, sendDigits: '1' })
  world.router.answer(world.childLeg())
  await world.router.settle()
  await world.router.calls.dispatch('CAchild', redirect)
  world.router.plane.finish('sendDigits')
  await world.router.settle()
  expect(world.outcomes).toMatchObject([{ status: 'completed' }])
})

test('a child that nobody answers is given up at the timeout', async () => {
  const world = await dialling()
  await world.router.clock.advance(10_000)
  expect(world.outcomes).toMatchObject([{ status: 'no-answer', durationMs: 0, bridged: false }])
})

test.each(['bridge', 'sendDigits'] as const)('a refused %s ends the child too', async (command) => {
  const world = await dialling({}, { ...target, sendDigits: '1' })
  world.router.plane.refused.add(command)
  world.router.answer(world.childLeg())
  await world.router.settle()
  world.router.plane.finish('sendDigits')
  await world.router.settle()
  await endLegs(world)
  expect(world.router.stored.get('CAchild')?.status).toBe('completed')
  expect(world.router.leftovers()).toMatchObject({ calls: 0, legs: 0, endpoints: 0 })
})

test('the child answers and hangs up before it is connected: the Dial is complete', async () => {
  const world = await dialling()
  const child = world.childLeg()
  world.router.answer(child)
  world.router.ended(child, 'bye')
  await world.router.settle()
  expect(world.outcomes).toMatchObject([{ status: 'completed', bridged: false }])
  await endLegs(world)
  expect(world.router.leftovers()).toMatchObject({ legs: 0, endpoints: 0 })
})

test('no endpoint for the child: the Dial has failed', async () => {
  const world = await dialling()
  world.router.refuse(world.childLeg(), 404)
  await world.router.settle()
  const failed = { status: 'failed', durationMs: 0, bridged: false, dialled: { status: 404 } }
  expect(world.outcomes).toMatchObject([failed])
})

test('a redirect while digits are sent after the answer leaves one program', async () => {
  const router = new FakeRouter()
  await router.create({ sendDigits: '12' })
  await router.settle()
  router.answer(router.invitedLeg())
  await router.settle()
  await router.calls.dispatch(router.record().sid, redirect)
  router.plane.finish('sendDigits')
  await router.settle()
  expect(router.started).toHaveLength(1)
})

test('a command is acknowledged when what it changed is stored, and leaves no timer', async () => {
  const router = new FakeRouter()
  await router.create()
  await router.settle()
  router.answer(router.invitedLeg())
  await router.settle()
  await router.calls.dispatch(router.record().sid, { type: 'end', as: 'completed' })
  expect(router.record().status).toBe('completed')
  router.ended(router.invitedLeg(), 'hungUp')
  await router.settle()
  expect(router.leftovers()).toEqual(nothingLeft)
})

test('a recording ends with the call, and its outcome is told', async () => {
  const router = new FakeRouter()
  let outcome: object | undefined
  router.program = async (call, _start, signal) => {
    await call.answer(signal)
    const options = {
      recordingSid: 'RE1',
      durationMsMax: 60_000,
      silenceTimeoutMs: 5_000,
      trimSilence: true,
      statusCallback: { url: 'http://app/r', method: 'POST' as const, events: ['completed'] },
      finish: new AbortController().signal,
    }
    outcome = await recordCall(call, options, signal)
  }
  const legId = router.invite()
  await router.settle()
  router.ended(legId, 'bye')
  await router.settle()
  expect(outcome).toMatchObject({ durationMs: 3_000 })
  expect(router.recordings.get('RE1')?.status).toBe('completed')
  expect(router.leftovers()).toEqual(nothingLeft)
})
