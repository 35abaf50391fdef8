import type { ServerResponse } from 'node:http'
import twilio from 'twilio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from './harness/caller.js'
import { soundSeconds } from './harness/measure.js'
import { callerNumber, startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

/** Where calls to these numbers go: a router of its own plays the phones. */
const prefix = '+15550106'

describe('caller IDs are verified', () => {
  let bed: Testbed
  let phones: Testbed
  let made = 0
  beforeAll(async () => {
    phones = await startTestbed()
    bed = await startTestbed({
      DIALPLANE_TRUNKS: `${prefix}=sip:127.0.0.1:${phones.router.sipPort}`,
      // All that a log may show.
      DIALPLANE_LOG_LEVEL: 'debug',
    })
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), phones?.close()])
  })

  /** A phone that listens, then keys what `keys` makes of the code, then listens again. */
  async function phoneThatKeys(name: string, keys: (code: string) => string) {
    const phoneNumber = `${prefix}${String(made++).padStart(4, '0')}`
    let tell = (_code: string) => {}
    const code = new Promise<string>((resolve) => {
      tell = resolve
    })
    const listen = (action: string) =>
      `<Record playBeep="false" maxLength="3" timeout="3" action="/${name}/${action}"/>`
    const documents = {
      [`/${name}`]: `<Response>${listen('keys')}</Response>`,
      [`/${name}/keys`]: (_request: unknown, response: ServerResponse) => {
        void code.then((known) => {
          const steps = `${keys(known)}${listen('heard')}`
          response.writeHead(200, { 'Content-Type': 'text/xml' })
          response.end(`<Response>${steps}</Response>`)
        })
        return undefined
      },
      [`/${name}/heard`]: '<Response><Pause length="20"/></Response>',
    }
    for (const [path, responder] of Object.entries(documents)) phones.app.on(path, responder)
    const voiceUrl = phones.app.url(`/${name}`)
    await phones.client.incomingPhoneNumbers.create({ phoneNumber, voiceUrl })
    return { phoneNumber, tell }
  }

  const begin = (phoneNumber: string, name: string, more: object = {}) => {
    bed.app.on(`/${name}/status`, '')
    return bed.client.validationRequests.create({
      ...{ phoneNumber, friendlyName: name, statusCallback: bed.app.url(`/${name}/status`) },
      ...more,
    })
  }
  const heardBy = async (path: string) => {
    const { RecordingUrl } = (await phones.app.received(path)).parameters
    return soundSeconds((await phones.recording(RecordingUrl)).samples)
  }
  const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
  const keyed = (digits: string) => `<Pause length="1"/><Play digits="${digits}"/>`

  it.concurrent('by who hears the prompt and keys the code: it may be called from then on', async () => {
    const phone = await phoneThatKeys('owner', keyed)
    const twiml = '<Response><Hangup/></Response>'
    const outwards = { to: phone.phoneNumber, from: phone.phoneNumber, twiml }
    const refused = bed.client.calls.create(outwards)
    await expect(refused).rejects.toBeInstanceOf(twilio.RestException)
    await expect(refused).rejects.toMatchObject({ status: 400, code: 21210 })

    const begun = await begin(phone.phoneNumber, 'owner')
    expect(begun).toMatchObject({ phoneNumber: phone.phoneNumber, friendlyName: 'owner' })
    expect(begun.validationCode).toMatch(/^\d{6}$/)
    phone.tell(begun.validationCode)
    expect(await heardBy('/owner/keys')).toBeGreaterThan(1)
    expect(await heardBy('/owner/heard')).toBeGreaterThan(1)
    const told = (await bed.app.received('/owner/status')).parameters
    expect(told).toMatchObject({
      ...{ VerificationStatus: 'success', CallSid: begun.callSid, CallStatus: 'completed' },
      ...{ To: phone.phoneNumber, Called: phone.phoneNumber, From: callerNumber },
      ...{ AccountSid: bed.router.accountSid, Direction: 'outbound-api' },
    })
    expect(told.OutgoingCallerIdSid).toMatch(/^PN[0-9a-f]{32}$/)
    const kept = await bed.client.outgoingCallerIds(told.OutgoingCallerIdSid ?? '').fetch()
    expect(kept).toMatchObject({ phoneNumber: phone.phoneNumber, friendlyName: 'owner' })
    await expect(begin(phone.phoneNumber, 'owner')).rejects.toMatchObject({
      ...{ status: 400, code: 21450 },
    })

    const { sid } = await bed.client.calls.create(outwards)
    const isOfCall = ({ parameters }: { parameters: { [name: string]: string } }) =>
      parameters.From === phone.phoneNumber
    expect((await phones.app.received('/owner', isOfCall)).parameters.To).toBe(phone.phoneNumber)
    expect((await bed.client.calls(sid).fetch()).from).toBe(phone.phoneNumber)
    const heardTimes = (count: number) => () =>
      phones.app.to('/owner').filter(isOfCall).length === count
    const callerId = phone.phoneNumber
    await bed.client.calls.create({ ...outwards, from: callerNumber, callerId })
    await phones.app.received('/owner', heardTimes(2))
    const dials = `<Response><Dial action="/dialled" callerId="${callerId}">
      <Number>${phone.phoneNumber}</Number></Dial></Response>`
    const number = await bed.number({
      '/dials': dials,
      '/dialled': '<Response><Hangup/></Response>',
    })
    await call(bed.uriOf(number), { maxSeconds: 3 })
    await phones.app.received('/owner', heardTimes(3))

    // Nothing of it is told where others read.
    const { callSid, validationCode } = begun
    const events = await bed.client.calls(callSid).events.list()
    // Not as a part of a time or an id.
    const code = new RegExp(`(?<![\\w.])${validationCode}(?!\\w)`)
    expect(JSON.stringify(events)).not.toMatch(code)
    expect(bed.router.log()).not.toMatch(code)
    expect(bed.router.log()).not.toContain('"msg":"digit"')
    expect(bed.router.log()).toContain(callSid)
  })

  it.concurrent('not by a wrong code, three times', { timeout: 60_000 }, async () => {
    const name = 'guesser'
    const phone = await phoneThatKeys(name, (code) => keyed(wrong(code)).repeat(3))
    const begun = await begin(phone.phoneNumber, name)
    phone.tell(begun.validationCode)
    const told = (await bed.app.received(`/${name}/status`, () => true, 40)).parameters
    expect(told).toMatchObject({ VerificationStatus: 'failed', CallStatus: 'completed' })
    expect(told).not.toHaveProperty('OutgoingCallerIdSid')
    expect(await bed.client.outgoingCallerIds.list({ friendlyName: name })).toEqual([])
    const from = phone.phoneNumber
    const twiml = '<Response/>'
    const outwards = bed.client.calls.create({ to: callerNumber, from, twiml })
    await expect(outwards).rejects.toMatchObject({ code: 21210 })
  })

  it.concurrent('by the third try', { timeout: 60_000 }, async () => {
    const name = 'clumsy'
    const phone = await phoneThatKeys(
      name,
      (code) => keyed(wrong(code)) + keyed(wrong(code)) + keyed(code),
    )
    const begun = await begin(phone.phoneNumber, name, { callDelay: 1 })
    phone.tell(begun.validationCode)
    expect((await bed.client.calls(begun.callSid).fetch()).status).toBe('queued')
    const told = (await bed.app.received(`/${name}/status`, () => true, 40)).parameters
    expect(told.VerificationStatus).toBe('success')
    const [kept] = await bed.client.outgoingCallerIds.list({ phoneNumber: phone.phoneNumber })
    expect(kept).toMatchObject({ sid: told.OutgoingCallerIdSid, friendlyName: name })
  })

  it.concurrent('through an extension; not by who does not answer', async () => {
    const phoneNumber = `${prefix}9999`
    phones.app.on('/absent', '<Response><Reject/></Response>')
    const voiceUrl = phones.app.url('/absent')
    const { sid } = await phones.client.incomingPhoneNumbers.create({ phoneNumber, voiceUrl })
    await begin(phoneNumber, 'absent')
    const told = (await bed.app.received('/absent/status')).parameters
    expect(told).toMatchObject({ VerificationStatus: 'failed', CallStatus: 'no-answer' })

    phones.app.on(
      '/menu',
      '<Response><Gather numDigits="3" timeout="15" action="/menu/keys"/></Response>',
    )
    phones.app.on('/menu/keys', '<Response><Hangup/></Response>')
    await phones.client.incomingPhoneNumbers(sid).update({ voiceUrl: phones.app.url('/menu') })
    // It can be tried again, with a code of its own.
    await begin(phoneNumber, 'menu', { extension: 'ww204' })
    expect((await phones.app.received('/menu/keys')).parameters.Digits).toBe('204')
    const again = (await bed.app.received('/menu/status')).parameters
    expect(again).toMatchObject({ VerificationStatus: 'failed', CallStatus: 'completed' })
  })

  it('leaves no call, leg or port behind', { timeout: 60_000 }, async () => {
    await Promise.all([untilQuiet(bed.router, 40), untilQuiet(phones.router, 40)])
  })
})
