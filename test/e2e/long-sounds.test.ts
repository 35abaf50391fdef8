import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav, tones, wavBytes } from './harness/audio.js'
import { call } from './harness/caller.js'
import { soundSeconds, toneSeconds } from './harness/measure.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

describe.each(['native', 'wasm'])('long sounds (%s media core)', (mediaCore) => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_MEDIA_CORE: mediaCore })
  })
  afterAll(() => bed?.close())

  it.concurrent('are streamed, each sample once, at their own rate', async () => {
    // 44.1 kHz: 1.1 MB, so it is not kept in memory.
    const rateHz = 44_100
    const sine = Int16Array.from({ length: 12.5 * rateHz }, (_, at) =>
      Math.round(8_000 * Math.sin((2 * Math.PI * 440 * at) / rateHz)),
    )
    const file = wavBytes(sine, rateHz)
    let fetches = 0
    const documents = {
      '/long': '<Response><Play>long.wav</Play></Response>',
      '/long.wav': (_request: unknown, response: import('node:http').ServerResponse) => {
        fetches++
        response
          .writeHead(200, { 'Content-Type': 'audio/wav', 'Cache-Control': 'max-age=60' })
          .end(file)
        return undefined
      },
    }
    const number = await bed.number(documents)
    const heard = async (name: string) => {
      const record = bed.path(name)
      await call(bed.uriOf(number), { record })
      return readWav(record).samples
    }
    const [one, other] = await Promise.all([heard('one.wav'), heard('other.wav')])
    for (const samples of [one, other]) {
      expect(toneSeconds(samples, 440)).toBeGreaterThan(12)
      expect(soundSeconds(samples)).toBeLessThan(13)
    }
    const before = fetches
    await call(bed.uriOf(number), { maxSeconds: 2 })
    expect(fetches).toBe(before)
  })

  it.concurrent('of an hour begin at once and end with the first key', async () => {
    const tone = tones([500], 10)
    const second = Buffer.from(tone.buffer, tone.byteOffset, tone.byteLength)
    const seconds = 3_600
    const head = wavBytes(new Int16Array(0), 8_000)
    head.writeUInt32LE(seconds * 16_000, 40)
    head.writeUInt32LE(seconds * 16_000 + 36, 4)
    const number = await bed.number({
      '/hour':
        '<Response><Gather numDigits="1" action="/hour/key"><Play>/hour.wav</Play></Gather></Response>',
      '/hour.wav': (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'audio/wav' })
        response.write(head)
        for (let at = 0; at < seconds; at += 10) response.write(second)
        response.end()
        return undefined
      },
      '/hour/key': '<Response><Hangup/></Response>',
    })
    const record = bed.path(`hour-${mediaCore}.wav`)
    await call(bed.uriOf(number), { record, digits: '7', digitsAfter: 4, maxSeconds: 30 })
    expect((await bed.app.received('/hour/key')).parameters.Digits).toBe('7')
    expect(toneSeconds(readWav(record).samples, 500)).toBeGreaterThan(2)
  })

  it.concurrent('that are no sounds are refused like short ones', async () => {
    const number = await bed.number(
      {
        '/noise': '<Response><Play>/noise.wav</Play></Response>',
        '/noise.wav': (_request, response) => {
          response.writeHead(200, { 'Content-Type': 'audio/wav' })
          response.end(Buffer.alloc(1_500_000, 'no sound at all '))
          return undefined
        },
        '/noise/failed': '<Response><Hangup/></Response>',
      },
      { voiceFallbackUrl: bed.app.url('/noise/failed') },
    )
    await call(bed.uriOf(number))
    const { parameters } = await bed.app.received('/noise/failed')
    expect(parameters.ErrorCode).toBe('13420')
  })
})
