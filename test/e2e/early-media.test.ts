import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav } from './harness/audio.js'
import { call } from './harness/caller.js'
import { toneSeconds } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { freePort } from './harness/ports.js'
import { startSippServer } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

/** 500 Hz in PCMU: sixteen samples a wave. */
const wave = [
  0xff, 0x9a, 0x8d, 0x86, 0x84, 0x86, 0x8d, 0x9a, 0xff, 0x1a, 0x0d, 0x06, 0x04, 0x06, 0x0d, 0x1a,
]

describe.skipIf(!needs('sipp'))('early media', () => {
  let bed: Testbed
  let port: number

  beforeAll(async () => {
    port = await freePort()
    bed = await startTestbed({ DIALPLANE_TRUNKS: `*=sip:127.0.0.1:${port}` })
    const announcement = Buffer.from(Array.from({ length: 5000 }, () => wave).flat())
    writeFileSync(bed.path('announcement.ulaw'), announcement)
  })
  afterAll(() => bed?.close())

  it('lets the caller hear why nobody answers', async () => {
    await startSippServer({
      scenario: 'called-announces',
      cwd: bed.directory,
      values: { status: '404' },
      port,
    })
    const number = await bed.number({
      '/dials': '<Response><Dial action="/done"><Number>+15550100</Number></Dial></Response>',
      '/done': '<Response><Pause length="1"/></Response>',
    })
    const record = bed.path('heard.wav')
    await call(bed.uriOf(number), { record })
    const { parameters } = await bed.app.received('/done')
    expect(parameters).toMatchObject({ DialCallStatus: 'failed', DialBridged: 'false' })
    const { samples } = readWav(record)
    // The announcement, and not our own ringing (440 and 480 Hz) beside it.
    expect(toneSeconds(samples, 500)).toBeGreaterThan(2)
    expect(toneSeconds(samples, 440)).toBeLessThan(0.5)
  })
})
