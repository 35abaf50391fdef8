import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav, tones, wavBytes, writeWav } from './harness/audio.js'
import { call } from './harness/caller.js'
import { toneSeconds } from './harness/measure.js'
import { callerNumber, startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'
const appHz = 750

describe('applications', () => {
  let bed: Testbed
  let phones: Testbed
  beforeAll(async () => {
    ;[bed, phones] = await Promise.all([startTestbed(), startTestbed()])
    bed.app.on('/app.wav', (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(tones([appHz], 2)))
      return undefined
    })
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), phones?.close()])
  })

  const application = (name: string, verbs: string, more: object = {}) => {
    bed.app.on(`/${name}/voice`, `<Response>${verbs}</Response>`)
    bed.app.on(`/${name}/status`, '')
    return bed.client.applications.create({
      friendlyName: name,
      voiceUrl: bed.app.url(`/${name}/voice`),
      statusCallback: bed.app.url(`/${name}/status`),
      ...more,
    })
  }

  it('are created, read, changed, listed and removed', async () => {
    const made = await application('crud', '', { smsUrl: 'https://example.com/sms' })
    expect(made).toMatchObject({ voiceMethod: 'POST', smsUrl: 'https://example.com/sms' })
    const { applications } = bed.client
    const changed = await applications(made.sid).update({ voiceMethod: 'GET' })
    expect(changed).toMatchObject({ voiceMethod: 'GET', smsUrl: 'https://example.com/sms' })
    const listed = await applications.list({ friendlyName: 'crud' })
    expect(listed.map(({ sid }) => sid)).toEqual([made.sid])
    expect(await applications(made.sid).remove()).toBe(true)
    await expect(applications(made.sid).fetch()).rejects.toMatchObject({ status: 404 })
  })

  it('take the calls of a number, in the place of its URLs', async () => {
    const { sid } = await application('number', '<Play>/app.wav</Play>')
    const number = await bed.number({ '/unused': hangup }, { voiceApplicationSid: sid })
    const record = bed.path('number.wav')
    await call(bed.uriOf(number), { record })
    expect(toneSeconds(readWav(record).samples, appHz)).toBeGreaterThan(1.5)
    expect(bed.app.to('/unused')).toEqual([])
    const { parameters } = await bed.app.received('/number/status')
    expect(parameters).toMatchObject({ CallStatus: 'completed', To: number })
  })

  it('2H 22: of a call that REST makes leaves its other URLs out of account', async () => {
    const { sid } = await application('outbound', '<Pause length="1"/>')
    const phone = await phones.number({ '/phone': '<Response><Pause length="9"/></Response>' })
    phones.app.on('/phone', '<Response><Say>hello</Say><Pause length="9"/></Response>')
    bed.app.on('/ignored', hangup)
    await bed.client.calls.create({
      to: phones.uriOf(phone),
      from: callerNumber,
      applicationSid: sid,
      statusCallback: bed.app.url('/ignored'),
      fallbackUrl: bed.app.url('/ignored'),
      method: 'GET',
    })
    const { parameters } = await bed.app.received('/outbound/status')
    expect(parameters).toMatchObject({ CallStatus: 'completed', Direction: 'outbound-api' })
    expect(bed.app.to('/outbound/voice')[0]?.method).toBe('POST')
    expect(bed.app.to('/ignored')).toEqual([])
    const wrong = {
      to: phones.uriOf(phone),
      from: callerNumber,
      applicationSid: `AP${'0'.repeat(32)}`,
    }
    await expect(bed.client.calls.create(wrong)).rejects.toMatchObject({ code: 21218 })
  })

  it('are dialled: their documents are heard, and the Dial goes on after them', async () => {
    const { sid } = await application(
      'dialled',
      '<Gather numDigits="1" action="/dialled/key"><Play>/app.wav</Play></Gather>',
    )
    bed.app.on('/dialled/key', hangup)
    const number = await bed.number({
      '/dials': `<Response><Dial action="/dials/done"><Application statusCallback="/dials/status">
        <ApplicationSid>${sid}</ApplicationSid><Parameter name="Mood" value="fine"/></Application></Dial></Response>`,
      '/dials/done': hangup,
      '/dials/status': '',
    })
    const record = bed.path('dialled.wav')
    const play = writeWav(bed.path('dialled-in.wav'), tones([300], 8))
    await call(bed.uriOf(number), { play, record, digits: '5', digitsAfter: 1.5 })
    expect(toneSeconds(readWav(record).samples, appHz)).toBeGreaterThan(0.5)
    const done = (await bed.app.received('/dials/done')).parameters
    expect(done).toMatchObject({ DialCallStatus: 'completed', CallStatus: 'in-progress' })
    const asked = (await bed.app.received('/dialled/voice')).parameters
    expect(asked).toMatchObject({
      CallSid: done.DialCallSid,
      ParentCallSid: done.CallSid,
      To: `app:${sid}`,
      Mood: 'fine',
    })
    expect((await bed.app.received('/dialled/key')).parameters.Digits).toBe('5')
    const status = (await bed.app.received('/dials/status')).parameters
    expect(status).toMatchObject({ CallSid: done.DialCallSid, CallStatus: 'completed' })
  })

  it('that do not exist cannot be dialled', async () => {
    const number = await bed.number({
      '/nobody': `<Response><Dial action="/nobody/done"><Application>AP${'0'.repeat(32)}</Application></Dial></Response>`,
      '/nobody/done': hangup,
    })
    await call(bed.uriOf(number))
    expect((await bed.app.received('/nobody/done')).parameters.DialCallStatus).toBe('failed')
  })

  it('leaves no call, leg or port behind', { timeout: 60_000 }, async () => {
    await Promise.all([untilQuiet(bed.router, 40), untilQuiet(phones.router, 40)])
  })
})
