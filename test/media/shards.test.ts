/** Legs of different media threads meet: they move, and nobody hears it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNativePlane } from '../../src/media/native/native-plane.js'
import { amplitudeAt, encode, type Peer, sine } from './peer.js'
import { type Leg, Stage } from './stage.js'
import { wavChannel } from './suite-recordings.js'

const config = { portMin: 31_400, portMax: 31_599, threads: 3, endpointsMax: 12 }

/** Every packet follows the one before it by one, and by 20 ms of audio. */
function expectContinuous(peer: Peer): void {
  const steps = peer.packets.slice(1).map((packet, i) => {
    const before = peer.packets[i]
    return [
      (packet.sequence - (before?.sequence ?? 0)) & 0xffff,
      (packet.timestamp - (before?.timestamp ?? 0)) >>> 0,
    ]
  })
  expect(new Set(steps.map(String))).toEqual(new Set(['1,160']))
}

function say(leg: Leg, hz: number): void {
  void leg.peer.talk(0, encode(sine(hz, 20_000, 4000), 'PCMU'), 0xff)
}

async function moreFrom(legs: readonly Leg[], packets: number): Promise<void> {
  await Promise.all(
    legs.map(({ peer }) => {
      const before = peer.packets.length
      return peer.until(() => peer.packets.length >= before + packets)
    }),
  )
}

describe('media threads', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await Stage.start(createNativePlane, config)
  })
  afterEach(() => stage.end())

  /** Each on the thread that has least to do: in turn. */
  async function connectLegs(count: number): Promise<Leg[]> {
    const legs: Leg[] = []
    while (legs.length < count) legs.push(await stage.connect())
    return legs
  }

  it('bring the members of a conference together', async () => {
    const legs = await connectLegs(4)
    const tones = [700, 1100, 1700, 2300]
    for (const [i, leg] of legs.entries()) say(leg, tones[i] ?? 0)
    await moreFrom(legs, 10)
    const mixerId = await stage.plane.openMixer({})
    await Promise.all(
      legs.map(({ endpointId }) => stage.plane.submit({ type: 'join', endpointId, mixerId })),
    )
    await moreFrom(legs, 80)
    for (const [i, { peer }] of legs.entries()) {
      const heard = peer.audio(0, 'PCMU').slice(-4000)
      for (const [j, hz] of tones.entries()) {
        if (i === j) expect(amplitudeAt(heard, hz)).toBeLessThan(200)
        else expect(amplitudeAt(heard, hz)).toBeGreaterThan(3000)
      }
      expectContinuous(peer)
    }
  })

  it('bridge while one side plays and records', async () => {
    const [a, b] = (await connectLegs(2)) as [Leg, Leg]
    const path = join(stage.folder, 'moved.wav')
    const sentPath = join(stage.folder, 'sent.wav')
    const promptId = await stage.plane.loadPrompt(sine(1000, 200), 8000)
    const { endpointId } = a
    say(a, 600)
    say(b, 1600)
    await stage.plane.submit({
      ...{ type: 'record', recorderId: 1, endpointId, path, channels: 'received' },
      ...{ durationMsMax: 0, silenceTimeoutMs: 0, trimSilence: false },
    })
    await stage.plane.submit({
      ...{ type: 'record', recorderId: 3, endpointId, path: sentPath, channels: 'sent' },
      ...{ durationMsMax: 0, silenceTimeoutMs: 0, trimSilence: false },
    })
    const play = { type: 'play', playerId: 2, endpointId, promptId, loops: 0, offsetMs: 0 } as const
    await stage.plane.submit(play)
    await moreFrom([a], 40)
    await stage.plane.submit({ type: 'bridge', endpointId, otherEndpointId: b.endpointId })
    await moreFrom([a], 40)
    await stage.plane.submit({ type: 'stopPlayer', playerId: 2 })
    expect(await stage.events.next('playerEnded')).toMatchObject({ endpointId, reason: 'stopped' })
    expect(amplitudeAt(a.peer.audio(0, 'PCMU').slice(-11_000, -1000), 1000)).toBeGreaterThan(7500)
    expect(amplitudeAt(b.peer.audio(0, 'PCMU').slice(-3000), 600)).toBeGreaterThan(3500)
    await moreFrom([a], 40)
    expect(amplitudeAt(a.peer.audio(0, 'PCMU').slice(-3000), 1600)).toBeGreaterThan(3500)
    await stage.plane.submit({ type: 'stopRecorder', recorderId: 1 })
    const { durationMs } = await stage.events.next('recorderEnded')
    await stage.plane.submit({ type: 'stopRecorder', recorderId: 3 })
    await stage.events.next('recorderEnded', (event) => event.recorderId === 3)
    const sent = wavChannel(sentPath, 0)
    expect(amplitudeAt(sent.slice(2000, 6000), 1000)).toBeGreaterThan(7500)
    expect(amplitudeAt(sent.slice(-3000), 1600)).toBeGreaterThan(3500)
    const wav = readFileSync(path).subarray(44)
    expect(wav.length).toBe(durationMs * 16)
    expect(durationMs).toBeGreaterThan(2000)
    const recorded = Array.from({ length: wav.length / 2 }, (_, i) => wav.readInt16LE(2 * i))
    for (let at = 2000; at + 4000 <= recorded.length; at += 4000) {
      expect(amplitudeAt(recorded.slice(at, at + 4000), 600)).toBeGreaterThan(3500)
    }
  })

  it('let a leg be closed that is on its way', async () => {
    const legs = await connectLegs(6)
    const mixerId = await stage.plane.openMixer({})
    const done = legs.flatMap(({ endpointId }) => [
      stage.plane.submit({ type: 'join', endpointId, mixerId }),
      stage.plane.submit({ type: 'close', endpointId }),
    ])
    await Promise.all(done)
    for (const { endpointId } of legs) {
      await stage.events.next('closed', (event) => event.endpointId === endpointId)
    }
    expect((await stage.plane.stats()).endpoints).toBe(0)
    await stage.plane.submit({ type: 'closeMixer', mixerId })
  })

  it('keep commands in order for a leg that goes from one to the next', async () => {
    const [a, b, c] = (await connectLegs(3)) as [Leg, Leg, Leg]
    const { endpointId } = a
    const tone = { frequenciesHz: [440], levelDbfs: -20, onMs: 20, offMs: 0, loops: 1 } as const
    const done: Promise<void>[] = []
    for (let i = 0; i < 8; i++) {
      const other = i % 2 ? b : c
      done.push(
        stage.plane.submit({ type: 'tone', playerId: 10 + i, endpointId, ...tone }),
        stage.plane.submit({ type: 'bridge', endpointId, otherEndpointId: other.endpointId }),
        stage.plane.submit({ type: 'stopPlayer', playerId: 10 + i }),
      )
    }
    await Promise.all(done)
    await moreFrom([a], 5)
    const ended = stage.events.of('playerEnded').map(({ playerId }) => playerId)
    expect(ended).toEqual([10, 11, 12, 13, 14, 15, 16, 17])
  })
})
