/** Conferences, streams and taps of every driver of the media plane, over real loopback sockets. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CreateMediaPlane } from '../../src/media/port.js'
import { amplitudeAt, encode, sine } from './peer.js'
import { Stage } from './stage.js'

export function mixingSuite(name: string, create: CreateMediaPlane, portMin: number): void {
  describe(`mixing in the media plane: ${name}`, () => {
    let stage: Stage
    beforeEach(async () => {
      stage = await Stage.start(create, {
        portMin,
        portMax: portMin + 199,
        threads: 2,
        endpointsMax: 8,
      })
    })
    afterEach(() => stage.end())

    it('pauses a recording of both ways in one channel', async () => {
      const { endpointId, peer } = await stage.connect()
      const path = join(stage.folder, 'both.wav')
      await stage.plane.submit({
        ...{ type: 'record', recorderId: 6, endpointId, path, channels: 'both' },
        ...{ durationMsMax: 0, silenceTimeoutMs: 0, trimSilence: false },
      })
      const promptId = await stage.plane.loadPrompt(sine(1100, 20_000, 4000), 8000)
      const how = { loops: 1, offsetMs: 0 }
      await stage.plane.submit({ type: 'play', playerId: 1, endpointId, promptId, ...how })
      void peer.talk(0, encode(sine(700, 20_000, 4000), 'PCMU'), 0xff)
      await peer.until(() => peer.packets.length > 30)
      await stage.plane.submit({ type: 'pauseRecorder', recorderId: 6, instead: 'silence' })
      await peer.until(() => peer.packets.length > 50)
      await stage.plane.submit({ type: 'pauseRecorder', recorderId: 6, instead: 'skip' })
      await peer.until(() => peer.packets.length > 120)
      await stage.plane.submit({ type: 'resumeRecorder', recorderId: 6 })
      await peer.until(() => peer.packets.length > 150)
      await stage.plane.submit({ type: 'stopRecorder', recorderId: 6 })
      const { durationMs } = await stage.events.next('recorderEnded')
      expect(durationMs).toBeGreaterThan(1000)
      expect(durationMs).toBeLessThan(2400)
      const wav = readFileSync(path).subarray(44)
      const samples = Array.from({ length: wav.length / 2 }, (_, i) => wav.readInt16LE(2 * i))
      for (const hz of [700, 1100]) {
        expect(amplitudeAt(samples.slice(2400, 4000), hz)).toBeGreaterThan(2500)
        expect(amplitudeAt(samples.slice(-2000, -400), hz)).toBeGreaterThan(2500)
      }
      const silent = samples.filter((sample) => sample === 0).length
      expect(silent).toBeGreaterThan(2000)
      expect(silent).toBeLessThan(6000)
    })

    it('mixes a conference, records it, and tells who speaks', async () => {
      const a = await stage.connect()
      const b = await stage.connect({ codec: 'PCMA', payloadType: 8 }, a.endpoint)
      const c = await stage.connect({ ptimeMs: 30 }, a.endpoint)
      const members = [a, b, c]
      const mixerId = await stage.plane.openMixer({ near: a.endpointId })
      await stage.plane.submit({ type: 'mixer', mixerId, reportVoices: true })
      const path = join(stage.folder, 'room.wav')
      await stage.plane.submit({
        ...{ type: 'record', recorderId: 5, endpointId: mixerId, ofMixer: true, path },
        ...{ channels: 'received', durationMsMax: 0, silenceTimeoutMs: 0, trimSilence: false },
      })
      for (const { endpointId } of members) {
        await stage.plane.submit({ type: 'join', endpointId, mixerId })
      }
      const tones = [700, 1100, 1700]
      const codecs = ['PCMU', 'PCMA', 'PCMU'] as const
      for (const [i, { peer }] of members.entries()) {
        const audio = encode(sine(tones[i] ?? 0, 20_000, 4000), codecs[i] ?? 'PCMU')
        void peer.talk(codecs[i] === 'PCMA' ? 8 : 0, audio, 0xff)
      }
      await Promise.all(members.map(({ peer }) => peer.until(() => peer.packets.length > 90)))
      for (const [i, { peer }] of members.entries()) {
        const codec = codecs[i] ?? 'PCMU'
        const heard = peer.audio(codec === 'PCMA' ? 8 : 0, codec).slice(-4000)
        for (const [j, hz] of tones.entries()) {
          if (i === j) expect(amplitudeAt(heard, hz)).toBeLessThan(200)
          else expect(amplitudeAt(heard, hz)).toBeGreaterThan(3000)
        }
      }
      const speakers = stage.events.of('voice').map(({ endpointId }) => endpointId)
      expect(new Set(speakers)).toEqual(new Set(members.map(({ endpointId }) => endpointId)))
      await stage.plane.submit({ type: 'closeMixer', mixerId })
      await stage.events.next('mixerClosed')
      expect((await stage.events.next('recorderEnded')).reason).toBe('closed')
      const wav = readFileSync(path).subarray(44)
      const recorded = Array.from({ length: 4000 }, (_, i) =>
        wav.readInt16LE(wav.length - 16_000 + 2 * i),
      )
      for (const hz of tones) expect(amplitudeAt(recorded, hz)).toBeGreaterThan(3000)
    })

    it('plays a stream with marks, clears it, and gives what it hears and says to a tap', async () => {
      const { endpointId, peer } = await stage.connect()
      const tap = { type: 'tap', tapId: 3, endpointId, tracks: 'both', format: 'pcm8k' } as const
      await stage.plane.submit(tap)
      await stage.plane.submit({ type: 'stream', playerId: 1, endpointId, sampleRateHz: 16_000 })
      const wide = Int16Array.from({ length: 1600 }, (_, i) =>
        Math.round(6000 * Math.sin((2 * Math.PI * 1000 * i) / 16_000)),
      )
      for (let piece = 0; piece < 10; piece++) {
        await stage.plane.submit({ type: 'feed', playerId: 1, samples: wide })
      }
      await expect(
        stage.plane.submit({ type: 'feed', playerId: 1, samples: new Int16Array(8000) }),
      ).rejects.toThrow('full')
      await stage.plane.submit({ type: 'mark', playerId: 1, markId: 77 })
      void peer.talk(0, encode(sine(600, 3000), 'PCMU'), 0xff)
      expect((await stage.events.next('streamLow')).playedMs).toBeLessThan(700)
      expect((await stage.events.next('marked')).markId).toBe(77)
      await stage.plane.submit({ type: 'feed', playerId: 1, samples: new Int16Array(16_000) })
      await stage.plane.submit({ type: 'mark', playerId: 1, markId: 78 })
      await stage.plane.submit({ type: 'clear', playerId: 1 })
      await stage.events.next('marked', ({ markId }) => markId === 78)
      await stage.plane.submit({ type: 'endStream', playerId: 1 })
      const ended = await stage.events.next('playerEnded')
      expect(ended.playedMs).toBeGreaterThanOrEqual(1000)
      expect(ended.playedMs).toBeLessThan(1200)
      await stage.plane.submit({ type: 'stopTap', tapId: 3, endpointId })
      const heard = (track: string) =>
        stage.events
          .of('audio')
          .filter((event) => event.track === track)
          .flatMap(({ audio }) => [...new Int16Array(audio.slice().buffer)])
      expect(amplitudeAt(heard('outbound').slice(400, 7600), 1000)).toBeGreaterThan(5500)
      expect(amplitudeAt(heard('inbound').slice(2000, 6000), 600)).toBeGreaterThan(7000)
      expect(amplitudeAt(peer.audio(0, 'PCMU').slice(800, 7200), 1000)).toBeGreaterThan(5500)
      const times = stage.events.of('audio').filter((event) => event.track === 'outbound')
      for (const [i, { mediaTimeMs }] of times.entries()) expect(mediaTimeMs).toBe(20 * i)
    })
  })
}
