import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Responder } from './harness/application.js'
import { readWav, tones, wavBytes } from './harness/audio.js'
import { call } from './harness/caller.js'
import { soundSeconds, toneSeconds, trimmed } from './harness/measure.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const mp3File = fileURLToPath(new URL('fixtures/tone-700hz-1s.mp3', import.meta.url))

/** Between sounds [s], in windows of 20 ms. */
function longestSilence(samples: Int16Array): number {
  const loud = trimmed(samples)
  let longest = 0
  let run = 0
  for (let at = 0; at + 160 <= loud.length; at += 160) {
    const isLoud = loud.subarray(at, at + 160).some((sample) => Math.abs(sample) > 200)
    run = isLoud ? 0 : run + 1
    longest = Math.max(longest, run)
  }
  return longest * 0.02
}

describe('what a caller hears', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  /** Calls a number with these documents and returns what was heard, and what the caller was told. */
  const hear = async (name: string, documents: { readonly [path: string]: Responder }) => {
    const number = await bed.number(documents)
    const record = bed.path(`${name}.wav`)
    const { output, code } = await call(bed.uriOf(number), { record })
    return {
      output,
      code,
      number,
      samples: code === 0 ? readWav(record).samples : new Int16Array(),
    }
  }
  const audio =
    (type: string, body: Buffer): Responder =>
    (_request, response) => {
      response.writeHead(200, { 'Content-Type': type }).end(body)
      return undefined
    }

  it.concurrent('Say speaks for as long as the words last', async () => {
    const words = 'Welcome to Dialplane, the programmable phone router. Please hold the line.'
    const { samples } = await hear('say', { '/say': `<Response><Say>${words}</Say></Response>` })
    expect(soundSeconds(samples)).toBeGreaterThan(2)
    const twice = await hear('twice', {
      '/twice': `<Response><Say loop="2">${words}</Say></Response>`,
    })
    const ratio = soundSeconds(twice.samples) / soundSeconds(samples)
    expect(ratio).toBeGreaterThan(1.8)
    expect(ratio).toBeLessThan(2.2)
  })

  it.concurrent('Say of several sentences has no gaps', async () => {
    const sentence = 'Here is another sentence of this rather long announcement. '
    const { samples } = await hear('long-say', {
      '/long-say': `<Response><Say>${sentence.repeat(6)}</Say></Response>`,
    })
    expect(soundSeconds(samples)).toBeGreaterThan(6)
    // One after another without a gap beyond the pause of a full stop.
    expect(longestSilence(samples)).toBeLessThan(0.6)
  })

  it.concurrent('Say carries out SSML', async () => {
    const { samples } = await hear('ssml', {
      '/ssml': `<Response><Say>One<break time="2s"/>two</Say><Pause length="3"/>
        <Say><prosody rate="50%">One two three</prosody></Say></Response>`,
    })
    expect(longestSilence(samples.subarray(0, 4.5 * 8_000))).toBeGreaterThan(1.8)
    const plain = await hear('ssml-plain', {
      '/ssml-plain': '<Response><Say>One two three</Say></Response>',
    })
    const slow = soundSeconds(samples.subarray(4.5 * 8_000))
    expect(slow).toBeGreaterThan(1.4 * soundSeconds(plain.samples))
  })

  it.concurrent('Play plays WAV of any rate, with a relative URL and a loop', async () => {
    const { samples } = await hear('wav', {
      '/wav/doc': '<Response><Play loop="2">tone.wav</Play></Response>',
      '/wav/tone.wav': audio('audio/wav', wavBytes(tones([440], 1), 8_000)),
    })
    expect(toneSeconds(samples, 440)).toBeGreaterThanOrEqual(1.8)
    expect(soundSeconds(samples)).toBeLessThan(2.2)
    // A file is fetched without the parameters of the call.
    const [request] = bed.app.to('/wav/tone.wav')
    expect(request).toMatchObject({ method: 'GET', parameters: {} })
    const fast = await hear('wav16', {
      '/wav16/doc': '<Response><Play>tone.wav</Play></Response>',
      '/wav16/tone.wav': audio('audio/x-wav', wavBytes(tones([440], 1), 16_000)),
    })
    // The same samples at twice the rate: an octave up, half as long.
    expect(toneSeconds(fast.samples, 880)).toBeGreaterThanOrEqual(0.3)
    expect(toneSeconds(fast.samples, 440)).toBe(0)
  })

  it.concurrent('Play plays MP3', async () => {
    const { samples } = await hear('mp3', {
      '/mp3/doc': '<Response><Play>tone.mp3</Play></Response>',
      '/mp3/tone.mp3': audio('audio/mpeg', readFileSync(mp3File)),
    })
    expect(toneSeconds(samples, 700)).toBeGreaterThanOrEqual(0.8)
  })

  it.concurrent('Play sends digits', async () => {
    const { output } = await hear('digits', {
      '/digits': '<Response><Play digits="1w2#"/><Pause length="1"/></Response>',
    })
    const heard = [...output.matchAll(/heard the digit (.)/g)].map(([, digit]) => digit)
    expect(heard.join('')).toBe('12#')
  })

  it.concurrent('Pause is silent for its length', async () => {
    const { samples } = await hear('pause', {
      '/pause': `<Response><Play>/pause/beep.wav</Play><Pause length="2"/>
        <Play>/pause/beep.wav</Play></Response>`,
      '/pause/beep.wav': audio('audio/wav', wavBytes(tones([600], 0.5))),
    })
    expect(soundSeconds(samples)).toBeLessThan(1.2)
    expect(samples.length / 8_000).toBeGreaterThan(2.8)
  })

  it.concurrent('an audio body is played, then the call ends', async () => {
    const { samples, number } = await hear('body', {
      '/body': audio('audio/wav', wavBytes(tones([500], 1))),
    })
    expect(toneSeconds(samples, 500)).toBeGreaterThanOrEqual(0.8)
    expect((await bed.endedCall(number)).status).toBe('completed')
  })

  it.concurrent('plain text is spoken, and TwiML in it or in HTML is carried out', async () => {
    const text = (type: string, body: string): Responder => audio(type, Buffer.from(body))
    const spoken = await hear('plain', { '/plain': text('text/plain', 'Hello, this is plain.') })
    expect(soundSeconds(spoken.samples)).toBeGreaterThan(0.7)
    const twiml = '<Response><Play digits="5"/><Pause length="1"/></Response>'
    const plain = await hear('plainxml', { '/plainxml': text('text/plain; charset=utf-8', twiml) })
    expect(plain.output).toContain('heard the digit 5')
    const html = await hear('html', { '/html': text('text/html', twiml) })
    expect(html.output).toContain('heard the digit 5')
  })

  it.concurrent('Redirect goes on elsewhere, and nothing after it happens', async () => {
    const { output } = await hear('redirect', {
      '/redirect': `<Response><Redirect method="GET">/redirect/there?a=1&amp;b=2</Redirect>
        <Play digits="1"/></Response>`,
      '/redirect/there': '<Response><Play digits="2"/><Pause length="1"/></Response>',
    })
    expect(output).toContain('heard the digit 2')
    expect(output).not.toContain('heard the digit 1')
    const [request] = bed.app.to('/redirect/there')
    expect(request?.parameters).toMatchObject({ a: '1', b: '2', CallStatus: 'ringing' })
  })

  it.concurrent.each([
    ['busy', '486', 'busy'],
    ['rejected', '603', 'no-answer'],
  ])(
    '2H 16: Reject with %s as the first verb refuses with %s',
    async (reason, sipStatus, status) => {
      const { output, code, number } = await hear(reason, {
        [`/reject-${reason}`]: `<Response><Reject reason="${reason}"/></Response>`,
      })
      expect(code).toBe(1)
      expect(output).toContain(`refused: ${sipStatus}`)
      expect((await bed.endedCall(number)).status).toBe(status)
    },
  )

  it.concurrent('2H 16: Reject after another verb hangs up a call that was answered', async () => {
    const { code, number } = await hear('reject-late', {
      '/reject-late': '<Response><Say>Hello</Say><Reject reason="busy"/></Response>',
    })
    expect(code).toBe(0)
    expect((await bed.endedCall(number)).status).toBe('completed')
  })

  it.concurrent('a document in JSON is carried out like one in XML', async () => {
    const document = {
      instructions: [
        {
          ...{ verb: 'Gather', timeout: 0, action: 'keys' },
          children: [{ verb: 'Play', loop: 2, text: 'tone.wav' }],
        },
        { verb: 'Play', digits: '6' },
        { verb: 'Pause' },
      ],
    }
    const { samples, output } = await hear('json', {
      '/json/doc': audio('application/json', Buffer.from(JSON.stringify(document))),
      '/json/tone.wav': audio('audio/wav', wavBytes(tones([500], 1), 8_000)),
    })
    expect(toneSeconds(samples, 500)).toBeGreaterThanOrEqual(1.8)
    expect(output).toContain('heard the digit 6')
  })

  it.concurrent('Hangup as the first verb answers, and ends', async () => {
    const { code, number } = await hear('hangup', { '/hangup': '<Response><Hangup/></Response>' })
    expect(code).toBe(0)
    expect((await bed.endedCall(number)).status).toBe('completed')
  })
})
