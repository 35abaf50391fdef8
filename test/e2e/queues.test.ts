import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav, tones, wavBytes, writeWav } from './harness/audio.js'
import { call } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { soundSeconds, toneSeconds } from './harness/measure.js'
import { startTestbed, type Testbed, untilQuiet } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'
/** What each says or hears. */
const hz = { caller: 600, agent: 850, waits: 400, whisper: 1_100 } as const

describe('queues', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
    for (const name of ['waits', 'whisper'] as const) {
      bed.app.on(`/${name}.wav`, (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(tones([hz[name]], 1)))
        return undefined
      })
    }
  })
  afterAll(() => bed?.close())

  /** A number whose callers wait; what its Enqueue came to is at /{name}/left. */
  const waiting = (name: string, attributes = '', more: { readonly [path: string]: string } = {}) =>
    bed.number({
      [`/${name}/wait`]: `<Response><Enqueue action="/${name}/left" ${attributes}>${name}</Enqueue></Response>`,
      [`/${name}/left`]: hangup,
      [`/${name}/hears`]: '<Response><Play>/waits.wav</Play></Response>',
      ...more,
    })
  const agents = (name: string, noun: string, dial = '') =>
    bed.number({
      [`/${name}/take`]: `<Response><Dial ${dial} action="/${name}/took">${noun}</Dial></Response>`,
      [`/${name}/took`]: hangup,
      [`/${name}/whisper`]: '<Response><Play>/whisper.wav</Play></Response>',
    })
  const calls = async (path: string, number: string, toneHz: number, maxSeconds = 15) => {
    const play = writeWav(bed.path(`${path}-in.wav`), tones([toneHz], maxSeconds))
    const record = bed.path(`${path}-out.wav`)
    await call(bed.uriOf(number), { play, record, maxSeconds })
    return readWav(record).samples
  }
  const left = async (name: string) => (await bed.app.received(`/${name}/left`)).parameters
  const queueOf = (name: string) =>
    eventually(`the queue ${name}`, async () =>
      (await bed.client.queues.list()).find(({ friendlyName }) => friendlyName === name),
    )

  it.concurrent('2H 23: the wait document is requested again and again, with the place', async () => {
    const number = await waiting('loop', 'waitUrl="/loop/hears"')
    const heard = calls('loop', number, hz.caller, 5)
    const requests = await eventually('three requests', () => {
      const all = bed.app.to('/loop/hears')
      return all.length >= 3 ? all : undefined
    })
    const queue = await queueOf('loop')
    expect(requests[0]?.parameters).toMatchObject({
      QueueSid: queue.sid,
      QueuePosition: '1',
      QueueTime: '0',
      CurrentQueueSize: '1',
      MaxQueueSize: '1000',
      CallStatus: 'in-progress',
    })
    expect(Number(requests[2]?.parameters.QueueTime)).toBeGreaterThan(0)
    expect(toneSeconds(await heard, hz.waits)).toBeGreaterThan(2.5)
    expect(await left('loop')).toMatchObject({ QueueResult: 'hangup', QueueSid: queue.sid })
  })

  it.concurrent('music is heard where no document is named, and nothing where it is empty', async () => {
    const [music, silent] = await Promise.all([waiting('music'), waiting('silent', 'waitUrl=""')])
    const [heard, nothing] = await Promise.all([
      calls('music', music, hz.caller, 4),
      calls('silent', silent, hz.caller, 4),
    ])
    expect(soundSeconds(heard)).toBeGreaterThan(2.5)
    expect(soundSeconds(nothing)).toBe(0)
  })

  it.concurrent('an agent takes the first; who waited hears a whisper, then the agent', async () => {
    const [number, agent] = await Promise.all([
      waiting('talk', 'waitUrl="/talk/hears"'),
      agents('talk', '<Queue url="/talk/whisper">talk</Queue>', 'record="record-from-answer-dual"'),
    ])
    const caller = calls('talk', number, hz.caller, 14)
    await bed.app.received('/talk/hears')
    await delay(1_200)
    const agentHeard = await calls('talk-agent', agent, hz.agent, 6)
    const heard = await caller
    expect(toneSeconds(heard, hz.waits)).toBeGreaterThan(0.8)
    expect(toneSeconds(heard, hz.whisper)).toBeGreaterThan(0.8)
    expect(toneSeconds(heard, hz.agent)).toBeGreaterThan(2)
    expect(toneSeconds(agentHeard, hz.caller)).toBeGreaterThan(2)
    expect(toneSeconds(agentHeard, hz.whisper)).toBe(0)

    const took = (await bed.app.received('/talk/took')).parameters
    const whispered = (await bed.app.received('/talk/whisper')).parameters
    const waited = await left('talk')
    expect(whispered).toMatchObject({
      CallSid: waited.CallSid,
      DequeingCallSid: took.CallSid,
      QueueSid: waited.QueueSid,
    })
    expect(took).toMatchObject({
      DialCallStatus: 'completed',
      DialCallSid: waited.CallSid,
      DialBridged: 'true',
      QueueSid: waited.QueueSid,
    })
    // The agent has hung up; who waited goes on with its own action then.
    expect(waited).toMatchObject({ QueueResult: 'bridged', CallStatus: 'in-progress' })
    expect(Number(waited.QueueTime)).toBeGreaterThanOrEqual(1)
    const { samples, channels } = await bed.recording(
      `${took.RecordingUrl}.wav?RequestedChannels=2`,
    )
    expect(channels).toBe(2)
    const side = (index: number) => samples.filter((_one, at) => at % 2 === index)
    expect(toneSeconds(side(0), hz.agent)).toBeGreaterThan(2)
    expect(toneSeconds(side(1), hz.caller)).toBeGreaterThan(2)
  })

  it.concurrent('an agent who comes first waits for a caller', async () => {
    const [number, agent] = await Promise.all([
      waiting('early', 'waitUrl=""'),
      agents('early', '<Queue>early</Queue>'),
    ])
    const agentHeard = calls('early-agent', agent, hz.agent, 10)
    await bed.app.received('/early/take')
    await delay(1_000)
    await calls('early', number, hz.caller, 4)
    expect(toneSeconds(await agentHeard, hz.caller)).toBeGreaterThan(2)
    expect(await left('early')).toMatchObject({ QueueResult: 'bridged' })
  })

  it.concurrent('a key and Leave: the call goes on behind its Enqueue', async () => {
    const number = await waiting('leave', 'waitUrl="/leave/menu"', {
      '/leave/menu':
        '<Response><Gather numDigits="1" action="/leave/key"><Play>/waits.wav</Play></Gather></Response>',
      '/leave/key': '<Response><Leave/></Response>',
    })
    await call(bed.uriOf(number), { digits: '5', digitsAfter: 2 })
    expect(bed.app.to('/leave/key')[0]?.parameters).toMatchObject({ Digits: '5' })
    expect(await left('leave')).toMatchObject({ QueueResult: 'leave', CallStatus: 'in-progress' })
  })

  it.concurrent('a full queue, an agent whom nobody calls, and Leave outside of a queue', async () => {
    await bed.client.queues.create({ friendlyName: 'full', maxSize: 1 })
    const [number, agent] = await Promise.all([
      waiting('full', 'waitUrl=""'),
      agents('nobody', '<Queue>nobody</Queue>', 'timeout="5"'),
    ])
    const lost = await bed.number(
      { '/lost': '<Response><Leave/></Response>', '/lost/fallback': hangup },
      { voiceFallbackUrl: bed.app.url('/lost/fallback') },
    )
    const first = call(bed.uriOf(number), { maxSeconds: 4 })
    await queueOf('full')
    await eventually(
      'one who waits',
      async () => (await queueOf('full')).currentSize === 1 || undefined,
    )
    await Promise.all([call(bed.uriOf(number)), call(bed.uriOf(agent)), call(bed.uriOf(lost))])
    expect((await bed.app.received('/full/left')).parameters.QueueResult).toBe('queue-full')
    expect((await bed.app.received('/nobody/took')).parameters).toMatchObject({
      DialCallStatus: 'no-answer',
      DialBridged: 'false',
    })
    expect((await bed.app.received('/lost/fallback')).parameters.ErrorCode).toBe('12200')
    await first
  })

  it.concurrent('2H 25: by REST: listed in order, the Front taken out by a document', async () => {
    const number = await waiting('rest', 'waitUrl=""', { '/rest/out': hangup })
    const callers = [call(bed.uriOf(number))]
    await eventually('one', async () => (await queueOf('rest')).currentSize === 1 || undefined)
    callers.push(call(bed.uriOf(number)))
    const queue = await eventually('two', async () => {
      const found = await queueOf('rest')
      return found.currentSize === 2 ? found : undefined
    })
    const members = await bed.client.queues(queue.sid).members.list()
    expect(members.map(({ position }) => position)).toEqual([1, 2])
    const front = await bed.client.queues(queue.sid).members('Front').fetch()
    expect(front.callSid).toBe(members[0]?.callSid)
    await expect(bed.client.queues(queue.sid).remove()).rejects.toMatchObject({ status: 409 })
    for (const member of ['Front', members[1]?.callSid ?? '']) {
      await bed.client
        .queues(queue.sid)
        .members(member)
        .update({ url: bed.app.url('/rest/out') })
    }
    await Promise.all(callers)
    const results = await eventually('both actions', () => {
      const all = bed.app.to('/rest/left')
      return all.length === 2 ? all : undefined
    })
    expect(results.map(({ parameters }) => parameters.QueueResult)).toEqual([
      'redirected',
      'redirected',
    ])
    expect(bed.app.to('/rest/out')).toHaveLength(2)
    const renamed = await bed.client.queues(queue.sid).update({ friendlyName: 'other', maxSize: 7 })
    expect(renamed).toMatchObject({ friendlyName: 'other', maxSize: 7, currentSize: 0 })
    await expect(bed.client.queues.create({ friendlyName: 'other' })).rejects.toMatchObject({
      status: 400,
      code: 22003,
    })
    expect(await bed.client.queues(queue.sid).remove()).toBe(true)
  })

  it('leaves no call, leg or port behind', { timeout: 60_000 }, () => untilQuiet(bed.router, 40))
})
