import { expect, test } from 'vitest'
import type { CallMachineDetection } from '../../src/call/machine-detection.js'
import type { ProgramStart } from '../../src/call/ports.js'
import type { AnsweredBy } from '../../src/media/port.js'
import { FakeRouter, nothingLeft, untilStopped } from './fake-router.js'

const detection: CallMachineDetection = {
  isUntilEnd: false,
  isAsync: false,
  timeoutMs: 30_000,
  speechThresholdMs: 2_400,
  speechEndThresholdMs: 1_200,
  silenceTimeoutMs: 5_000,
  statusCallback: { url: 'http://app/amd', method: 'POST' },
}

/** A call that is made with detection and answered; what its program was started with. */
async function answered(settings: Partial<CallMachineDetection> = {}, prepare = () => {}) {
  const router = new FakeRouter()
  const starts: ProgramStart[] = []
  router.program = async (_call, start, signal) => {
    starts.push(start)
    await untilStopped(signal)
  }
  prepare.call(router)
  const { sid } = await router.create({ machineDetection: { ...detection, ...settings } })
  await router.settle()
  router.answer(router.invitedLeg())
  await router.settle()
  const asked = () =>
    router.plane.commands.flatMap((one) => (one.type === 'detectMachine' ? [one] : []))
  const tell = async (answeredBy: AnsweredBy) => {
    const endpointId = asked()[0]?.endpointId ?? 0
    router.plane.onEvent({ type: 'answeredBy', endpointId, answeredBy, afterMs: 1_840 })
    await router.settle()
  }
  const callbacks = () => router.outbox.filter(({ url }) => url === 'http://app/amd')
  const end = async () => {
    router.ended(router.invitedLeg(), 'bye')
    await router.settle()
    expect(router.leftovers()).toEqual(nothingLeft)
  }
  return { router, starts, sid, asked, tell, callbacks, end }
}

const outcome = [
  ['AnsweredBy', 'human'],
  ['MachineDetectionDuration', '1840'],
]

test('the first document waits for who has answered, and is told', async () => {
  const { router, starts, asked, tell, callbacks, end } = await answered()
  expect(asked()).toMatchObject([{ detection: { isUntilEnd: false, speechThresholdMs: 2_400 } }])
  await router.clock.advance(1_840)
  expect(starts).toEqual([])
  await tell('human')
  expect(starts).toMatchObject([{ type: 'url', parameters: outcome }])
  expect(router.record().answeredBy).toBe('human')
  expect(callbacks()).toEqual([])
  expect(asked().at(-1)?.detection).toBeUndefined()
  await end()
})

test('asynchronously the program starts at once, and a callback follows', async () => {
  const { router, starts, tell, callbacks, end } = await answered({ isAsync: true })
  expect(starts).toHaveLength(1)
  expect(starts[0]).not.toHaveProperty('parameters')
  await tell('human')
  expect(callbacks()).toMatchObject([{ method: 'POST', parameters: outcome }])
  expect(router.record().answeredBy).toBe('human')
  await end()
})

test('who hangs up before anything is known has been answered by nobody', async () => {
  const { router, starts, callbacks, end } = await answered()
  await end()
  expect(starts).toEqual([])
  expect(callbacks()).toEqual([])
  expect(router.record()).toMatchObject({ status: 'completed', answeredBy: undefined })
})

test('a redirect does not wait, nor does what was asked for first come after it', async () => {
  const { router, starts, sid, tell, end } = await answered()
  const start = { type: 'url', url: 'http://app/other', method: 'POST' } as const
  await router.calls.dispatch(sid, { type: 'redirect', start, when: 'now', passesState: false })
  await router.settle()
  expect(starts).toMatchObject([{ url: 'http://app/other' }])
  await tell('human')
  expect(starts).toHaveLength(1)
  await end()
})

test('it is unknown who has answered when nothing can be heard', async () => {
  const { router, starts, end } = await answered()
  await router.clock.advance(29_000)
  expect(starts).toEqual([])
  await router.clock.advance(2_000)
  expect(starts).toMatchObject([{ parameters: [['AnsweredBy', 'unknown'], expect.anything()] }])
  expect(router.record().answeredBy).toBe('unknown')
  await end()
})

test('it is unknown who has answered when no more detectors are there', async () => {
  const { starts, end } = await answered({}, function (this: FakeRouter) {
    this.plane.refused.add('detectMachine')
  } as () => void)
  expect(starts).toMatchObject([{ parameters: [['AnsweredBy', 'unknown'], expect.anything()] }])
  await end()
})
