/**
 * The shell of the WASM plane, which lives in a worker: one plane, its sockets, a timer, recordings.
 * It is to src/media/wasm what native/io is to the native plane.
 */
import type { RemoteInfo } from 'node:dgram'
import { encodeClose } from '../command-records.js'
import { encodeRecorderEnded } from '../event-records.js'
import { parseIpAddress } from '../ip-address.js'
import type { MediaPlaneConfig, OpenedEndpoint, OpenOptions, PlaneStats } from '../port.js'
import { Ciphers } from './ciphers.js'
import { type CoreExports, LinearMemory, loadBestWasmCore } from './core.js'
import { Places } from './places.js'
import { Prompts } from './prompts.js'
import { type RecordingEnd, Recordings } from './recordings.js'
import { closePair, listen, Ports, type SocketPair } from './sockets.js'

const closedType = 70
const mixerClosedType = 72
const failedReason = 4
const placesMax = 0xffff
const commandsBytes = 65_536
const packetBytesMax = 2048
const latenessLimitsMs = [1, 2, 5, 10, 20, 50]

export class MediaShell {
  readonly #core: CoreExports
  readonly #memory: LinearMemory
  readonly #prompts: Prompts
  readonly #recordings = new Recordings()
  readonly #ports: Ports
  readonly #endpointsMax: number
  readonly #onEvents: (batch: Uint8Array) => void
  readonly #pairs = new Map<number, SocketPair>()
  readonly #closing = new Set<Promise<void>>()
  readonly #addresses = new Map<string, { family: 4 | 6; bytes: Uint8Array } | undefined>()
  readonly #lateness = new Array<number>(latenessLimitsMs.length + 1).fill(0)
  readonly #ciphers = new Ciphers(() => this.#memory.bytes)
  readonly #endpointPlaces: Places
  readonly #mixerPlaces: Places
  #opening = 0
  #events: Uint8Array[] = []
  #timer: NodeJS.Timeout | undefined
  #timerDueMs = -1
  #closed = false

