import { expect, test } from 'vitest'
import { FakeRouter, nothingLeft } from './fake-router.js'

test('calls beyond the rate of the account wait as queued, and can be canceled', async () => {
  const router = new FakeRouter({
    callsPerSecondMax: 1,
    queuedMax: 2,
    callsMax: undefined,
    callsPerHourMax: undefined,
  })
  const [first, second, third] = [
    await router.create(),
    await router.create(),
    await router.create(),
  ]
  await router.settle()
  expect(router.commands('invite')).toHaveLength(1)
  expect(router.stored.get(second.sid)?.status).toBe('queued')
  expect(router.callbacks()).toEqual(['0 initiated'])
  await expect(router.create()).rejects.toMatchObject({ errorCode: 20429 })
  await router.calls.dispatch(second.sid, { type: 'end', as: 'canceled' })
  expect(router.stored.get(second.sid)?.status).toBe('canceled')
  await router.clock.advance(999)
  expect(router.commands('invite')).toHaveLength(1)
  await router.clock.advance(1)
  expect(router.commands('invite')).toHaveLength(2)
  const callbacks = router.outbox.map(({ callSid, sequence, parameters }) => {
    const status = parameters.find(([name]) => name === 'CallStatus')?.[1]
    return [callSid, sequence, status]
  })
  expect(callbacks).toEqual([
    [first.sid, 0, 'initiated'],
    [second.sid, 0, 'canceled'],
    [third.sid, 0, 'initiated'],
  ])
  for (const { legId } of router.commands('invite')) router.refuse(legId, 404)
  await router.settle()
  expect(router.leftovers()).toEqual(nothingLeft)
})

test('a call that the account may not make is not made', async () => {
  const limits = { callsPerSecondMax: undefined, queuedMax: 0, callsPerHourMax: undefined }
  const router = new FakeRouter({ ...limits, callsMax: 1 })
  await router.create()
  await expect(router.create()).rejects.toMatchObject({ errorCode: 20429 })
  await router.settle()
  expect(router.stored.size).toBe(1)
  router.refuse(router.invitedLeg(), 486)
  await router.settle()
  await router.create()
  await router.settle()
  router.refuse(router.invitedLeg(), 486)
  await router.settle()
  expect(router.leftovers()).toEqual(nothingLeft)
})
