import { bessel } from './bessel.js'
import { rounded } from './pcm.js'

/** Taps on either side of the middle one. */
const side = 47
/** Kaiser window: 80 dB with a transition of 0.05 of the higher rate. */
const beta = 7.9

/** A half-band low-pass, windowed sinc; its sum is 1. */
const taps = Float64Array.from({ length: 2 * side + 1 }, (_, index) => {
  const at = index - side
  const sinc = at === 0 ? 0.5 : Math.sin((Math.PI * at) / 2) / (Math.PI * at)
  return sinc * (bessel(beta * Math.sqrt(1 - (at / (side + 1)) ** 2)) / bessel(beta))
})

/**
 * Halves or doubles the sample rate of a sound that comes in pieces, for rates that the resampler of
 * the core does not take (12, 64, 88.2, 96, 176.4 and 192 kHz, or 4 and 6). It adds no delay.
 */
export class RateStep {
  readonly #isUp: boolean
  /** Samples at the higher rate that later outputs still need; before the sound there is silence. */
  #waiting: Float64Array = new Float64Array(side)

  constructor(direction: 'up' | 'down') {
    this.#isUp = direction === 'up'
  }

  push(samples: Int16Array): Int16Array {
    const spread = this.#isUp ? 2 : 1
    const input = new Float64Array(this.#waiting.length + samples.length * spread)
    input.set(this.#waiting)
    let at = this.#waiting.length
    // Doubled: a zero after each sample, and twice the level to make up for it.
    for (let index = 0; index < samples.length; index++, at += spread)
      input[at] = (samples[index] as number) * spread
    return this.#filter(input)
  }

  /** The rest, once there is no more input. */
  finish(): Int16Array {
    if (!this.#isUp) return this.push(new Int16Array(side))
    // The zero after the last of them is one too many.
    return this.push(new Int16Array((side + 1) / 2)).subarray(0, -1)
  }

  #filter(input: Float64Array): Int16Array {
    const step = this.#isUp ? 1 : 2
    const count = Math.max(0, Math.floor((input.length - taps.length) / step) + 1)
    const output = new Int16Array(count)
    for (let index = 0; index < count; index++) {
      const first = index * step
      let sum = 0
      for (let tap = 0; tap < taps.length; tap++)
        sum += (input[first + tap] as number) * (taps[tap] as number)
      output[index] = rounded(sum)
    }
    this.#waiting = input.slice(count * step)
    return output
  }
}
