import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tones, wavBytes } from './harness/audio.js'
import { startCaller } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'

/** What REST changes about a call while it runs. */
describe('a live call', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
    bed.app.on('/sound.wav', (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(tones([500], 3)))
      return undefined
    })
  })
  afterAll(() => bed?.close())

  const talking = async (verbs: string, name: string, options = {}) => {
    const number = await bed.number({
      [`/${name}`]: `<Response>${verbs}</Response>`,
      [`/${name}/next`]: hangup,
      [`/${name}/never`]: hangup,
      [`/${name}/status`]: '',
    })
    const { finished } = startCaller(bed.uriOf(number), options)
    const { CallSid = '' } = (await bed.app.received(`/${name}`)).parameters
    const call = bed.client.calls(CallSid)
    const isUp = async () => (await call.fetch()).status === 'in-progress' || undefined
    await eventually('the call', isUp)
    return { call, finished, url: (path: string) => bed.app.url(`/${name}/${path}`) }
  }
  /** With parameters that the official client does not know. */
  const update = (sid: string, form: { readonly [name: string]: string }) => {
    const { baseUrl, accountSid, authToken } = bed.router
    return fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}/Calls/${sid}.json`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
      body: new URLSearchParams(form),
    })
  }

  it.concurrent('is redirected when the instruction that runs is over, if that is wanted', async () => {
    const verbs = '<Play>/sound.wav</Play><Redirect>/after/never</Redirect>'
    const { call, finished, url } = await talking(verbs, 'after')
    const startMs = performance.now()
    const { sid } = await call.fetch()
    expect((await update(sid, { Url: url('next'), RedirectWhen: 'next' })).status).toBe(200)
    await bed.app.received('/after/next')
    expect(performance.now() - startMs).toBeGreaterThan(1_500)
    await finished
    expect(bed.app.to('/after/never')).toEqual([])
  })

  it.concurrent('tells the new document what was interrupted, if that is wanted', async () => {
    const verbs = '<Gather timeout="60" action="/state/never"/>'
    const { call, finished, url } = await talking(verbs, 'state', {
      digits: '42',
      digitsAfter: 0.5,
    })
    const { sid } = await call.fetch()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    await update(sid, { Url: url('next'), PassState: 'true' })
    expect((await bed.app.received('/state/next')).parameters.Digits).toBe('42')
    await finished
  })

  it.concurrent('goes on without what was interrupted by default', async () => {
    const verbs = '<Gather timeout="60" action="/plain/never"/>'
    const { call, finished, url } = await talking(verbs, 'plain', { digits: '7', digitsAfter: 0.3 })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await call.update({ url: url('next') })
    expect((await bed.app.received('/plain/next')).parameters).not.toHaveProperty('Digits')
    await finished
  })

  it.concurrent('gets another time limit and another status callback', async () => {
    const { call, finished, url } = await talking('<Gather timeout="60"/>', 'limit')
    await call.update({ statusCallback: url('status'), timeLimit: 3 })
    await finished
    const { parameters } = await bed.app.received('/limit/status')
    expect(parameters).toMatchObject({ CallStatus: 'completed' })
    expect(Number(parameters.CallDuration)).toBeLessThanOrEqual(4)
  })

  it.concurrent('gets another fallback', async () => {
    const { call, finished, url } = await talking('<Gather timeout="60"/>', 'fall')
    await call.update({ fallbackUrl: url('next') })
    await call.update({ url: bed.app.url('/nowhere') })
    const { parameters } = await bed.app.received('/fall/next')
    expect(parameters).toMatchObject({ ErrorCode: '11200', ErrorUrl: bed.app.url('/nowhere') })
    await finished
  })

  it('leaves no call, leg or port behind', { timeout: 60_000 }, () => untilQuiet(bed.router, 40))
})

describe('a router without a media port that is free', () => {
  it('refuses with 503 what it cannot hear', async () => {
    const bed = await startTestbed({
      DIALPLANE_RTP_PORT_MIN: '19990',
      DIALPLANE_RTP_PORT_MAX: '19991',
    })
    try {
      const number = await bed.number({ '/waits': '<Response><Gather timeout="20"/></Response>' })
      const first = startCaller(bed.uriOf(number), { maxSeconds: 6 })
      await eventually('the first call', () => first.output().includes('answered') || undefined)
      const { code, output } = await startCaller(bed.uriOf(number)).finished
      expect({ code, output }).toMatchObject({ code: 1, output: expect.stringMatching(/ 503 /) })
      await first.finished
    } finally {
      await bed.close()
    }
  })
})
