import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../e2e/harness/caller.js'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'

const to = '+15558675310'

describe('Messages', () => {
  let bed: Testbed
  let from: string
  beforeAll(async () => {
    bed = await startTestbed()
    from = await bed.number({ '/status': '', '/status2': '', '/sms-status': '' })
  })
  afterAll(() => bed?.close())

  const settled = (sid: string) =>
    expect
      .poll(async () => (await bed.client.messages(sid).fetch()).status, { timeout: 10_000 })
      .toBe('failed')

  it('are queued, and fail as long as there is no carrier; each change is told in order', async () => {
    const statusCallback = bed.app.url('/status')
    const body = 'Hello! 👍'
    const created = await bed.client.messages.create({ to, from, body, statusCallback })
    expect(created).toMatchObject({
      ...{ to, from, body, status: 'queued', direction: 'outbound-api' },
      ...{
        numSegments: '1',
        numMedia: '0',
        errorCode: null,
        dateSent: null,
        apiVersion: '2010-04-01',
      },
    })
    expect(created.sid).toMatch(/^SM[0-9a-f]{32}$/)
    await settled(created.sid)
    expect(await bed.client.messages(created.sid).fetch()).toMatchObject({ errorCode: 30008 })
    await bed.app.received('/status', () => bed.app.to('/status').length === 2)
    const told = bed.app.to('/status').map(({ parameters }) => parameters)
    expect(told.map(({ MessageStatus }) => MessageStatus)).toEqual(['queued', 'failed'])
    expect(told[1]).toMatchObject({
      ...{ MessageSid: created.sid, SmsSid: created.sid, SmsStatus: 'failed', ErrorCode: '30008' },
      ...{ To: to, From: from, AccountSid: bed.router.accountSid, ApiVersion: '2010-04-01' },
    })
    expect(told[1]).not.toHaveProperty('CallSid')
  })

  it('are listed by who sent and got them, redacted and deleted', async () => {
    const other = '+15558675399'
    const { sid } = await bed.client.messages.create({
      ...{ to: other, from, body: 'a'.repeat(161) },
      mediaUrl: ['https://example.com/a.png', 'https://example.com/b.png'],
    })
    expect(sid).toMatch(/^MM/)
    await settled(sid)
    const listed = await bed.client.messages.list({ to: other })
    expect(listed).toMatchObject([{ sid, numMedia: '2', numSegments: '2' }])
    expect(await bed.client.messages.list({ to: other, from: other })).toEqual([])
    expect(await bed.client.messages.list({ to: other, dateSentAfter: new Date(0) })).toEqual([])
    expect(await bed.client.messages(sid).update({ body: '' })).toMatchObject({ body: '' })
    expect((await bed.client.messages(sid).fetch()).body).toBe('')
    expect(await bed.client.messages(sid).remove()).toBe(true)
    await expect(bed.client.messages(sid).fetch()).rejects.toMatchObject({ code: 20404 })
  })

  it('can be scheduled, and canceled until they are sent', async () => {
    const wanted = {
      ...{ to, body: 'later', scheduleType: 'fixed' as const },
      ...{ messagingServiceSid: `MG${'a'.repeat(32)}`, statusCallback: bed.app.url('/status2') },
    }
    const sendAt = new Date(Date.now() + 3_600_000)
    const { sid, status } = await bed.client.messages.create({ ...wanted, sendAt })
    expect(status).toBe('scheduled')
    await expect(bed.client.messages(sid).remove()).rejects.toMatchObject({ code: 20009 })
    const canceled = await bed.client.messages(sid).update({ status: 'canceled' })
    expect(canceled).toMatchObject({ status: 'canceled', from: null })
    const again = bed.client.messages(sid).update({ status: 'canceled' })
    await expect(again).rejects.toMatchObject({ code: 20009 })
    await bed.app.received('/status2', ({ parameters }) => parameters.SmsStatus === 'canceled')
    const soon = bed.client.messages.create({ ...wanted, sendAt: new Date(Date.now() + 60_000) })
    await expect(soon).rejects.toMatchObject({ code: 20001 })
    const { scheduleType, ...untyped } = wanted
    const atOnce = bed.client.messages.create({ ...untyped, sendAt })
    await expect(atOnce).rejects.toMatchObject({ code: 20001 })
  })

  it.each([
    ['no body', 21602, { Body: '' }],
    ['no recipient', 21604, { To: '' }],
    ['a wrong recipient', 21211, { To: 'nobody' }],
    ['no sender', 21603, { From: '' }],
    ['a wrong sender', 21212, { From: 'x' }],
    ['a sender of somebody else', 21606, { From: '+15557654321' }],
    ['a body that is too long', 21617, { Body: 'a'.repeat(1_601) }],
    ['a media URL that is none', 21620, { MediaUrl: 'ftp://x/y' }],
    [
      'too many media',
      21623,
      { MediaUrl: Array.from({ length: 11 }, () => 'http://a.example/b').join(' ') },
    ],
  ])('with %s are refused with %i', async (_what, code, change) => {
    const form = new URLSearchParams({ To: to, From: from, Body: 'hi', ...change } as never)
    const { baseUrl, accountSid, authToken } = bed.router
    const response = await fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
      method: 'POST',
      body: form,
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code, status: 400 })
  })

  it('Sms sends one during a call; its action and its status callback are told', async () => {
    const number = await bed.number({
      '/sms': `<Response><Sms to="${to}" action="/sms/done" statusCallback="/sms-status">Thanks</Sms></Response>`,
      '/sms/done': '<Response><Hangup/></Response>',
      '/sms-status': '',
    })
    await call(bed.uriOf(number))
    const { parameters } = await bed.app.received('/sms/done')
    expect(parameters).toMatchObject({ SmsStatus: 'failed', CallStatus: expect.any(String) })
    const { SmsSid = '' } = parameters
    expect(await bed.client.messages(SmsSid).fetch()).toMatchObject({
      ...{ from: number, to, body: 'Thanks', direction: 'outbound-call', errorCode: 30008 },
    })
    await bed.app.received('/sms-status', ({ parameters }) => parameters.SmsStatus === 'failed')
  })
})
