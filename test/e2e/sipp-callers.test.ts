import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './harness/eventually.js'
import { keysPcap } from './harness/keys-pcap.js'
import { needs } from './harness/needs.js'
import { countsOf, startSippCaller } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const callCount = 100
const hasSipp = needs('sipp')
/** sipp plays captures through a raw socket. Without one its callers press no keys. */
const mayUseRawSockets = process.getuid?.() === 0

describe.skipIf(!hasSipp || !mayUseRawSockets)('a hundred callers of sipp (raw socket)', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  it('speak, press keys and are all served', { timeout: 120_000 }, async () => {
    writeFileSync(bed.path('speech.ulaw'), Buffer.alloc(16_000, 0x50))
    writeFileSync(bed.path('keys.pcap'), keysPcap('4711#'))
    const number = await bed.number({
      '/menu': '<Response><Gather timeout="10" action="/menu/keys"/></Response>',
      '/menu/keys': '<Response><Pause length="1"/></Response>',
    })
    const sipp = await startSippCaller(bed.router.sipPort, number, {
      scenario: 'caller-with-keys',
      cwd: bed.directory,
      calls: callCount,
      callsPerSecond: 20,
    })
    const finished = await sipp.finished
    expect(countsOf(finished)).toEqual({ successful: callCount, failed: 0 })
    expect(finished.code).toBe(0)

    const pressed = bed.app.to('/menu/keys').map(({ parameters }) => parameters)
    expect(pressed.map(({ Digits }) => Digits)).toEqual(Array(callCount).fill('4711'))
    expect(new Set(pressed.map(({ CallSid }) => CallSid)).size).toBe(callCount)
    await bed.quiet()
    const calls = await bed.client.calls.list({ to: number, limit: 200 })
    expect(calls).toHaveLength(callCount)
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set(['completed']))

    const metrics = await (await fetch(`${bed.router.baseUrl}/metrics`)).text()
    const received = /^dialplane_media_packets_received_total (\d+)$/m.exec(metrics)
    expect(Number(received?.[1])).toBeGreaterThan(20 * callCount)
    expect(metrics).toMatch(/^dialplane_media_events_lost_total 0$/m)

    // RFC 3261 keeps transactions for up to 32 s; after that not one is left, and no timer either.
    await eventually(
      'the last transaction to be forgotten',
      async () => {
        const { sipTransactions, sipDeadlines } = await bed.router.sizes()
        return sipTransactions + sipDeadlines === 0 || undefined
      },
      50,
    )
  })
})
