import { afterEach, describe, expect, it } from 'vitest'
import { sound } from './harness/application.js'
import { readWav, type Samples, type Wav, wavBytes, writeWav } from './harness/audio.js'
import { type Baresip, startBaresip } from './harness/baresip.js'
import { rms, toneShare } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const lowHz = 1_000
/** Above what a narrowband codec carries. */
const highHz = 5_000

/** Sines together, the same on every channel. */
function chord(
  frequenciesHz: readonly number[],
  seconds: number,
  sampleRateHz: number,
  channels = 1,
): Samples {
  const waveAt = (time: number) =>
    frequenciesHz.reduce((sum, hz) => sum + 5_000 * Math.sin(2 * Math.PI * hz * time), 0)
  return Int16Array.from({ length: seconds * sampleRateHz * channels }, (_, index) =>
    waveAt(Math.floor(index / channels) / sampleRateHz),
  )
}

/** The best share of a tone in any 100 ms of the first channel that have sound. */
function bestShare({ samples: all, sampleRateHz, channels }: Wav, hz: number): number {
  const samples = all.filter((_, index) => index % channels === 0)
  const length = sampleRateHz / 10
  let best = 0
  for (let at = 0; at + length <= samples.length; at += length) {
    const window = samples.subarray(at, at + length)
    if (rms(window) > 1_000) best = Math.max(best, toneShare(window, hz, sampleRateHz))
  }
  return best
}

interface Case {
  readonly codecs: string
  readonly account?: string
  readonly rateHz: number
  readonly wide: boolean
  readonly channels?: number
}

const cases: readonly Case[] = [
  { codecs: 'PCMA/8000/1', rateHz: 8_000, wide: false },
  { codecs: 'PCMU/8000/1', account: 'ptime=40', rateHz: 8_000, wide: false },
  { codecs: 'G722/16000/1', rateHz: 16_000, wide: true },
  // It plays a file only with as many channels as the codec has in its description.
  ...[{}, { account: 'mediaenc=srtp-mand' }].map((account) => ({
    ...{ codecs: 'opus/48000/2', rateHz: 48_000, wide: true, channels: 2 },
    ...account,
  })),
  { codecs: 'L16/16000/1', rateHz: 16_000, wide: true },
  { codecs: 'PCMU/8000/1', account: 'mediaenc=srtp-mand', rateHz: 8_000, wide: false },
]

describe.skipIf(!needs('baresip'))('codecs with baresip', () => {
  let bed: Testbed
  let baresip: Baresip | undefined
  afterEach(async () => {
    await baresip?.kill()
    await bed?.close()
  })

  // The cores give the same samples but for Opus, which has its own arithmetic in each.
  describe.each(['native', 'wasm'])('%s media core', (mediaCore) => {
    // On a busy machine packets may come too late; then it is tried again.
    const chosen = mediaCore === 'native' ? cases : cases.filter(({ rateHz }) => rateHz === 48_000)
    it.each(chosen)(
      '$codecs $account',
      { retry: 1 },
      async ({ codecs, account, rateHz, wide, channels }) => {
        bed = await startTestbed({ DIALPLANE_MEDIA_CORE: mediaCore })
        const tonesHz = wide ? [lowHz, highHz] : [lowHz]
        const prompt = wavBytes(chord(tonesHz, 2, 16_000), 16_000)
        const said = chord(tonesHz, 30, rateHz, channels)
        const says = writeWav(bed.path('says.wav'), said, rateHz, channels)
        const number = await bed.number({
          '/menu': '<Response><Play>/prompt.wav</Play><Redirect>/keys</Redirect></Response>',
          '/keys': '<Response><Gather numDigits="2" action="/record"/></Response>',
          '/record': '<Response><Record maxLength="2" playBeep="false" action="/done"/></Response>',
          '/done': '<Response><Hangup/></Response>',
          '/prompt.wav': sound(prompt),
        })
        baresip = await startBaresip(bed.path('baresip'), {
          ...{ codecs, says },
          ...(account === undefined ? {} : { account }),
        })
        baresip.dial(bed.uriOf(number))
        await baresip.event('CALL_ESTABLISHED')
        await bed.app.received('/keys')
        baresip.press('7')
        baresip.press('3')
        const recorded = await bed.app.received('/record')
        expect(recorded.parameters.Digits).toBe('73')
        const { parameters } = await bed.app.received('/done')
        const recording = await bed.recording(parameters.RecordingUrl)
        await baresip.event('CALL_CLOSED')
        await baresip.kill()
        const heard = readWav(baresip.heardFile())
        expect(recording.sampleRateHz).toBe(wide ? 16_000 : 8_000)
        for (const hz of tonesHz) {
          const share = 0.5 / tonesHz.length // Opus gives the lower one more
          expect(bestShare(recording, hz), `recorded ${hz} Hz`).toBeGreaterThan(share)
          expect(bestShare(heard, hz), `heard ${hz} Hz`).toBeGreaterThan(share)
        }
      },
    )
  })
})
