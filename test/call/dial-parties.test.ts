import { describe, expect, test } from 'vitest'
import { type DialOutcome, type DialSettings, dialParties } from '../../src/call/dial.js'
import type { ChildTarget } from '../../src/call/dial-target.js'
import type { ProgramEnd } from '../../src/call/program.js'
import { ringTones } from '../../src/call/ring-tones.js'
import { FakeRouter, nothingLeft, untilStopped } from './fake-router.js'

const number: ChildTarget = {
  ...{ noun: 'Number', address: '+15550100003', sendDigits: undefined },
  ...{ username: undefined, password: undefined },
  statusCallback: { url: 'http://app/child', method: 'POST', events: ['completed'] },
}
const settings: DialSettings = {
  ...{ callerId: undefined, timeoutMs: 10_000, timeLimitMs: 3_600_000 },
  ...{ hangupOnStar: false, answerOnBridge: false },
}
const screening = { type: 'url', url: 'http://app/screen', method: 'POST' } as const

/** A caller whose program dials these targets; screening programs end as `screened` says. */
async function dialling(
  targets: readonly Partial<ChildTarget>[],
  more: Partial<DialSettings> = {},
) {
  const router = new FakeRouter()
  const outcomes: DialOutcome[] = []
  const failures: unknown[] = []
  const screened = new Map<string, (end: ProgramEnd) => void>()
  const parties = targets.map((target, index) => ({
    childSid: `CA${index}`,
    target: { ...number, ...target },
  }))
  router.program = async (call, _start, signal, role) => {
    if (role === 'screening') {
      return Promise.race([
        new Promise<ProgramEnd>((resolve) => screened.set(call.sid, resolve)),
        untilStopped(signal).then(() => 'stopped' as const),
      ])
    }
    await call.answer(signal)
    const all = { ...settings, ...more }
    await dialParties(call, parties, all, router.world, signal).then(
      (outcome) => outcomes.push(outcome),
      (error) => failures.push(error),
    )
    return 'hangUp'
  }
  const parentLeg = router.invite()
  await router.settle()
  const legs = () => router.commands('invite').map(({ legId }) => legId)
  const settle = async () => {
    for (const { legId } of router.commands('hangUp')) router.ended(legId, 'hungUp')
    await router.settle()
  }
  const statuses = () => parties.map(({ childSid }) => router.stored.get(childSid)?.status)
  return { router, outcomes, failures, screened, parentLeg, legs, settle, statuses }
}

describe('several parties', () => {
  test('all ring at once; the first to answer is connected, the others are canceled', async () => {
    const world = await dialling([{}, {}, {}])
    expect(world.legs()).toHaveLength(3)
    world.router.answer(world.legs()[1] ?? '')
    await world.settle()
    expect(world.statuses()).toEqual(['canceled', 'in-progress', 'canceled'])
    world.router.ended(world.legs()[1] ?? '', 'bye')
    await world.settle()
    expect(world.outcomes).toMatchObject([{ status: 'completed', bridged: true, childSid: 'CA1' }])
    expect(world.statuses()).toEqual(['canceled', 'completed', 'canceled'])
    expect(world.router.callbacks().map((one) => one.split(' ')[1])).toContain('canceled')
    await world.settle()
    expect(world.router.leftovers()).toEqual(nothingLeft)
  })

  test('one after another: the next rings when the one before has not answered', async () => {
    const world = await dialling([{}, {}], { isSequential: true })
    expect(world.legs()).toHaveLength(1)
    await world.router.clock.advance(10_000)
    await world.settle()
    expect(world.statuses()).toEqual(['no-answer', 'initiated'])
    world.router.answer(world.legs()[1] ?? '')
    await world.settle()
    expect(world.statuses()).toEqual(['no-answer', 'in-progress'])
  })

  test('when one has refused, the others ring on', async () => {
    const world = await dialling([{}, {}])
    world.router.refuse(world.legs()[0] ?? '', 486)
    await world.settle()
    expect(world.outcomes).toEqual([])
    world.router.refuse(world.legs()[1] ?? '', 480)
    await world.settle()
    expect(world.outcomes).toMatchObject([
      { status: 'no-answer', childSid: 'CA1', dialled: { status: 480 } },
    ])
  })

  test('the caller hangs up: all are given up', async () => {
    const world = await dialling([{}, {}])
    world.router.ended(world.parentLeg, 'bye')
    await world.settle()
    expect(world.statuses()).toEqual(['canceled', 'canceled'])
    expect(world.outcomes).toMatchObject([{ status: 'canceled' }])
    expect(world.router.leftovers()).toEqual(nothingLeft)
  })
})

