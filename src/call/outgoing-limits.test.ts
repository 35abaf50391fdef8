import { expect, test } from 'vitest'
import { VirtualClock } from '../base/clock.js'
import { OutgoingLimits } from './outgoing-limits.js'

function world(limits: { callsMax?: number; callsPerHourMax?: number }) {
  const clock = new VirtualClock(7 * 3_600_000 + 12_345)
  const blocked: string[] = []
  const outgoing = new OutgoingLimits(
    { callsMax: undefined, callsPerHourMax: undefined, ...limits },
    {
      clock,
      allows: (phoneNumber) => !phoneNumber.startsWith('+882'),
      events: { callBlocked: (_account, callSid, why) => blocked.push(`${callSid} ${why}`) },
    },
  )
  let calls = 0
  const take = (to = '+15550100002', accountSid = 'AC1', direction = 'outbound-api') => {
    const call = { accountSid, sid: `CA${++calls}`, to, direction }
    return { call, code: outgoing.take(call)?.errorCode }
  }
  return { clock, blocked, outgoing, take }
}

test('a number that is not allowed has the code of its way', () => {
  const { blocked, take } = world({})
  expect(take('+88216').code).toBe(21215)
  expect(take('+88216', 'AC1', 'outbound-dial').code).toBe(13227)
  expect(take().code).toBeUndefined()
  expect(blocked).toEqual(['CA1 destination', 'CA2 destination'])
})

test('calls at once are counted until they end, devices and SIP URIs are not', () => {
  const { blocked, outgoing, take } = world({ callsMax: 1 })
  const first = take()
  expect(first.code).toBeUndefined()
  expect(take('client:alice').code).toBeUndefined()
  expect(take('sip:a@b.example').code).toBeUndefined()
  expect(take().code).toBe(20429)
  expect(take('+15550100002', 'AC2').code).toBeUndefined()
  outgoing.release(first.call)
  outgoing.release(first.call)
  expect(take().code).toBeUndefined()
  expect(blocked).toEqual(['CA4 live'])
})

test('calls of an hour are counted by the minute', async () => {
  const { clock, blocked, outgoing, take } = world({ callsPerHourMax: 2 })
  take()
  await clock.advance(30 * 60_000)
  take()
  expect(take().code).toBe(20429)
  await clock.advance(30 * 60_000)
  expect(take().code).toBeUndefined()
  expect(take().code).toBe(20429)
  await clock.advance(24 * 3_600_000)
  const unwanted = take()
  outgoing.giveBack(unwanted.call)
  outgoing.giveBack(unwanted.call)
  expect([take().code, take().code, take().code]).toEqual([undefined, undefined, 20429])
  expect(blocked).toHaveLength(3)
})
