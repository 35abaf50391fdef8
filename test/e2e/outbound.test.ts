import twilio from 'twilio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReceivedRequest } from './harness/application.js'
import { eventually } from './harness/eventually.js'
import { needs } from './harness/needs.js'
import { freePort } from './harness/ports.js'
import { type SippOptions, startSippServer } from './harness/sipp.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const everyEvent = ['initiated', 'ringing', 'answered', 'completed']

describe.skipIf(!needs('sipp'))('calls that REST makes', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const called = (scenario: string, more: Partial<SippOptions> = {}) =>
    startSippServer({ scenario, cwd: bed.directory, ...more })

  /** Calls `port` with all status callbacks at `/{name}/status`. */
  const create = (port: number, name: string, settings: object = {}) => {
    bed.app.on(`/${name}/status`, '')
    return bed.client.calls.create({
      to: `sip:${name}@127.0.0.1:${port}`,
      from: callerNumber,
      statusCallback: bed.app.url(`/${name}/status`),
      statusCallbackEvent: everyEvent,
      twiml: '<Response><Pause length="60"/></Response>',
      ...settings,
    })
  }
  const statusOf = ({ parameters }: ReceivedRequest) => parameters.CallStatus
  const completed = (name: string, statuses: readonly string[]) =>
    bed.app.received(`/${name}/status`, (request) => statuses.includes(statusOf(request) ?? ''))
  const inProgress = (sid: string) =>
    eventually('the call to be answered', async () => {
      const call = await bed.client.calls(sid).fetch()
      return call.status === 'in-progress' ? call : undefined
    })

  it.concurrent('2H 19: are queued, ring, are answered and end, with a callback of each, numbered from 0', async () => {
    const phone = await called('called-hangs-up', { values: { talkMs: '1500' } })
    bed.app.on('/story', '<Response><Pause length="60"/></Response>')
    const made = await create(phone.port, 'story', { twiml: undefined, url: bed.app.url('/story') })
    expect(made).toMatchObject({ status: 'queued', direction: 'outbound-api', duration: null })
    await completed('story', ['completed'])
    expect((await phone.finished).code).toBe(0)

    const callbacks = bed.app.to('/story/status').map(({ parameters }) => parameters)
    expect(callbacks.map(({ CallStatus }) => CallStatus)).toEqual([
      'initiated',
      'ringing',
      'in-progress',
      'completed',
    ])
    expect(callbacks.map(({ SequenceNumber }) => SequenceNumber)).toEqual(['0', '1', '2', '3'])
    for (const parameters of callbacks) {
      expect(parameters).toMatchObject({
        CallSid: made.sid,
        Direction: 'outbound-api',
        CallbackSource: 'call-progress-events',
      })
      expect(Date.parse(parameters.Timestamp ?? '')).not.toBeNaN()
    }
    expect(callbacks.at(-1)?.CallDuration).toMatch(/^[12]$/)
    expect(callbacks[0]).not.toHaveProperty('CallDuration')
    const [document] = bed.app.to('/story')
    expect(document?.parameters).toMatchObject({ CallStatus: 'in-progress', From: callerNumber })
    const ended = await bed.client.calls(made.sid).fetch()
    expect(ended.status).toBe('completed')
    expect(ended.startTime).toBeInstanceOf(Date)
    expect(await bed.client.calls(made.sid).remove()).toBe(true)
  })

  it.concurrent('tell nothing for words of StatusCallbackEvent that there are not', async () => {
    const phone = await called('called-hangs-up', { values: { talkMs: '200' } })
    const statusCallbackEvent = ['flying', 'answered', 'Ringing', 'completed']
    await create(phone.port, 'words', { statusCallbackEvent })
    await completed('words', ['completed'])
    await phone.finished
    expect(bed.app.to('/words/status').map(statusOf)).toEqual(['in-progress', 'completed'])
  })

  it.concurrent.each([
    ['486 Busy Here', 'busy'],
    ['480 Temporarily Unavailable', 'no-answer'],
    ['404 Not Found', 'failed'],
    ['503 Service Unavailable', 'failed'],
  ])('that are refused with %s are %s', async (status, expected) => {
    const phone = await called('called-refuses', { values: { status } })
    const name = `refused${status.slice(0, 3)}`
    const { sid } = await create(phone.port, name)
    await completed(name, [expected])
    expect((await phone.finished).code).toBe(0)
    const ended = await bed.client.calls(sid).fetch()
    expect(ended).toMatchObject({ status: expected, duration: '0' })
    expect(bed.app.to(`/${name}/status`).map(statusOf)).toEqual(['initiated', expected])
  })

  it.concurrent('that nobody answers in time are no-answer', async () => {
    const phone = await called('called-rings')
    await create(phone.port, 'patient', { timeout: 1 })
    await completed('patient', ['no-answer'])
    expect((await phone.finished).code).toBe(0)
  })

  it.concurrent.each(['canceled', 'completed'] as const)(
    'that ring are canceled by Status=%s',
    async (status) => {
      const phone = await called('called-rings')
      const name = `ringing-${status}`
      const { sid } = await create(phone.port, name)
      await completed(name, ['ringing'])
      await bed.client.calls(sid).update({ status })
      await completed(name, ['canceled'])
      expect((await phone.finished).code).toBe(0)
      expect((await bed.client.calls(sid).fetch()).status).toBe('canceled')
    },
  )

  it.concurrent('that reach nobody are failed', async () => {
    bed.app.on('/nowhere/status', '')
    const { sid } = await create(await freePort(), 'nowhere', {
      to: `sip:nowhere@127.0.0.1:${await freePort()};transport=tcp`,
    })
    await completed('nowhere', ['failed'])
    expect((await bed.client.calls(sid).fetch()).status).toBe('failed')
  })

  it.concurrent('are ended while they run, once', async () => {
    const phone = await called('called-answers')
    const { sid } = await create(phone.port, 'ended')
    await inProgress(sid)
    await expect(bed.client.calls(sid).remove()).rejects.toMatchObject({ code: 20009, status: 409 })
    await expect(bed.client.calls(sid).update({ status: 'canceled' })).rejects.toMatchObject({
      code: 21220,
    })
    await bed.client.calls(sid).update({ status: 'completed' })
    expect((await phone.finished).code).toBe(0)
    await completed('ended', ['completed'])
    const again = bed.client.calls(sid).update({ status: 'completed' })
    await expect(again).rejects.toBeInstanceOf(twilio.RestException)
    await expect(again).rejects.toMatchObject({ code: 21220, status: 400 })
    // What is refused is named.
    const wanted = [
      [{ status: 'completed' }, 'is not in-progress. Cannot end.'],
      [{ status: 'canceled' }, 'is not queued or ringing. Cannot cancel.'],
      [{ timeLimit: 9 }, 'is not in-progress. Cannot change.'],
      [{ twiml: '<Response/>', timeLimit: 9 }, 'is not in-progress. Cannot redirect.'],
    ] as const
    for (const [change, why] of wanted) {
      const message = `Call ${sid} ${why}`
      await expect(bed.client.calls(sid).update(change)).rejects.toMatchObject({
        ...{ code: 21220, status: 400, message },
      })
    }
  })

  it.concurrent('are redirected while they run, by Url and by Twiml', async () => {
    const phone = await called('called-answers')
    const { sid } = await create(phone.port, 'redirected')
    await inProgress(sid)
    bed.app.on('/redirected/next', '<Response><Pause length="60"/></Response>')
    await bed.client.calls(sid).update({ url: bed.app.url('/redirected/next'), method: 'GET' })
    const { method, parameters } = await bed.app.received('/redirected/next')
    expect({ method, status: parameters.CallStatus }).toEqual({
      method: 'GET',
      status: 'in-progress',
    })
    bed.app.on('/redirected/last', '<Response><Hangup/></Response>')
    const twiml = `<Response><Redirect>${bed.app.url('/redirected/last')}</Redirect></Response>`
    await bed.client.calls(sid).update({ twiml })
    await bed.app.received('/redirected/last')
    expect((await phone.finished).code).toBe(0)
    await expect(bed.client.calls(sid).update({ twiml })).rejects.toMatchObject({ code: 21220 })
  })

  it.concurrent('are ended by their time limit', async () => {
    const phone = await called('called-answers')
    await create(phone.port, 'limited', { timeLimit: 1 })
    await completed('limited', ['completed'])
    expect((await phone.finished).code).toBe(0)
  })

  it.concurrent('2H 21: prefer Url to Twiml, and fall back when it fails', async () => {
    const phone = await called('called-answers')
    bed.app.on('/both/fallback', '<Response><Hangup/></Response>')
    await create(phone.port, 'both', {
      url: bed.app.url('/both/missing'),
      fallbackUrl: bed.app.url('/both/fallback'),
    })
    const { parameters } = await bed.app.received('/both/fallback')
    expect(parameters).toMatchObject({ ErrorCode: '11200', ErrorUrl: bed.app.url('/both/missing') })
    expect((await phone.finished).code).toBe(0)
  })
})
