import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../e2e/harness/caller.js'
import { eventually } from '../e2e/harness/eventually.js'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'

interface Event {
  readonly request: {
    readonly method: string | null
    readonly url: string | null
    readonly parameters: { readonly [name: string]: string }
  }
  readonly response: { readonly [name: string]: unknown }
}

describe('the event log of a call', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const get = async (path: string, init: RequestInit = {}) => {
    const { baseUrl, accountSid, authToken } = bed.router
    const url = path.startsWith('/2010')
      ? baseUrl + path
      : `${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`
    const headers = { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` }
    const response = await fetch(url, { ...init, headers })
    return { status: response.status, text: await response.text() }
  }
  const eventsOf = (callSid: string, count: number) =>
    eventually(`${count} events`, async () => {
      const { text } = await get(`/Calls/${callSid}/Events.json`)
      const { events } = JSON.parse(text) as { readonly events: readonly Event[] }
      return events.length >= count ? events : undefined
    })

  it('has each exchange, newest first: documents, actions, sounds, callbacks, failures, warnings', async () => {
    const number = await bed.number(
      {
        '/log': `<Response><Gather nonsense="1" numDigits="2" action="/log/keys"/></Response>`,
        '/log/keys': (_request, response) => {
          response.writeHead(307, { Location: '/log/there' }).end()
          return undefined
        },
        '/log/there': '<Response><Play>/log/missing.wav</Play></Response>',
        '/log/fallback':
          '<Response><Dial><Sip username="u" password="t0p">sip:</Sip></Dial></Response>',
        '/log/status': '',
      },
      {
        voiceUrl: bed.app.url('/log').replace('//', '//me:secret@'),
        voiceFallbackUrl: bed.app.url('/log/fallback'),
        statusCallback: bed.app.url('/log/status#rc=0'),
      },
    )
    await call(bed.uriOf(number), { digits: '42', digitsAfter: 0.2 })
    const { sid } = await bed.endedCall(number)
    await bed.app.received('/log/status')
    await eventually('the callback in the log', async () => {
      const [newest] = await eventsOf(sid, 6)
      return newest?.request.url?.endsWith('/log/status') ? newest : undefined
    })
    const events = [...(await eventsOf(sid, 6))].reverse()
    const requests = events.filter(({ response }) => response.tries !== 0)
    expect(requests.map(({ request }) => `${request.method} ${request.url}`)).toEqual([
      `POST ${bed.app.url('/log')}`,
      `POST ${bed.app.url('/log/keys')}`,
      `GET ${bed.app.url('/log/missing.wav')}`,
      `POST ${bed.app.url('/log/fallback')}`,
      `POST ${bed.app.url('/log/status')}`,
    ])
    const [first, keys, missing, fallback] = requests
    expect(first?.request.parameters).toMatchObject({ call_sid: sid, caller_state: '', to: number })
    expect(first?.response).toMatchObject({
      response_code: 200,
      content_type: 'text/xml',
      response_body: expect.stringContaining('<Gather nonsense='),
      date_created: expect.stringMatching(/^\w{3}, \d\d .* \+0000$/),
      error_code: null,
    })
    expect(first?.response.request_duration).toEqual(expect.any(Number))
    expect(keys?.request.parameters.digits).toBe('42')
    expect(keys?.response).toMatchObject({ response_code: 200, redirects: 1, tries: 2 })
    expect(missing?.response).toMatchObject({ response_code: 404, error_code: 11200 })
    expect(fallback?.request.parameters).toMatchObject({ error_code: '11200' })
    const warning = events.find(({ response }) => response.error_code === 12200)
    expect(warning?.request.url).toBe(bed.app.url('/log'))
    expect(warning?.response.error_message).toContain('nonsense')
    const text = JSON.stringify(events)
    for (const secret of ['secret', 't0p']) expect(text).not.toContain(secret)
  })

  it('is what the official client reads, page by page, and ends with the call', async () => {
    const number = await bed.number({
      '/paged': '<Response><Redirect>/paged/2</Redirect></Response>',
      '/paged/2': '<Response><Redirect>/paged/3</Redirect></Response>',
      '/paged/3': '<Response><Hangup/></Response>',
    })
    await call(bed.uriOf(number))
    const { sid } = await bed.endedCall(number)
    await eventsOf(sid, 3)
    const listed = await bed.client.calls(sid).events.list({ pageSize: 2 })
    const urls = listed.map(({ request }) => (request as Event['request']).url)
    expect(urls).toEqual(['/paged/3', '/paged/2', '/paged'].map((path) => bed.app.url(path)))
    const xml = await get(`/Calls/${sid}/Events.xml?PageSize=1`)
    expect(xml.text).toMatch(/<Events [^>]*pagesize="1"[^>]*><Event><Method>POST<\/Method><Url>/)
    const csv = await get(`/Calls/${sid}/Events.csv`)
    expect(csv.text.split('\r\n')[0]).toMatch(/^Method,Url,Parameters,ResponseCode,/)
    expect((await get(`/Calls/CA${'0'.repeat(32)}/Events.json`)).status).toBe(404)
    expect((await get(`/Calls/${sid}.json`, { method: 'DELETE' })).status).toBe(204)
    expect((await get(`/Calls/${sid}/Events.json`)).status).toBe(404)
  })
})
