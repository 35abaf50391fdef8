/** What every driver of the media plane must do, over real loopback sockets. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type {
  CreateMediaPlane,
  EndpointSettings,
  MediaEvent,
  MediaPlane,
  OpenedEndpoint,
} from '../../src/media/port.js'
import { amplitudeAt, encode, Peer, sine } from './peer.js'

type EventOf<T extends MediaEvent['type']> = Extract<MediaEvent, { type: T }>

class Events {
  readonly all: MediaEvent[] = []
  #waiting: (() => void)[] = []

  add(event: MediaEvent): void {
    this.all.push(event)
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  async next<T extends MediaEvent['type']>(
    type: T,
    matches: (event: EventOf<T>) => boolean = () => true,
  ): Promise<EventOf<T>> {
    for (;;) {
      const found = this.all.find((each) => each.type === type && matches(each as EventOf<T>))
      if (found) return found as EventOf<T>
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  of<T extends MediaEvent['type']>(type: T): EventOf<T>[] {
    return this.all.filter((each): each is EventOf<T> => each.type === type)
  }
}

const bindAddress = '127.0.0.1'

export function mediaPlaneSuite(name: string, create: CreateMediaPlane, portMin: number): void {
  describe(`media plane: ${name}`, () => {
    let plane: MediaPlane
    let events: Events
    let folder: string
    let peers: Peer[]
    const config = { portMin, portMax: portMin + 199, threads: 2, endpointsMax: 8 }

    beforeEach(async () => {
      events = new Events()
      peers = []
      folder = mkdtempSync(join(tmpdir(), 'dialplane-media-'))
      plane = await create(config, (event) => events.add(event))
    })

    afterEach(async () => {
      await plane.close()
      for (const peer of peers) await peer.close()
      rmSync(folder, { recursive: true, force: true })
    })

    async function connect(
      settings: Partial<EndpointSettings> = {},
      near?: OpenedEndpoint,
    ): Promise<{ endpoint: OpenedEndpoint; endpointId: number; peer: Peer }> {
      const peer = await Peer.open(0x1000 + peers.length)
      peers.push(peer)
      const endpoint = await plane.open({
        bindAddress,
        ...(near ? { near: near.endpointId } : {}),
      })
      peer.remotePort = endpoint.rtpPort
      const { endpointId } = endpoint
      await plane.submit({
        type: 'configure',
        endpointId,
        settings: {
          remoteAddress: bindAddress,
          remotePort: peer.port,
          codec: 'PCMU',
          clockRateHz: 8000,
          payloadType: 0,
          telephoneEventPayloadType: 101,
          telephoneEventClockRateHz: 8000,
          ptimeMs: 20,
          ssrc: 0xabcd_0000 + peers.length,
          direction: 'sendrecv',
          rtpTimeoutMs: 0,
          inBandDtmf: false,
          ...settings,
        },
      })
      return { endpoint, endpointId, peer }
    }

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

    it('mixes a conference, records it, and tells who speaks', async () => {
      const a = await connect()
      const b = await connect({ codec: 'PCMA', payloadType: 8 }, a.endpoint)
      const c = await connect({ ptimeMs: 30 }, a.endpoint)
      const members = [a, b, c]
      const mixerId = await plane.openMixer({ near: a.endpointId })
      await plane.submit({ type: 'mixer', mixerId, reportVoices: true })
      const path = join(folder, 'room.wav')
      await plane.submit({
        ...{ type: 'record', recorderId: 5, endpointId: mixerId, ofMixer: true, path },
        ...{ channels: 'received', durationMsMax: 0, silenceTimeoutMs: 0, trimSilence: false },
      })
      for (const { endpointId } of members) {
        await plane.submit({ type: 'join', endpointId, mixerId })
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
      const speakers = events.of('voice').map(({ endpointId }) => endpointId)
      expect(new Set(speakers)).toEqual(new Set(members.map(({ endpointId }) => endpointId)))
      await plane.submit({ type: 'closeMixer', mixerId })
      await events.next('mixerClosed')
      expect((await events.next('recorderEnded')).reason).toBe('closed')
      const wav = readFileSync(path).subarray(44)
      const recorded = Array.from({ length: 4000 }, (_, i) =>
        wav.readInt16LE(wav.length - 16_000 + 2 * i),
      )
      for (const hz of tones) expect(amplitudeAt(recorded, hz)).toBeGreaterThan(3000)
    })

    it('plays a stream with marks, clears it, and gives what it hears and says to a tap', async () => {
      const { endpointId, peer } = await connect()
      const tap = { type: 'tap', tapId: 3, endpointId, tracks: 'both', format: 'pcm8k' } as const
      await plane.submit(tap)
      await plane.submit({ type: 'stream', playerId: 1, endpointId, sampleRateHz: 16_000 })
      const wide = Int16Array.from({ length: 1600 }, (_, i) =>
        Math.round(6000 * Math.sin((2 * Math.PI * 1000 * i) / 16_000)),
      )
      for (let piece = 0; piece < 10; piece++) {
        await plane.submit({ type: 'feed', playerId: 1, samples: wide })
      }
      await expect(
        plane.submit({ type: 'feed', playerId: 1, samples: new Int16Array(8000) }),
      ).rejects.toThrow('full')
      await plane.submit({ type: 'mark', playerId: 1, markId: 77 })
      void peer.talk(0, encode(sine(600, 3000), 'PCMU'), 0xff)
      expect((await events.next('streamLow')).playedMs).toBeLessThan(700)
      expect((await events.next('marked')).markId).toBe(77)
      await plane.submit({ type: 'feed', playerId: 1, samples: new Int16Array(16_000) })
      await plane.submit({ type: 'mark', playerId: 1, markId: 78 })
      await plane.submit({ type: 'clear', playerId: 1 })
      await events.next('marked', ({ markId }) => markId === 78)
      await plane.submit({ type: 'endStream', playerId: 1 })
      const ended = await events.next('playerEnded')
      expect(ended.playedMs).toBeGreaterThanOrEqual(1000)
      expect(ended.playedMs).toBeLessThan(1200)
      await plane.submit({ type: 'stopTap', tapId: 3, endpointId })
      const heard = (track: string) =>
        events
          .of('audio')
          .filter((event) => event.track === track)
          .flatMap(({ audio }) => [...new Int16Array(audio.slice().buffer)])
      expect(amplitudeAt(heard('outbound').slice(400, 7600), 1000)).toBeGreaterThan(5500)
      expect(amplitudeAt(heard('inbound').slice(2000, 6000), 600)).toBeGreaterThan(7000)
      expect(amplitudeAt(peer.audio(0, 'PCMU').slice(800, 7200), 1000)).toBeGreaterThan(5500)
      const times = events.of('audio').filter((event) => event.track === 'outbound')
      for (const [i, { mediaTimeMs }] of times.entries()) expect(mediaTimeMs).toBe(20 * i)
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
