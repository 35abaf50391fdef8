import twilio from 'twilio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restClient } from '../e2e/harness/rest-client.js'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'

const { RestException } = twilio
const nobody = `${'0'.repeat(31)}1`

describe('the official client', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const refusal = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (reason) => reason,
    )
    expect(error).toBeInstanceOf(RestException)
    const { status, code, moreInfo } = error as InstanceType<typeof RestException>
    expect(moreInfo).toContain(String(code))
    return { status, code }
  }

  it('creates, fetches, updates, finds and removes a number', async () => {
    const { incomingPhoneNumbers } = bed.client
    const made = await incomingPhoneNumbers.create({
      phoneNumber: '+15550200001',
      friendlyName: 'Reception',
      voiceUrl: 'http://127.0.0.1:9/voice',
      voiceMethod: 'GET',
      statusCallback: 'http://127.0.0.1:9/status',
    })
    expect(made.sid).toMatch(/^PN[0-9a-f]{32}$/)
    expect(made).toMatchObject({ friendlyName: 'Reception', voiceMethod: 'GET' })
    expect(made.dateCreated).toBeInstanceOf(Date)
    const changed = await incomingPhoneNumbers(made.sid).update({ friendlyName: 'Sales' })
    expect(changed).toMatchObject({ friendlyName: 'Sales', voiceUrl: made.voiceUrl })
    expect(await incomingPhoneNumbers.list({ phoneNumber: '+1555020*' })).toHaveLength(1)
    expect(await incomingPhoneNumbers(made.sid).remove()).toBe(true)
    expect(await refusal(incomingPhoneNumbers(made.sid).fetch())).toEqual({
      status: 404,
      code: 20404,
    })
  })

  it('2H 30: walks the pages of a list, there and back', async () => {
    const { incomingPhoneNumbers } = bed.client
    const made: string[] = []
    for (let index = 0; index < 25; index++) {
      const phoneNumber = `+1555031${String(index).padStart(4, '0')}`
      made.push((await incomingPhoneNumbers.create({ phoneNumber })).phoneNumber)
    }
    const listed = await incomingPhoneNumbers.list({ phoneNumber: '+1555031*', pageSize: 10 })
    // Newest first, each once.
    expect(new Set(listed.map(({ phoneNumber }) => phoneNumber))).toEqual(new Set(made))
    expect(listed).toHaveLength(made.length)
    const first = await incomingPhoneNumbers.page({ phoneNumber: '+1555031*', pageSize: 10 })
    const second = await first.nextPage()
    const third = await second?.nextPage()
    expect(third?.instances).toHaveLength(5)
    expect(await third?.nextPage()).toBeUndefined()
    const back = await third?.previousPage()
    expect(back?.instances.map(({ sid }) => sid)).toEqual(second?.instances.map(({ sid }) => sid))
    const limited = await incomingPhoneNumbers.list({ limit: 12, pageSize: 5 })
    expect(limited).toHaveLength(12)
  })

  it('fetches the account', async () => {
    const account = await bed.client.api.v2010.accounts(bed.router.accountSid).fetch()
    expect(account).toMatchObject({ sid: bed.router.accountSid, status: 'active', type: 'Full' })
  })

  it('is told what it did wrong', async () => {
    const { calls, recordings, incomingPhoneNumbers } = bed.client
    const twiml = '<Response/>'
    const from = '+15550200002'
    const to = '+15550200003'
    const outcomes = {
      noSuchCall: await refusal(calls(`CA${nobody}`).fetch()),
      noSuchRecording: await refusal(recordings(`RE${nobody}`).remove()),
      badTo: await refusal(calls.create({ to: 'nobody', from, twiml })),
      badFrom: await refusal(calls.create({ to, from: '12', twiml })),
      noUrl: await refusal(calls.create({ to, from })),
      badUrl: await refusal(calls.create({ to, from, url: 'ftp://example.com' })),
      badTimeout: await refusal(calls.create({ to, from, twiml, timeout: 601 })),
      badNumber: await refusal(incomingPhoneNumbers.create({ phoneNumber: '1' })),
      noNumber: await refusal(incomingPhoneNumbers.create({})),
    }
    expect(outcomes).toEqual({
      noSuchCall: { status: 404, code: 20404 },
      noSuchRecording: { status: 404, code: 20404 },
      badTo: { status: 400, code: 21211 },
      badFrom: { status: 400, code: 21212 },
      noUrl: { status: 400, code: 21205 },
      badUrl: { status: 400, code: 21205 },
      badTimeout: { status: 400, code: 21208 },
      badNumber: { status: 400, code: 21401 },
      noNumber: { status: 400, code: 21421 },
    })
  })

  it('is refused with a wrong token, or for an account that is not its own', async () => {
    const { baseUrl, accountSid, authToken } = bed.router
    const wrong = restClient(baseUrl, accountSid, 'x'.repeat(32))
    expect(await refusal(wrong.calls.list())).toEqual({ status: 401, code: 20003 })
    const other = restClient(baseUrl, `AC${nobody}`, authToken)
    expect(await refusal(other.calls.list())).toEqual({ status: 401, code: 20003 })
  })
})
