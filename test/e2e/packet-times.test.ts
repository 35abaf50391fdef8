import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { melody } from './harness/audio.js'
import { converse } from './harness/conversation.js'
import { shareFound } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { type RtpPacket, stepsOf } from './harness/rtp-packets.js'
import { resampled } from './harness/sound-programs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

/** Clock [kHz], and bytes a millisecond where they are the same in all packets. */
const codecs = {
  PCMU: {
    codecs: 'PCMU/8000/1',
    payloadType: 0,
    clockKhz: 8,
    bytesPerMs: 8,
    rateHz: 8_000,
    channels: 1,
  },
  G722: {
    codecs: 'G722/16000/1',
    payloadType: 9,
    clockKhz: 8,
    bytesPerMs: 8,
    rateHz: 16_000,
    channels: 1,
  },
  opus: {
    codecs: 'opus/48000/2',
    payloadType: 96,
    clockKhz: 48,
    bytesPerMs: 0,
    rateHz: 48_000,
    channels: 2,
  },
} as const

describe.skipIf(!needs('baresip'))('packet times with baresip', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  it.concurrent.for([
    ['PCMU', 10, 10],
    ['PCMU', 30, 30],
    ['PCMU', 40, 40],
    ['PCMU', 60, 60],
    ['G722', 30, 30],
    ['opus', 10, 10],
    ['opus', 60, 60],
    // It has no frame of that length.
    ['opus', 30, 20],
  ] as const)(
    '%s, %i ms is answered with %i ms',
    { retry: 1 },
    async (wanted, { onTestFinished }) => {
      const [name, ptimeMs, sentMs] = wanted
      const { codecs: chosen, payloadType, clockKhz, bytesPerMs, rateHz, channels } = codecs[name]
      const title = `${name}-${ptimeMs}`
      const said = melody(12, 2)
      const { prompt, heard, recording, relay } = await converse(bed, title, onTestFinished, {
        baresip: { codecs: chosen, account: `ptime=${ptimeMs}` },
        says: resampled({ samples: said, sampleRateHz: 8_000, channels: 1 }, rateHz, channels),
      })
      expect(relay.descriptionsOf.router[0]).toContain(`a=ptime:${sentMs}\r\n`)
      const isSpeech = (packet: RtpPacket) => packet.payloadType === payloadType
      const speech = relay.rtpOf.router.filter(isSpeech)
      const steps = new Set(stepsOf(speech).map((step) => JSON.stringify(step)))
      const step = { sequence: 1, timestamp: sentMs * clockKhz }
      expect(steps).toEqual(new Set([JSON.stringify(step)]))
      if (bytesPerMs > 0) {
        // baresip keeps to its own packet time, too.
        for (const packets of [speech, relay.rtpOf.phone.filter(isSpeech)]) {
          const sizes = new Set(packets.map(({ payload }) => payload.length))
          expect(sizes).toEqual(new Set([ptimeMs * bytesPerMs]))
        }
      }
      expect(shareFound(prompt, resampled(heard, 8_000).samples)).toBeGreaterThan(0.8)
      const recorded = resampled(recording, 8_000).samples
      expect(recorded.length / 8_000).toBeCloseTo(2, 1)
      expect(shareFound(recorded, said)).toBeGreaterThan(0.7)
    },
  )
})
