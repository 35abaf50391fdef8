import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sound } from './harness/application.js'
import { join, melody, silence, wavBytes } from './harness/audio.js'
import { capture } from './harness/capture.js'
import { amongOthers } from './harness/conversation.js'
import { shareFound } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { oggPacketsOf } from './harness/ogg-packets.js'
import { type Relay, startRelay } from './harness/relay.js'
import { rtpBytes } from './harness/rtp-packets.js'
import { callWithSipp } from './harness/sipp.js'
import { decoded, encoded, resampled } from './harness/sound-programs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const hasPeers = needs('sipp', 'ffmpeg')
/** sipp plays captures through a raw socket, and Opus only so. */
const mayUseRawSockets = process.getuid?.() === 0

const tune = melody(3, 3)
const said = join(silence(0.5), tune, silence(1))
const prompt = melody(2)

interface Case {
  readonly media: string
  readonly payloadType: number
  /** A format of ffmpeg, and its rate. */
  readonly format: string
  readonly rateHz: number
}

const cases: readonly Case[] = [
  { media: '8', payloadType: 8, format: 'alaw', rateHz: 8_000 },
  { media: '9', payloadType: 9, format: 'g722', rateHz: 16_000 },
  { media: '107\na=rtpmap:107 opus/48000/2', payloadType: 107, format: 'ogg', rateHz: 48_000 },
]

/** A capture of Opus by ffmpeg, 20 ms a packet. */
function opusCapture(payloadType: number): Buffer {
  const [, , ...packets] = oggPacketsOf(encoded(said, 'ogg', 48_000, ['-c:a', 'libopus']))
  return capture(
    packets.map((payload, index) => {
      const packet = { payloadType, marker: index === 0, sequence: index, timestamp: 960 * index }
      return { atMs: 20 * index, bytes: rtpBytes({ ...packet, payload }) }
    }),
  )
}

describe.skipIf(!hasPeers)('codecs with sipp', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const talk = async ({ media, payloadType, format, rateHz }: Case, relay: Relay) => {
    const file = bed.path(`said.${format}`)
    const isStream = format !== 'ogg'
    writeFileSync(file, isStream ? encoded(said, format, rateHz) : opusCapture(payloadType))
    const play = isStream ? `rtp_stream="${file},1,${payloadType}"` : `play_pcap_audio="${file}"`
    const number = await bed.number({
      [`/${format}`]: `<Response><Record maxLength="4" playBeep="false" trim="do-not-trim"
        timeout="10" action="/${format}/done"/></Response>`,
      [`/${format}/done`]: `<Response><Play>/${format}/prompt.wav</Play></Response>`,
      [`/${format}/prompt.wav`]: sound(wavBytes(prompt)),
    })
    await amongOthers(() =>
      callWithSipp(relay.sipPort, number, {
        scenario: 'caller-with-media',
        cwd: bed.directory,
        values: { media, play },
      }),
    )
    const { parameters } = await bed.app.received(`/${format}/done`)
    return bed.recording(parameters.RecordingUrl)
  }

  for (const wanted of cases) {
    const { format, payloadType, rateHz } = wanted
    const isStream = format !== 'ogg'
    const title = isStream ? format : 'Opus (raw socket)'
    const test = it.skipIf(!isStream && !mayUseRawSockets)
    test(title, { concurrent: true, retry: 1 }, async ({ onTestFinished }) => {
      const relay = await startRelay({ routerSipPort: bed.router.sipPort })
      onTestFinished(() => relay.close())
      const recording = await talk(wanted, relay)
      expect(relay.descriptionsOf.router[0]).toContain(` RTP/AVP ${payloadType}\r\n`)
      expect(recording.sampleRateHz).toBe(Math.min(rateHz, 16_000))
      const recorded = resampled(recording, 8_000).samples
      expect(recorded.length / 8_000).toBeCloseTo(4, 1)
      expect(shareFound(tune, recorded, 0.99)).toBeGreaterThan(0.6)
      const sent = relay.rtpOf.router
      expect(new Set(sent.map((packet) => packet.payloadType))).toEqual(new Set([payloadType]))
      if (!isStream) return
      const heard = decoded(Buffer.concat(sent.map(({ payload }) => payload)), format, rateHz)
      // Nothing is lost here: neither by a jitter buffer nor by late packets.
      expect(shareFound(prompt, heard, 0.99)).toBe(1)
    })
  }
})
