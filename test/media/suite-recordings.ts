/** Several recordings of one endpoint or mixer at once, over real loopback sockets. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type CreateMediaPlane,
  type MediaCommand,
  MediaRefusedError,
} from '../../src/media/port.js'
import { amplitudeAt, encode, sine } from './peer.js'
import { Stage } from './stage.js'

type Channels = Extract<MediaCommand, { type: 'record' }>['channels']

/** The samples of one channel of a WAV file. */
export function wavChannel(path: string, channel: number): number[] {
  const file = readFileSync(path)
  const channels = file.readUInt16LE(22)
  const samples: number[] = []
  for (let at = 44 + 2 * channel; at + 2 <= file.length; at += 2 * channels) {
    samples.push(file.readInt16LE(at))
  }
  return samples
}

export function recordingsSuite(name: string, create: CreateMediaPlane, portMin: number): void {
  describe(`recordings in the media plane: ${name}`, () => {
    let stage: Stage
    beforeEach(async () => {
      const ports = { portMin, portMax: portMin + 99 }
      stage = await Stage.start(create, { ...ports, threads: 1, endpointsMax: 4 })
    })
    afterEach(() => stage.end())

    const pathOf = (recorderId: number) => join(stage.folder, `${recorderId}.wav`)
    const record = (
      recorderId: number,
      channels: Channels,
      of: { endpointId: number; ofMixer?: boolean },
    ) =>
      stage.plane.submit({
        ...{ type: 'record', recorderId, path: pathOf(recorderId), channels, ...of },
        ...{ durationMsMax: 0, silenceTimeoutMs: 0, trimSilence: false },
      })
    const ended = (recorderId: number) =>
      stage.events.next('recorderEnded', (event) => event.recorderId === recorderId)

    it('keep what is said and what is heard apart, each for itself', async () => {
      const { endpointId, peer } = await stage.connect()
      const promptId = await stage.plane.loadPrompt(sine(1000, 200), 8000)
      await stage.plane.submit({
        ...{ type: 'play', playerId: 1, endpointId, promptId, loops: 0, offsetMs: 0 },
      })
      void peer.talk(0, encode(sine(500, 20_000), 'PCMU'), 0xff)
      await peer.until(() => peer.packets.length > 10)
      await record(11, 'received', { endpointId })
      await record(12, 'sent', { endpointId })
      await record(13, 'dual', { endpointId })
      await record(14, 'both', { endpointId })
      await expect(record(15, 'sent', { endpointId })).rejects.toThrow(MediaRefusedError)
      const before = peer.packets.length
      await peer.until(() => peer.packets.length > before + 50)
      await stage.plane.submit({ type: 'stopRecorder', recorderId: 12 })
      expect(await ended(12)).toMatchObject({ endpointId, reason: 'stopped' })
      await record(15, 'received', { endpointId })
      await peer.until(() => peer.packets.length > before + 80)
      await stage.plane.submit({ type: 'close', endpointId })
      for (const id of [11, 13, 14, 15]) expect((await ended(id)).reason).toBe('closed')
      const said = (id: number, channel = 0) => wavChannel(pathOf(id), channel).slice(2000, 7000)
      const loud = (samples: readonly number[], hz: number) => amplitudeAt(samples, hz) > 6000
      const soft = (samples: readonly number[], hz: number) => amplitudeAt(samples, hz) < 300
      expect([loud(said(11), 500), soft(said(11), 1000)]).toEqual([true, true])
      expect([loud(said(12), 1000), soft(said(12), 500)]).toEqual([true, true])
      expect([loud(said(13), 500), soft(said(13), 1000)]).toEqual([true, true])
      expect([loud(said(13, 1), 1000), soft(said(13, 1), 500)]).toEqual([true, true])
      expect([loud(said(14), 500), loud(said(14), 1000)]).toEqual([true, true])
      const durationsMs = await Promise.all(
        [11, 12, 15].map(async (id) => (await ended(id)).durationMs),
      )
      expect(durationsMs[0]).toBeGreaterThan(durationsMs[1] ?? 0)
      expect(durationsMs[1]).toBeGreaterThan(durationsMs[2] ?? 0)
    })

    it('run side by side of a mixer', async () => {
      const mixerId = await stage.plane.openMixer({})
      const { endpointId, peer } = await stage.connect()
      await stage.plane.submit({ type: 'join', endpointId, mixerId })
      void peer.talk(0, encode(sine(700, 20_000), 'PCMU'), 0xff)
      const room = { endpointId: mixerId, ofMixer: true }
      await Promise.all([record(21, 'received', room), record(22, 'received', room)])
      await peer.until(() => peer.packets.length > 60)
      await stage.plane.submit({ type: 'stopRecorder', recorderId: 21 })
      await ended(21)
      const before = peer.packets.length
      await peer.until(() => peer.packets.length > before + 20)
      await stage.plane.submit({ type: 'closeMixer', mixerId })
      expect((await ended(22)).durationMs).toBeGreaterThan((await ended(21)).durationMs + 300)
      for (const id of [21, 22]) {
        expect(amplitudeAt(wavChannel(pathOf(id), 0).slice(-4000), 700)).toBeGreaterThan(6000)
      }
    })
  })
}
