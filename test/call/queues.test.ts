import { describe, expect, test } from 'vitest'
import { dialQueue, type QueueDialSettings } from '../../src/call/dial-queue.js'
import type { QueueRecord } from '../../src/call/queue-record.js'
import { type Enqueued, Queues } from '../../src/call/queues.js'
import { FakeRouter, nothingLeft, untilStopped } from './fake-router.js'

const settings: QueueDialSettings = {
  ...{ name: 'support', timeoutMs: 30_000, timeLimitMs: 3_600_000, hangupOnStar: false },
  whisper: undefined,
}

/** Calls to /wait wait in a queue, calls to /agent take from it. */
function office(more: Partial<QueueDialSettings> = {}) {
  const router = new FakeRouter()
  const stored = new Map<string, QueueRecord>()
  const queues = new Queues({
    clock: router.clock,
    ids: router.ids,
    store: {
      findQueue: async (_account, name) =>
        [...stored.values()].find(({ friendlyName }) => friendlyName === name),
      insertQueue: async (queue) => void stored.set(queue.sid, queue),
      countQueues: async () => stored.size,
    },
  })
  const waited: Enqueued[] = []
  const talked: object[] = []
  const whispers: object[] = []
  const waits: string[] = []
  let sizeMax: number | undefined
  router.program = async (call, start, signal, role) => {
    await call.answer(signal)
    if (role === 'screening') {
      whispers.push({ sid: call.sid, start })
      return 'bridge'
    }
    if (start.type === 'document') return untilStopped(signal)
    if (router.voiceUrl === 'http://app/agent') {
      const world = { queues, runProgram: router.world.runProgram }
      talked.push(await dialQueue(call, { ...settings, ...more }, world, signal))
      return 'hangUp'
    }
    const enqueuedMs = router.clock.nowMs()
    waited.push(
      await queues.enqueue(
        call,
        { name: 'support', sizeMax, enqueuedMs },
        async (queue, member, until) => {
          waits.push(`${call.sid} ${queue.positionOf(member)}`)
          await untilStopped(until)
          return 'stopped'
        },
        signal,
      ),
    )
    return 'hangUp'
  }
  const call = async (url: string) => {
    router.voiceUrl = `http://app/${url}`
    const leg = router.invite()
    await router.settle()
    await router.settle()
    return { leg, sid: router.record().sid }
  }
  const settle = async () => {
    for (const { legId } of router.commands('hangUp')) router.ended(legId, 'hungUp')
    await router.settle()
    await router.settle()
  }
  const bridges = () => router.plane.commands.filter(({ type }) => type === 'bridge').length
  const limit = (max: number) => {
    sizeMax = max
  }
  return { router, queues, stored, waited, talked, whispers, waits, call, settle, bridges, limit }
}

