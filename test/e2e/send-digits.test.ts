import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav, tones, wavBytes } from './harness/audio.js'
import { call } from './harness/caller.js'
import { toneSeconds } from './harness/measure.js'
import { startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

const tone = (hz: number, seconds: number) => (_request: unknown, response: ServerResponse) => {
  response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(tones([hz], seconds)))
  return undefined
}

describe('sendDigits of Dial', () => {
  let bed: Testbed
  let other: Testbed
  beforeAll(async () => {
    other = await startTestbed()
    bed = await startTestbed({
      DIALPLANE_TRUNKS: `+1555010=sip:127.0.0.1:${other.router.sipPort}`,
    })
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), other?.close()])
  })

  it.concurrent.each(['Number', 'Sip'])(
    '%s: the callee gets them, then the caller hears it',
    async (noun) => {
      const path = noun.toLowerCase()
      // The menu is heard by nobody: the caller is connected when the keys were pressed.
      const callee = await other.number({
        [`/${path}`]: `<Response><Gather numDigits="4" timeout="15" action="/${path}/keys">
        <Play loop="0">/${path}/menu.wav</Play></Gather></Response>`,
        [`/${path}/menu.wav`]: tone(440, 1),
        [`/${path}/keys`]: `<Response><Pause length="1"/><Play>/${path}/done.wav</Play></Response>`,
        [`/${path}/done.wav`]: tone(620, 2),
      })
      const address = noun === 'Sip' ? other.uriOf(callee) : callee
      const number = await bed.number({
        [`/${path}`]: `<Response><Dial action="/${path}/done">
        <${noun} sendDigits="wwww1w2#*w3">${address}</${noun}></Dial></Response>`,
        [`/${path}/done`]: '<Response><Hangup/></Response>',
      })
      const record = bed.path(`${path}.wav`)
      await call(bed.uriOf(number), { record })
      const { parameters } = await other.app.received(`/${path}/keys`)
      expect(parameters.Digits).toBe('12')
      const done = (await bed.app.received(`/${path}/done`)).parameters
      expect(done).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' })
      const { samples } = readWav(record)
      expect(toneSeconds(samples, 620)).toBeGreaterThan(1.5)
      expect(toneSeconds(samples, 440)).toBeLessThan(0.5)
    },
  )

  it('leaves nothing behind', async () => {
    await Promise.all([untilQuiet(bed.router), untilQuiet(other.router)])
  })
})
