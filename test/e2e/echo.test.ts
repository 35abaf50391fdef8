import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { melody, readWav, writeWav } from './harness/audio.js'
import { call, startCaller } from './harness/caller.js'
import { shareFound, soundSeconds } from './harness/measure.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

describe('Echo', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  it('sends the caller its own sound back until it hangs up', async () => {
    const number = await bed.number({ '/echo': '<Response><Echo/><Say>Never.</Say></Response>' })
    const said = melody(3)
    const [play, record] = [bed.path('said.wav'), bed.path('heard.wav')]
    writeWav(play, said)
    const { code } = await call(bed.uriOf(number), { play, record, maxSeconds: 5 })
    expect(code).toBe(0)
    const heard = readWav(record).samples
    // A busy machine may lose a packet of the caller.
    expect(shareFound(said, heard)).toBeGreaterThan(0.8)
    expect(soundSeconds(heard)).toBeLessThan(soundSeconds(said) + 0.3)
    expect((await bed.endedCall(number)).status).toBe('completed')
    await bed.quiet()
  })

  it('ends when the call is redirected', async () => {
    const number = await bed.number({
      '/loop': '<Response><Echo/></Response>',
      '/after': '<Response><Pause length="2"/></Response>',
    })
    const said = melody(8)
    const [play, record] = [bed.path('said8.wav'), bed.path('heard8.wav')]
    writeWav(play, said)
    const caller = startCaller(bed.uriOf(number), { play, record, maxSeconds: 15 })
    const { parameters } = await bed.app.received('/loop')
    // Long enough for some of it to come back.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await bed.client.calls(parameters.CallSid ?? '').update({ url: bed.app.url('/after') })
    expect((await caller.finished).code).toBe(0)
    const heardSeconds = soundSeconds(readWav(record).samples)
    expect(heardSeconds).toBeGreaterThan(0.5)
    expect(heardSeconds).toBeLessThan(soundSeconds(said) - 2)
    await bed.quiet()
  })
})
