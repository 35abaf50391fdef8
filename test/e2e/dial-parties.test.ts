import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav, type Samples, tones, wavBytes, writeWav } from './harness/audio.js'
import { call } from './harness/caller.js'
import { toneSeconds, toneShare } from './harness/measure.js'
import { startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'
/** What each side says. */
const callerHz = 700
const phoneHz = 500
const whisperHz = 950

/** Several parties of one Dial; the phones are numbers of another router, which documents answer. */
describe('Dial with several parties', () => {
  let bed: Testbed
  let phones: Testbed

  beforeAll(async () => {
    phones = await startTestbed()
    bed = await startTestbed({
      DIALPLANE_TRUNKS: `+1=sip:127.0.0.1:${phones.router.sipPort}`,
    })
    for (const [one, name] of [
      [phones, '/phone.wav'],
      [bed, '/whisper.wav'],
    ] as const) {
      one.app.on(name, (_request, response) => {
        const [hz, seconds] = name === '/phone.wav' ? [phoneHz, 5] : [whisperHz, 1.5]
        response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(tones([hz], seconds)))
        return undefined
      })
    }
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), phones?.close()])
  })

  let count = 0
  /** A number whose calls a phone takes as the verbs say. */
  const phone = (verbs: string, more: { readonly [path: string]: string } = {}) =>
    phones.number({ [`/phone${count++}`]: `<Response>${verbs}</Response>`, ...more })
  const rings = '<Pause length="60"/>'
  const talks = '<Play>/phone.wav</Play>'
  const busy = '<Reject reason="busy"/>'

  const dialing = (name: string, dial: string, more: { readonly [path: string]: string } = {}) =>
    bed.number({
      [`/${name}`]: `<Response>${dial.replace('<Dial', `<Dial action="/${name}/done"`)}</Response>`,
      [`/${name}/done`]: hangup,
      [`/${name}/status`]: '',
      ...more,
    })
  const outcome = async (name: string) => (await bed.app.received(`/${name}/done`)).parameters
  /** Calls and says a tone; resolves with what was heard. */
  const calls = async (name: string, number: string): Promise<Samples> => {
    const play = writeWav(bed.path(`${name}-in.wav`), tones([callerHz], 15))
    const record = bed.path(`${name}-out.wav`)
    await call(bed.uriOf(number), { play, record })
    return readWav(record).samples
  }

  it.concurrent('2H 18: the first of several to answer wins, the others are canceled', async () => {
    const numbers = await Promise.all([phone(rings), phone(`<Pause length="1"/>${talks}`)])
    const number = await dialing(
      'race',
      `<Dial>${numbers
        .map(
          (one) =>
            `<Number statusCallback="/race/status" statusCallbackEvent="initiated ringing answered completed">${one}</Number>`,
        )
        .join('')}</Dial>`,
    )
    const heard = await calls('race', number)
    expect(toneSeconds(heard, phoneHz)).toBeGreaterThan(4)
    const done = await outcome('race')
    expect(done).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' })
    const children = await bed.client.calls.list({ parentCallSid: done.CallSid ?? '' })
    expect(children.map(({ to, status }) => ({ to, status }))).toEqual(
      expect.arrayContaining([
        { to: numbers[0], status: 'canceled' },
        { to: numbers[1], status: 'completed' },
      ]),
    )
    expect(children.find(({ sid }) => sid === done.DialCallSid)?.to).toBe(numbers[1])
    const callbacks = async (to: string | undefined) => {
      await bed.app.received(
        '/race/status',
        ({ parameters: { To, CallDuration } }) => To === to && CallDuration !== undefined,
      )
      return bed.app
        .to('/race/status')
        .map(({ parameters }) => parameters)
        .filter(({ To }) => To === to)
        .map(({ SequenceNumber, CallStatus }) => `${SequenceNumber} ${CallStatus}`)
    }
    expect(await callbacks(numbers[0])).toEqual(['0 initiated', '1 ringing', '2 canceled'])
    expect(await callbacks(numbers[1])).toEqual([
      '0 initiated',
      '1 ringing',
      '2 in-progress',
      '3 completed',
    ])
  })

  it.concurrent('one after another: the second rings when the first is busy', async () => {
    const [first, second] = await Promise.all([phone(busy), phone(talks)])
    const number = await dialing(
      'turn',
      `<Dial sequential="true"><Number>${first}</Number><Number>${second}</Number></Dial>`,
    )
    expect(toneSeconds(await calls('turn', number), phoneHz)).toBeGreaterThan(4)
    const done = await outcome('turn')
    const children = await bed.client.calls.list({ parentCallSid: done.CallSid ?? '' })
    expect(children.map(({ to, status }) => [to, status])).toEqual([
      [second, 'completed'],
      [first, 'busy'],
    ])
  })

  it.concurrent('2H 17: the callee alone hears the whisper, before it is connected', async () => {
    const number = await phone('<Record playBeep="false" maxLength="5" action="/whispered"/>', {
      '/whispered': hangup,
    })
    const dialed = await dialing(
      'whisper',
      `<Dial><Number url="/whisper/hears">${number}</Number></Dial>`,
      { '/whisper/hears': '<Response><Play>/whisper.wav</Play></Response>' },
    )
    const heard = await calls('whisper', dialed)
    const { parameters } = await phones.app.received('/whispered')
    const { samples } = await phones.recording(`${parameters.RecordingUrl}.wav`)
    expect(toneSeconds(samples, whisperHz)).toBeGreaterThan(1.2)
    expect(toneSeconds(samples.subarray(0, 8_000), callerHz)).toBe(0)
    expect(toneSeconds(samples, callerHz)).toBeGreaterThan(2)
    expect(toneSeconds(heard, whisperHz)).toBe(0)
    // Ringing, until the other side is there.
    const begin = heard.findIndex((sample) => Math.abs(sample) > 500)
    const ringing = heard.subarray(begin, begin + 4_000)
    expect(toneShare(ringing, 440) + toneShare(ringing, 480)).toBeGreaterThan(0.9)
    const whisper = bed.app.to('/whisper/hears')[0]?.parameters
    expect(whisper).toMatchObject({ Direction: 'outbound-dial', CallStatus: 'in-progress' })
    expect(whisper?.ParentCallSid).toBe((await outcome('whisper')).CallSid)
  })

  it.concurrent.each([
    ['accepts', '<Pause length="1"/><Play digits="ww1"/>', 'completed', 'true'],
    [
      'declines',
      '<Pause length="1"/><Play digits="ww3"/><Pause length="5"/>',
      'no-answer',
      'false',
    ],
    [
      'says nothing',
      '<Pause length="1"/><Say>hello</Say><Pause length="9"/>',
      'no-answer',
      'false',
    ],
  ])('2H 17: who is called %s by a key', async (name, verbs, status, bridged) => {
    const path = name.replace(/ /g, '-')
    const number = await phone(`${verbs}<Play>/phone.wav</Play>`)
    const dialed = await dialing(
      path,
      `<Dial><Number url="/${path}/screen">${number}</Number></Dial>`,
      {
        [`/${path}/screen`]: `<Response><Gather numDigits="1" timeout="4" action="/${path}/key">
          <Play>/whisper.wav</Play></Gather><Hangup/></Response>`,
      },
    )
    bed.app.on(`/${path}/key`, ({ parameters }) =>
      parameters.Digits === '1' ? '<Response/>' : hangup,
    )
    const heard = await calls(path, dialed)
    expect(await outcome(path)).toMatchObject({ DialCallStatus: status, DialBridged: bridged })
    expect(toneSeconds(heard, phoneHz) > 1).toBe(bridged === 'true')
  })

  it.concurrent('records both sides in two channels, each on its own', async () => {
    const number = await phone(talks)
    const dialed = await dialing(
      'dual',
      `<Dial record="record-from-answer-dual" recordingStatusCallback="/dual/status">
        <Number statusCallback="/dual/party">${number}</Number></Dial>`,
      { '/dual/party': '' },
    )
    await calls('dual', dialed)
    const done = await outcome('dual')
    expect(done.RecordingUrl).toContain(done.RecordingSid)
    const { parameters } = await bed.app.received('/dual/status')
    expect(parameters).toMatchObject({
      RecordingStatus: 'completed',
      RecordingSource: 'DialVerb',
      RecordingChannels: '2',
      RecordingTrack: 'both',
      CallSid: done.CallSid,
      RecordingSid: done.RecordingSid,
    })
    const told = (await bed.app.received('/dual/party')).parameters
    expect(told).toMatchObject({
      CallStatus: 'completed',
      RecordingSid: done.RecordingSid,
      RecordingUrl: done.RecordingUrl,
      RecordingDuration: '5',
    })
    const { samples, channels } = await bed.recording(
      `${parameters.RecordingUrl}.wav?RequestedChannels=2`,
    )
    expect(channels).toBe(2)
    const side = (index: number) => samples.filter((_one, at) => at % 2 === index)
    expect(toneSeconds(side(0), callerHz)).toBeGreaterThan(4)
    expect(toneSeconds(side(1), phoneHz)).toBeGreaterThan(4)
    expect(toneShare(side(0), phoneHz)).toBeLessThan(0.001)
    expect(toneShare(side(1), callerHz)).toBeLessThan(0.001)
  })

  it.concurrent.each([
    ['inbound', callerHz],
    ['outbound', phoneHz],
  ])('records the %s track alone', async (track, toneHz) => {
    const number = await phone(talks)
    const dialed = await dialing(
      track,
      `<Dial record="true" recordingTrack="${track}"><Number>${number}</Number></Dial>`,
    )
    await calls(track, dialed)
    const { samples } = await bed.recording(`${(await outcome(track)).RecordingUrl}.wav`)
    expect(toneSeconds(samples, toneHz)).toBeGreaterThan(4)
    expect(toneShare(samples, toneHz)).toBeGreaterThan(0.95)
  })

  it.concurrent('rings as in another country', async () => {
    const number = await phone(rings)
    const dialed = await dialing('uk', `<Dial timeout="5" ringTone="uk">${number}</Dial>`)
    const heard = await calls('uk', dialed)
    const burst = heard.subarray(800, 2_800)
    expect(toneShare(burst, 400) + toneShare(burst, 450)).toBeGreaterThan(0.9)
    expect(await outcome('uk')).toMatchObject({ DialCallStatus: 'no-answer' })
  })

  it.concurrent('tells what a SIP address has answered', async () => {
    const [answers, refuses] = await Promise.all([phone(talks), phone(busy)])
    const sip = (one: string) => `<Dial><Sip>${phones.uriOf(one)}?X-Case=7</Sip></Dial>`
    const [first, second] = await Promise.all([
      dialing('sip-ok', sip(answers)),
      dialing('sip-busy', sip(refuses)),
    ])
    await Promise.all([calls('sip-ok', first), calls('sip-busy', second)])
    expect(await outcome('sip-ok')).toMatchObject({
      DialSipResponseCode: '200',
      DialSipCallId: expect.stringMatching(/./),
    })
    expect(await outcome('sip-busy')).toMatchObject({ DialSipResponseCode: '486' })
  })

  it.concurrent('a caller id of somebody else goes to the fallback', async () => {
    const number = await phone(talks)
    const dialed = await bed.number(
      {
        '/foreign': `<Response><Dial callerId="+15559990000">${number}</Dial></Response>`,
        '/foreign/fallback': hangup,
      },
      { voiceFallbackUrl: bed.app.url('/foreign/fallback') },
    )
    await call(bed.uriOf(dialed))
    const { parameters } = await bed.app.received('/foreign/fallback')
    expect(parameters).toMatchObject({ ErrorCode: '13214' })
  })

  it('leaves no call, leg or port behind', { timeout: 60_000 }, async () => {
    await Promise.all([untilQuiet(bed.router, 40), untilQuiet(phones.router, 40)])
  })
})
