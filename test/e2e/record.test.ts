import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { join, readWav, silence, syllables, tones, wavBytes, writeWav } from './harness/audio.js'
import { call, startCaller } from './harness/caller.js'
import { correlationsBySecond, soundSeconds, toneSeconds, trimmed } from './harness/measure.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const goodbye = '<Response><Hangup/></Response>'

describe.each(['native', 'wasm'])('Record (%s media core)', (mediaCore) => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_MEDIA_CORE: mediaCore })
  })
  afterAll(() => bed?.close())

  const numberFor = (name: string, attributes: string, after = goodbye) =>
    bed.number({
      [`/${name}`]: `<Response><Record action="/${name}/done" ${attributes}/></Response>`,
      [`/${name}/done`]: after,
      [`/${name}/status`]: '',
    })
  const fetchWav = async (url: string) => {
    const { accountSid, authToken } = bed.router
    const Authorization = `Basic ${btoa(`${accountSid}:${authToken}`)}`
    const response = await fetch(url, { headers: { Authorization } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('audio/x-wav')
    return readWav(Buffer.from(await response.arrayBuffer()))
  }

  it.concurrent('beeps, keeps what the caller said, and ends at a key', async () => {
    const number = await numberFor('message', 'recordingStatusCallback="/message/status"')
    const said = syllables(4)
    // The beep is over when the message begins.
    const play = writeWav(bed.path('said.wav'), join(silence(1), said, silence(8)))
    const record = bed.path('beep.wav')
    await call(bed.uriOf(number), { play, record, digits: '5', digitsAfter: 6 })
    // Of 250 ms, windows of 50 ms lose up to 100 at the ends.
    expect(toneSeconds(readWav(record).samples, 1_000, 20)).toBeGreaterThan(0.2)

    const { parameters } = await bed.app.received('/message/done')
    expect(parameters).toMatchObject({ Digits: '5', CallStatus: 'in-progress' })
    expect(parameters.RecordingSid).toMatch(/^RE[0-9a-f]{32}$/)
    expect(Number(parameters.RecordingDuration)).toBeGreaterThanOrEqual(4)
    expect(parameters.RecordingUrl).toMatch(/\/Recordings\/RE[0-9a-f]{32}$/)
    const { samples, sampleRateHz, channels } = await fetchWav(parameters.RecordingUrl ?? '')
    expect({ sampleRateHz, channels }).toEqual({ sampleRateHz: 8_000, channels: 1 })
    const correlations = correlationsBySecond(said, samples)
    expect(correlations).toHaveLength(4)
    // On a busy machine a packet that comes too late may spoil one second.
    expect(correlations.filter((correlation) => correlation > 0.9).length).toBeGreaterThanOrEqual(3)

    const status = await bed.app.received('/message/status')
    expect(status.parameters).toMatchObject({
      RecordingSid: parameters.RecordingSid,
      RecordingStatus: 'completed',
      RecordingSource: 'RecordVerb',
      RecordingChannels: '1',
      RecordingDuration: parameters.RecordingDuration,
      CallSid: parameters.CallSid,
    })
  })

  it.concurrent('ends after the silence that it was told', async () => {
    const number = await numberFor('silent', 'timeout="2" playBeep="false"')
    const play = writeWav(bed.path('short.wav'), join(tones([500], 1), silence(10)))
    await call(bed.uriOf(number), { play })
    const { parameters } = await bed.app.received('/silent/done')
    expect(parameters).not.toHaveProperty('Digits')
    // The silence at the end is left out.
    const { samples } = await fetchWav(`${parameters.RecordingUrl}.wav`)
    expect(soundSeconds(samples)).toBeGreaterThan(0.8)
    expect(samples.length - trimmed(samples).length).toBeLessThan(8_000)
  })

  it.concurrent('ends at its greatest length', async () => {
    const number = await numberFor('long', 'maxLength="2" playBeep="false"')
    const play = writeWav(bed.path('long.wav'), tones([500], 10))
    await call(bed.uriOf(number), { play })
    const { parameters } = await bed.app.received('/long/done')
    expect(parameters.RecordingDuration).toBe('2')
  })

  it.concurrent('takes only the keys that it was told', async () => {
    const number = await numberFor('keys', 'finishOnKey="9" playBeep="false" timeout="0"')
    const play = writeWav(bed.path('keys.wav'), tones([500], 10, 3_000))
    await call(bed.uriOf(number), { play, digits: '1w9', digitsAfter: 1 })
    expect((await bed.app.received('/keys/done')).parameters.Digits).toBe('9')
  })

  it.concurrent('2H 11: still asks for its action when the caller hangs up', async () => {
    const number = await numberFor('gone', '')
    const play = writeWav(bed.path('gone.wav'), tones([500], 10))
    await call(bed.uriOf(number), { play, maxSeconds: 3 })
    const { parameters } = await bed.app.received('/gone/done')
    expect(parameters).toMatchObject({ Digits: 'hangup', CallStatus: 'completed' })
    expect(soundSeconds((await fetchWav(parameters.RecordingUrl ?? '')).samples)).toBeGreaterThan(1)
  })

  it.concurrent('2H 27, 28: its URL has no extension; once the callback has come, so has the file', async () => {
    const number = await numberFor(
      'url',
      'maxLength="2" playBeep="false" recordingStatusCallback="/url/status" recordingStatusCallbackEvent="in-progress completed absent"',
    )
    const play = writeWav(bed.path('url.wav'), tones([500], 5))
    await call(bed.uriOf(number), { play })
    const { parameters } = await bed.app.received(
      '/url/status',
      ({ parameters }) => parameters.RecordingStatus === 'completed',
    )
    const { accountSid, authToken } = bed.router
    const Authorization = `Basic ${btoa(`${accountSid}:${authToken}`)}`
    const url = parameters.RecordingUrl ?? ''
    expect(url).toMatch(/\/Recordings\/RE[0-9a-f]{32}$/)
    expect(soundSeconds((await fetchWav(url)).samples)).toBeGreaterThan(1.5)
    const mp3 = await fetch(`${url}.mp3`, { headers: { Authorization } })
    expect(mp3.headers.get('content-type')).toBe('audio/mpeg')
    expect((await mp3.arrayBuffer()).byteLength).toBeGreaterThan(1_000)
    const told = bed.app.to('/url/status').map(({ parameters }) => parameters.RecordingStatus)
    expect(told).toEqual(['in-progress', 'completed'])
    expect(parameters.RecordingStartTime).toMatch(/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000$/)
  })

  it.concurrent('2H 26: leaves out silence at its ends unless told not to', async () => {
    const lengths: number[] = []
    for (const [name, trim] of [
      ['trimmed', ''],
      ['untrimmed', 'trim="do-not-trim"'],
    ] as const) {
      const number = await numberFor(name, `timeout="3" playBeep="false" ${trim}`)
      const play = writeWav(bed.path(`${name}.wav`), join(tones([500], 1), silence(8)))
      await call(bed.uriOf(number), { play })
      const { parameters } = await bed.app.received(`/${name}/done`)
      lengths.push(Number(parameters.RecordingDuration))
    }
    const [trimmedSeconds = 0, wholeSeconds = 0] = lengths
    expect(trimmedSeconds).toBeLessThanOrEqual(2)
    expect(wholeSeconds).toBeGreaterThanOrEqual(3)
  })

  it.concurrent('of nothing asks for no action, is told as absent, and leaves no file', async () => {
    const number = await bed.number({
      '/absent': `<Response><Record action="/absent/done" timeout="1" playBeep="false" transcribe="true"
        transcribeCallback="/absent/text" recordingStatusCallback="/absent/status"
        recordingStatusCallbackEvent="completed absent"/><Redirect>/absent/next</Redirect></Response>`,
      '/absent/next': goodbye,
      '/absent/status': '',
    })
    const play = writeWav(bed.path('absent.wav'), silence(6))
    await call(bed.uriOf(number), { play, maxSeconds: 8 })
    await bed.app.received('/absent/next')
    const { parameters } = await bed.app.received('/absent/status')
    expect(parameters).toMatchObject({ RecordingStatus: 'absent', RecordingDuration: '0' })
    expect(bed.app.to('/absent/done')).toEqual([])
    expect(bed.app.to('/absent/text')).toEqual([])
    const { accountSid, authToken } = bed.router
    const Authorization = `Basic ${btoa(`${accountSid}:${authToken}`)}`
    const gone = await fetch(`${parameters.RecordingUrl}.wav`, { headers: { Authorization } })
    expect(gone.status).toBe(404)
  })

  it.concurrent('tells who wants its text that there is none', async () => {
    const number = await bed.number({
      '/text': `<Response><Record action="/text/done" maxLength="2" playBeep="false" transcribe="true"
        transcribeCallback="/text/told"/></Response>`,
      '/text/done': goodbye,
      '/text/told': '',
    })
    const play = writeWav(bed.path('text.wav'), tones([500], 5))
    await call(bed.uriOf(number), { play })
    const { parameters } = await bed.app.received('/text/told')
    const done = await bed.app.received('/text/done')
    expect(parameters).toMatchObject({
      ...{ TranscriptionStatus: 'failed', TranscriptionText: '' },
      ...{ RecordingSid: done.parameters.RecordingSid, CallSid: done.parameters.CallSid },
    })
    expect(parameters.TranscriptionSid).toMatch(/^TR[0-9a-f]{32}$/)
  })

  it.concurrent('can be played to the caller by its own URL', async () => {
    const number = await bed.number({
      '/echo': `<Response><Record action="/echo/done" playBeep="false" maxLength="2"/></Response>`,
      '/echo/done': ({ parameters }) =>
        `<Response><Play>${parameters.RecordingUrl}</Play></Response>`,
    })
    const play = writeWav(bed.path('echo-in.wav'), tones([620], 2.5))
    const record = bed.path('echo-out.wav')
    await call(bed.uriOf(number), { play, record })
    expect(toneSeconds(readWav(record).samples, 620)).toBeGreaterThan(1.5)
  })

  it.concurrent('is listed, fetched and removed with the official client', async () => {
    const number = await numberFor('listed', 'maxLength="1" playBeep="false"')
    const play = writeWav(bed.path('listed.wav'), tones([500], 3))
    const caller = startCaller(bed.uriOf(number), { play })
    const { parameters } = await bed.app.received('/listed/done')
    await caller.finished
    const { recordings, calls } = bed.client
    const sid = parameters.RecordingSid ?? ''
    const callSid = parameters.CallSid ?? ''
    expect(await recordings.list({ callSid })).toHaveLength(1)
    expect(await calls(callSid).recordings.list()).toHaveLength(1)
    expect(await recordings(sid).fetch()).toMatchObject({
      callSid,
      status: 'completed',
      duration: '1',
      channels: 1,
      source: 'RecordVerb',
    })
    expect(await recordings(sid).remove()).toBe(true)
    await expect(recordings(sid).fetch()).rejects.toMatchObject({ code: 20404 })
    const gone = await fetch(`${parameters.RecordingUrl}.wav`)
    expect(gone.status).toBeGreaterThanOrEqual(400)
  })

  it.concurrent('keeps a recording of silence', async () => {
    const number = await numberFor('quiet', 'timeout="1" playBeep="false" trim="do-not-trim"')
    const play = writeWav(bed.path('quiet.wav'), silence(5))
    await call(bed.uriOf(number), { play, maxSeconds: 8 })
    const { parameters } = await bed.app.received('/quiet/done')
    expect(Number(parameters.RecordingDuration)).toBeGreaterThanOrEqual(1)
  })

  it('works on bytes that are a WAV file', () => {
    expect(readWav(wavBytes(tones([440], 1))).samples).toHaveLength(8_000)
  })
})
