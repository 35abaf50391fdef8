import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from './harness/caller.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'

describe('documents and their requests', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  it.concurrent('carry the standard parameters and their old names', async () => {
    const number = await bed.number({ '/standard': hangup })
    await call(bed.uriOf(number), { from: 'sip:+15550400001@127.0.0.1' })
    const { parameters, headers } = await bed.app.received('/standard')
    expect(parameters).toMatchObject({
      From: '+15550400001',
      Caller: '+15550400001',
      To: number,
      Called: number,
      CallStatus: 'ringing',
      Direction: 'inbound',
      ApiVersion: '2010-04-01',
    })
    expect(parameters.CallSid).toMatch(/^CA[0-9a-f]{32}$/)
    expect(parameters.SipCallId).not.toBe('')
    expect(parameters).toHaveProperty('CallerState')
    expect(headers['user-agent']).toMatch(/^Dialplane\/\d/)
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded; charset=utf-8')
    expect(headers['i-twilio-idempotency-token']).toMatch(/\S/)
  })

  it.concurrent('keep cookies for the whole call', async () => {
    const number = await bed.number({
      '/cookies': (_request, response) => {
        response.setHeader('Set-Cookie', ['menu=main; Path=/', 'seen=1; Path=/elsewhere'])
        return '<Response><Redirect>/cookies/next</Redirect></Response>'
      },
      '/cookies/next': hangup,
    })
    await call(bed.uriOf(number))
    expect((await bed.app.received('/cookies/next')).headers.cookie).toBe('menu=main')
    await call(bed.uriOf(number))
    // The next call begins without them.
    expect(bed.app.to('/cookies').map(({ headers }) => headers.cookie)).toEqual([
      undefined,
      undefined,
    ])
  })

  it.concurrent.each([
    [302, 'GET', undefined],
    [307, 'POST', '6'],
  ])('an action that answers %i is asked again by %s', async (status, method, digits) => {
    const base = `/moved${status}`
    const number = await bed.number({
      [base]: `<Response><Gather numDigits="1" action="${base}/keys"/></Response>`,
      [`${base}/keys`]: (_request, response) => {
        response.writeHead(status, { Location: 'elsewhere/here' }).end()
        return undefined
      },
      // Relative to where the answer came from.
      [`${base}/elsewhere/here`]: '<Response><Redirect>next?x=1</Redirect></Response>',
      [`${base}/elsewhere/next`]: hangup,
    })
    await call(bed.uriOf(number), { digits: '6', digitsAfter: 0.2 })
    const moved = await bed.app.received(`${base}/elsewhere/here`)
    expect(moved.method).toBe(method)
    expect(moved.parameters.Digits).toBe(digits)
    const next = await bed.app.received(`${base}/elsewhere/next`)
    expect(next.url).toBe(bed.app.url(`${base}/elsewhere/next?x=1`))
  })

  it.concurrent('have URI templates in their URLs', async () => {
    const number = await bed.number({
      '/template':
        '<Response><Gather numDigits="2" action="/template/{Digits}{?CallStatus}"/></Response>',
      '/template/17': hangup,
    })
    await call(bed.uriOf(number), { digits: '17', digitsAfter: 0.2 })
    const { url } = await bed.app.received('/template/17')
    expect(url).toBe(bed.app.url('/template/17?CallStatus=in-progress'))
  })

  const send = (type: string, body: string) => (response: ServerResponse) =>
    response.setHeader('Content-Type', type).end(body)
  const large = `<Response>${' '.repeat(70_000)}</Response>`

  it.concurrent.each([
    ['answers 500', '11200', (response: ServerResponse) => response.writeHead(500).end()],
    ['is no TwiML', '12100', send('text/xml', '<Response><Say>')],
    ['is of an unknown type', '12300', send('application/pdf', '%PDF')],
    ['is too large', '11750', send('text/xml', large)],
  ])('one that %s makes way for the fallback (%s)', async (_what, code, answer) => {
    const path = `/bad-${code}`
    const number = await bed.number(
      {
        [path]: (_request, response) => {
          answer(response)
          return undefined
        },
        [`${path}/fallback`]: hangup,
      },
      { voiceFallbackUrl: bed.app.url(`${path}/fallback`) },
    )
    await call(bed.uriOf(number))
    const { parameters } = await bed.app.received(`${path}/fallback`)
    expect(parameters).toMatchObject({ ErrorCode: code, ErrorUrl: bed.app.url(path) })
  })

  it.concurrent('one at a server that is down makes way for the fallback, once', async () => {
    const number = await bed.number(
      {
        '/down': hangup,
        '/down/fallback': '<Response><Redirect>/down/missing</Redirect></Response>',
      },
      {
        voiceUrl: 'http://127.0.0.1:1/down',
        voiceFallbackUrl: bed.app.url('/down/fallback'),
      },
    )
    // The fallback fails too: the caller is told, and hung up.
    const { output } = await call(bed.uriOf(number))
    expect(output).toContain('answered')
    const { parameters } = await bed.app.received('/down/fallback')
    expect(parameters).toMatchObject({ ErrorCode: '11205', ErrorUrl: 'http://127.0.0.1:1/down' })
    expect(bed.app.to('/down/fallback')).toHaveLength(1)
    expect((await bed.endedCall(number)).status).toBe('completed')
  })

  it.concurrent('may not reach our own API', async () => {
    const number = await bed.number(
      { '/inward': hangup, '/inward/fallback': hangup },
      {
        voiceUrl: `${bed.router.baseUrl}/2010-04-01/Accounts.json`,
        voiceFallbackUrl: bed.app.url('/inward/fallback'),
      },
    )
    await call(bed.uriOf(number))
    const { parameters } = await bed.app.received('/inward/fallback')
    expect(Number(parameters.ErrorCode)).toBeGreaterThan(0)
  })

  it.concurrent('the end of a call is told to the number, with its length', async () => {
    const number = await bed.number(
      { '/told': '<Response><Gather timeout="1"/></Response>', '/told/status': '' },
      { statusCallback: bed.app.url('/told/status') },
    )
    await call(bed.uriOf(number))
    const { parameters } = await bed.app.received('/told/status')
    expect(parameters).toMatchObject({ CallStatus: 'completed', CallDuration: '1' })
    expect(bed.app.to('/told/status')).toHaveLength(1)
  })
})