describe('screening', () => {
  test('the caller is connected when the document of the party has ended', async () => {
    const world = await dialling([{ screening }])
    world.router.answer(world.legs()[0] ?? '')
    await world.settle()
    const bridges = () => world.router.plane.commands.filter(({ type }) => type === 'bridge')
    expect(bridges()).toEqual([])
    world.screened.get('CA0')?.('bridge')
    await world.settle()
    expect(bridges()).toHaveLength(1)
  })

  test.each(['hangUp', 'failed'] as const)('a document that ends with %s declines', async (end) => {
    const world = await dialling([{ screening }])
    world.router.answer(world.legs()[0] ?? '')
    await world.settle()
    world.screened.get('CA0')?.(end)
    await world.settle()
    expect(world.outcomes).toMatchObject([{ status: 'no-answer', bridged: false }])
    expect(world.statuses()).toEqual(['completed'])
    await world.settle()
    expect(world.router.leftovers()).toEqual(nothingLeft)
  })

  test('the others ring on until one has accepted', async () => {
    const world = await dialling([{ screening }, { screening }])
    const [first = '', second = ''] = world.legs()
    world.router.answer(first)
    world.router.answer(second)
    await world.settle()
    world.screened.get('CA0')?.('hangUp')
    await world.settle()
    expect(world.statuses()).toEqual(['completed', 'in-progress'])
    world.screened.get('CA1')?.('bridge')
    await world.settle()
    expect(world.router.plane.commands.filter(({ type }) => type === 'bridge')).toHaveLength(1)
  })

  test('a party that hangs up meanwhile has declined', async () => {
    const world = await dialling([{ screening }])
    world.router.answer(world.legs()[0] ?? '')
    await world.settle()
    world.router.ended(world.legs()[0] ?? '', 'bye')
    await world.settle()
    expect(world.outcomes).toMatchObject([{ status: 'no-answer', bridged: false }])
  })

  test('a caller who hangs up meanwhile has canceled', async () => {
    const world = await dialling([{ screening }])
    world.router.answer(world.legs()[0] ?? '')
    await world.settle()
    world.router.ended(world.parentLeg, 'bye')
    await world.settle()
    expect(world.outcomes).toMatchObject([{ status: 'canceled', bridged: false }])
    expect(world.statuses()).toEqual(['completed'])
  })
})

describe('a party that is redirected away', () => {
  test('ends the Dial, which tells how long they talked', async () => {
    const world = await dialling([{}])
    world.router.answer(world.legs()[0] ?? '')
    await world.settle()
    await world.router.clock.advance(7_000)
    const start = { type: 'document', twiml: '' } as const
    await world.router.calls.dispatch('CA0', { type: 'redirect', start })
    await world.settle()
    expect(world.outcomes).toMatchObject([
      { status: 'completed', bridged: true, durationMs: 7_000 },
    ])
  })
})