describe('a queue', () => {
  test('first come, first served', async () => {
    const world = office()
    const first = await world.call('wait')
    await world.router.clock.advance(3_000)
    const second = await world.call('wait')
    expect(world.waits).toEqual([`${first.sid} 1`, `${second.sid} 2`])
    const agent = await world.call('agent')
    expect(world.bridges()).toBe(1)
    await world.router.clock.advance(7_000)
    world.router.ended(agent.leg, 'bye')
    await world.settle()
    expect(world.talked).toMatchObject([
      { status: 'completed', bridged: true, durationMs: 7_000, member: { callSid: first.sid } },
    ])
    // Who was talked to goes on with its own document.
    expect(world.waited).toMatchObject([{ result: 'bridged', waitMs: 3_000 }])
    expect(world.stored.size).toBe(1)
  })

  test('who dials an empty queue waits for somebody to come', async () => {
    const world = office()
    await world.call('agent')
    await world.router.clock.advance(10_000)
    expect(world.bridges()).toBe(0)
    const caller = await world.call('wait')
    expect(world.bridges()).toBe(1)
    world.router.ended(caller.leg, 'bye')
    await world.settle()
    expect(world.talked).toMatchObject([{ status: 'completed', member: { callSid: caller.sid } }])
    expect(world.waited).toMatchObject([{ result: 'bridged' }])
  })

  test('who dials an empty queue does not wait for ever', async () => {
    const world = office()
    await world.call('agent')
    await world.router.clock.advance(30_000)
    expect(world.talked).toEqual([{ status: 'no-answer', bridged: false, durationMs: 0 }])
    await world.settle()
    expect(world.router.leftovers()).toEqual(nothingLeft)
  })

  test('the queued caller alone hears the whisper before it is connected', async () => {
    const world = office({ whisper: { url: 'http://app/whisper', method: 'POST' } })
    const caller = await world.call('wait')
    await world.router.clock.advance(2_500)
    const agent = await world.call('agent')
    expect(world.whispers).toEqual([
      {
        sid: caller.sid,
        start: {
          ...{ type: 'url', url: 'http://app/whisper', method: 'POST' },
          parameters: [
            ['QueueSid', expect.stringMatching(/^QU/)],
            ['QueueTime', '2'],
            ['DequeingCallSid', agent.sid],
          ],
        },
      },
    ])
    expect(world.bridges()).toBe(1)
  })

  test('a full queue takes nobody', async () => {
    const world = office()
    world.limit(1)
    await world.call('wait')
    await world.call('wait')
    expect(world.waited).toMatchObject([{ result: 'queue-full' }])
  })

  test('who hangs up, or is redirected, is not in it any more', async () => {
    const world = office()
    const first = await world.call('wait')
    const second = await world.call('wait')
    world.router.ended(first.leg, 'bye')
    await world.settle()
    const start = { type: 'document', twiml: '' } as const
    await world.router.calls.dispatch(second.sid, { type: 'redirect', start })
    await world.settle()
    expect(world.waited).toMatchObject([{ result: 'hangup' }, { result: 'redirected' }])
    const agent = await world.call('agent')
    world.router.ended(agent.leg, 'bye')
    await world.settle()
    expect(world.talked).toMatchObject([{ status: 'canceled', bridged: false }])
  })

  test('one who is redirected while it talks says so', async () => {
    const world = office()
    const caller = await world.call('wait')
    await world.call('agent')
    const start = { type: 'document', twiml: '' } as const
    await world.router.calls.dispatch(caller.sid, { type: 'redirect', start })
    await world.settle()
    expect(world.waited).toMatchObject([{ result: 'redirected-from-bridged' }])
    expect(world.talked).toMatchObject([{ status: 'completed', bridged: true }])
  })

  test('an agent who is gone before the whisper ends gives the caller back, in front', async () => {
    const world = office({ whisper: { url: 'http://app/whisper', method: 'POST' } })
    const first = await world.call('wait')
    await world.router.clock.advance(1_000)
    await world.call('wait')
    const screened = world.router.program
    world.router.program = (call, start, signal, role) =>
      role === 'screening' ? untilStopped(signal) : screened(call, start, signal, role)
    const agent = await world.call('agent')
    world.router.ended(agent.leg, 'bye')
    await world.settle()
    expect(world.talked).toMatchObject([{ bridged: false }])
    expect(world.waits.at(-1)).toBe(`${first.sid} 1`)
    expect(world.waited).toEqual([])
  })
  test('the only one who waits is found again when the first agent has gone before the whisper ended', async () => {
    const world = office({ whisper: { url: 'http://app/whisper', method: 'POST' } })
    const caller = await world.call('wait')
    const screened = world.router.program
    world.router.program = (call, start, signal, role) =>
      role === 'screening' ? untilStopped(signal) : screened(call, start, signal, role)
    const agent = await world.call('agent')
    world.router.ended(agent.leg, 'bye')
    await world.settle()
    const [queue] = world.stored.values()
    expect(world.queues.find(String(queue?.sid))?.members).toHaveLength(1)
    // It stays with the second agent while that whisper runs.
    await world.call('agent')
    expect(world.queues.find(String(queue?.sid))?.members).toEqual([])
    expect(world.waits).toEqual([`${caller.sid} 1`, `${caller.sid} 1`])
  })
})
