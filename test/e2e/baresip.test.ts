import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readWav, syllables, wavBytes } from './harness/audio.js'
import { type Baresip, startBaresip } from './harness/baresip.js'
import { correlationsBySecond } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

describe.skipIf(!needs('baresip'))('baresip', () => {
  let bed: Testbed
  let baresip: Baresip | undefined
  beforeEach(async () => {
    bed = await startTestbed()
  })
  afterEach(async () => {
    await baresip?.kill()
    await bed?.close()
  })

  // On a busy machine packets may come too late for its jitter buffer; then it is tried again.
  it.each(['udp', 'tcp'])(
    'calls, hears the prompt as it was, presses keys and hangs up (%s)',
    { retry: 2 },
    async (transport) => {
      const prompt = syllables(6)
      const number = await bed.number({
        // The first Gather answers; while it waits, baresip gets ready to listen.
        '/menu': `<Response><Gather timeout="1"/><Play>/prompt.wav</Play>
        <Redirect>/menu/choice</Redirect></Response>`,
        '/menu/choice': '<Response><Gather numDigits="2" action="/menu/keys"/></Response>',
        '/prompt.wav': (_request, response) => {
          response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(prompt))
          return undefined
        },
        '/menu/keys': '<Response><Gather timeout="60"/></Response>',
      })
      baresip = await startBaresip(bed.path('baresip'))
      baresip.dial(`${bed.uriOf(number)};transport=${transport}`)
      await baresip.event('CALL_ESTABLISHED')
      await bed.app.received('/menu/choice')
      baresip.press('4')
      baresip.press('2')
      expect((await bed.app.received('/menu/keys')).parameters.Digits).toBe('42')
      baresip.hangUp()
      await baresip.event('CALL_CLOSED')
      expect((await bed.endedCall(number)).status).toBe('completed')
      await baresip.kill()

      const correlations = correlationsBySecond(prompt, readWav(baresip.heardFile()).samples)
      expect(correlations).toHaveLength(6)
      for (const correlation of correlations) expect(correlation).toBeGreaterThan(0.9)
    },
  )
})
