import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run, voicesWav } from '../files/sounds.js'
import { join, readWav, silence, syllables, tones, wavBytes, writeWav } from './harness/audio.js'
import { call } from './harness/caller.js'
import { correlationsBySecond, soundSeconds, toneSeconds } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const programs = ['sox', 'opusenc', 'flac', 'oggenc', 'ffmpeg']

describe.skipIf(!needs(...programs)).each(['native', 'wasm'])(
  `files of ${programs.join(', ')} (%s media core)`,
  (mediaCore) => {
    let bed: Testbed
    beforeAll(async () => {
      bed = await startTestbed({ DIALPLANE_MEDIA_CORE: mediaCore })
    })
    afterAll(() => bed?.close())

    /** A tone of two seconds, as a program writes it: on a busy machine some of it is heard late. */
    const made = (name: string, hz: number, rateHz: number, program: string, ...form: string[]) => {
      const wav = bed.path(`${name}.source.wav`)
      const path = bed.path(name)
      const sine = Int16Array.from({ length: 2 * rateHz }, (_, at) =>
        Math.round(10_000 * Math.sin((2 * Math.PI * hz * at) / rateHz)),
      )
      writeFileSync(wav, wavBytes(sine, rateHz))
      const output = program === 'oggenc' || program === 'flac' ? ['-o', path] : [path]
      run(program, program === 'sox' ? ['-V1', wav, ...form, ...output] : [...form, wav, ...output])
      return readFileSync(path)
    }
    const served = async (name: string, type: string, file: Buffer) => {
      const number = await bed.number({
        [`/${name}`]: `<Response><Play>/${name}/sound</Play></Response>`,
        [`/${name}/sound`]: (_request, response) => {
          response.writeHead(200, { 'Content-Type': type }).end(file)
          return undefined
        },
      })
      const record = bed.path(`${name}.heard.wav`)
      await call(bed.uriOf(number), { record })
      expect((await bed.endedCall(number)).status).toBe('completed')
      return readWav(record).samples
    }

    it.each([
      ['Ogg Opus', 'audio/ogg', 700, 48_000, ['opusenc', '--quiet']],
      ['Ogg Vorbis', 'application/ogg', 650, 44_100, ['oggenc', '-Q']],
      ['FLAC', 'audio/flac', 600, 44_100, ['flac', '-sf']],
      ['AIFF', 'audio/x-aiff', 550, 22_050, ['sox', '-b', '24']],
      ['AIFF-C', 'audio/x-aifc', 500, 16_000, ['sox', '-b', '16']],
      ['GSM', 'audio/x-gsm', 450, 8_000, ['sox']],
      ['AU', 'application/octet-stream', 400, 8_000, ['sox', '-e', 'mu-law']],
    ] as const)('Play plays %s', async (name, type, hz, rateHz, [program, ...form]) => {
      const extension = { AIFF: 'aiff', 'AIFF-C': 'aifc', GSM: 'gsm', AU: 'au' }[name as string]
      const file = made(`${name}.${extension ?? 'x'}`, hz, rateHz, program, ...form)
      const samples = await served(name.replace(' ', ''), type, file)
      expect(toneSeconds(samples, hz)).toBeGreaterThanOrEqual(1)
      expect(soundSeconds(samples)).toBeLessThan(2.3)
    })

    it('Play plays bare mu-law by its type', async () => {
      const file = made('bare.ul', 520, 8_000, 'sox', '-t', 'raw', '-e', 'mu-law')
      const samples = await served('bare', 'audio/basic', file)
      expect(toneSeconds(samples, 520)).toBeGreaterThanOrEqual(1)
    })

    it('an unplayable file asks the fallback with 13420, and the next call is none the worse', async () => {
      const flac = made('broken.flac', 600, 8_000, 'flac', '-sf')
      const number = await bed.number(
        {
          '/broken': '<Response><Play>/broken/sound</Play></Response>',
          '/broken/sound': (_request, response) => {
            const body = Buffer.concat([flac.subarray(0, 50), Buffer.alloc(5_000, 0xa5)])
            response.writeHead(200, { 'Content-Type': 'audio/flac' }).end(body)
            return undefined
          },
          '/broken/fallback': '<Response><Hangup/></Response>',
        },
        { voiceFallbackUrl: bed.app.url('/broken/fallback') },
      )
      await call(bed.uriOf(number))
      const { parameters } = await bed.app.received('/broken/fallback')
      expect(parameters.ErrorCode).toBe('13420')
      const samples = await served('whole', 'audio/flac', flac)
      expect(toneSeconds(samples, 600)).toBeGreaterThanOrEqual(1)
    })
  },
)

