import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dtmf, join, readWav, silence, tones, wavBytes, writeWav } from './harness/audio.js'
import { call } from './harness/caller.js'
import { toneSeconds } from './harness/measure.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const thanks = '<Response><Hangup/></Response>'

describe.each(['native', 'wasm'])('Gather (%s media core)', (mediaCore) => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_MEDIA_CORE: mediaCore })
  })
  afterAll(() => bed?.close())

  it.concurrent('posts the keys that a caller presses (RFC 4733)', async () => {
    const number = await bed.number({
      '/rfc4733': '<Response><Gather numDigits="4" action="/rfc4733/keys"/></Response>',
      '/rfc4733/keys': thanks,
    })
    await call(bed.uriOf(number), { digits: '12*8', digitsAfter: 0.2 })
    const { parameters, method } = await bed.app.received('/rfc4733/keys')
    expect(method).toBe('POST')
    expect(parameters).toMatchObject({
      Digits: '12*8',
      To: number,
      Called: number,
      From: 'sip:tester@127.0.0.1',
      CallStatus: 'in-progress',
      Direction: 'inbound',
      ApiVersion: '2010-04-01',
      AccountSid: bed.router.accountSid,
    })
  })

  it.concurrent('hears keys in the speech path', async () => {
    const number = await bed.number({
      '/inband': '<Response><Gather numDigits="4" timeout="8" action="/inband/keys"/></Response>',
      '/inband/keys': thanks,
    })
    const play = writeWav(bed.path('inband.wav'), join(silence(1), dtmf('90#5')))
    const finished = call(bed.uriOf(number), { play })
    // The finish key ends the input.
    const { parameters } = await bed.app.received('/inband/keys')
    expect(parameters.Digits).toBe('90')
    await finished
  })

  it.concurrent('2H 8: takes # and * as keys when there is no finish key', async () => {
    const number = await bed.number({
      '/nofinish':
        '<Response><Gather finishOnKey="" numDigits="3" action="/nofinish/keys"/></Response>',
      '/nofinish/keys': thanks,
    })
    await call(bed.uriOf(number), { digits: '#*1', digitsAfter: 0.2 })
    expect((await bed.app.received('/nofinish/keys')).parameters.Digits).toBe('#*1')
  })

  it.concurrent('2H 7: falls through when nothing, or only the finish key, was pressed', async () => {
    const documents = {
      '/nothing':
        '<Response><Gather timeout="1" action="/nothing/keys"/><Redirect>/nothing/next</Redirect></Response>',
      '/nothing/keys': thanks,
      '/nothing/next': thanks,
    }
    const number = await bed.number(documents)
    await call(bed.uriOf(number))
    await bed.app.received('/nothing/next')
    await call(bed.uriOf(number), { digits: '#', digitsAfter: 0.2 })
    await bed.app.received('/nothing/next', () => bed.app.to('/nothing/next').length === 2)
    expect(bed.app.to('/nothing/keys')).toEqual([])
  })

  it.concurrent('posts empty Digits when asked for an empty result', async () => {
    const number = await bed.number({
      '/empty':
        '<Response><Gather timeout="1" actionOnEmptyResult="true" action="/empty/keys"/></Response>',
      '/empty/keys': thanks,
    })
    await call(bed.uriOf(number))
    expect((await bed.app.received('/empty/keys')).parameters.Digits).toBe('')
  })

  it.concurrent('2H 9: begins its timeout when the prompt is over', async () => {
    // The prompt alone is longer than the timeout; keys come after it.
    const number = await bed.number({
      '/prompt':
        '<Response><Gather timeout="2" numDigits="2" action="/prompt/keys"><Pause length="3"/></Gather></Response>',
      '/prompt/keys': thanks,
    })
    await call(bed.uriOf(number), { digits: '42', digitsAfter: 4 })
    expect((await bed.app.received('/prompt/keys')).parameters.Digits).toBe('42')
  })

  it.concurrent('2H 9: stops its prompt at the first key, which counts', async () => {
    const number = await bed.number({
      '/barge':
        '<Response><Gather timeout="1" action="/barge/keys"><Pause length="60"/></Gather></Response>',
      '/barge/keys': thanks,
    })
    await call(bed.uriOf(number), { digits: '7', digitsAfter: 0.5 })
    expect((await bed.app.received('/barge/keys')).parameters.Digits).toBe('7')
  })

  it.concurrent('2H 9: fetches every nested Play before the first starts', async () => {
    const number = await bed.number(
      {
        '/nested': `<Response><Gather action="/nested/keys"><Play>/nested/tone.wav</Play>
          <Say>Press one.</Say><Play>/nested/missing.wav</Play></Gather></Response>`,
        '/nested/tone.wav': (_request, response) => {
          response.writeHead(200, { 'Content-Type': 'audio/wav' })
          response.end(wavBytes(tones([700], 2)))
          return undefined
        },
        '/nested/failed': thanks,
      },
      { voiceFallbackUrl: bed.app.url('/nested/failed') },
    )
    const record = bed.path('nested.wav')
    await call(bed.uriOf(number), { record })
    const { parameters } = await bed.app.received('/nested/failed')
    expect(parameters).toMatchObject({
      ErrorCode: '11200',
      ErrorUrl: bed.app.url('/nested/missing.wav'),
    })
    expect(bed.app.to('/nested/tone.wav')).toHaveLength(1)
    expect(toneSeconds(readWav(record).samples, 700)).toBe(0)
  })

  it.concurrent('2H 10: keys that were pressed before it are not kept', async () => {
    const number = await bed.number({
      '/ahead': `<Response><Say/><Play digits="9"/><Pause length="3"/>
        <Gather numDigits="1" timeout="2" action="/ahead/keys"/><Redirect>/ahead/next</Redirect></Response>`,
      '/ahead/keys': thanks,
      '/ahead/next': thanks,
    })
    await call(bed.uriOf(number), { digits: '5', digitsAfter: 1 })
    await bed.app.received('/ahead/next')
    expect(bed.app.to('/ahead/keys')).toEqual([])
  })

  it.concurrent('tells the key that has finished it', async () => {
    const number = await bed.number({
      '/finished': '<Response><Gather finishOnKey="*" action="/finished/keys"/></Response>',
      '/finished/keys': thanks,
    })
    await call(bed.uriOf(number), { digits: '42*', digitsAfter: 0.2 })
    const { parameters } = await bed.app.received('/finished/keys')
    expect(parameters).toMatchObject({ Digits: '42', FinishedOnKey: '*' })
  })

  it.concurrent('hears nothing of speech without an engine, and says so when asked to', async () => {
    const number = await bed.number({
      '/speech': `<Response><Gather input="speech" language="de-DE" hints="ja, nein" timeout="1"
        speechTimeout="auto" bargeIn="false" partialResultCallback="/speech/part"
        actionOnEmptyResult="true" action="/speech/said"/></Response>`,
      '/speech/said': thanks,
    })
    await call(bed.uriOf(number), { digits: '5', digitsAfter: 0.2 })
    const { parameters } = await bed.app.received('/speech/said')
    expect(parameters.Digits).toBe('')
    expect(parameters).not.toHaveProperty('SpeechResult')
    expect(bed.app.to('/speech/part')).toEqual([])
  })

  it.concurrent('without an action posts to its own document with the query', async () => {
    const number = await bed.number(
      {
        '/own': ({ parameters }) =>
          parameters.Digits === undefined
            ? '<Response><Gather numDigits="1"/></Response>'
            : '<Response><Hangup/></Response>',
      },
      { voiceUrl: bed.app.url('/own?menu=main') },
    )
    await call(bed.uriOf(number), { digits: '3', digitsAfter: 0.2 })
    const request = await bed.app.received('/own', ({ parameters }) => parameters.Digits === '3')
    expect(request.url).toBe(bed.app.url('/own?menu=main'))
  })
})
