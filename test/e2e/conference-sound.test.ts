import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav, type Samples, tones, wavBytes, writeWav } from './harness/audio.js'
import { type CallerOptions, startCaller } from './harness/caller.js'
import { toneLevel } from './harness/conference.js'
import { eventually } from './harness/eventually.js'
import { levels, rms } from './harness/measure.js'
import type { Peer } from './harness/processes.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

/** Frequencies of ten callers: none is near a harmonic or a difference of others. */
const partyHz = [430, 530, 610, 710, 830, 970, 1_130, 1_310, 1_510, 1_790] as const
const second = 8_000

describe('what is heard in a conference', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  /** A number whose callers go into a room; the attributes are of `<Conference>`. */
  const room = (name: string, attributes = '', dial = '') =>
    bed.number({
      [`/${name}`]: `<Response><Dial ${dial}><Conference beep="false" waitUrl="" ${attributes}>${name}</Conference></Dial></Response>`,
    })

  interface Party {
    readonly peer: Peer
    heard(): Promise<Samples>
  }

  /** Calls and says one tone all the time. */
  const party = (
    number: string,
    name: string,
    hz: number,
    seconds: number,
    peak = 2_500,
    more: CallerOptions = {},
  ): Party => {
    const play = writeWav(bed.path(`${name}.says.wav`), tones([hz], seconds, peak))
    const record = bed.path(`${name}.heard.wav`)
    const peer = startCaller(bed.uriOf(number), { play, record, maxSeconds: seconds, ...more })
    return {
      peer,
      async heard() {
        expect((await peer.finished).code).toBe(0)
        return readWav(record).samples
      },
    }
  }

  const live = (name: string) =>
    eventually(`conference ${name}`, async () => {
      const [conference] = await bed.client.conferences.list({
        friendlyName: name,
        status: 'in-progress',
      })
      return conference
    })
  const full = async (name: string, count: number) => {
    const { sid } = await live(name)
    await eventually(
      `${count} participants`,
      async () => {
        const list = await bed.client.conferences(sid).participants.list()
        return list.length === count || undefined
      },
      60,
    )
    return bed.client.conferences(sid)
  }
  const callOf = async (number: string, from: string) => {
    const [call] = await bed.client.calls.list({ to: number, from, status: 'in-progress' })
    return call?.sid ?? 'none'
  }

  it('mix-minus: each of ten hears the nine others alike, and not itself', async () => {
    const number = await room('ten')
    const parties = partyHz.map((hz, index) => party(number, `ten-${index}`, hz, 40))
    await full('ten', 10)
    await delay(2_500)
    await (await full('ten', 10)).update({ status: 'completed' })
    const heard = await Promise.all(parties.map((one) => one.heard()))
    for (const [index, samples] of heard.entries()) {
      // Of the time in which all were there.
      const window = samples.subarray(-2 * second, -0.5 * second)
      const found = partyHz.map((hz) => medianLevel(window, hz))
      const own = found[index] ?? 0
      const others = found.filter((_, other) => other !== index)
      const spreadDb = Math.max(...others) - Math.min(...others)
      expect({ index, spread: spreadDb < 1, own: own < Math.min(...others) - 30 }).toEqual({
        index,
        spread: true,
        own: true,
      })
    }
    await bed.quiet()
  }, 60_000)

  it('a coach is heard by who is coached alone, and hears all', async () => {
    const number = await room('team')
    const agent = party(number, 'agent', 430, 12, 5_000, { from: 'sip:agent@127.0.0.1' })
    const customer = party(number, 'customer', 610, 12, 5_000, { from: 'sip:customer@127.0.0.1' })
    const conference = await full('team', 2)
    const agentSid = await callOf(number, 'sip:agent@127.0.0.1')
    const coachNumber = await room('coach', '', '')
    bed.app.on(
      '/coach',
      `<Response><Dial><Conference beep="false" coach="${agentSid}">team</Conference></Dial></Response>`,
    )
    const coach = party(coachNumber, 'coach', 830, 5, 5_000)
    await eventually('the coach', async () => {
      const list = await conference.participants.list({ coaching: true })
      return list.length === 1 || undefined
    })
    const [byAgent, byCustomer, byCoach] = await Promise.all([
      agent.heard(),
      customer.heard(),
      coach.heard(),
    ])
    expect(secondsOf(byAgent, 830)).toBeGreaterThan(3)
    expect(secondsOf(byCustomer, 830)).toBe(0)
    expect(secondsOf(byCoach, 430)).toBeGreaterThan(3)
    expect(secondsOf(byCoach, 610)).toBeGreaterThan(3)
    expect(secondsOf(byCoach, 830)).toBe(0)
    await bed.quiet()
  }, 60_000)

  it('hold music is heard by who is held alone, who is not heard; the recording has none of it', async () => {
    const number = await room('hold', 'record="record-from-start" trim="do-not-trim"')
    bed.app.on('/hold/music.wav', (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'audio/wav' })
      response.end(wavBytes(tones([1_130], 30, 5_000)))
      return undefined
    })
    const held = party(number, 'held', 430, 12, 5_000, { from: 'sip:held@127.0.0.1' })
    const other = party(number, 'other', 610, 12, 5_000)
    const conference = await full('hold', 2)
    const participant = conference.participants(await callOf(number, 'sip:held@127.0.0.1'))
    const holdUrl = bed.app.url('/hold/music.wav')
    expect(await participant.update({ hold: true, holdUrl })).toMatchObject({ hold: true })
    const { method, parameters } = await bed.app.received('/hold/music.wav')
    expect({ method, named: parameters.ConferenceSid?.slice(0, 2) }).toEqual({
      method: 'GET',
      named: 'CF',
    })
    await delay(3_000)
    await participant.update({ hold: false })
    const [byHeld, byOther] = await Promise.all([held.heard(), other.heard()])
    expect(secondsOf(byHeld, 1_130)).toBeGreaterThan(2.5)
    expect(secondsOf(byHeld, 1_130)).toBeLessThan(4.5)
    expect(secondsOf(byOther, 1_130)).toBe(0)
    // It is silent while the one is held, and goes on after that.
    const silent = levels(byOther, 100).filter((level) => level < 50).length / 10
    expect(silent).toBeGreaterThan(2.5)
    expect(secondsOf(byOther.subarray(-2 * second, -second), 430)).toBe(1)
    const [row] = await eventually('the recording', async () => {
      const list = await bed.client.recordings.list({ conferenceSid: (await ended('hold')).sid })
      return list[0]?.status === 'completed' ? list : undefined
    })
    const wav = await bed.recording(`${bed.router.baseUrl}${row?.uri.replace('.json', '.wav')}`)
    expect(wav.channels).toBe(1)
    expect(secondsOf(wav.samples, 1_130)).toBe(0)
    expect(secondsOf(wav.samples, 610)).toBeGreaterThan(8)
  }, 60_000)

  const ended = (name: string) =>
    eventually(`the end of ${name}`, async () => {
      const [conference] = await bed.client.conferences.list({ friendlyName: name })
      return conference?.status === 'completed' ? conference : undefined
    })

  it('joining, muting and leaving leave no gap of over 60 ms for the others', async () => {
    const number = await room('steady')
    const listener = party(number, 'listener', 430, 12, 2_500)
    const speaker = party(number, 'speaker', 610, 12, 5_000)
    const conference = await full('steady', 2)
    const third = party(number, 'third', 830, 4, 2_500, { from: 'sip:third@127.0.0.1' })
    await full('steady', 3)
    const participant = conference.participants(await callOf(number, 'sip:third@127.0.0.1'))
    await participant.update({ muted: true })
    await participant.update({ muted: false })
    await third.heard()
    const [heard] = await Promise.all([listener.heard(), speaker.heard()])
    expect(longestGapMs(heard, 610)).toBeLessThanOrEqual(60)
    expect(secondsOf(heard, 830)).toBeGreaterThan(2)
    await bed.quiet()
  }, 60_000)

  it('G14: who is moved to another conference by a redirect hears no gap of over 60 ms', async () => {
    const first = await room('here')
    const second = await room('there')
    const inFirst = party(first, 'in-first', 430, 20, 5_000)
    const mover = party(first, 'mover', 610, 20, 5_000, { from: 'sip:mover@127.0.0.1' })
    await full('here', 2)
    const inSecond = party(second, 'in-second', 830, 16, 5_000)
    const waiting = party(second, 'waiting', 970, 16, 500)
    await full('there', 2)
    const callSid = await callOf(first, 'sip:mover@127.0.0.1')
    await delay(1_500)
    await bed.client.calls(callSid).update({ url: bed.app.url('/there') })
    await full('there', 3)
    const [byMover, byFirst, bySecond] = await Promise.all([
      mover.heard(),
      inFirst.heard(),
      inSecond.heard(),
      waiting.heard(),
    ])
    expect(secondsOf(byMover, 430)).toBeGreaterThan(1)
    expect(secondsOf(byMover, 830)).toBeGreaterThan(1)
    expect(silentMs(byMover)).toBeLessThanOrEqual(60)
    expect(secondsOf(byFirst, 610)).toBeGreaterThan(1)
    expect(secondsOf(bySecond, 610)).toBeGreaterThan(1)
    await bed.quiet()
  }, 60_000)

  it('G26: two of three talk in a private room, and come back', async () => {
    const number = await room('open')
    await room('private')
    const stays = party(number, 'stays', 430, 24, 5_000)
    const names = ['left', 'right'] as const
    const [left, right] = names.map((name, index) =>
      party(number, name, [610, 830][index] ?? 0, 24, 5_000, { from: `sip:${name}@127.0.0.1` }),
    ) as [Party, Party]
    const conference = await full('open', 3)
    await delay(1_000)
    const sids = await Promise.all(names.map((name) => callOf(number, `sip:${name}@127.0.0.1`)))
    const move = (path: string) =>
      Promise.all(sids.map((sid) => bed.client.calls(sid).update({ url: bed.app.url(path) })))
    await move('/private')
    await full('private', 2)
    await delay(2_500)
    await move('/open')
    await full('open', 3)
    await delay(1_000)
    await conference.update({ status: 'completed' })
    const [byStays, byLeft] = await Promise.all([stays.heard(), left.heard(), right.heard()])
    // Who stays hears nobody meanwhile; who went hears the other all the time.
    expect(silentMs(byStays)).toBeGreaterThan(1_800)
    expect(longestGapMs(byLeft, 430)).toBeGreaterThan(1_800)
    expect(longestGapMs(byLeft, 830)).toBeLessThan(1_000)
    expect(secondsOf(byLeft.subarray(-second), 430)).toBeGreaterThan(0.5)
    await bed.quiet()
  }, 60_000)
})

