import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { join, readWav, silence, tones, wavBytes, writeWav } from './harness/audio.js'
import { call, startCaller } from './harness/caller.js'
import { toneSeconds } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { freePort } from './harness/ports.js'
import { type SippOptions, startSippServer } from './harness/sipp.js'
import { startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'

/** Each number has a trunk of its own, where a phone of sipp listens. */
const phones = {
  echo: '+15550201',
  busy: '+15550202',
  rings: '+15550203',
  leaves: '+15550204',
  early: '+15550205',
  star: '+15550206',
  limit: '+15550207',
  bridge: '+15550208',
  refuses: '+15550209',
} as const

type Phone = keyof typeof phones

describe.skipIf(!needs('sipp'))('Dial', () => {
  let bed: Testbed
  let other: Testbed
  const ports = new Map<Phone, number>()

  beforeAll(async () => {
    for (const phone of Object.keys(phones)) ports.set(phone as Phone, await freePort())
    const trunks = Object.entries(phones).map(
      ([phone, prefix]) => `${prefix}=sip:127.0.0.1:${ports.get(phone as Phone)}`,
    )
    bed = await startTestbed({ DIALPLANE_TRUNKS: trunks.join(',') })
    other = await startTestbed()
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), other?.close()])
  })

  const phone = (name: Phone, scenario: string, more: Partial<SippOptions> = {}) =>
    startSippServer({
      scenario,
      cwd: bed.directory,
      ...more,
      port: ports.get(name) as number,
    })

  /** A number that dials; its action is at /{name}/done. */
  const dialing = (name: string, dial: string) =>
    bed.number({
      [`/${name}`]: `<Response>${dial.replace('<Dial', `<Dial action="/${name}/done"`)}</Response>`,
      [`/${name}/done`]: hangup,
      [`/${name}/status`]: '',
    })
  const outcome = async (name: string) => (await bed.app.received(`/${name}/done`)).parameters

  it.concurrent('a Number by the trunk table: what is said comes back as an echo', async () => {
    const peer = await phone('echo', 'called-hangs-up', {
      values: { talkMs: '4000' },
      parameters: ['-rtp_echo'],
    })
    const number = await dialing(
      'echo',
      `<Dial><Number statusCallback="/echo/status"
        statusCallbackEvent="initiated ringing answered completed">${phones.echo}0001</Number></Dial>`,
    )
    const play = writeWav(bed.path('echo-in.wav'), tones([620], 8))
    const record = bed.path('echo-out.wav')
    await call(bed.uriOf(number), { play, record })
    expect((await peer.finished).code).toBe(0)
    expect(toneSeconds(readWav(record).samples, 620)).toBeGreaterThan(3)

    const done = await outcome('echo')
    expect(done).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' })
    expect(done.DialCallDuration).toMatch(/^[345]$/)
    const [child] = await bed.client.calls.list({ parentCallSid: done.CallSid ?? '' })
    expect(child).toMatchObject({
      sid: done.DialCallSid,
      direction: 'outbound-dial',
      to: `${phones.echo}0001`,
      status: 'completed',
    })
    await bed.app.received(
      '/echo/status',
      ({ parameters }) => parameters.CallStatus === 'completed',
    )
    const callbacks = bed.app.to('/echo/status').map(({ parameters }) => parameters)
    expect(callbacks.map(({ CallStatus }) => CallStatus)).toEqual([
      'initiated',
      'ringing',
      'in-progress',
      'completed',
    ])
    for (const { CallSid, ParentCallSid } of callbacks) {
      expect({ CallSid, ParentCallSid }).toEqual({
        CallSid: done.DialCallSid,
        ParentCallSid: done.CallSid,
      })
    }
  })

  it.concurrent('a Sip address: each side hears the other, and the caller id', async () => {
    const answering = await other.number({
      '/other': `<Response><Play>/other/tone.wav</Play>
        <Record action="/other/done" playBeep="false" maxLength="2"/></Response>`,
      '/other/tone.wav': (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(tones([500], 2)))
        return undefined
      },
      '/other/done': hangup,
    })
    const number = await dialing(
      'sip',
      `<Dial callerId="+15550209999"><Sip>${other.uriOf(answering)}</Sip></Dial>`,
    )
    const play = writeWav(bed.path('sip-in.wav'), join(silence(0.2), tones([700], 8)))
    const record = bed.path('sip-out.wav')
    await call(bed.uriOf(number), { play, record })
    expect(toneSeconds(readWav(record).samples, 500)).toBeGreaterThan(1.5)
    expect(other.app.to('/other')[0]?.parameters.From).toBe('+15550209999')
    const { parameters } = await other.app.received('/other/done')
    const { accountSid, authToken } = other.router
    const recording = await fetch(`${parameters.RecordingUrl}.wav`, {
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    })
    const { samples } = readWav(Buffer.from(await recording.arrayBuffer()))
    expect(toneSeconds(samples, 700)).toBeGreaterThan(1.5)
    expect(await outcome('sip')).toMatchObject({ DialCallStatus: 'completed' })
  })

  it.concurrent.each([
    ['busy', '486 Busy Here', 'busy'],
    ['refuses', '404 Not Found', 'failed'],
  ] as const)('%s: %s', async (name, status, expected) => {
    const peer = await phone(name, 'called-refuses', { values: { status } })
    const number = await dialing(name, `<Dial>${phones[name]}0001</Dial>`)
    await call(bed.uriOf(number))
    expect(await outcome(name)).toMatchObject({ DialCallStatus: expected, DialBridged: 'false' })
    expect(await outcome(name)).not.toHaveProperty('DialCallDuration')
    expect((await peer.finished).code).toBe(0)
  })

  it.concurrent('2H 12: nobody answers in time, five seconds more than asked; the caller hears it ring', async () => {
    const peer = await phone('rings', 'called-rings')
    // Five seconds are added to the timeout.
    const number = await dialing('rings', `<Dial timeout="5">${phones.rings}0001</Dial>`)
    const record = bed.path('ringing.wav')
    await call(bed.uriOf(number), { record })
    expect(await outcome('rings')).toMatchObject({ DialCallStatus: 'no-answer' })
    expect((await peer.finished).code).toBe(0)
    const { samples } = readWav(record)
    const window = samples.subarray(4_000, 12_000)
    expect(window.some((sample) => Math.abs(sample) > 1_000)).toBe(true)
  })

  it.concurrent('the caller hangs up: the other side is hung up too', async () => {
    const peer = await phone('leaves', 'called-answers')
    const number = await dialing('leaves', `<Dial>${phones.leaves}0001</Dial>`)
    await call(bed.uriOf(number), { maxSeconds: 2 })
    expect((await peer.finished).code).toBe(0)
    expect(await outcome('leaves')).toMatchObject({
      DialCallStatus: 'completed',
      CallStatus: 'completed',
    })
  })

  it.concurrent('the caller hangs up before an answer: the other side is canceled', async () => {
    const peer = await phone('early', 'called-rings')
    const number = await dialing('early', `<Dial>${phones.early}0001</Dial>`)
    await call(bed.uriOf(number), { maxSeconds: 2 })
    expect((await peer.finished).code).toBe(0)
    expect(await outcome('early')).toMatchObject({ DialCallStatus: 'canceled' })
  })

  it.concurrent('a star ends the other side only', async () => {
    const peer = await phone('star', 'called-answers')
    const number = await dialing('star', `<Dial hangupOnStar="true">${phones.star}0001</Dial>`)
    await call(bed.uriOf(number), { digits: '1*', digitsAfter: 2 })
    expect((await peer.finished).code).toBe(0)
    expect(await outcome('star')).toMatchObject({
      DialCallStatus: 'completed',
      CallStatus: 'in-progress',
    })
  })

  it.concurrent('a time limit ends the conversation', async () => {
    const peer = await phone('limit', 'called-answers')
    const number = await dialing('limit', `<Dial timeLimit="1">${phones.limit}0001</Dial>`)
    await call(bed.uriOf(number))
    expect((await peer.finished).code).toBe(0)
    expect(await outcome('limit')).toMatchObject({ DialCallStatus: 'completed' })
  })

  it.concurrent('2H 15: answerOnBridge keeps the caller ringing until then', async () => {
    const peer = await phone('bridge', 'called-rings')
    const number = await dialing(
      'bridge',
      `<Dial answerOnBridge="true">${phones.bridge}0001</Dial>`,
    )
    const caller = startCaller(bed.uriOf(number), { ringSeconds: 2 })
    const { code, output } = await caller.finished
    expect({ code, hasRung: output.includes('ringing') }).toEqual({ code: 1, hasRung: true })
    expect((await peer.finished).code).toBe(0)
    expect((await bed.endedCall(number)).status).toBe('no-answer')
  })

  it.concurrent.each([
    ['nobody', '<Dial><Client/></Dial>'],
    ['untrunked', '<Dial>+442079460000</Dial>'],
    ['unreachable', '<Dial><Sip>sip:x@192.0.2.1</Sip></Dial>'],
  ])('2H 38: %s cannot be reached, and the program goes on', async (name, dial) => {
    const number = await dialing(name, dial)
    await call(bed.uriOf(number))
    expect(await outcome(name)).toMatchObject({ DialCallStatus: 'failed', DialBridged: 'false' })
  })

  it.concurrent.each([
    ['client', '<Client>alice</Client>'],
    ['own', '<Sip>sip:alice@dialplane</Sip>'],
  ])('a device that is not registered does not answer (%s)', async (name, noun) => {
    const number = await dialing(name, `<Dial>${noun}</Dial>`)
    await call(bed.uriOf(number))
    expect(await outcome(name)).toMatchObject({ DialCallStatus: 'no-answer', DialBridged: 'false' })
  })

  it.concurrent('2H 13: without an action goes on with the next verb', async () => {
    const number = await bed.number({
      '/next':
        '<Response><Dial><Client>bob</Client></Dial><Redirect>/next/verb</Redirect></Response>',
      '/next/verb': hangup,
    })
    await call(bed.uriOf(number))
    expect((await bed.app.received('/next/verb')).parameters).not.toHaveProperty('DialCallStatus')
  })

  it('leaves no call, leg or port behind', { timeout: 60_000 }, async () => {
    await Promise.all([untilQuiet(bed.router, 40), untilQuiet(other.router, 40)])
  })
})
