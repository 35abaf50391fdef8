import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sound } from './harness/application.js'
import { melody, wavBytes } from './harness/audio.js'
import { call } from './harness/caller.js'
import { needs } from './harness/needs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'
import { startCapture, whyNoCapture } from './harness/tshark.js'

const reason = needs('tshark', 'dumpcap') ? whyNoCapture() : 'tshark is missing'
const title = `our streams as tshark sees them${reason === undefined ? '' : ` (${reason})`}`
const promptSeconds = 8

describe.skipIf(reason !== undefined)(title, () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  it('lose nothing and leave every 20 ms', { retry: 2 }, async ({ onTestFinished }) => {
    const number = await bed.number({
      // Answered by the first verb, before anything is fetched.
      '/wire': '<Response><Gather timeout="1"/><Play>/wire/prompt.wav</Play></Response>',
      '/wire/prompt.wav': sound(wavBytes(melody(promptSeconds))),
    })
    const { mediaPortMin } = bed.router
    const ours = `udp src portrange ${mediaPortMin}-${mediaPortMin + 999}`
    const capture = await startCapture(bed.path('wire.pcap'), ours)
    onTestFinished(() => capture.stop())
    await call(bed.uriOf(number))
    await capture.stop()
    const [stream, ...others] = await capture.streams()
    console.log(title, stream)
    expect(others).toEqual([])
    expect(stream).toMatchObject({ lost: 0, hasProblems: false })
    expect(stream?.packets).toBeGreaterThan(promptSeconds * 49)
    const steps = await capture.steps()
    expect(steps.filter(({ sequence }) => sequence !== 1)).toEqual([])
    const sumMs = steps.reduce((sum, { deltaMs }) => sum + deltaMs, 0)
    expect(Math.abs(sumMs / steps.length - 20)).toBeLessThan(0.1)
    // A machine that does other things too may be late now and then; a sender that is bad is so often.
    const late = steps.filter(({ deltaMs }) => deltaMs > 30)
    expect(late.length).toBeLessThanOrEqual(steps.length / 100)
  })
})