/** Seconds in which a tone is clearly there, among others. */
function secondsOf(samples: Samples, hz: number): number {
  const length = 800
  let count = 0
  for (let at = 0; at + length <= samples.length; at += length) {
    if (toneLevel(samples.subarray(at, at + length), hz) > -40) count++
  }
  return count / 10
}

/** The level of a tone in the median fifth of a second [dBFS]: a late packet is no matter of the mix. */
function medianLevel(samples: Samples, hz: number): number {
  const length = second / 5
  const found: number[] = []
  for (let at = 0; at + length <= samples.length; at += length) {
    found.push(toneLevel(samples.subarray(at, at + length), hz))
  }
  found.sort((a, b) => a - b)
  return found[found.length >> 1] ?? -120
}

/** The longest time without this tone between its first and its last sound [ms]. */
function longestGapMs(samples: Samples, hz: number): number {
  const windowMs = 20
  const length = (windowMs * 8_000) / 1000
  const heard: boolean[] = []
  for (let at = 0; at + length <= samples.length; at += length) {
    heard.push(toneLevel(samples.subarray(at, at + length), hz) > -30)
  }
  return longestRun(heard) * windowMs
}

/** The longest silence between the first and the last sound [ms]. */
function silentMs(samples: Samples): number {
  const heard: boolean[] = []
  for (let at = 0; at + 80 <= samples.length; at += 80) {
    heard.push(rms(samples.subarray(at, at + 80)) > 200)
  }
  return longestRun(heard) * 10
}

function longestRun(heard: readonly boolean[]): number {
  let longest = 0
  let run = 0
  for (const one of heard.slice(heard.indexOf(true), heard.lastIndexOf(true))) {
    run = one ? 0 : run + 1
    longest = Math.max(longest, run)
  }
  return longest
}
