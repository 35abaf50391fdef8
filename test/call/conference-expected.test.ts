import { expect, test } from 'vitest'
import type {
  Announcement,
  JoinOptions,
  ParticipantChange,
} from '../../src/call/conference-options.js'
import type { ParticipantFlags } from '../../src/call/participant-expected.js'
import { World } from './conference-world.js'

/** A conference in which one is, and somebody who is being called for it as `guest`. */
async function withGuest(flags: Partial<ParticipantFlags> = {}) {
  const world = new World()
  const one = await world.comes({ endOnExit: false })
  const { accountSid, sid, friendlyName } = world.only
  const invite = (more: Partial<ParticipantFlags>) =>
    world.conferences.invite(
      ...([accountSid, friendlyName] as const),
      {
        ...{ label: 'guest', muted: false, coachedCallSid: undefined },
        ...{ startOnEnter: true, endOnExit: false, ...more },
      },
      () => world.router.create({ start: { type: 'document', twiml: friendlyName } }),
    )
  const invited = await invite(flags)
  const update = (change: ParticipantChange, announcement?: Announcement) =>
    world.conferences.dispatch(accountSid, sid, {
      ...{ type: 'update', participant: 'guest', change, announcement },
    })
  const guest = () =>
    world.conferences
      .participants(accountSid, sid)
      .find(({ callSid }) => callSid === invited.callSid)
  const leg = () => world.router.calls.find(invited.callSid)?.leg.legId ?? ''
  const answers = async (options: Partial<JoinOptions> = {}) => {
    world.options = { label: 'guest', ...options }
    await world.router.settle()
    world.router.answer(leg())
    await world.router.settle()
  }
  return { world, one, invite, invited, update, guest, leg, answers }
}

test('what is changed of one who is being called is shown at once, and holds when it comes in', async () => {
  const { world, one, update, guest, leg, answers } = await withGuest()
  await world.router.clock.advance(1_000)
  const hold = { type: 'url', url: 'http://app/hold', method: 'GET' } as const
  const createdMs = guest()?.createdMs ?? 0
  await update({ muted: true, endOnExit: true })
  await update({ held: true, hold, beepOnExit: true })
  await update({ coaching: true, coachedCallSid: one.call.sid })
  const changed = { muted: true, held: true, endOnExit: true, coachedCallSid: one.call.sid }
  expect(guest()).toMatchObject({ ...changed, updatedMs: createdMs + 1_000 })
  expect(guest()?.status).not.toBe('connected')
  expect(world.events()).toEqual(['participant-join'])
  // A wait document would let it in only when it can be had; who is held does not ask for it.
  await answers({ wait: { type: 'url', url: 'http://app/missing', method: 'POST' } })
  expect(guest()).toMatchObject({ ...changed, status: 'connected' })
  expect(world.playing).toEqual([`http://app/hold ${guest()?.callSid}`])
  expect(world.commands('join').at(-1)).toMatchObject({
    ...{ muted: true, held: true, coachedEndpointId: one.call.audio.endpointId },
  })
  expect(world.events().slice(1)).toEqual(['participant-join', 'conference-start'])
  const [, joined] = world.outbox
  const told = Object.fromEntries(joined?.parameters ?? [])
  expect(told).toMatchObject({ Muted: 'true', Hold: 'true', CallSidToCoach: one.call.sid })
  await update({ held: false })
  expect(world.playing).toEqual([])
  await world.goes(leg())
  expect(world.only.reasonEnded).toBe('participant-with-end-conference-on-exit-left')
})

test('of changes of one who is being called the last counts, and what was not named stays', async () => {
  const { world, one, update, guest, leg, answers } = await withGuest({ muted: true })
  await update({ held: true, coaching: true, coachedCallSid: one.call.sid })
  await update({ held: false, coaching: false })
  expect(guest()).toMatchObject({ muted: true, held: false, coachedCallSid: undefined })
  await update({ coachedCallSid: one.call.sid })
  expect(guest()).toMatchObject({ muted: true, coachedCallSid: one.call.sid })
  await update({ coaching: false, wait: { type: 'silence' }, beepOnExit: true })
  await answers({ muted: true, coachedCallSid: 'CA0' })
  expect(guest()).toMatchObject({ muted: true, held: false, status: 'connected' })
  expect(guest()?.coachedCallSid).toBeUndefined()
  const tones = world.commands('tone').length
  await world.goes(leg())
  expect(world.commands('tone')).toHaveLength(tones + 2)
})

test('one who is being called hears no announcement, and coaches neither itself nor a stranger', async () => {
  const { world, invited, update, guest, answers } = await withGuest()
  const announced = update({ muted: true }, { url: 'http://app/say', method: 'POST' })
  await expect(announced).rejects.toMatchObject({ errorCode: 21220 })
  for (const coachedCallSid of ['CA0', invited.callSid]) {
    const coaching = update({ muted: true, coaching: true, coachedCallSid })
    await expect(coaching).rejects.toMatchObject({ errorCode: 13240 })
  }
  expect(guest()).toMatchObject({ muted: false, coachedCallSid: undefined })
  await answers()
  expect(guest()).toMatchObject({ muted: false, status: 'connected' })
  expect(world.playing).toEqual([])
})

test('who is called to coach a stranger is not called; one who left meanwhile is seen to later', async () => {
  const { world, one, invite, invited, update, answers } = await withGuest()
  const stranger = invite({ label: 'coach', coachedCallSid: 'CA0' })
  await expect(stranger).rejects.toMatchObject({ errorCode: 13240 })
  expect(world.router.calls.size).toBe(2)
  // Who is being called too may be there in time.
  const coach = await invite({ label: 'coach', coachedCallSid: invited.callSid })
  expect(coach.coachedCallSid).toBe(invited.callSid)
  await update({ coaching: true, coachedCallSid: one.call.sid })
  await world.goes(one.leg)
  await answers()
  expect(world.outcomes.get(invited.callSid)).toMatchObject({
    ...{ status: 'failed', error: { errorCode: 13240 } },
  })
})

test('a conference that begins to exist by the call knows nobody to be coached yet', async () => {
  const world = new World()
  const flags = {
    ...{ label: undefined, muted: false, coachedCallSid: 'CA0' },
    ...{ startOnEnter: true, endOnExit: false },
  }
  const made = await world.conferences.invite('AC1', 'party', flags, () => world.router.create())
  expect(made.coachedCallSid).toBe('CA0')
})