describe('what the caller hears meanwhile', () => {
  test.each(Object.entries(ringTones))('%s', async (country, { frequenciesHz, cadenceMs }) => {
    const world = await dialling([{}], { ringTone: country })
    const tones = () => world.router.plane.commands.filter(({ type }) => type === 'tone')
    expect(tones()[0]).toMatchObject({ frequenciesHz, onMs: cadenceMs[0], offMs: cadenceMs[1] })
    const length = tones().length
    world.router.plane.finish('tone')
    await world.router.settle()
    // A cadence of two bursts goes on with the second.
    if (cadenceMs.length === 4) {
      expect(tones()).toHaveLength(length + 1)
      expect(tones()[1]).toMatchObject({ onMs: cadenceMs[2], offMs: cadenceMs[3] })
    }
    world.router.ended(world.parentLeg, 'bye')
    await world.settle()
    expect(world.router.leftovers()).toEqual(nothingLeft)
  })
})

describe('a recording', () => {
  const recording = {
    ...{ recordingSid: 'RE1', trimSilence: false, statusCallback: undefined },
    source: 'DialVerb',
  } as const
  test.each([
    ['answer', 'both', 'both', 1],
    ['ringing', 'dual', 'both', 2],
    ['answer', 'received', 'inbound', 1],
    ['answer', 'outbound', 'outbound', 1],
  ] as const)('from %s of %s', async (from, channels, track, count) => {
    const world = await dialling([{}], { recording: { ...recording, from, channels } })
    const recorders = () => world.router.plane.commands.filter(({ type }) => type === 'record')
    world.router.event({
      ...{ type: 'progressed', legId: world.legs()[0] ?? '', status: 180, sdp: undefined },
    })
    await world.settle()
    expect(recorders()).toHaveLength(from === 'ringing' ? 1 : 0)
    world.router.answer(world.legs()[0] ?? '')
    await world.settle()
    expect(recorders()).toHaveLength(1)
    expect(world.router.recordings.get('RE1')).toMatchObject({ channels: count, track })
    world.router.ended(world.legs()[0] ?? '', 'bye')
    await world.settle()
    expect(world.outcomes).toMatchObject([{ recording: { durationMs: 3_000 } }])
    expect(world.router.recordings.get('RE1')?.status).toBe('completed')
  })
})

describe('the caller id', () => {
  const fromOf = (world: Awaited<ReturnType<typeof dialling>>) =>
    world.router.commands('invite').map(({ from }) => from.uri)

  test.each([
    ['of this call', '+1 555 010 0009', 'sip:+15550100009@router'],
    ['that was called', '+15550100001', 'sip:+15550100001@router'],
    ['of the account', '+15550100077', 'sip:+15550100077@router'],
  ])('may be a number %s', async (_whose, callerId, from) => {
    const world = await dialling([{}], { callerId })
    expect(fromOf(world)).toEqual([from])
  })

  test('of somebody else is refused, and nobody rings', async () => {
    const world = await dialling([{}, {}], { callerId: '+15550999999' })
    expect(world.legs()).toEqual([])
    expect(world.failures).toMatchObject([{ errorCode: 13214 }])
    expect(world.statuses()).toEqual([undefined, undefined])
  })

  test('of a SIP address may be any name, without what would break out of it', async () => {
    const sip = { noun: 'Sip', address: 'sip:bob@peer' } as const
    expect(fromOf(await dialling([sip], { callerId: 'front-desk_1' }))).toEqual([
      'sip:front-desk_1@router',
    ])
    const world = await dialling([sip], { callerId: 'a b\r\nX: y' })
    expect(world.failures).toMatchObject([{ errorCode: 13214 }])
  })
})

test('a SIP party with several places is tried by priority, with its header fields', async () => {
  const place = { username: undefined, password: undefined, weight: 1 }
  const world = await dialling([
    {
      noun: 'Sip',
      address: '',
      places: [
        { ...place, address: 'sip:second@peer', priority: 2 },
        { ...place, address: 'sip:first@peer', priority: 1 },
      ],
      headers: [{ name: 'X-Case', value: '7' }],
    },
  ])
  const [invite] = world.router.commands('invite')
  expect(invite?.headers).toContainEqual({ name: 'X-Case', value: '7' })
  expect(world.router.stored.get('CA0')?.to).toBe('sip:second@peer')
})
