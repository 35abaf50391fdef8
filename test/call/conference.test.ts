import { expect, test } from 'vitest'
import { RouterError } from '../../src/base/router-error.js'
import type { Call } from '../../src/call/call.js'
import { parameterOf, World } from './conference-world.js'
import { nothingLeft } from './fake-router.js'

test('one waits; the second starts it; the last to leave ends it, and nothing is left', async () => {
  const world = new World()
  const one = await world.comes()
  expect(world.only.status).toBe('init')
  expect(world.playing).toEqual([`music ${one.call.sid}`])
  expect(world.commands('join')).toEqual([])
  const two = await world.comes()
  expect(world.only.status).toBe('in-progress')
  expect(world.playing).toEqual([])
  expect(world.commands('join')).toHaveLength(2)
  await world.goes(one.leg)
  expect(world.only.status).toBe('in-progress')
  await world.goes(two.leg)
  expect(world.only).toMatchObject({
    status: 'completed',
    reasonEnded: 'last-participant-left',
    callSidEnding: two.call.sid,
  })
  expect(world.events()).toEqual([
    ...['participant-join', 'participant-join', 'conference-start'],
    ...['participant-leave', 'participant-leave', 'conference-end'],
  ])
  expect(world.router.plane.openMixers).toBe(0)
  expect(world.conferences.size).toBe(0)
  expect(world.router.leftovers()).toEqual(nothingLeft)
})

test('two who may not start it wait for one who may', async () => {
  const world = new World()
  await world.comes({ startOnEnter: false })
  await world.comes({ startOnEnter: false })
  expect(world.only.status).toBe('init')
  expect(world.playing).toHaveLength(2)
  await world.comes({ startOnEnter: true })
  expect(world.only.status).toBe('in-progress')
  expect(world.playing).toEqual([])
})

test('a wait document that cannot be had lets nobody in; in a running conference it is not asked for', async () => {
  const world = new World()
  const wait = { type: 'url', url: 'http://app/missing', method: 'POST' } as const
  const refused = await world.comes({ wait })
  expect(world.outcomes.get(refused.call.sid)).toMatchObject({ status: 'failed' })
  expect(world.events()).not.toContain('participant-join')
  expect(world.conferences.size).toBe(0)
  await world.comes()
  await world.comes()
  const third = await world.comes({ wait })
  expect(world.outcomes.has(third.call.sid)).toBe(false)
  expect(world.commands('join')).toHaveLength(3)
})

test.each([
  ['a full room', { participantsMax: 1 }, 16002],
  ['a label twice', { label: 'me' }, 16025],
  ['a coach of nobody', { coachedCallSid: 'CA0' }, 13240],
  ['a name that is too long', { name: 'x'.repeat(129) }, 16002],
])('%s is refused', async (_what, options, errorCode) => {
  const world = new World()
  await world.comes({ label: 'me' })
  const { call } = await world.comes(options)
  expect(world.outcomes.get(call.sid)).toMatchObject({ status: 'failed', error: { errorCode } })
  expect(world.conferences.size).toBe(1)
})

test('there are so many conferences and no more', async () => {
  const world = new World()
  world.conferencesMax = 1
  await world.comes()
  const { call } = await world.comes({ name: 'another' })
  expect(world.outcomes.get(call.sid)).toMatchObject({ error: { errorCode: 20429 } })
})

test('who ends the conference by leaving ends it for all, whose programs go on', async () => {
  const world = new World()
  const one = await world.comes()
  const leads = await world.comes({ endOnExit: true })
  await world.goes(leads.leg)
  expect(world.outcomes.get(one.call.sid)).toEqual({ status: 'completed' })
  expect(world.only.reasonEnded).toBe('participant-with-end-conference-on-exit-left')
  const [left] = world.outbox.filter(({ parameters }) =>
    parameters.some(([, value]) => value === 'moderator_ended_conference'),
  )
  expect(parameterOf(left?.parameters ?? [], 'CallSid')).toBe(one.call.sid)
})

