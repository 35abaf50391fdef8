import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dtmf, join, silence, writeWav } from './harness/audio.js'
import { call } from './harness/caller.js'
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

  it.concurrent('takes # and * as keys when there is no finish key', async () => {
    const number = await bed.number({
      '/nofinish':
        '<Response><Gather finishOnKey="" numDigits="3" action="/nofinish/keys"/></Response>',
      '/nofinish/keys': thanks,
    })
    await call(bed.uriOf(number), { digits: '#*1', digitsAfter: 0.2 })
    expect((await bed.app.received('/nofinish/keys')).parameters.Digits).toBe('#*1')
  })

  it.concurrent('falls through when nothing, or only the finish key, was pressed', async () => {
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

  it.concurrent('begins its timeout when the prompt is over', async () => {
    // The prompt alone is longer than the timeout; keys come after it.
    const number = await bed.number({
      '/prompt':
        '<Response><Gather timeout="2" numDigits="2" action="/prompt/keys"><Pause length="3"/></Gather></Response>',
      '/prompt/keys': thanks,
    })
    await call(bed.uriOf(number), { digits: '42', digitsAfter: 4 })
    expect((await bed.app.received('/prompt/keys')).parameters.Digits).toBe('42')
  })

  it.concurrent('stops its prompt at the first key, which counts', async () => {
    const number = await bed.number({
      '/barge':
        '<Response><Gather timeout="1" action="/barge/keys"><Pause length="60"/></Gather></Response>',
      '/barge/keys': thanks,
    })
    await call(bed.uriOf(number), { digits: '7', digitsAfter: 0.5 })
    expect((await bed.app.received('/barge/keys')).parameters.Digits).toBe('7')
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
