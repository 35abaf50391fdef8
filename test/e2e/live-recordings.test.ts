import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tones, wavBytes, writeWav } from './harness/audio.js'
import { startCaller } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { toneSeconds } from './harness/measure.js'
import { callerNumber, startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

const callerHz = 600
const heardHz = 850

/** What REST does to a call while it runs. */
describe('a live call', () => {
  let bed: Testbed
  let phones: Testbed
  beforeAll(async () => {
    ;[bed, phones] = await Promise.all([startTestbed(), startTestbed()])
    for (const { app } of [bed, phones]) {
      app.on('/long.wav', (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(tones([heardHz], 20)))
        return undefined
      })
    }
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), phones?.close()])
  })

  /** A caller who says a tone and hears another one; resolves when it talks. */
  const talking = async (name: string) => {
    const number = await bed.number({
      [`/${name}`]: '<Response><Play>/long.wav</Play></Response>',
      [`/${name}/next`]: '<Response><Pause length="1"/><Hangup/></Response>',
      [`/${name}/status`]: '',
    })
    const play = writeWav(bed.path(`${name}.wav`), tones([callerHz], 20))
    const { finished } = startCaller(bed.uriOf(number), { play })
    const { sid } = await eventually('the call', async () => {
      const [call] = await bed.client.calls.list({ to: number })
      return call?.status === 'in-progress' ? call : undefined
    })
    return { sid, finished, end: () => bed.client.calls(sid).update({ status: 'completed' }) }
  }
  const audioOf = (sid: string, query = '') =>
    bed.recording(
      `${bed.router.baseUrl}/2010-04-01/Accounts/${bed.router.accountSid}/Recordings/${sid}.wav${query}`,
    )

  it.concurrent('is recorded both ways, paused, resumed and stopped', async () => {
    const { sid, finished, end } = await talking('dual')
    const recordings = bed.client.calls(sid).recordings
    const created = await recordings.create({
      recordingChannels: 'dual',
      recordingStatusCallback: bed.app.url('/dual/status'),
      recordingStatusCallbackEvent: ['in-progress', 'completed'],
    })
    expect(created).toMatchObject({
      callSid: sid,
      source: 'StartCallRecordingAPI',
      status: 'in-progress',
      channels: 2,
      track: 'both',
    })
    await delay(1_500)
    const paused = await recordings('Twilio.CURRENT').update({
      status: 'paused',
      pauseBehavior: 'skip',
    })
    expect(paused).toMatchObject({ sid: created.sid, status: 'paused' })
    await delay(1_500)
    const resumed = await recordings(created.sid).update({ status: 'in-progress' })
    expect(resumed.status).toBe('in-progress')
    await delay(1_500)
    expect(await recordings('Twilio.CURRENT').update({ status: 'stopped' })).toMatchObject({
      sid: created.sid,
      status: 'stopped',
    })
    await expect(recordings('Twilio.CURRENT').fetch()).rejects.toMatchObject({ status: 404 })
    const { samples, channels, sampleRateHz } = await audioOf(created.sid, '?RequestedChannels=2')
    const side = (index: number) => samples.filter((_one, at) => at % 2 === index)
    expect(channels).toBe(2)
    // The time of the pause is left out.
    const seconds = samples.length / 2 / sampleRateHz
    expect(seconds).toBeGreaterThan(2.5)
    expect(seconds).toBeLessThan(4)
    expect(toneSeconds(side(0), callerHz)).toBeGreaterThan(2)
    expect(toneSeconds(side(1), heardHz)).toBeGreaterThan(2)
    const done = await bed.app.received(
      '/dual/status',
      ({ parameters }) => parameters.RecordingStatus === 'completed',
    )
    expect(done.parameters).toMatchObject({
      RecordingSid: created.sid,
      RecordingSource: 'StartCallRecordingAPI',
      CallSid: sid,
    })
    await end()
    await finished
    await expect(recordings.create()).rejects.toMatchObject({ status: 400, code: 21220 })
  })

  it.concurrent('is recorded until it ends; silence takes the place of a pause', async () => {
    const { sid, finished, end } = await talking('whole')
    const recordings = bed.client.calls(sid).recordings
    const { sid: recordingSid } = await recordings.create({ recordingTrack: 'inbound' })
    await delay(800)
    await recordings(recordingSid).update({ status: 'paused' })
    await delay(1_500)
    await recordings(recordingSid).update({ status: 'in-progress' })
    await delay(800)
    await end()
    await finished
    const ended = await eventually('the end of the recording', async () => {
      const found = await recordings(recordingSid).fetch()
      return found.status === 'completed' ? found : undefined
    })
    expect(Number(ended.duration)).toBeGreaterThanOrEqual(3)
    const { samples } = await audioOf(recordingSid)
    expect(toneSeconds(samples, callerHz)).toBeGreaterThan(1.2)
    expect(toneSeconds(samples, callerHz)).toBeLessThan(2.2)
  })

  it.concurrent('that REST makes is recorded from its answer on', async () => {
    const phone = await phones.number({ '/phone': '<Response><Play>/long.wav</Play></Response>' })
    const { sid } = await bed.client.calls.create({
      to: phones.uriOf(phone),
      from: callerNumber,
      twiml: '<Response><Pause length="3"/></Response>',
      record: true,
      recordingStatusCallback: bed.app.url('/made/status'),
      statusCallback: bed.app.url('/made/ended'),
    })
    bed.app.on('/made/status', '')
    bed.app.on('/made/ended', '')
    const { parameters } = await bed.app.received('/made/status')
    expect(parameters).toMatchObject({ RecordingSource: 'OutboundAPI', CallSid: sid })
    const { samples } = await audioOf(parameters.RecordingSid ?? '')
    expect(toneSeconds(samples, heardHz)).toBeGreaterThan(2)
    const { RecordingSid, RecordingUrl } = parameters
    const told = (await bed.app.received('/made/ended')).parameters
    expect(told).toMatchObject({ CallStatus: 'completed', RecordingSid, RecordingUrl })
    expect(Number(told.RecordingDuration)).toBeGreaterThanOrEqual(2)
  })

  it.concurrent('is recorded by its document, beside what else that does', async () => {
    const number = await bed.number({
      '/starts': `<Response><Start><Recording channels="dual" recordingStatusCallback="/starts/status"/>
        <Recording track="outbound" recordingStatusCallback="/starts/status"/></Start>
        <Pause length="1"/><Gather numDigits="1" timeout="3"><Play>/long.wav</Play></Gather></Response>`,
      '/starts/status': '',
    })
    const play = writeWav(bed.path('starts.wav'), tones([callerHz], 10))
    const { finished } = startCaller(bed.uriOf(number), { play, maxSeconds: 5 })
    await finished
    const kept = await eventually('both recordings', () => {
      const all = bed.app.to('/starts/status').map(({ parameters }) => parameters)
      return all.length === 2 ? all : undefined
    })
    const dual = kept.find(({ RecordingChannels }) => RecordingChannels === '2')
    const heard = kept.find(({ RecordingTrack }) => RecordingTrack === 'outbound')
    const both = await audioOf(dual?.RecordingSid ?? '', '?RequestedChannels=2')
    expect(
      toneSeconds(
        both.samples.filter((_one, at) => at % 2 === 0),
        callerHz,
      ),
    ).toBeGreaterThan(2)
    const alone = await audioOf(heard?.RecordingSid ?? '')
    expect(toneSeconds(alone.samples, heardHz)).toBeGreaterThan(2)
    expect(toneSeconds(alone.samples, callerHz)).toBe(0)
  })

  it.concurrent('2H 20: is redirected, and ended; what is over takes no command', async () => {
    const { sid, finished } = await talking('move')
    await bed.client.calls(sid).update({ url: bed.app.url('/move/next') })
    expect((await bed.app.received('/move/next')).parameters).toMatchObject({ CallSid: sid })
    await finished
    for (const change of [{ url: bed.app.url('/move/next') }, { status: 'completed' as const }]) {
      await expect(bed.client.calls(sid).update(change)).rejects.toMatchObject({
        status: 400,
        code: 21220,
      })
    }
    const other = await talking('over')
    await expect(bed.client.calls(other.sid).update({ status: 'canceled' })).rejects.toMatchObject({
      code: 21220,
    })
    expect((await other.end()).status).toBe('completed')
    await other.finished
  })

  it('leaves no call, leg or port behind', { timeout: 60_000 }, async () => {
    await Promise.all([untilQuiet(bed.router, 40), untilQuiet(phones.router, 40)])
  })
})
