import { createSocket } from 'node:dgram'
import { muLawSample } from '../../../src/media/files/g711.js'
import { rateHz, type Samples, tones } from './audio.js'
import { isRtcp, rtpBytes, rtpPacketOf } from './rtp-packets.js'

const frameSamples = rateHz / 50
const secondsMax = 60

/** The sound of one call as PCMU: says a tone, and keeps what it hears where it was in time. */
export interface PageMedia {
  readonly port: number
  /** The other side's description: where it wants to hear us, if at all. */
  remote(sdp: string): void
  heardPackets(): number
  /** From the opening on until now, or until the call ended; silence where nothing came. */
  heard(): Samples
  /** Says nothing any more. */
  stop(): void
  close(): void
}

export async function openPageMedia(toneHz?: number): Promise<PageMedia> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const openedMs = performance.now()
  const heard = new Int16Array(secondsMax * rateHz)
  const sampleNow = () => Math.round(((performance.now() - openedMs) * rateHz) / 1000)
  let packets = 0
  let nextAt = 0
  let endedAt: number | undefined
  socket.on('message', (bytes) => {
    if (isRtcp(bytes)) return
    packets++
    const { payload } = rtpPacketOf(bytes, 0)
    const arrivedAt = sampleNow()
    // What comes in time is joined to what came before, as a jitter buffer does.
    const at = Math.abs(arrivedAt - nextAt) < rateHz / 10 ? nextAt : arrivedAt
    nextAt = at + payload.length
    if (nextAt <= heard.length) heard.set([...payload].map(muLawSample), at)
  })
  let target = 0
  let sequence = 0
  const voice = toneHz === undefined ? undefined : muLawTone(toneHz)
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - openedMs) / 20)
    if (voice === undefined || target === 0) {
      sequence = due
      return
    }
    for (; sequence < due; sequence++) {
      const timestamp = sequence * frameSamples
      const from = timestamp % voice.length
      const payload = voice.subarray(from, from + frameSamples)
      const packet = { payloadType: 0, marker: false, sequence, timestamp, payload }
      socket.send(rtpBytes(packet), target, '127.0.0.1')
    }
  }, 20)
  return {
    port: socket.address().port,
    remote(sdp) {
      const isHeld = /^a=(sendonly|inactive)\r?$/m.test(sdp)
      target = isHeld ? 0 : Number(/^m=audio (\d+)/m.exec(sdp)?.[1] ?? 0)
    },
    heardPackets: () => packets,
    heard: () => heard.slice(0, Math.max(nextAt, endedAt ?? sampleNow())),
    stop() {
      clearInterval(timer)
      endedAt ??= sampleNow()
    },
    close() {
      clearInterval(timer)
      socket.close()
    },
  }
}

/** One second, whose ends fit together where the tone is of whole hertz. */
function muLawTone(toneHz: number): Buffer {
  return Buffer.from([...tones([toneHz], 1)].map(muLawCode))
}

const codes = Array.from({ length: 256 }, (_, code) => ({ code, sample: muLawSample(code) })).sort(
  (one, other) => one.sample - other.sample,
)

/** The code that is nearest. */
function muLawCode(sample: number): number {
  let low = 0
  let high = codes.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((codes[middle]?.sample ?? 0) < sample) low = middle + 1
    else high = middle
  }
  return codes[low]?.code ?? 0xff
}