test('mute, hold and coaching are told and mixed; hold comes back to where it was', async () => {
  const world = new World()
  const one = await world.comes()
  const two = await world.comes()
  const { accountSid, sid } = world.only
  const update = async (change: object) => {
    await world.conferences.dispatch(accountSid, sid, {
      ...{ type: 'update', participant: one.call.sid },
      change,
    })
    await world.router.settle()
    return world.commands('join').at(-1)
  }
  expect(await update({ muted: true })).toMatchObject({ muted: true, held: false })
  expect(await update({ muted: true })).toMatchObject({ muted: true })
  expect(await update({ muted: false })).toMatchObject({ muted: false })
  const hold = { type: 'url', url: 'http://app/hold', method: 'GET' }
  expect(await update({ held: true, hold })).toMatchObject({ held: true })
  expect(world.playing).toEqual([`http://app/hold ${one.call.sid}`])
  expect(await update({ held: false })).toMatchObject({ held: false })
  expect(world.playing).toEqual([])
  const coached = { coaching: true, coachedCallSid: two.call.sid }
  expect(await update(coached)).toHaveProperty('coachedEndpointId', two.call.audio.endpointId)
  expect(await update({ coaching: false })).not.toHaveProperty('coachedEndpointId')
  expect(world.events().slice(3)).toEqual([
    ...['participant-mute', 'participant-unmute', 'participant-hold', 'participant-unhold'],
    ...['participant-modify', 'participant-modify'],
  ])
  await expect(update({ coachedCallSid: one.call.sid })).rejects.toMatchObject({ errorCode: 13240 })
})

test('announcements come one after another, interrupt the music, and have a bound', async () => {
  const world = new World()
  const { call } = await world.comes()
  const { accountSid, sid } = world.only
  const announce = (url: string) =>
    world.conferences.dispatch(accountSid, sid, {
      ...{ type: 'update', participant: call.sid, change: {} },
      announcement: { url, method: 'POST' },
    })
  await announce('http://app/1')
  await announce('http://app/missing')
  for (let count = 3; count <= 8; count++) await announce(`http://app/${count}`)
  await expect(announce('http://app/9')).rejects.toMatchObject({ errorCode: 20429 })
  await world.router.settle()
  expect(world.playing).toEqual([`http://app/1 ${call.sid}`])
  await world.router.clock.advance(2_000)
  expect(world.playing).toEqual([`http://app/3 ${call.sid}`])
  await world.router.clock.advance(20_000)
  expect(world.playing).toEqual([`music ${call.sid}`])
  expect(world.events()).toEqual([
    ...['participant-join', 'announcement-end', 'announcement-fail'],
    ...Array.from({ length: 6 }, () => 'announcement-end'),
  ])
})

test('an announcement to all is heard in the room; before the start it fails', async () => {
  const world = new World()
  await world.comes()
  const { accountSid, sid } = world.only
  const announcement = { url: 'http://app/all', method: 'POST' } as const
  await world.conferences.dispatch(accountSid, sid, { type: 'announce', announcement })
  expect(world.events().at(-1)).toBe('announcement-fail')
  await world.comes()
  await world.conferences.dispatch(accountSid, sid, { type: 'announce', announcement })
  await world.router.settle()
  expect(world.playing).toEqual(['http://app/all all'])
})

test('beeps are heard by the room when somebody comes or goes', async () => {
  const world = new World()
  await world.comes({ beep: 'false' })
  await world.comes({ beep: 'onEnter' })
  expect(world.commands('tone')).toMatchObject([{ ofMixer: true }, { ofMixer: true }])
  const silent = await world.comes({ beep: 'onExit' })
  expect(world.commands('tone')).toHaveLength(2)
  await world.goes(silent.leg)
  expect(world.commands('tone')).toHaveLength(4)
})

test('it is recorded from when two are connected to its end', async () => {
  const world = new World()
  const one = await world.comes({ record: true })
  expect(world.commands('record')).toEqual([])
  const two = await world.comes({ record: true })
  expect(world.commands('record')).toMatchObject([{ ofMixer: true, trimSilence: true }])
  await world.goes(one.leg)
  await world.goes(two.leg)
  expect(world.recordings.map(({ status }) => status)).toEqual(['in-progress', 'completed'])
})

test('a star or the time limit takes one out', async () => {
  const world = new World()
  world.stay = { timeLimitMs: 5_000, hangupOnStar: true }
  const stays = await world.comes()
  const leaves = await world.comes()
  leaves.call.audio.offerDigit('1')
  leaves.call.audio.offerDigit('*')
  await world.router.settle()
  expect(world.outcomes.get(leaves.call.sid)).toEqual({ status: 'answered' })
  await world.router.clock.advance(5_000)
  expect(world.outcomes.get(stays.call.sid)).toEqual({ status: 'completed' })
  expect(world.only.status).toBe('completed')
})

