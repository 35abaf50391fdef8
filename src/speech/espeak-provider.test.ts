import { afterAll, describe, expect, it } from 'vitest'
import { EspeakProvider, isEspeakInstalled } from './espeak-provider.js'
import { SpeechError } from './speech.js'

const installed = isEspeakInstalled()

describe.skipIf(!installed)('EspeakProvider', () => {
  const provider = new EspeakProvider()
  const signal = new AbortController().signal
  afterAll(() => provider.close())

  it('speaks, and longer for more words', async () => {
    const [short, long] = await Promise.all([
      provider.synthesize('One.', 'en-us', signal),
      provider.synthesize('One, two, three, four, five, six, seven.', 'en-us', signal),
    ])
    expect(short.sampleRateHz).toBe(22_050)
    expect(rms(short.samples)).toBeGreaterThan(500)
    expect(long.samples.length).toBeGreaterThan(2 * short.samples.length)
  })

  it('speaks with a voice that is not installed as well as it can', async () => {
    const { samples } = await provider.synthesize('Hello.', 'xx+f9', signal)
    expect(rms(samples)).toBeGreaterThan(500)
  })

  it('stops waiting when the call ends', async () => {
    const stop = new AbortController()
    const speaking = provider.synthesize('Hello.', 'en-us', stop.signal)
    stop.abort(new Error('hung up'))
    await expect(speaking).rejects.toThrow('hung up')
  })

  it('rejects once it is closed', async () => {
    const closed = new EspeakProvider()
    await closed.close()
    await expect(closed.synthesize('Hello.', 'en-us', signal)).rejects.toThrow(SpeechError)
  })
})

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}
