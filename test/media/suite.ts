/** What every driver of the media plane must do, over real loopback sockets. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type {
  CreateMediaPlane,
  EndpointSettings,
  MediaPlane,
  OpenedEndpoint,
} from '../../src/media/port.js'
import { amplitudeAt, encode, Peer, sine } from './peer.js'
import { bindAddress, type Events, Stage } from './stage.js'

export function mediaPlaneSuite(name: string, create: CreateMediaPlane, portMin: number): void {
  describe(`media plane: ${name}`, () => {
    let stage: Stage
    let plane: MediaPlane
    let events: Events
    let folder: string
    let peers: Peer[]
    const config = { portMin, portMax: portMin + 199, threads: 2, endpointsMax: 8 }
    const connect = (settings?: Partial<EndpointSettings>, near?: OpenedEndpoint) =>
      stage.connect(settings, near)

    beforeEach(async () => {
      stage = await Stage.start(create, config)
      ;({ plane, events, folder, peers } = stage)
    })

    afterEach(() => stage.end())

    it('opens an even RTP port with RTCP above it, inside the range', async () => {
      const opened = await plane.open({ bindAddress })
      expect(opened.rtpPort % 2).toBe(0)
      expect(opened.rtcpPort).toBe(opened.rtpPort + 1)
      expect(opened.rtpPort).toBeGreaterThanOrEqual(config.portMin)
      expect(opened.rtcpPort).toBeLessThanOrEqual(config.portMax)
    })

    it('plays two prompts without a gap and says when each ended', async () => {
      const { endpointId, peer } = await connect()
      const first = await plane.loadPrompt(sine(1000, 205), 8000)
      const second = await plane.loadPrompt(sine(1000, 295).slice(), 8000)
      const before = peer.packets.length
      const play = { type: 'play', endpointId, loops: 1, offsetMs: 0 } as const
      await Promise.all([
        plane.submit({ ...play, playerId: 1, promptId: first }),
        plane.submit({ ...play, playerId: 2, promptId: second }),
      ])
      plane.releasePrompt(first)
      plane.releasePrompt(second)
      expect((await events.next('playerEnded', (e) => e.playerId === 1)).playedMs).toBe(205)
      const ended = await events.next('playerEnded', (e) => e.playerId === 2)
      expect(ended).toMatchObject({ endpointId, reason: 'done', playedMs: 295 })
      await peer.until(() => {
        const loud = peer.audio(0, 'PCMU', before).filter((sample) => sample !== 0)
        return loud.length >= 3000
      })
      const audio = peer.audio(0, 'PCMU', before)
      const start = audio.findIndex((sample) => sample !== 0)
      const heard = audio.slice(start - 1, start - 1 + 500 * 8)
      expect(amplitudeAt(heard, 1000)).toBeGreaterThan(7800)
      const sequences = peer.packets.map((packet) => packet.sequence)
      const steps = sequences.slice(1).map((each, i) => (each - (sequences[i] ?? 0)) & 0xffff)
      expect(new Set(steps)).toEqual(new Set([1]))
      expect((await plane.stats()).prompts).toBe(0)
    })

    it('stops a player that plays for ever', async () => {
      const { endpointId, peer } = await connect()
      await plane.submit({
        type: 'tone',
        playerId: 7,
        endpointId,
        frequenciesHz: [440],
        levelDbfs: -10,
        onMs: 200,
        offMs: 0,
        loops: 0,
      })
      await peer.until(() => peer.audio(0, 'PCMU').filter((sample) => sample > 5000).length > 500)
      await plane.submit({ type: 'stopPlayer', playerId: 7 })
      const ended = await events.next('playerEnded')
      expect(ended.reason).toBe('stopped')
      expect(ended.playedMs).toBeGreaterThan(0)
      await plane.submit({ type: 'stopPlayer', playerId: 7 })
    })

    it('sends digits as telephone-event, and hears them once', async () => {
      const a = await connect()
      await plane.submit({
        type: 'sendDigits',
        playerId: 3,
        endpointId: a.endpointId,
        digits: '1w#',
        toneMs: 100,
        gapMs: 80,
      })
      await events.next('playerEnded')
      await a.peer.until(
        () =>
          a.peer.packets.filter((p) => (p.payload[1] ?? 0) & 0x80 && p.payloadType === 101)
            .length >= 6,
      )
      const sent = a.peer.packets.filter((packet) => packet.payloadType === 101)
      expect(sent.filter((packet) => packet.marker)).toHaveLength(2)
      expect(new Set(sent.map((packet) => packet.timestamp)).size).toBe(2)
      expect(sent[0]?.payload[0]).toBe(1)
      expect(sent.at(-1)?.payload[0]).toBe(11)
      a.peer.sendDigit(101, 5)
      a.peer.sendDigit(101, 10)
      const star = await events.next('digit', (event) => event.digit === '*')
      expect(star).toMatchObject({
        endpointId: a.endpointId,
        source: 'telephone-event',
        durationMs: 100,
      })
      expect(events.of('digit').map((event) => event.digit)).toEqual(['5', '*'])
      expect(events.of('digitStarted')).toHaveLength(2)
    })

    it('sends digits in the audio when the peer has no telephone-event, and detects them', async () => {
      const a = await connect({ telephoneEventPayloadType: undefined })
      const b = await connect({ telephoneEventPayloadType: undefined, inBandDtmf: true })
      // What A's peer hears goes back to B as is.
      const forward = a.peer.packets
      let at = forward.length
      const pump = setInterval(() => {
        for (; at < forward.length; at++) {
          b.peer.sendPacket(0, forward[at]?.payload ?? new Uint8Array(160), false, 160)
        }
      }, 10)
      await plane.submit({
        type: 'sendDigits',
        playerId: 4,
        endpointId: a.endpointId,
        digits: '147A*#',
        toneMs: 80,
        gapMs: 80,
      })
      await events.next('digit', (event) => event.digit === '#')
      clearInterval(pump)
      const heard = events.of('digit')
      expect(heard.map((event) => event.digit).join('')).toBe('147A*#')
      for (const digit of heard) {
        expect(digit.endpointId).toBe(b.endpointId)
        expect(digit.source).toBe('in-band')
      }
    })

    it('records what it receives into a WAV file', async () => {
      const { endpointId, peer } = await connect()
      const path = join(folder, 'received.wav')
      await plane.submit({
        type: 'record',
        recorderId: 9,
        endpointId,
        path,
        channels: 'received',
        durationMsMax: 1000,
        silenceTimeoutMs: 0,
        trimSilence: false,
      })
      await peer.until(() => peer.packets.length > 2)
      void peer.talk(0, encode(sine(500, 2000), 'PCMU'), 0xff)
      const ended = await events.next('recorderEnded')
      expect(ended).toMatchObject({ recorderId: 9, reason: 'durationMax', durationMs: 1000 })
      const file = readFileSync(path)
      expect(file.length).toBe(44 + 16_000)
      expect(file.toString('latin1', 0, 4)).toBe('RIFF')
      expect(file.readUInt32LE(40)).toBe(16_000)
      const samples = Array.from({ length: 3200 }, (_, i) => file.readInt16LE(44 + 2 * (4000 + i)))
      expect(amplitudeAt(samples, 500)).toBeGreaterThan(6000)
    })

    it('ends a recording at silence, records both ways, and trims', async () => {
      const { endpointId, peer } = await connect()
      const path = join(folder, 'dual.wav')
      await plane.submit({
        type: 'record',
        recorderId: 10,
        endpointId,
        path,
        channels: 'dual',
        durationMsMax: 0,
        silenceTimeoutMs: 400,
        trimSilence: true,
      })
      await peer.until(() => peer.packets.length > 2)
      void peer.talk(0, encode(sine(700, 300), 'PCMU'), 0xff)
      const ended = await events.next('recorderEnded')
      expect(ended.reason).toBe('silence')
      const file = readFileSync(path)
      expect(file.readUInt16LE(22)).toBe(2)
      expect(file.length).toBe(44 + ended.durationMs * 32)
      expect(ended.durationMs).toBeLessThan(700)
      expect(ended.durationMs).toBeGreaterThan(200)
    })

    it('says that a recording failed when its file cannot be made', async () => {
      const { endpointId } = await connect()
      await plane.submit({
        type: 'record',
        recorderId: 11,
        endpointId,
        path: join(folder, 'missing', 'x.wav'),
        channels: 'received',
        durationMsMax: 0,
        silenceTimeoutMs: 0,
        trimSilence: false,
      })
      expect((await events.next('recorderEnded')).reason).toBe('failed')
    })

    it('relays a bridge of one codec without touching the payload, digits too', async () => {
      const a = await connect()
      const b = await connect({ telephoneEventPayloadType: 96 }, a.endpoint)
      await plane.submit({
        type: 'bridge',
        endpointId: a.endpointId,
        otherEndpointId: b.endpointId,
      })
      const marked = Uint8Array.from({ length: 160 }, (_, i) => i)
      a.peer.sendPacket(0, marked, false, 160)
      await b.peer.until(() => b.peer.packets.some((p) => Buffer.compare(p.payload, marked) === 0))
      b.peer.sendPacket(0, marked, false, 160)
      await a.peer.until(() => a.peer.packets.some((p) => Buffer.compare(p.payload, marked) === 0))
      a.peer.sendDigit(101, 7)
      await events.next('digit', (event) => event.endpointId === a.endpointId)
      await b.peer.until(() => b.peer.packets.some((packet) => packet.payloadType === 96))
      await plane.submit({ type: 'unbridge', endpointId: a.endpointId })
      expect(new Set(b.peer.packets.map((packet) => packet.ssrc)).size).toBe(1)
    })

    it('transcodes a bridge of two codecs', async () => {
      const a = await connect()
      const b = await connect({ codec: 'PCMA', payloadType: 8 }, a.endpoint)
      await plane.submit({
        type: 'bridge',
        endpointId: a.endpointId,
        otherEndpointId: b.endpointId,
      })
      void a.peer.talk(0, encode(sine(800, 1000), 'PCMU'), 0xff)
      const loud = () => b.peer.audio(8, 'PCMA').findIndex((sample) => Math.abs(sample) > 4000)
      await b.peer.until(() => loud() >= 0 && b.peer.audio(8, 'PCMA').length > loud() + 4800)
      const audio = b.peer.audio(8, 'PCMA').slice(loud() + 400, loud() + 4400)
      expect(amplitudeAt(audio, 800)).toBeGreaterThan(6000)
    })

    it('tells when nothing arrives', async () => {
      const { endpointId } = await connect({ rtpTimeoutMs: 100 })
      expect((await events.next('rtpTimeout')).endpointId).toBe(endpointId)
    })

    it('sends to where packets come from, and not to a stranger', async () => {
      const { endpoint, peer } = await connect({ remotePort: 9 })
      peer.sendPacket(0, new Uint8Array(160), false, 160)
      await peer.until(() => peer.packets.length > 1)
      const stranger = await Peer.open(0x9999)
      peers.push(stranger)
      stranger.remotePort = endpoint.rtpPort
      stranger.sendPacket(0, new Uint8Array(160), false, 160)
      const seen = peer.packets.length
      await peer.until(() => peer.packets.length > seen + 5)
      expect(stranger.packets).toHaveLength(0)
      expect((await plane.stats()).packetsDropped).toBeGreaterThan(0)
    })

    it('survives garbage', async () => {
      const { endpoint, endpointId, peer } = await connect({ inBandDtmf: true })
      let seed = 1
      const random = () => {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
        return seed >>> 16
      }
      for (let i = 0; i < 300; i++) {
        const bytes = Uint8Array.from({ length: random() % 200 }, () => random() & 255)
        if (i % 3 === 0 && bytes.length > 1) bytes.set([0x80, i % 2 ? 0 : 101])
        peer.sendBytes(bytes, i % 5 === 0 ? endpoint.rtcpPort : endpoint.rtpPort)
      }
      const seen = peer.packets.length
      peer.sendPacket(0, new Uint8Array(160), false, 160)
      await peer.until(() => peer.packets.length > seen + 3)
      await plane.submit({ type: 'close', endpointId })
      await events.next('closed')
    })

    it('frees the ports at close, with statistics', async () => {
      const { endpoint, endpointId, peer } = await connect()
      peer.sendPacket(0, new Uint8Array(160), false, 160)
      await peer.until(() => peer.packets.length > 3)
      await plane.submit({ type: 'close', endpointId })
      const closed = await events.next('closed')
      expect(closed.stats.packetsReceived).toBe(1)
      expect(closed.stats.packetsSent).toBeGreaterThan(2)
      for (const port of [endpoint.rtpPort, endpoint.rtcpPort]) {
        const socket = createSocket('udp4')
        socket.bind(port, bindAddress)
        await once(socket, 'listening')
        await new Promise<void>((resolve) => socket.close(() => resolve()))
      }
      await expect(plane.submit({ type: 'unbridge', endpointId })).rejects.toThrow('unknown')
    })

    it('refuses what is beyond its pools, and takes it when there is room again', async () => {
      const opened: OpenedEndpoint[] = []
      for (let i = 0; i < config.endpointsMax; i++) opened.push(await plane.open({ bindAddress }))
      await expect(plane.open({ bindAddress })).rejects.toMatchObject({ errorCode: 20500 })
      const { endpointId } = opened[0] as OpenedEndpoint
      await plane.submit({ type: 'close', endpointId })
      await events.next('closed')
      await plane.open({ bindAddress })
    })

    it('queues at most eight players and refuses unknown prompts and bad values', async () => {
      const { endpointId } = await connect()
      const promptId = await plane.loadPrompt(sine(300, 2000), 8000)
      const play = { type: 'play', endpointId, promptId, loops: 0, offsetMs: 0 } as const
      for (let i = 0; i < 8; i++) await plane.submit({ ...play, playerId: 20 + i })
      await expect(plane.submit({ ...play, playerId: 28 })).rejects.toThrow('queue')
      await plane.submit({ type: 'close', endpointId })
      await events.next('closed')
      expect(events.of('playerEnded').every((event) => event.reason === 'closed')).toBe(true)
      expect(events.of('playerEnded')).toHaveLength(8)
      const other = await connect()
      const unknown = { ...play, endpointId: other.endpointId, playerId: 30, promptId: 999_999 }
      await expect(plane.submit(unknown)).rejects.toThrow('prompt')
      const digits = { type: 'sendDigits', playerId: 31, toneMs: 100, gapMs: 100 } as const
      await expect(
        plane.submit({ ...digits, endpointId: other.endpointId, digits: '1x' }),
      ).rejects.toThrow('range')
    })

    it('resamples prompts', async () => {
      const wide = Int16Array.from({ length: 24_000 }, (_, i) =>
        Math.round(8000 * Math.sin((2 * Math.PI * 1000 * i) / 24_000)),
      )
      const narrow = await plane.resample(wide, 24_000, 8_000)
      expect(narrow.length).toBe(8000)
      expect(amplitudeAt(Array.from(narrow.subarray(1000, 7000)), 1000)).toBeGreaterThan(7900)
      await expect(plane.resample(wide, 12_345, 8_000)).rejects.toThrow()
    })

    it('finishes recordings and closes every endpoint when it is closed', async () => {
      const { endpointId, peer } = await connect()
      await plane.submit({
        type: 'record',
        recorderId: 12,
        endpointId,
        path: join(folder, 'closing.wav'),
        channels: 'received',
        durationMsMax: 0,
        silenceTimeoutMs: 0,
        trimSilence: false,
      })
      await peer.until(() => peer.packets.length > 5)
      await plane.close()
      expect(events.of('closed')).toHaveLength(1)
      const [ended] = events.of('recorderEnded')
      expect(ended?.reason).toBe('closed')
      const file = readFileSync(join(folder, 'closing.wav'))
      expect(file.readUInt32LE(40)).toBe(file.length - 44)
      await expect(plane.open({ bindAddress })).rejects.toThrow('closed')
    })
  })
}
