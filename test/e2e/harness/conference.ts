import { rateHz, type Samples } from './audio.js'
import { rms, toneShare } from './measure.js'

/** The level of one tone among others [dBFS]. */
export function toneLevel(samples: Samples, frequencyHz: number, sampleRateHz = rateHz): number {
  const power = toneShare(samples, frequencyHz, sampleRateHz) * rms(samples) ** 2
  return 10 * Math.log10(power / 32_768 ** 2 + 1e-12)
}
