import { expect, test } from 'vitest'
import { VirtualClock } from '../base/clock.js'
import type { LegCommand, LegEvent } from '../sip/leg-events.js'
import type { TrunkAttempt } from './ports.js'
import { TrunkHunts } from './trunk-hunt.js'
import type { AttemptOutcome } from './trunk-outcome.js'

/** A hunt through gateways of these names; each holds one place while it is used. */
function hunting(...gateways: string[]) {
  const clock = new VirtualClock()
  const sent: string[] = []
  const told: string[] = []
  const reports: string[] = []
  const places = new Set<string>()
  const left = [...gateways]
  const show = (event: LegEvent) =>
    `${event.type} ${event.legId}${'status' in event ? ` ${event.status}` : ''}`
  const hunts = new TrunkHunts(
    {
      send: (command: LegCommand) =>
        sent.push(
          `${command.type} ${command.legId}${'target' in command ? ` ${command.target}` : ''}`,
        ),
    },
    clock,
    (event) => told.push(show(event)),
  )
  const next = (): TrunkAttempt | undefined => {
    const name = left.shift()
    if (name === undefined) return undefined
    places.add(name)
    const report = (outcome: AttemptOutcome) =>
      reports.push(`${name} ${outcome.type}${outcome.type === 'refused' ? outcome.status : ''}`)
    return {
      route: { target: `sip:1@${name}`, nextHop: undefined, credentials: undefined },
      heard: () => reports.push(`${name} heard`),
      report,
      release: () => places.delete(name),
    }
  }
  const from = { uri: 'sip:me' }
  const invite = { type: 'invite', legId: 'leg', target: 'sip:1@a', from, sdp: 'v=0' } as const
  hunts.send({ ...invite, trunk: { silenceMsMax: 4_000, next } })
  const receive = (event: LegEvent) => {
    const one = hunts.receive(event)
    if (one) told.push(show(one))
  }
  const headers: [] = []
  return {
    ...{ clock, sent, told, reports, places, hunts },
    refused: (legId: string, status: number, local = false) =>
      receive({ type: 'refused', legId, status, reason: '', headers, local }),
    progressed: (legId: string, status: number, sdp?: string) =>
      receive({ type: 'progressed', legId, status, sdp }),
    answered: (legId: string) =>
      receive({
        type: 'answered',
        legId,
        status: 200,
        sdp: 'v=0',
        headers,
        callId: 'c',
        sourceAddress: '192.0.2.2',
      }),
    ended: (legId: string) => receive({ type: 'ended', legId, cause: 'hungUp' }),
  }
}

type World = ReturnType<typeof hunting>

function expectNothingLeft({ hunts, places, clock }: World): void {
  expect([hunts.size, places.size]).toEqual([0, 0])
  expect(clock.sleeping).toBe(0)
}

test('a gateway that is out of service leaves the call to the next one', () => {
  const world = hunting('a', 'b', 'c')
  world.refused('leg', 503)
  world.progressed('leg-2', 180)
  world.answered('leg-2')
  expect(world.sent).toEqual(['invite leg sip:1@a', 'invite leg-2 sip:1@b'])
  expect(world.told).toEqual(['progressed leg 180', 'answered leg 200'])
  expect(world.hunts.legIdOf('leg-2')).toBe('leg')
  expect([...world.places]).toEqual(['b'])
  world.hunts.send({ type: 'hangUp', legId: 'leg' })
  expect(world.sent.at(-1)).toBe('hangUp leg-2')
  world.ended('leg-2')
  expect(world.told.at(-1)).toBe('ended leg')
  expect(world.reports).toEqual(['a refused503', 'b heard', 'b answered'])
  expectNothingLeft(world)
})

test.each([500, 501, 502, 504, 513, 408, 430, 401, 407])('%i goes on', (status) => {
  const world = hunting('a', 'b')
  world.refused('leg', status)
  expect(world.sent).toHaveLength(2)
  expect(world.told).toEqual([])
  world.refused('leg-2', status)
  expect(world.told).toEqual([`refused leg ${status}`])
  expectNothingLeft(world)
})

test.each([302, 403, 404, 480, 484, 486, 488, 600, 603, 606])('%i is the end', (status) => {
  const world = hunting('a', 'b')
  world.refused('leg', status)
  expect(world.told).toEqual([`refused leg ${status}`])
  expect(world.sent).toHaveLength(1)
  expectNothingLeft(world)
})

test.each([
  ['180', 180, undefined],
  ['183 with a description', 183, 'v=0'],
])('after %s nobody rings again', (_what, status, sdp) => {
  const world = hunting('a', 'b')
  world.progressed('leg', status, sdp)
  world.refused('leg', 500)
  expect(world.told).toEqual([`progressed leg ${status}`, 'refused leg 500'])
  expect(world.sent).toHaveLength(1)
  expectNothingLeft(world)
})

test('a 183 without a description proves life, and rings nobody', async () => {
  const world = hunting('a', 'b')
  world.progressed('leg', 183)
  await world.clock.advance(60_000)
  expect(world.sent).toHaveLength(1)
  world.refused('leg', 503)
  expect(world.sent.at(-1)).toBe('invite leg-2 sip:1@b')
  world.refused('leg-2', 404)
  expectNothingLeft(world)
})

test('who is silent is left for another one, and keeps its place until its end', async () => {
  const world = hunting('a', 'b')
  await world.clock.advance(3_999)
  expect(world.sent).toHaveLength(1)
  await world.clock.advance(1)
  expect(world.sent.slice(1)).toEqual(['hangUp leg', 'invite leg-2 sip:1@b'])
  expect([...world.places]).toEqual(['a', 'b'])
  // It wakes up too late.
  world.progressed('leg', 180)
  world.ended('leg')
  expect([...world.places]).toEqual(['b'])
  world.answered('leg-2')
  world.ended('leg-2')
  expect(world.told).toEqual(['answered leg 200', 'ended leg'])
  expect(world.reports).toEqual(['a silent', 'b answered'])
  expectNothingLeft(world)
})

test('the last one may be silent for as long as the caller waits', async () => {
  const world = hunting('a')
  await world.clock.advance(20_000)
  expect(world.sent).toHaveLength(1)
  world.progressed('leg', 180)
  world.answered('leg')
  world.ended('leg')
  expect(world.reports).toEqual(['a silent', 'a heard', 'a answered'])
  expectNothingLeft(world)
})

test('a caller who gives up is not connected to another one', async () => {
  const world = hunting('a', 'b')
  world.hunts.send({ type: 'hangUp', legId: 'leg' })
  await world.clock.advance(10_000)
  world.refused('leg', 503)
  expect(world.told).toEqual(['refused leg 503'])
  expect(world.sent).toEqual(['invite leg sip:1@a', 'hangUp leg'])
  expectNothingLeft(world)
})

test('without a free gateway the call is refused at once', () => {
  const world = hunting()
  expect(world.told).toEqual(['refused leg 503'])
  expect(world.sent).toEqual([])
  expectNothingLeft(world)
})

test('what is no hunt passes through', () => {
  const world = hunting()
  world.hunts.send({ type: 'hangUp', legId: 'other' })
  world.ended('other')
  expect(world.sent).toEqual(['hangUp other'])
  expect(world.told.at(-1)).toBe('ended other')
})
