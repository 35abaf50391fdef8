import { Agent, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'
import { addAccount } from './other-accounts.js'
import { refusal } from './refusal.js'

/** What becomes of requests that a careful client would not send. */
describe('requests', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const send = async (method: string, path: string, form?: { readonly [name: string]: string }) => {
    const { baseUrl, accountSid, authToken } = bed.router
    const body = form === undefined ? {} : { body: new URLSearchParams(form) }
    const response = await fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      method,
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
      ...body,
    })
    const { status, headers } = response
    return {
      status,
      headers,
      json: (await response.json()) as { readonly [name: string]: unknown },
    }
  }

  it('names the whole path that was not found', async () => {
    const path = `/Applications/AP${'0'.repeat(32)}.json`
    const { json } = await send('GET', path)
    const whole = `/2010-04-01/Accounts/${bed.router.accountSid}${path}`
    expect(json).toMatchObject({ code: 20404, message: expect.stringContaining(` ${whole} `) })
  })

  it('tells the methods that a path has', async () => {
    const { status, headers, json } = await send('DELETE', '/Conferences.json')
    expect([status, json.code]).toEqual([405, 20004])
    expect(headers.get('allow')).toBe('GET, HEAD')
    expect((await send('PATCH', '/Queues.json')).headers.get('allow')).toBe('GET, HEAD, POST, PUT')
  })

  it('closes the connection of a body that is too large', async () => {
    const { httpPort, accountSid, authToken } = bed.router
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const answer = await new Promise<{ status?: number; connection?: string }>(
      (resolve, reject) => {
        const options = { agent, headers, method: 'POST', auth: `${accountSid}:${authToken}` }
        const path = `/2010-04-01/Accounts/${accountSid}/Applications.json`
        const sent = request({ ...options, port: httpPort, path }, (response) => {
          const { statusCode: status, headers: got } = response.resume()
          resolve({
            ...(status && { status }),
            ...(got.connection && { connection: got.connection }),
          })
        })
        sent.on('error', reject)
        sent.end(`FriendlyName=${'x'.repeat(1_000_000)}`)
      },
    )
    agent.destroy()
    expect(answer).toEqual({ status: 413, connection: 'close' })
  })

  it('takes an empty value for none where it would not be valid', async () => {
    const form = { FriendlyName: 'empty', VoiceMethod: '', VoiceUrl: '', VoiceCallerIdLookup: '' }
    const { status, json } = await send('POST', '/Applications.json', form)
    expect([status, json.voice_method, json.voice_url]).toEqual([201, 'POST', ''])
    const queue = await send('POST', '/Queues.json', { FriendlyName: 'empty', MaxSize: '' })
    expect([queue.status, queue.json.max_size]).toEqual([201, 1_000])
    const nameless = await send('POST', '/Queues.json', { FriendlyName: '', MaxSize: '5' })
    expect(nameless).toMatchObject({
      status: 400,
      json: { code: 20001, message: "Parameter 'FriendlyName' is required" },
    })
  })

  it('gives a name to one of several queues that want it at once', async () => {
    const { queues } = bed.client
    const made = await Promise.allSettled(
      [1, 2, 3].map(() => queues.create({ friendlyName: 'new' })),
    )
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const others = await Promise.all(
      ['a', 'b'].map((friendlyName) => queues.create({ friendlyName })),
    )
    const answers = await Promise.all(
      others.map(({ sid }) => send('POST', `/Queues/${sid}.json`, { FriendlyName: 'renamed' })),
    )
    const codes = answers.map(({ status, json }) => json.code ?? status)
    expect(codes.sort()).toEqual([200, 22003])
  })

  it('takes an application that is deleted from its numbers', async () => {
    const { applications, incomingPhoneNumbers } = bed.client
    const [one, other] = await Promise.all(
      ['one', 'other'].map((friendlyName) => applications.create({ friendlyName })),
    )
    const settings = { voiceApplicationSid: one?.sid ?? '', smsApplicationSid: other?.sid ?? '' }
    const number = await incomingPhoneNumbers.create({ phoneNumber: '+15550177001', ...settings })
    await applications(settings.voiceApplicationSid).remove()
    expect(await incomingPhoneNumbers(number.sid).fetch()).toMatchObject({
      voiceApplicationSid: '',
      smsApplicationSid: settings.smsApplicationSid,
    })
    expect(await refusal(applications(settings.voiceApplicationSid).remove())).toMatchObject({
      status: 404,
    })
  })

  it('lets numbers name applications of their account alone', async () => {
    const { applications, incomingPhoneNumbers } = bed.client
    const { sid } = await applications.create({ friendlyName: 'known' })
    const phoneNumber = '+15550177002'
    const other = await addAccount(bed)
    const { sid: unknown } = await other.client.applications.create({ friendlyName: 'theirs' })
    const bad = { status: 400, code: 21218 }
    for (const name of ['voiceApplicationSid', 'smsApplicationSid']) {
      const making = incomingPhoneNumbers.create({ phoneNumber, [name]: unknown })
      expect(await refusal(making)).toMatchObject(bad)
    }
    expect(await incomingPhoneNumbers.list({ phoneNumber })).toEqual([])
    const number = await incomingPhoneNumbers.create({ phoneNumber, voiceApplicationSid: sid })
    const update = (settings: { voiceApplicationSid?: string; smsApplicationSid?: string }) =>
      incomingPhoneNumbers(number.sid).update(settings)
    expect(await refusal(update({ voiceApplicationSid: unknown }))).toMatchObject(bad)
    expect(await refusal(update({ smsApplicationSid: unknown }))).toMatchObject(bad)
    const kept = await incomingPhoneNumbers(number.sid).fetch()
    expect(kept).toMatchObject({ voiceApplicationSid: sid, smsApplicationSid: '' })
    expect(await update({ voiceApplicationSid: '' })).toMatchObject({ voiceApplicationSid: '' })
  })

  it('finds no recordings of a call that never was', async () => {
    const { recordings } = bed.client.calls(`CA${'0'.repeat(32)}`)
    expect(await refusal(recordings.list())).toMatchObject({ status: 404, code: 20404 })
  })
})
