import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../e2e/harness/caller.js'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'

const to = '+15558675310'

describe('Messages', () => {
  let bed: Testbed
  let from: string
  beforeAll(async () => {
    bed = await startTestbed()
    from = await bed.number({
      '/status': '',
      '/status2': '',
      '/status3': '',
      '/status4': '',
      '/application': '',
    })
  })
  afterAll(() => bed?.close())

  const settled = (sid: string) =>
    expect
      .poll(async () => (await bed.client.messages(sid).fetch()).status, { timeout: 10_000 })
      .toBe('failed')

  const api = (path: string, form?: { [name: string]: string }) => {
    const { baseUrl, accountSid, authToken } = bed.router
    return fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
      redirect: 'manual',
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    })
  }

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
    ['an application that there is not', 21218, { ApplicationSid: `AP${'0'.repeat(32)}` }],
    ['no such retention of its content', 20001, { ContentRetention: 'forget' }],
    ['no such retention of its address', 20001, { AddressRetention: 'forget' }],
    ['a media URL that is none', 21620, { MediaUrl: 'ftp://x/y' }],
    ['a media URL without a host that could be', 21620, { MediaUrl: 'http://[x/y' }],
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

  it('have media that are listed, followed and deleted one by one', async () => {
    const mediaUrl = ['https://example.com/a,1.png?b=c', 'https://example.com/b.png']
    const { sid } = await bed.client.messages.create({ to, from, mediaUrl })
    await settled(sid)
    const { media } = bed.client.messages(sid)
    const listed = await media.list()
    expect(listed).toMatchObject([{ parentSid: sid }, { parentSid: sid }])
    expect(await media.list({ dateCreatedBefore: new Date(0) })).toEqual([])
    const [first = '', second = ''] = listed.map((one) => one.sid)
    expect(new Set([first, second]).size).toBe(2)
    expect(first).toMatch(/^ME[0-9a-f]{32}$/)
    const path = `/Messages/${sid}/Media`
    expect(await (await api(`${path}/${first}.json`)).json()).toMatchObject({
      ...{ sid: first, parent_sid: sid, account_sid: bed.router.accountSid, content_type: null },
      uri: `/2010-04-01/Accounts/${bed.router.accountSid}${path}/${first}.json`,
    })
    expect(await (await api(`${path}.xml`)).text()).toContain(`<Media><AccountSid>`)
    for (const [index, mediaSid] of [first, second].entries()) {
      const there = await api(`${path}/${mediaSid}`)
      expect(there.status).toBe(307)
      expect(there.headers.get('location')).toBe(mediaUrl[index])
    }
    expect(await media(first).remove()).toBe(true)
    await expect(media(first).fetch()).rejects.toMatchObject({ status: 404, code: 20404 })
    expect((await media.list()).map((one) => one.sid)).toEqual([second])
    expect((await bed.client.messages(sid).fetch()).numMedia).toBe('1')
    expect((await api(`${path}/${second}`)).headers.get('location')).toBe(mediaUrl[1])
    const elsewhere = bed.client
      .messages(`MM${'0'.repeat(32)}`)
      .media(second)
      .fetch()
    await expect(elsewhere).rejects.toMatchObject({ code: 20404 })
  })

  it('keep their media as long as they wait', async () => {
    const { sid } = await bed.client.messages.create({
      ...{ to, body: 'later', mediaUrl: ['https://example.com/a.png'] },
      ...{ scheduleType: 'fixed', messagingServiceSid: `MG${'a'.repeat(32)}` },
      sendAt: new Date(Date.now() + 3_600_000),
    })
    const { media } = bed.client.messages(sid)
    const [{ sid: mediaSid } = { sid: '' }] = await media.list()
    await expect(media(mediaSid).remove()).rejects.toMatchObject({ status: 409, code: 20009 })
    await bed.client.messages(sid).update({ status: 'canceled' })
    expect(await media(mediaSid).remove()).toBe(true)
    expect(await media.list()).toEqual([])
  })

  it('have feedback, of which the last word counts', async () => {
    const { sid } = await bed.client.messages.create({ to, from, body: 'Did you come?' })
    const { feedback } = bed.client.messages(sid)
    const first = await feedback.create({ outcome: 'unconfirmed' })
    expect(first).toMatchObject({ messageSid: sid, outcome: 'unconfirmed' })
    expect(first.accountSid).toBe(bed.router.accountSid)
    const second = await feedback.create()
    expect(second).toMatchObject({ outcome: 'confirmed', dateCreated: first.dateCreated })
    const wrong = await api(`/Messages/${sid}/Feedback.json`, { Outcome: 'maybe' })
    expect(await wrong.json()).toMatchObject({ status: 400, code: 20001 })
    const nobodys = bed.client.messages(`SM${'0'.repeat(32)}`).feedback.create()
    await expect(nobodys).rejects.toMatchObject({ status: 404, code: 20404 })
  })

  it('forget what they said and to whom when they are over, where that is wanted', async () => {
    const statusCallback = bed.app.url('/status3')
    const body = 'a secret'
    const mediaUrl = ['https://example.com/secret.png']
    const retention = { contentRetention: 'discard', addressRetention: 'obfuscate' } as const
    const wanted = { to, body, mediaUrl, statusCallback, ...retention }
    const created = await bed.client.messages.create({ ...wanted, from })
    const shown = '+1555867XXXX'
    expect(created).toMatchObject({ to: shown, from, body, numMedia: '1', status: 'queued' })
    await settled(created.sid)
    const over = { to: shown, from, body: '', numMedia: '0', numSegments: '1', errorCode: 30008 }
    expect(await bed.client.messages(created.sid).fetch()).toMatchObject(over)
    expect(await bed.client.messages(created.sid).media.list()).toEqual([])
    await bed.app.received('/status3', () => bed.app.to('/status3').length === 2)
    const told = bed.app.to('/status3').map(({ parameters }) => parameters.To)
    expect(told).toEqual([shown, shown])
    const found = await bed.client.messages.list({ to })
    expect(found.map(({ sid }) => sid)).not.toContain(created.sid)
    const scheduled = await bed.client.messages.create({
      ...{ ...wanted, scheduleType: 'fixed', messagingServiceSid: `MG${'a'.repeat(32)}` },
      sendAt: new Date(Date.now() + 3_600_000),
    })
    const waiting = await bed.client.messages(scheduled.sid).fetch()
    expect(waiting).toMatchObject({ body, to: shown, numMedia: '1' })
    const canceled = await bed.client.messages(scheduled.sid).update({ status: 'canceled' })
    expect(canceled).toMatchObject({ body: '', to: shown, numMedia: '0' })
  })

  it('tell the application that they name rather than their own StatusCallback', async () => {
    const { sid: applicationSid } = await bed.client.applications.create({
      messageStatusCallback: bed.app.url('/application'),
    })
    const { sid: silent } = await bed.client.applications.create({})
    const statusCallback = bed.app.url('/status4')
    const text = { to, from, body: 'hi', statusCallback }
    const { sid } = await bed.client.messages.create({ ...text, applicationSid })
    await bed.app.received('/application', ({ parameters }) => parameters.SmsStatus === 'failed')
    const other = await bed.client.messages.create({ ...text, applicationSid: silent })
    await bed.app.received('/status4', ({ parameters }) => parameters.SmsStatus === 'failed')
    const sidsTo = (path: string) =>
      new Set(bed.app.to(path).map(({ parameters }) => parameters.MessageSid))
    expect(sidsTo('/application')).toEqual(new Set([sid]))
    expect(sidsTo('/status4')).toEqual(new Set([other.sid]))
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
