import { expect, test } from 'vitest'
import { FakeRouter, nothingLeft } from './fake-router.js'

const statusCallback = {
  url: 'http://app/status',
  method: 'POST',
  events: ['initiated', 'completed'],
} as const

/** What status callbacks have told so far, but for times. */
const told = (router: FakeRouter) =>
  router.outbox.map(({ parameters }) => {
    const { CallStatus, VerificationStatus, OutgoingCallerIdSid } = Object.fromEntries(parameters)
    return [CallStatus, VerificationStatus, OutgoingCallerIdSid]
  })

async function validating(delayMs: number) {
  const router = new FakeRouter()
  const verification = { status: 'failed' } as const
  const { sid } = await router.create({ sid: 'CA1', delayMs, verification, statusCallback })
  await router.settle()
  return { router, sid }
}

test('a call that is to begin later waits as queued, and begins then', async () => {
  const { router, sid } = await validating(30_000)
  expect(sid).toBe('CA1')
  await router.clock.advance(29_999)
  expect(router.commands('invite')).toEqual([])
  expect([router.record().status, told(router)]).toEqual(['queued', []])
  await router.clock.advance(1)
  expect(router.commands('invite')).toHaveLength(1)
  expect(told(router)).toEqual([['initiated', undefined, undefined]])
  router.refuse(router.invitedLeg(), 486)
  await router.settle()
  expect(told(router)[1]).toEqual(['busy', 'failed', undefined])
  expect(router.leftovers()).toEqual(nothingLeft)
})

test('a call that waits to begin can be canceled', async () => {
  const { router, sid } = await validating(60_000)
  await router.calls.dispatch(sid, { type: 'end', as: 'canceled' })
  await router.settle()
  expect(router.commands('invite')).toEqual([])
  expect(told(router)).toEqual([['canceled', 'failed', undefined]])
  expect(router.leftovers()).toEqual(nothingLeft)
})

test('what came of a validation is told with the end of its call', async () => {
  const { router } = await validating(0)
  router.program = async (call) => {
    call.record.verification = { status: 'success', callerIdSid: 'PN1' }
  }
  router.answer(router.invitedLeg())
  await router.settle()
  expect(told(router)).toEqual([
    ['initiated', undefined, undefined],
    ['completed', 'success', 'PN1'],
  ])
  router.ended(router.invitedLeg(), 'hungUp')
  await router.settle()
  expect(router.leftovers()).toEqual(nothingLeft)
})

test('other calls tell nothing of a validation', async () => {
  const router = new FakeRouter()
  await router.create({ statusCallback })
  await router.settle()
  router.refuse(router.invitedLeg(), 404)
  await router.settle()
  expect(told(router).at(-1)).toEqual(['failed', undefined, undefined])
})
