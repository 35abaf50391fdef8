/** Detectors of every driver of the media plane, over real loopback sockets. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CreateMediaPlane, Detection } from '../../src/media/port.js'
import { encode, sine } from './peer.js'
import { Stage } from './stage.js'

const quiet = (ms: number) => new Int16Array(8 * ms)

export function detectorsSuite(name: string, create: CreateMediaPlane, portMin: number): void {
  describe(`detectors in the media plane: ${name}`, () => {
    let stage: Stage
    beforeEach(async () => {
      stage = await Stage.start(create, {
        portMin,
        portMax: portMin + 99,
        threads: 1,
        endpointsMax: 2,
      })
    })
    afterEach(() => stage.end())

    const durationMs = async (what: Detection) => {
      const of = (begun: boolean) =>
        stage.events.next('detected', (event) => event.what === what && event.begun === begun)
      const from = await of(true)
      return (await of(false)).mediaTimeMs - from.mediaTimeMs
    }

    const machine = { timeoutMs: 30_000, speechThresholdMs: 2_400, silenceTimeoutMs: 5_000 }
    const listen = (endpointId: number, isUntilEnd: boolean, speechEndThresholdMs = 1_200) =>
      stage.plane.submit({
        ...{ type: 'detectMachine', endpointId },
        detection: { ...machine, speechEndThresholdMs, isUntilEnd },
      })
    const pcma = (...sounds: Int16Array[]) =>
      encode(Int16Array.from(sounds.flatMap((sound) => [...sound])), 'PCMA')
    /** Syllables: no tone, and no noise. */
    const words = (ms: number) =>
      sine(220, ms).map((sample, i) => (i % 1_600 < 1_300 ? sample + (i % 73) * 60 : 0))

    it('tells who has answered, once: a person, or a machine by its beep', async () => {
      const settings = { codec: 'PCMA', payloadType: 8 } as const
      const [person, answerer] = [await stage.connect(settings), await stage.connect(settings)]
      await listen(person.endpointId, true, 600)
      await listen(answerer.endpointId, true)
      const greeting = pcma(words(3_000), quiet(400), sine(1_250, 300), quiet(400))
      await Promise.all([
        person.peer.talk(8, pcma(words(600), quiet(1_000)), 0xd5),
        answerer.peer.talk(8, greeting, 0xd5),
      ])
      const of = (endpointId: number) =>
        stage.events.next('answeredBy', (event) => event.endpointId === endpointId)
      expect(await of(person.endpointId)).toMatchObject({ answeredBy: 'human' })
      const { answeredBy, afterMs } = await of(answerer.endpointId)
      expect(answeredBy).toBe('machine_end_beep')
      expect(afterMs).toBeGreaterThan(3_600)
      expect(stage.events.of('answeredBy')).toHaveLength(2)
    })

    it('no longer listens for machines when told so', async () => {
      const { endpointId, peer } = await stage.connect({ codec: 'PCMA', payloadType: 8 })
      await listen(endpointId, false, 500)
      await stage.plane.submit({ type: 'detect', endpointId, voice: true })
      await stage.plane.submit({ type: 'detectMachine', endpointId, detection: undefined })
      await peer.talk(8, pcma(words(600), quiet(1_200)), 0xd5)
      expect(stage.events.of('detected').length).toBeGreaterThan(0)
      expect(stage.events.of('answeredBy')).toEqual([])
    })

    it('tells of voice, of a beep and of an answering fax, while asked to', async () => {
      const { endpointId, peer } = await stage.connect({ codec: 'PCMA', payloadType: 8 })
      const detect = { type: 'detect', endpointId } as const
      await stage.plane.submit({ ...detect, voice: true, tones: true, beep: true })
      const sounds = [quiet(300), sine(1000, 300), quiet(500), sine(2100, 1300), quiet(300)]
      const audio = Int16Array.from(sounds.flatMap((sound) => [...sound]))
      await peer.talk(8, encode(audio, 'PCMA'), 0xd5)
      expect(Math.abs((await durationMs('beep')) - 300)).toBeLessThanOrEqual(60)
      expect(Math.abs((await durationMs('faxAnswering')) - 1300)).toBeLessThanOrEqual(120)
      expect(Math.abs((await durationMs('voice')) - 300)).toBeLessThanOrEqual(60)
      const told = stage.events.of('detected').map(({ what }) => what)
      expect(new Set(told)).toEqual(new Set(['voice', 'beep', 'faxAnswering']))
      await stage.events.next(
        'detected',
        ({ what, begun, mediaTimeMs }) => what === 'voice' && !begun && mediaTimeMs > 1500,
      )
      await stage.plane.submit(detect)
      const before = stage.events.of('detected').length
      await peer.talk(8, encode(Int16Array.from([...sine(1000, 300), ...quiet(300)]), 'PCMA'), 0xd5)
      expect(stage.events.of('detected').length).toBe(before)
    })
  })
}
