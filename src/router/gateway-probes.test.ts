import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../base/clock.js'
import { SeededIds } from '../base/ids.js'
import type { OutsideCommand } from '../sip/outside-events.js'
import { GatewayProbes } from './gateway-probes.js'

const intervalMs = 30_000

function setUp(interval = intervalMs) {
  const sent: { atMs: number; probe: OutsideCommand & { type: 'probe' } }[] = []
  const told: string[] = []
  const clock = new VirtualClock()
  const probes = new GatewayProbes({
    sip: {
      send: (command) => {
        if (command.type === 'probe') sent.push({ atMs: clock.monotonicMs(), probe: command })
      },
    },
    clock,
    ids: new SeededIds(5),
    intervalMs: interval,
    alive: (sid, isAlive, status, isNews) => told.push(`${sid} ${isAlive} ${status} ${isNews}`),
  })
  const answer = (status: number, local = false) =>
    probes.handle({ type: 'probed', probeId: sent.at(-1)?.probe.probeId ?? '', status, local })
  return { sent, told, clock, probes, answer }
}

const gateway = {
  sid: 'GW1',
  uri: 'sip:gw.example:5070;transport=tcp',
  username: 'me',
  password: 'x',
}

describe('probes of gateways', () => {
  it('asks each at its own time, again and again', async () => {
    const { sent, probes, clock } = setUp()
    probes.set(Array.from({ length: 10 }, (_, index) => ({ sid: `GW${index}`, uri: 'sip:gw' })))
    await clock.advance(intervalMs)
    expect(sent).toHaveLength(10)
    expect(new Set(sent.map(({ atMs }) => atMs)).size).toBe(10)
    expect(sent[0]?.probe.target).toBe('sip:gw')
    for (const { probe } of sent) {
      probes.handle({ type: 'probed', probeId: probe.probeId, status: 200, local: false })
    }
    await clock.advance(intervalMs * 1.1)
    expect(sent.length).toBeGreaterThanOrEqual(20)
    probes.close()
    expect(clock.sleeping).toBe(0)
  })

  it('takes every answer but 503 for life, and silence for death', async () => {
    const { told, probes, clock, answer, sent } = setUp()
    probes.set([gateway])
    for (const [status, local] of [
      [200, false],
      [404, false],
      [408, false],
      [503, false],
      [408, true],
      [503, true],
      [405, false],
    ] as const) {
      const before = sent.length
      while (sent.length === before) await clock.advance(1_000)
      answer(status, local)
    }
    expect(told).toEqual([
      'GW1 true 200 true',
      'GW1 true 404 false',
      'GW1 true 408 false',
      'GW1 false 503 true',
      'GW1 false 408 false',
      'GW1 false 503 false',
      'GW1 true 405 true',
    ])
    expect(sent[0]?.probe).toMatchObject({
      target: 'sip:gw.example:5070;transport=tcp',
      credentials: { username: 'me', password: 'x' },
    })
  })

  it('waits for the outcome before it asks again', async () => {
    const { sent, probes, clock, answer } = setUp()
    probes.set([gateway])
    await clock.advance(5 * intervalMs)
    expect(sent).toHaveLength(1)
    answer(408, true)
    await clock.advance(1.1 * intervalMs)
    expect(sent).toHaveLength(2)
  })

  it('stops asking who is gone, and hears of it no more', async () => {
    const { sent, told, probes, clock, answer } = setUp()
    probes.set([gateway])
    await clock.advance(intervalMs)
    probes.set([])
    answer(200)
    await clock.advance(5 * intervalMs)
    expect([sent.length, told.length, clock.sleeping]).toEqual([1, 0, 0])
  })

  it('does nothing without an interval', async () => {
    const { sent, probes, clock } = setUp(0)
    probes.set([gateway])
    await clock.advance(intervalMs)
    expect([sent.length, clock.sleeping]).toEqual([0, 0])
  })
})
