/** A phone for tests: sends and receives plain RTP on loopback, G.711 mu-law or A-law. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface Packet {
  readonly payloadType: number
  readonly marker: boolean
  readonly sequence: number
  readonly timestamp: number
  readonly ssrc: number
  readonly payload: Buffer
}

function expandUlaw(code: number): number {
  const inverted = ~code & 0xff
  const exponent = (inverted >> 4) & 7
  const magnitude = (((inverted & 15) << 3) + 132) << exponent
  return inverted & 0x80 ? 132 - magnitude : magnitude - 132
}

function expandAlaw(code: number): number {
  const plain = code ^ 0x55
  const exponent = (plain >> 4) & 7
  let value = ((plain & 15) << 4) + 8
  if (exponent > 0) value = (value + 256) << (exponent - 1)
  return plain & 0x80 ? value : -value
}

export function decode(payload: Uint8Array, codec: 'PCMU' | 'PCMA'): number[] {
  return Array.from(payload, codec === 'PCMU' ? expandUlaw : expandAlaw)
}

const encodeTables = new Map<string, Map<number, number>>()

/** The nearest code, by search; slow and obviously right. */
export function encode(samples: ArrayLike<number>, codec: 'PCMU' | 'PCMA'): Uint8Array {
  const expand = codec === 'PCMU' ? expandUlaw : expandAlaw
  const codes = Array.from({ length: 256 }, (_, code) => [expand(code), code] as const)
  const cache = encodeTables.get(codec) ?? new Map<number, number>()
  encodeTables.set(codec, cache)
  return Uint8Array.from(samples, (sample) => {
    const known = cache.get(sample)
    if (known !== undefined) return known
    let best = 0
    let distance = Number.POSITIVE_INFINITY
    for (const [value, code] of codes) {
      const away = Math.abs(value - sample)
      if (away < distance) {
        distance = away
        best = code
      }
    }
    cache.set(sample, best)
    return best
  })
}

export function sine(hz: number, ms: number, amplitude = 8000): Int16Array {
  return Int16Array.from({ length: ms * 8 }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / 8000)),
  )
}

const windowSamples = 400

/**
 * Amplitude of one frequency (a multiple of 20 Hz), the mean of windows of 50 ms: a jitter buffer may
 * stretch what it plays, which moves the phase.
 */
export function amplitudeAt(samples: readonly number[], hz: number): number {
  let sum = 0
  let windows = 0
  for (let at = 0; at + windowSamples <= samples.length; at += windowSamples) {
    sum += amplitudeOf(samples.slice(at, at + windowSamples), hz)
    windows++
  }
  return sum / Math.max(windows, 1)
}

function amplitudeOf(samples: readonly number[], hz: number): number {
  let re = 0
  let im = 0
  for (const [i, sample] of samples.entries()) {
    re += sample * Math.cos((2 * Math.PI * hz * i) / 8000)
    im += sample * Math.sin((2 * Math.PI * hz * i) / 8000)
  }
  return (2 * Math.hypot(re, im)) / Math.max(samples.length, 1)
}

export class Peer {
  readonly packets: Packet[] = []
  readonly #socket: Socket
  readonly #ssrc: number
  #waiting: { predicate: () => boolean; resolve: () => void }[] = []
  #sequence = 65_530
  #timestamp = 0xffff_ff00
  #timer: NodeJS.Timeout | undefined
  remotePort = 0

  private constructor(socket: Socket, ssrc: number) {
    this.#socket = socket
    this.#ssrc = ssrc
    socket.on('message', (data) => this.#receive(data))
  }

  static async open(ssrc = 0x1234): Promise<Peer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new Peer(socket, ssrc)
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Resolves as soon as the predicate holds, looked at after each packet. */
  until(predicate: () => boolean): Promise<void> {
    if (predicate()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ predicate, resolve }))
  }

  sendBytes(bytes: Uint8Array, port = this.remotePort): void {
    this.#socket.send(bytes, port, '127.0.0.1')
  }

  sendPacket(payloadType: number, payload: Uint8Array, marker = false, advance = 0): void {
    this.#writePacket(payloadType, payload, marker, this.#timestamp)
    this.#timestamp = (this.#timestamp + advance) >>> 0
  }

  /** Sends audio in packets of 20 ms on a timer, then silence until stopped. */
  talk(payloadType: number, audio: Uint8Array, silence: number): Promise<void> {
    this.hush()
    let at = 0
    return new Promise((resolve) => {
      this.#timer = setInterval(() => {
        const payload = new Uint8Array(160).fill(silence)
        payload.set(audio.subarray(at, at + 160))
        at += 160
        this.sendPacket(payloadType, payload, false, 160)
        if (at >= audio.length) resolve()
      }, 20)
    })
  }

  hush(): void {
    clearInterval(this.#timer)
  }

  /** One digit as telephone-event, with its end three times. */
  sendDigit(payloadType: number, event: number): void {
    const timestamp = this.#timestamp
    for (let i = 1; i <= 7; i++) {
      const duration = Math.min(i, 5) * 160
      const payload = Uint8Array.of(event, i >= 5 ? 0x8a : 0x0a, duration >> 8, duration & 255)
      this.#writePacket(payloadType, payload, i === 1, timestamp)
    }
    this.#timestamp = (this.#timestamp + 800) >>> 0
  }

  audio(payloadType: number, codec: 'PCMU' | 'PCMA', from = 0): number[] {
    const packets = this.packets.slice(from).filter((each) => each.payloadType === payloadType)
    return packets.flatMap((packet) => decode(packet.payload, codec))
  }

  async close(): Promise<void> {
    this.hush()
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }

  #writePacket(payloadType: number, payload: Uint8Array, marker: boolean, timestamp: number): void {
    const packet = Buffer.alloc(12 + payload.length)
    packet[0] = 0x80
    packet[1] = payloadType | (marker ? 0x80 : 0)
    packet.writeUInt16BE(this.#sequence, 2)
    packet.writeUInt32BE(timestamp, 4)
    packet.writeUInt32BE(this.#ssrc, 8)
    packet.set(payload, 12)
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.sendBytes(packet)
  }

  #receive(data: Buffer): void {
    if (data.length < 12) return
    this.packets.push({
      payloadType: (data[1] ?? 0) & 0x7f,
      marker: ((data[1] ?? 0) & 0x80) !== 0,
      sequence: data.readUInt16BE(2),
      timestamp: data.readUInt32BE(4),
      ssrc: data.readUInt32BE(8),
      payload: data.subarray(12),
    })
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) {
      if (each.predicate()) each.resolve()
      else this.#waiting.push(each)
    }
  }
}
