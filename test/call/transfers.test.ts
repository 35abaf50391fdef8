import { expect, test } from 'vitest'
import { dialParties } from '../../src/call/dial.js'
import { FakeRouter, nothingLeft, peerSdp } from './fake-router.js'

/** Every incoming call dials one number, and is connected with it when that is answered. */
async function connected(count: number) {
  const router = new FakeRouter()
  const outcomes: object[] = []
  let children = 0
  router.program = async (call, start, signal) => {
    if (start.type === 'document') return
    await call.answer(signal)
    const target = {
      noun: 'Number' as const,
      address: '+15550100003',
      sendDigits: undefined,
      username: undefined,
      password: undefined,
      statusCallback: undefined,
    }
    const parties = [{ childSid: `CAchild${++children}`, target }]
    const settings = {
      callerId: undefined,
      timeoutMs: 30_000,
      timeLimitMs: 3_600_000,
      hangupOnStar: false,
      answerOnBridge: false,
    }
    outcomes.push(await dialParties(call, parties, settings, router.world, signal))
  }
  const pairs: { parent: string; child: string }[] = []
  for (let index = 0; index < count; index++) {
    const parent = router.invite()
    await router.settle()
    pairs.push({ parent, child: router.invitedLeg() })
  }
  return { router, outcomes, pairs }
}

async function answered(count: number) {
  const world = await connected(count)
  for (const { child } of world.pairs) world.router.answer(child)
  await world.router.settle()
  return world
}

function refer(router: FakeRouter, legId: string, replacedLegId?: string): void {
  const target = 'sip:carol@example.com'
  router.event({ type: 'referred', legId, referId: 'r', target, replacedLegId, referredBy: '' })
}

/** Which party each `configure` was for, in order. */
function peersOf(router: FakeRouter): (number | undefined)[] {
  return router.plane.commands.flatMap((command) =>
    command.type === 'configure' ? [command.settings.peer] : [],
  )
}

async function endAll(router: FakeRouter): Promise<void> {
  for (const { legId } of router.commands('hangUp')) router.ended(legId, 'hungUp')
  await router.settle()
}

test('an attended transfer joins the others of two calls, and lets the phone go', async () => {
  const { router, pairs, outcomes } = await answered(2)
  const [first, second] = pairs as [(typeof pairs)[0], (typeof pairs)[0]]
  refer(router, first.parent, second.parent)
  await router.settle()
  expect(router.commands('answerRefer')).toMatchObject([{ status: 202 }])
  expect(router.commands('reoffer')).toMatchObject([{ legId: first.child }])
  router.event({ type: 'reanswered', legId: first.child, status: 200, sdp: peerSdp })
  await router.settle()
  expect(router.commands('reportRefer')).toMatchObject([{ legId: first.parent, status: 200 }])
  expect(peersOf(router)).toEqual([0, 0, 0, 0, 1])
  // The second call of the phone is over for it, and goes on for the other one; the first ends.
  const hungUp = router.commands('hangUp').map(({ legId }) => legId)
  expect(hungUp).toEqual([second.parent, first.parent])
  expect(outcomes).toMatchObject([{ status: 'completed', bridged: true }])
  const statusOf = (legId: string) => [...router.stored.values()].find((one) => one.sid === legId)
  expect(statusOf('CAchild1')?.status).toBe('completed')
  expect(statusOf('CAchild2')?.status).toBe('in-progress')
  router.ended(first.child, 'bye')
  await router.settle()
  expect(statusOf('CAchild2')?.status).toBe('completed')
  await endAll(router)
  expect(router.leftovers()).toEqual(nothingLeft)
})

test('when the other side refuses to move, both calls stay as they were', async () => {
  const { router, pairs } = await answered(2)
  const [first, second] = pairs as [(typeof pairs)[0], (typeof pairs)[0]]
  refer(router, first.parent, second.parent)
  await router.settle()
  router.event({ type: 'reanswered', legId: first.child, status: 488, sdp: undefined })
  await router.settle()
  expect(router.commands('reportRefer')).toMatchObject([{ status: 488 }])
  expect(router.commands('hangUp')).toEqual([])
  expect(router.calls.size).toBe(4)
})

test('when it hangs up meanwhile, its call ends and the second stays', async () => {
  const { router, pairs } = await answered(2)
  const [first, second] = pairs as [(typeof pairs)[0], (typeof pairs)[0]]
  refer(router, first.parent, second.parent)
  await router.settle()
  router.ended(first.child, 'bye')
  await router.settle()
  expect(router.commands('reportRefer')).toMatchObject([{ status: 487 }])
  expect(router.stored.get('CAchild1')?.status).toBe('completed')
  expect(router.stored.get('CAchild2')?.status).toBe('in-progress')
})

test.each([
  ['that joins a call with itself', 'parent', 'parent'],
  ['that joins two who talk already', 'parent', 'child'],
] as const)('a transfer %s is declined', async (_what, by, replaced) => {
  const { router, pairs } = await answered(1)
  const [pair] = pairs as [(typeof pairs)[0]]
  refer(router, pair[by], pair[replaced])
  await router.settle()
  expect(router.commands('answerRefer')).toMatchObject([{ status: 603 }])
})

test('a caller that talks to nobody else cannot transfer itself', async () => {
  const router = new FakeRouter()
  const legId = router.invite()
  await router.settle()
  refer(router, legId)
  await router.settle()
  expect(router.commands('answerRefer')).toMatchObject([{ status: 603 }])
})

test('another phone picks up what rings (RFC 3891): the Dial is connected with it', async () => {
  const { router, pairs } = await connected(1)
  const [{ child }] = pairs as [(typeof pairs)[0]]
  router.event({ type: 'progressed', legId: child, status: 180, sdp: undefined })
  const picker = router.invite({ replacedLegId: child })
  await router.settle()
  expect(router.commands('accept').map(({ legId }) => legId)).toContain(picker)
  expect(router.commands('hangUp').map(({ legId }) => legId)).toEqual([child])
  // Whoever has sent something already is not taken for the new party.
  expect(peersOf(router)).toEqual([0, 1])
  // What the phones that rang say now is of no interest.
  router.refuse(child, 487)
  await router.settle()
  expect(router.stored.get('CAchild1')).toMatchObject({ status: 'in-progress' })
  expect(router.calls.size).toBe(2)
  router.ended(picker, 'bye')
  await router.settle()
  expect(router.stored.get('CAchild1')).toMatchObject({ status: 'completed' })
})

test('an INVITE that replaces a leg that is gone, or without media for us, is refused', async () => {
  const { router, pairs } = await answered(1)
  const [{ child }] = pairs as [(typeof pairs)[0]]
  router.invite({ replacedLegId: 'gone' })
  router.invite({ replacedLegId: child, sdp: peerSdp.replaceAll('audio', 'video') })
  await router.settle()
  expect(router.commands('reject').map(({ status }) => status)).toEqual([481, 488])
  expect(router.stored.get('CAchild1')).toMatchObject({ status: 'in-progress' })
})