describe.skipIf(!needs('ffmpeg', 'sox'))('recordings as MP3 (ffmpeg, sox)', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const request = (path: string, init: RequestInit = {}) => {
    const { baseUrl, accountSid, authToken } = bed.router
    return fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      ...init,
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    })
  }
  const downloaded = async (path: string, name: string) => {
    const response = await request(path)
    const body = Buffer.from(await response.arrayBuffer())
    expect(response.status, body.toString('latin1', 0, 300)).toBe(200)
    expect(Number(response.headers.get('content-length'))).toBe(body.length)
    writeFileSync(bed.path(name), body)
    return { path: bed.path(name), type: response.headers.get('content-type') }
  }
  it('is what the caller said, can be played, and goes with the recording', async () => {
    const number = await bed.number({
      '/mp3': '<Response><Record action="/mp3/done" playBeep="false" finishOnKey="5"/></Response>',
      '/mp3/done': ({ parameters }) =>
        `<Response><Play>${parameters.RecordingUrl}.mp3</Play></Response>`,
    })
    const said = syllables(4)
    const play = writeWav(bed.path('said.wav'), join(silence(0.5), said, silence(8)))
    const record = bed.path('played.wav')
    await call(bed.uriOf(number), { play, record, digits: '5', digitsAfter: 6 })
    const { parameters } = await bed.app.received('/mp3/done')
    const sid = parameters.RecordingSid ?? ''
    // Its own URI with .mp3 is played to the caller.
    expect(soundSeconds(readWav(record).samples)).toBeGreaterThan(2)

    const mp3 = await downloaded(`/Recordings/${sid}.mp3`, 'downloaded.mp3')
    expect(mp3.type).toBe('audio/mpeg')
    const wav = bed.path('decoded.wav')
    run('ffmpeg', ['-loglevel', 'error', '-i', mp3.path, wav])
    const { samples, sampleRateHz, channels } = readWav(wav)
    expect({ sampleRateHz, channels }).toEqual({ sampleRateHz: 8_000, channels: 1 })
    expect(Math.abs(samples.length / 8_000 - Number(parameters.RecordingDuration))).toBeLessThan(1)
    const likenesses = correlationsBySecond(said, samples)
    expect(likenesses.filter((one) => one > 0.9).length).toBeGreaterThanOrEqual(3)

    const url = `/Calls/${parameters.CallSid}/Recordings/${sid}`
    expect((await downloaded(`${url}.mp3?RequestedChannels=1`, 'again.mp3')).type).toBe(
      'audio/mpeg',
    )
    const refused = await request(`/Recordings/${sid}.mp3?RequestedChannels=2`)
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('16113')
    expect((await request(`/Recordings/${sid}.wav?RequestedChannels=7`)).status).toBe(400)
    expect((await request(`/Recordings/${sid}`, { method: 'DELETE' })).status).toBe(204)
    expect((await request(`/Recordings/${sid}.mp3`)).status).toBe(404)
    expect(readdirSync(`${bed.dataDir}/cache/recordings`)).toEqual([])
  })

  it('has both channels of a dual recording, or their mix', async () => {
    const number = await bed.number({
      '/dual': '<Response><Record playBeep="false" maxLength="1" action="/dual/done"/></Response>',
      '/dual/done': '<Response><Hangup/></Response>',
    })
    const play = writeWav(bed.path('dual-in.wav'), tones([500], 3))
    await call(bed.uriOf(number), { play })
    const sid = (await bed.app.received('/dual/done')).parameters.RecordingSid ?? ''
    await bed.endedCall(number)
    // No verb records two channels yet: this recording is made one of two where it lies.
    writeFileSync(`${bed.dataDir}/recordings/${sid}.wav`, voicesWav(3, 8_000, 2))
    const database = new Database(`${bed.dataDir}/dialplane.db`)
    database.prepare('UPDATE recordings SET channels = 2 WHERE sid = ?').run(sid)
    database.close()
    for (const extension of ['mp3', 'wav']) {
      for (const [query, channels] of [
        ['', 2],
        ['?RequestedChannels=2', 2],
        ['?RequestedChannels=1', 1],
      ] as const) {
        const name = `dual-${channels}.${extension}`
        const { path } = await downloaded(`/Recordings/${sid}.${extension}${query}`, name)
        const facts = run('soxi', [path]).toString()
        expect(facts).toMatch(new RegExp(`Channels\\s*: ${channels}\\n`))
        expect(facts).toMatch(/Sample Rate\s*: 8000\n/)
        expect(facts).toMatch(/Duration\s*: 00:00:03/)
      }
    }
  })
})
