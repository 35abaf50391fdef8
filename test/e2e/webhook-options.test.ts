import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import twilio from 'twilio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Application, type ReceivedRequest, startApplication } from './harness/application.js'
import { call } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { freePort } from './harness/ports.js'
import { startTestbed, type Testbed } from './harness/testbed.js'
import { webhookOptionsRequest } from './harness/webhook-options.js'

const hangup = '<Response><Hangup/></Response>'
const from = 'sip:+14155550100@127.0.0.1'

describe('options of webhooks', () => {
  let bed: Testbed
  /** The phones that are dialled. */
  let phones: Testbed
  let mirror: Application
  /** Takes connections and says nothing. */
  let mute: Server
  beforeAll(async () => {
    phones = await startTestbed()
    bed = await startTestbed({ DIALPLANE_TRUNKS: `+1=sip:127.0.0.1:${phones.router.sipPort}` })
    mirror = await startApplication(bed.router.authToken)
    mute = createServer(() => {})
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    mute?.closeAllConnections()
    mute?.close()
    await Promise.all([bed?.close(), phones?.close(), mirror?.close()])
  })

  const optionsOf = async (number: string, ...fields: [name: string, value: string][]) => {
    expect(await webhookOptionsRequest(bed, `/${number}`, fields)).toMatchObject({ status: 201 })
  }
  const mirrorCounts = async () => {
    const text = await (await fetch(`${bed.router.baseUrl}/metrics`)).text()
    const count = (outcome: string) =>
      Number(text.match(new RegExp(`mirror_requests_total{outcome="${outcome}"} (\\d+)`))?.[1] ?? 0)
    return { answered: count('answered'), failed: count('failed') }
  }

  it.concurrent('D3: mirrors get copies, and dead ones change nothing', async () => {
    const number = await bed.number(
      {
        '/copied': (_request, response) => {
          response.setHeader('Set-Cookie', 'visit=1').setHeader('Content-Type', 'text/xml')
          response.end(
            '<Response><Gather numDigits="2" action="/copied/pin" method="GET"/></Response>',
          )
          return undefined
        },
        '/copied/pin': '<Response><Play>/copied/none.wav</Play></Response>',
        '/copied/fallback': hangup,
        '/copied/over': '',
      },
      {
        statusCallback: bed.app.url('/copied/over'),
        voiceFallbackUrl: bed.app.url('/copied/fallback'),
      },
    )
    mirror.on('/mirror', '<Response><Say>Nobody hears this</Say></Response>')
    await optionsOf(
      number,
      ['MirrorUrls', mirror.url('/mirror?copy=1')],
      ['MirrorUrls', `http://127.0.0.1:${await freePort()}/closed`],
      ['MirrorUrls', `http://127.0.0.1:${(mute.address() as AddressInfo).port}/mute`],
    )
    const startMs = performance.now()
    await call(bed.uriOf(number), { digits: '42', digitsAfter: 0.2, from })
    expect((await bed.endedCall(number)).status).toBe('completed')
    await bed.app.received('/copied/over')
    // The copies to the mute mirror are still under way.
    expect(performance.now() - startMs).toBeLessThan(14_000)
    const copies = await eventually('four copies', () => {
      const got = mirror.to('/mirror')
      return got.length === 4 ? got : undefined
    })
    const own = bed.app.requests.filter(
      ({ path, method, url }) =>
        path.startsWith('/copied') && !url.endsWith('.wav') && method !== 'HEAD',
    )
    const told = (requests: readonly ReceivedRequest[]) =>
      requests
        .map(({ method, headers, parameters: { copy, ...parameters } }) => ({
          ...{ method, parameters, token: headers['i-twilio-idempotency-token'] },
        }))
        .sort((a, b) => String(a.token).localeCompare(String(b.token)))
    expect(told(copies)).toEqual(told(own))
    expect(own.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /copied',
      'GET /copied/pin',
      'POST /copied/fallback',
      'POST /copied/over',
    ])
    expect(own[1]?.headers.cookie).toBe('visit=1')
    expect(copies.map(({ headers }) => headers.cookie)).toEqual(Array(4).fill(undefined))
    const { failed, answered } = await mirrorCounts()
    expect(answered).toBeGreaterThanOrEqual(4)
    expect(failed).toBeGreaterThanOrEqual(4)
    const [{ sid } = { sid: '' }] = await bed.client.calls.list({ to: number })
    const events = await bed.client.calls(sid).events.list()
    expect(JSON.stringify(events)).not.toContain('/mirror')
  })

  it.concurrent('D6: state in header fields', async () => {
    const number = await bed.number({ '/fields': hangup })
    await optionsOf(number, ['StateIn', 'headers'])
    await call(bed.uriOf(number), { from })
    const { parameters, headers } = await bed.app.received('/fields')
    const names = Object.keys(parameters)
    expect(names).toContain('CallSid')
    for (const name of names) {
      const value = headers[`x-callrouter-${name.toLowerCase()}`]
      expect(decodeURIComponent(String(value)), name).toBe(parameters[name])
    }
    expect(headers).not.toHaveProperty('x-callrouter-truncated')
  })

  it.concurrent('D7: state in the query, the body and header fields at once, signed as the official SDK has it', async () => {
    const number = await bed.number({
      '/all': ({ parameters: { Digits } }) =>
        Digits === undefined ? '<Response><Gather numDigits="1"/></Response>' : hangup,
    })
    await optionsOf(number, ['StateIn', 'headers'], ['StateIn', 'query'])
    await call(bed.uriOf(number), { from, digits: '7', digitsAfter: 0.2 })
    await bed.app.received('/all', ({ parameters }) => parameters.Digits === '7')
    const [first, second] = bed.app.to('/all')
    for (const request of [first, second]) {
      const { url = '', parameters = {}, headers = {}, method } = request ?? {}
      expect(method).toBe('POST')
      const query = [...new URL(url).searchParams]
      // Nothing of the first request in the URL of the second.
      expect(query).toHaveLength(Object.keys(parameters).length)
      expect(Object.fromEntries(query)).toEqual(parameters)
      expect(headers['x-callrouter-callsid']).toBe(parameters.CallSid)
      const signature = String(headers['x-twilio-signature'])
      const { authToken } = bed.router
      expect(twilio.validateRequest(authToken, signature, url, parameters)).toBe(true)
      const without = url.split('?', 1)[0] ?? ''
      expect(twilio.validateRequest(authToken, signature, without, parameters)).toBe(false)
    }
    expect(second?.headers['x-callrouter-digits']).toBe('7')
  })

  it.concurrent('D20: who calls, and from where, is told to nobody, also not of calls that are made for it', async () => {
    const phone = await phones.number({
      '/phone': '<Response><Gather timeout="3"/><Hangup/></Response>',
    })
    const number = await bed.number(
      {
        '/private': `<Response><Redirect>/private/{From}/dial</Redirect></Response>`,
        '/private//dial': `<Response><Dial action="/private/done"><Number url="/private/screen" statusCallback="/private/status" statusCallbackEvent="initiated ringing answered completed">${phone}</Number></Dial></Response>`,
        '/private/screen': '<Response/>',
        '/private/status': '',
        '/private/done': hangup,
        '/private/over': '',
      },
      { statusCallback: bed.app.url('/private/over') },
    )
    await optionsOf(number, ['Withhold', 'From,Geo'])
    await call(bed.uriOf(number), { from, maxSeconds: 15 })
    await bed.app.received('/private/over')
    await bed.app.received(
      '/private/status',
      ({ parameters }) => parameters.CallDuration !== undefined,
    )
    const requests = bed.app.requests.filter(({ path }) => path.startsWith('/private'))
    expect(new Set(requests.map(({ path }) => path))).toEqual(
      new Set([
        ...['/private', '/private//dial', '/private/screen', '/private/status'],
        ...['/private/done', '/private/over'],
      ]),
    )
    for (const { path, url, parameters } of requests) {
      expect(JSON.stringify([url, parameters]), path).not.toContain('4155550100')
      const names = Object.keys(parameters)
      expect(names, path).toEqual(expect.arrayContaining(['CallSid', 'To', 'CallStatus']))
      expect(names.join(), path).not.toMatch(/Country|Zip|\bFrom\b|\bCaller\b/)
    }
  })

  it.concurrent('D18: documents name parameters, also for templates', async () => {
    const number = await bed.number({
      '/named':
        '<Response><Gather numDigits="2" action="/named/{pin}" paramNames="Digits=pin"/></Response>',
      '/named/42':
        '<Response><Record finishOnKey="9" playBeep="false" trim="do-not-trim" action="/named/memo" paramNames="RecordingUrl=memo Digits=key"/></Response>',
      '/named/memo': hangup,
    })
    await call(bed.uriOf(number), { from, digits: '42WW9', digitsAfter: 0.2, maxSeconds: 12 })
    const [pin, memo] = [
      await bed.app.received('/named/42'),
      await bed.app.received('/named/memo'),
    ].map(({ parameters }) => parameters)
    expect(pin).toMatchObject({ pin: '42', CallStatus: 'in-progress' })
    expect(pin).not.toHaveProperty('Digits')
    expect(memo?.memo).toMatch(/^http.*\/Recordings\/RE/)
    expect(memo).toMatchObject({ key: '9', RecordingSid: expect.stringMatching(/^RE/) })
    expect(memo).not.toHaveProperty('RecordingUrl')
    expect(memo).not.toHaveProperty('Digits')
  })

  it.concurrent('options hold from when they are set until they are deleted', async () => {
    const number = await bed.number({ '/rows': hangup })
    const ask = async () => {
      const before = bed.app.to('/rows').length
      await call(bed.uriOf(number), { from })
      const { headers } = bed.app.to('/rows')[before] ?? {}
      return headers?.['x-callrouter-to']
    }
    expect(await ask()).toBeUndefined()
    await optionsOf(number, ['StateIn', 'headers'])
    expect(await ask()).toBe(number)
    await webhookOptionsRequest(bed, `/${number}`, undefined, 'DELETE')
    expect(await ask()).toBeUndefined()
  })
})