  constructor(config: MediaPlaneConfig, onEvents: (batch: Uint8Array) => void) {
    this.#onEvents = onEvents
    this.#endpointsMax = Math.min(config.endpointsMax, placesMax)
    this.#endpointPlaces = new Places(this.#endpointsMax)
    this.#mixerPlaces = new Places(Math.floor(this.#endpointsMax / 2) + 1)
    this.#ports = new Ports(config.portMin, config.portMax, Date.now())
    this.#core = loadBestWasmCore({
      send: (...args) => this.#send(...args),
      event: (record, bytes) => this.#event(record, bytes),
      promptAcquire: (promptId, struct) => this.#prompts.acquire(promptId, struct),
      promptRelease: (promptId) => this.#prompts.release(promptId),
      recordingOpen: (...args) => this.#recordingOpen(...args),
      recordingWrite: (slot, at, count) => this.#recordingWrite(slot, at, count),
      recordingEnd: (slot, reason, frames) => this.#recordingEnd(slot, reason, frames),
      cryptoKeySet: (...args) => this.#ciphers.keySet(...args),
      cryptoKeyClear: (slot) => this.#ciphers.keyClear(slot),
      cryptoCtr: (...args) => this.#ciphers.ctr(...args),
      cryptoMac: (...args) => this.#ciphers.mac(...args),
      cryptoGcm: (...args) => this.#ciphers.gcm(...args),
    })
    this.#memory = new LinearMemory(this.#core)
    this.#prompts = new Prompts(this.#core, this.#memory)
    const plane = this.#memory.take(this.#core.planeBytes(this.#endpointsMax))
    const nowMs = this.#nowMs()
    this.#core.planeInit(plane, this.#endpointsMax, Date.now() - nowMs, nowMs)
  }

  async open(options: OpenOptions): Promise<OpenedEndpoint> {
    if (this.#pairs.size + this.#opening >= this.#endpointsMax) {
      throw new Error('every endpoint is in use')
    }
    this.#opening++
    let pair: SocketPair
    try {
      pair = await this.#ports.bindPair(options.bindAddress)
    } finally {
      this.#opening--
    }
    const endpointId = this.#endpointPlaces.take()
    this.#pairs.set(endpointId, pair)
    this.#core.planeOpen(endpointId, this.#nowMs())
    listen(pair, (rtcp, packet, from) => this.#receive(endpointId, rtcp, packet, from))
    return { endpointId, rtpPort: pair.rtpPort, rtcpPort: pair.rtpPort + 1 }
  }

  openMixer(): number {
    const mixerId = this.#mixerPlaces.take()
    if (mixerId === 0) throw new Error('every mixer is in use')
    this.#core.planeOpenMixer(mixerId, this.#nowMs())
    return mixerId
  }

  commands(batch: Uint8Array): void {
    const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
    let at = 0
    while (at < batch.length) {
      let end = at
      while (end < batch.length && end + view.getUint16(end, true) - at <= commandsBytes) {
        end += view.getUint16(end, true)
      }
      this.#runCommands(batch.subarray(at, end))
      at = end
    }
    this.#publish()
  }

  loadPrompt(samples: Int16Array, rateHz: number): number {
    return this.#prompts.load(samples, rateHz)
  }

  releasePrompt(promptId: number): void {
    this.#prompts.release(promptId)
  }

  resample(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
    const count = this.#core.resamplerOutputCount(samples.length, fromHz, toHz) >>> 0
    if (count === 0xffff_ffff) throw new RangeError('unsupported sample rate')
    const srcBytes = samples.byteLength
    const src = this.#memory.take(srcBytes)
    const dst = this.#memory.take(2 * count)
    this.#memory.bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, srcBytes), src)
    const partSamples = 800
    for (let first = 0; first < count; first += partSamples) {
      const part = Math.min(partSamples, count - first)
      this.#core.resample(dst + 2 * first, first, part, src, samples.length, fromHz, toHz)
      this.#tick() // a long sound must not delay packets
    }
    const result = new Int16Array(this.#memory.bytes.slice(dst, dst + 2 * count).buffer)
    this.#memory.giveBack(src, srcBytes)
    this.#memory.giveBack(dst, 2 * count)
    return result
  }

  stats(): PlaneStats {
    const at = this.#core.planeCounts()
    const [, received, sent, dropped, overruns] = new Float64Array(this.#memory.bytes.buffer, at, 5)
    return {
      endpoints: this.#pairs.size,
      prompts: this.#prompts.count,
      packetsReceived: received ?? 0,
      packetsSent: sent ?? 0,
      packetsDropped: dropped ?? 0,
      recorderOverruns: overruns ?? 0,
      // One thread, and messages that never find a queue full.
      ...{ moves: 0, audioFramesLost: 0, eventsLost: 0 },
      latenessCounts: [...this.#lateness],
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const endpointId of this.#pairs.keys()) this.#runCommands(encodeClose(endpointId))
    this.#publish()
    clearTimeout(this.#timer)
    await Promise.all(this.#closing)
  }

  #nowMs(): number {
    return Math.floor(performance.now()) + 1000
  }

  #runCommands(batch: Uint8Array): void {
    this.#memory.bytes.set(batch, this.#core.commandsIn())
    this.#core.planeCommands(batch.length, this.#nowMs())
    this.#schedule()
  }

  #receive(endpointId: number, rtcp: boolean, packet: Buffer, from: RemoteInfo): void {
    const address = this.#address(from.address)
    if (!address || packet.length > packetBytesMax || !this.#pairs.has(endpointId)) return
    const { bytes } = this.#memory
    bytes.set(packet, this.#core.packetIn())
    bytes.set(address.bytes, this.#core.addressIn())
    const { family } = address
    const nowMs = this.#nowMs()
    this.#core.planeReceive(endpointId, rtcp ? 1 : 0, family, from.port, packet.length, nowMs)
    this.#publish()
  }

  #address(text: string): { family: 4 | 6; bytes: Uint8Array } | undefined {
    const known = this.#addresses.get(text)
    if (known) return known
    if (this.#addresses.size > 10_000) this.#addresses.clear()
    const parsed = parseIpAddress(text)
    this.#addresses.set(text, parsed)
    return parsed
  }

  #schedule(): void {
    const dueMs = this.#core.planeNextDueMs()
    if (dueMs === this.#timerDueMs || this.#closed) return
    clearTimeout(this.#timer)
    this.#timerDueMs = dueMs
    if (dueMs < 0) return
    const waitMs = Math.max(0, Math.ceil(dueMs - performance.now() - 1000))
    this.#timer = setTimeout(() => {
      this.#timerDueMs = -1
      this.#tick()
    }, waitMs)
  }

  #tick(): void {
    const nowMs = this.#nowMs()
    const dueMs = this.#core.planeNextDueMs()
    if (dueMs >= 0 && dueMs <= nowMs) {
      const lateMs = performance.now() + 1000 - dueMs
      const bucket = latenessLimitsMs.findIndex((limit) => lateMs <= limit)
      const index = bucket < 0 ? latenessLimitsMs.length : bucket
      this.#lateness[index] = (this.#lateness[index] ?? 0) + 1
    }
    this.#core.planeTick(nowMs)
    this.#schedule()
    this.#publish()
  }

  #publish(): void {
    if (this.#events.length === 0) return
    const batch = Buffer.concat(this.#events)
    this.#events = []
    this.#onEvents(new Uint8Array(batch))
  }

  #send(
    endpointId: number,
    rtcp: number,
    family: number,
    port: number,
    ip: number,
    packet: number,
    bytes: number,
  ): void {
    const pair = this.#pairs.get(endpointId)
    if (!pair || port === 0) return
    const memory = this.#memory.bytes
    const host = presentIp(memory, ip, family)
    ;(rtcp ? pair.rtcp : pair.rtp).send(memory.slice(packet, packet + bytes), port, host)
  }

  #event(record: number, bytes: number): void {
    const copy = this.#memory.bytes.slice(record, record + bytes)
    if (copy[2] === mixerClosedType) {
      this.#mixerPlaces.giveBack(new DataView(copy.buffer).getUint32(4, true))
    }
    if (copy[2] !== closedType) {
      this.#events.push(copy)
      return
    }
    // The event waits until the ports are really free.
    const endpointId = new DataView(copy.buffer).getUint32(4, true)
    const pair = this.#pairs.get(endpointId)
    if (!pair) return
    const closing = closePair(pair).then(() => {
      this.#pairs.delete(endpointId)
      this.#endpointPlaces.giveBack(endpointId)
      this.#closing.delete(closing)
      this.#events.push(copy)
      this.#publish()
    })
    this.#closing.add(closing)
  }

  #recordingOpen(
    slot: number,
    recorderId: number,
    endpointId: number,
    channels: number,
    rateHz: number,
    path: number,
    pathBytes: number,
  ): number {
    const name = new TextDecoder().decode(this.#memory.bytes.slice(path, path + pathBytes))
    const ids = { recorderId: recorderId >>> 0, endpointId: endpointId >>> 0 }
    if (!this.#recordings.open(slot, ids, { channels, rateHz }, name, this.#nowMs())) {
      this.#fail(slot)
    }
    return 1
  }

  #recordingWrite(slot: number, at: number, count: number): void {
    const samples = this.#memory.bytes.subarray(at, at + 2 * count)
    if (!this.#recordings.write(slot, samples, this.#nowMs())) this.#fail(slot)
  }

  #recordingEnd(slot: number, reason: number, frames: number): void {
    const end = this.#recordings.end(slot, frames)
    if (end) this.#reportEnd(end, end.failed ? failedReason : reason)
  }

  #fail(slot: number): void {
    const end = this.#recordings.describe(slot)
    if (end) this.#reportEnd(end, failedReason)
  }

  #reportEnd(end: RecordingEnd, reason: number): void {
    const { endpointId, recorderId, durationMs } = end
    this.#events.push(encodeRecorderEnded(endpointId, recorderId, reason, durationMs))
  }
}

function presentIp(memory: Uint8Array, at: number, family: number): string {
  if (family === 4) return memory.subarray(at, at + 4).join('.')
  const groups: string[] = []
  for (let i = 0; i < 16; i += 2) {
    groups.push((((memory[at + i] ?? 0) << 8) | (memory[at + i + 1] ?? 0)).toString(16))
  }
  return groups.join(':')
}
