import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, startCaller } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'

/** Behaviours of the contract (2H) that concern dialling, by their numbers; others are in the files of their verbs. */
describe('dialling', () => {
  let bed: Testbed
  let phones: Testbed
  beforeAll(async () => {
    phones = await startTestbed()
    bed = await startTestbed({ DIALPLANE_TRUNKS: `+1=sip:127.0.0.1:${phones.router.sipPort}` })
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), phones?.close()])
  })

  it.concurrent('2H 13: after a Dial with an action nothing of its document runs', async () => {
    const phone = await phones.number({ '/busy': '<Response><Reject reason="busy"/></Response>' })
    const number = await bed.number({
      '/acts': `<Response><Dial action="/acts/done">${phone}</Dial><Redirect>/acts/never</Redirect></Response>`,
      '/acts/done': '<Response/>',
      '/acts/never': hangup,
    })
    await call(bed.uriOf(number))
    expect((await bed.app.received('/acts/done')).parameters.DialCallStatus).toBe('busy')
    expect(bed.app.to('/acts/never')).toEqual([])
  })

  it.concurrent('2H 15: a Pause before it delays the answer; a Say answers', async () => {
    const phone = await phones.number({ '/rings': '<Response><Pause length="60"/></Response>' })
    const dial = `<Dial answerOnBridge="true">${phone}</Dial>`
    const [paused, said] = await Promise.all([
      bed.number({ '/pause': `<Response><Pause length="1"/>${dial}</Response>` }),
      bed.number({ '/say': `<Response><Say>Hello</Say>${dial}</Response>` }),
    ])
    const [ringing, answered] = await Promise.all([
      startCaller(bed.uriOf(paused), { ringSeconds: 4 }).finished,
      startCaller(bed.uriOf(said), { maxSeconds: 4 }).finished,
    ])
    expect(ringing.output).not.toContain('answered')
    expect(answered.output).toContain('answered')
  })

  it.concurrent('2H 19: a child tells only its end unless it is asked for more', async () => {
    const phone = await phones.number({ '/talks': '<Response><Pause/><Say>Hello</Say></Response>' })
    const number = await bed.number({
      '/tells': `<Response><Dial><Number statusCallback="/tells/status">${phone}</Number></Dial></Response>`,
      '/tells/status': '',
    })
    await call(bed.uriOf(number))
    const { parameters } = await bed.app.received('/tells/status')
    expect(parameters).toMatchObject({
      CallStatus: 'completed',
      ParentCallSid: bed.app.to('/tells')[0]?.parameters.CallSid,
      Direction: 'outbound-dial',
      // Of the four events that there were this is the last.
      SequenceNumber: '3',
    })
    expect(bed.app.to('/tells/status')).toHaveLength(1)
  })

  it.concurrent('2H 39: what is no XML in the wild goes to the fallback with 12100', async () => {
    const number = await bed.number(
      {
        '/wild':
          '<Response><Connect><Stream url="wss://<ngrok url>/streams"/></Connect></Response>',
        '/wild/fallback': hangup,
      },
      { voiceFallbackUrl: bed.app.url('/wild/fallback') },
    )
    await call(bed.uriOf(number))
    const { parameters } = await bed.app.received('/wild/fallback')
    expect(parameters).toMatchObject({ ErrorCode: '12100', ErrorUrl: bed.app.url('/wild') })
  })

  it.concurrent('2H 40: a DialCallStatus is one of those that the contract has', async () => {
    const phone = await phones.number({ '/short': '<Response><Say>Bye</Say></Response>' })
    const number = await bed.number({
      '/hunts': `<Response><Dial action="/hunts/done">${phone}</Dial></Response>`,
      '/hunts/done': ({ parameters }) =>
        parameters.DialCallStatus === 'complete'
          ? hangup
          : '<Response><Redirect>/hunts/next</Redirect></Response>',
      '/hunts/next': hangup,
    })
    await call(bed.uriOf(number))
    await bed.app.received('/hunts/next')
    expect(bed.app.to('/hunts/done')[0]?.parameters.DialCallStatus).toBe('completed')
  })

  it.concurrent('2H 29: numbers are strings in JSON, what is absent is null, dates have +0000', async () => {
    const number = await bed.number({ '/json': hangup })
    await call(bed.uriOf(number))
    const { CallSid: sid = '' } = (await bed.app.received('/json')).parameters
    await eventually('its end', async () => {
      const { status } = await bed.client.calls(sid).fetch()
      return status === 'completed' || undefined
    })
    const { baseUrl, accountSid, authToken } = bed.router
    const path = `/2010-04-01/Accounts/${accountSid}/Calls/${sid}.json`
    const headers = { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` }
    const json = (await (await fetch(baseUrl + path, { headers })).json()) as Record<
      string,
      unknown
    >
    expect(json.duration).toMatch(/^\d+$/)
    expect(json).toMatchObject({ price: null, answered_by: null, parent_call_sid: null })
    expect(json.start_time).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/)
  })

  it('leaves no call, leg or port behind', { timeout: 60_000 }, async () => {
    await Promise.all([untilQuiet(bed.router, 40), untilQuiet(phones.router, 40)])
  })
})
