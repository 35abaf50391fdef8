import { describe, expect, it, test } from 'vitest'
import { TrunkTable } from '../../src/call/trunk-table.js'
import { parseTrunks } from '../../src/router/trunks.js'
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

describe('a call through gateways', () => {
  /** Each fails or rings as the test says; the leg of the engine is the latest INVITE. */
  function through(...names: string[]) {
    const router = new FakeRouter()
    const table = new TrunkTable({
      clock: router.clock,
      random: () => 0,
      silenceMsMax: 4_000,
      tried: () => {},
    })
    const uris = names.map((name, priority) => ({ name, priority, uri: `sip:${name}.example` }))
    table.set(parseTrunks(uris))
    const dialler = { accountSid: 'AC1', callSid: 'CA1' }
    router.route = table.route('+15550100002', dialler)
    const hosts = () => router.commands('invite').map(({ target }) => target.replace(/^.*@/, ''))
    const live = () => table.gateways.map(({ sid }) => table.stateOf(sid)?.calls)
    return { router, hosts, live }
  }

  it('is one call, however many gateways were asked', async () => {
    const { router, hosts, live } = through('a', 'b')
    const { sid } = await router.create()
    await router.settle()
    router.refuse(router.invitedLeg(), 503)
    await router.settle()
    expect(hosts()).toEqual(['a.example', 'b.example'])
    expect(live()).toEqual([0, 1])
    const legId = router.invitedLeg()
    router.event({ type: 'progressed', legId, status: 180, sdp: undefined })
    router.answer(legId)
    await router.settle()
    expect([...router.stored.keys()]).toEqual([sid])
    await router.calls.dispatch(sid, { type: 'end', as: 'completed' })
    // The engine knows the leg by the name that it was given.
    expect(router.commands('hangUp').at(-1)?.legId).toBe(legId)
    router.ended(legId, 'hungUp')
    await router.settle()
    expect(router.callbacks()).toEqual(['0 initiated', '1 ringing', '2 in-progress', '3 completed'])
    expect(live()).toEqual([0, 0])
    expect(router.leftovers()).toEqual(nothingLeft)
  })

  it('has one timeout for all of them', async () => {
    const { router, hosts, live } = through('a', 'b', 'c')
    await router.create({ timeoutMs: 6_000 })
    await router.clock.advance(5_999)
    expect(hosts()).toEqual(['a.example', 'b.example'])
    await router.clock.advance(1)
    expect(router.record().status).toBe('no-answer')
    await router.clock.advance(60_000)
    expect(hosts()).toHaveLength(2)
    expect(live()).toEqual([1, 1, 0])
    // The engine gives each of them up after a while.
    for (const { legId } of router.commands('invite')) router.ended(legId, 'hungUp')
    await router.settle()
    expect(live()).toEqual([0, 0, 0])
    expect(router.leftovers()).toEqual(nothingLeft)
  })

  it('that is canceled while it hunts goes no further', async () => {
    const { router, hosts } = through('a', 'b')
    const { sid } = await router.create()
    await router.settle()
    await router.calls.dispatch(sid, { type: 'end', as: 'canceled' })
    router.refuse(router.invitedLeg(), 503)
    await router.settle()
    expect(router.record().status).toBe('canceled')
    expect(hosts()).toEqual(['a.example'])
    expect(router.leftovers()).toEqual(nothingLeft)
  })
})