test('who is redirected stays in the room until it is in another one, or for a moment', async () => {
  const world = new World()
  for (let count = 0; count < 2; count++) await world.comes()
  const mover = await world.comes()
  const idler = await world.comes()
  const redirect = (call: Call, twiml: string) =>
    world.router.calls.dispatch(call.sid, { type: 'redirect', start: { type: 'document', twiml } })
  world.options = { startOnEnter: true, wait: { type: 'silence' } }
  await world.comes({ name: 'there' })
  await world.comes({ name: 'there' })
  await redirect(mover.call, 'there')
  await redirect(idler.call, 'elsewhere')
  await world.router.settle()
  expect(world.commands('leave')).toEqual([])
  await world.router.clock.advance(1_000)
  expect(world.commands('leave')).toEqual([
    { type: 'leave', endpointId: idler.call.audio.endpointId },
  ])
})

test('who is called for a conference and never answers leaves nothing behind', async () => {
  const world = new World()
  const flags = {
    ...{ label: 'guest', muted: false, coachedCallSid: undefined },
    ...{ startOnEnter: true, endOnExit: false },
  }
  const invite = () =>
    world.conferences.invite('AC1', 'party', flags, () => world.router.create({ timeoutMs: 5_000 }))
  const invited = await invite()
  expect(invited).toMatchObject({ label: 'guest', status: 'queued' })
  await expect(invite()).rejects.toMatchObject({ errorCode: 16025 })
  expect(world.conferences.participants('AC1', invited.conferenceSid)).toHaveLength(1)
  await world.router.clock.advance(5_000)
  expect(world.only).toMatchObject({ status: 'completed', callSidEnding: invited.callSid })
  expect(world.conferences.size).toBe(0)
})

test('a call that is not made leaves no conference', async () => {
  const world = new World()
  const flags = {
    ...{ label: undefined, muted: false, coachedCallSid: undefined },
    ...{ startOnEnter: true, endOnExit: false },
  }
  const made = world.conferences.invite('AC1', 'party', flags, () =>
    Promise.reject(new RouterError('ERR_TOO_MANY_CALLS', 20429, 'no')),
  )
  await expect(made).rejects.toMatchObject({ errorCode: 20429 })
  expect(world.conferences.size).toBe(0)
})

test('who is being called when it ends makes no other one by its name', async () => {
  const world = new World()
  await world.comes({ name: 'party' })
  const { accountSid, sid } = world.only
  const flags = {
    ...{ label: undefined, muted: false, coachedCallSid: undefined },
    ...{ startOnEnter: true, endOnExit: false },
  }
  let called = ''
  const invited = world.conferences.invite(accountSid, 'party', flags, async () => {
    const record = await world.router.create({ timeoutMs: 5_000 })
    called = record.sid
    await world.conferences.dispatch(accountSid, sid, { type: 'end' })
    return record
  })
  await expect(invited).rejects.toMatchObject({ errorCode: 20404 })
  await world.router.settle()
  expect(world.router.calls.find(called)).toBeUndefined()
  expect(world.conferences.size).toBe(0)
})

test('REST ends it for all, sends one out, and knows no foreign conference', async () => {
  const world = new World()
  const one = await world.comes({ label: 'one' })
  await world.comes()
  const { accountSid, sid } = world.only
  const foreign = world.conferences.dispatch('AC2', sid, { type: 'end' })
  await expect(foreign).rejects.toMatchObject({ errorCode: 20404 })
  await world.conferences.dispatch(accountSid, sid, { type: 'kick', participant: 'one' })
  await world.router.settle()
  expect(world.outcomes.get(one.call.sid)).toEqual({ status: 'completed' })
  expect(world.conferences.participants(accountSid, sid)).toHaveLength(1)
  await world.conferences.dispatch(accountSid, sid, { type: 'end' })
  expect(world.only.reasonEnded).toBe('conference-ended-via-api')
  const again = world.conferences.dispatch(accountSid, sid, { type: 'end' })
  await expect(again).rejects.toMatchObject({ errorCode: 20404 })
})
