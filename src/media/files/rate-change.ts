import { bessel } from './bessel.js'
import { rounded } from './pcm.js'

/** Zero crossings of the sinc on either side, at the lower rate. */
const crossings = 16
/** Kaiser window: about 70 dB. */
const beta = 6.8
/** Of half the lower rate: what is above has to be gone at the half. */
const passed = 0.92

/**
 * Changes the sample rate of a sound that comes in pieces: a windowed sinc with one set of taps for each
 * place that an output can have between two inputs. It adds no delay.
 */
export class RateChange {
  readonly #phases: readonly Float64Array[]
  readonly #half: number
  /** Inputs for each output, as a whole number and a part of `#phases.length`. */
  readonly #stepInputs: number
  readonly #stepPhases: number
  /** Inputs that later outputs still need; before the sound there is silence. */
  #waiting: Float64Array
  #phase = 0

  constructor(fromHz: number, toHz: number) {
    const divisor = greatestDivisor(fromHz, toHz)
    const count = toHz / divisor
    const scale = Math.min(1, toHz / fromHz) * passed
    this.#half = Math.ceil(crossings / Math.min(1, toHz / fromHz))
    this.#phases = Array.from({ length: count }, (_, phase) =>
      tapsOf(phase / count, this.#half, scale),
    )
    this.#stepInputs = Math.floor(fromHz / toHz)
    this.#stepPhases = (fromHz / divisor) % count
    this.#waiting = new Float64Array(this.#half - 1)
  }

  push(samples: Int16Array): Int16Array {
    const input = new Float64Array(this.#waiting.length + samples.length)
    input.set(this.#waiting)
    input.set(samples, this.#waiting.length)
    const width = 2 * this.#half
    const output: number[] = []
    let at = 0
    while (at + width <= input.length) {
      const taps = this.#phases[this.#phase] as Float64Array
      let sum = 0
      for (let tap = 0; tap < width; tap++)
        sum += (input[at + tap] as number) * (taps[tap] as number)
      output.push(rounded(sum))
      at += this.#stepInputs
      this.#phase += this.#stepPhases
      if (this.#phase >= this.#phases.length) {
        this.#phase -= this.#phases.length
        at++
      }
    }
    this.#waiting = input.slice(at)
    return Int16Array.from(output)
  }

  /** The rest, once there is no more input. */
  finish(): Int16Array {
    return this.push(new Int16Array(this.#half))
  }
}

/** For an output that is `fraction` of an input behind the input in the middle. */
function tapsOf(fraction: number, half: number, scale: number): Float64Array {
  const taps = Float64Array.from({ length: 2 * half }, (_, index) => {
    const distance = index - (half - 1) - fraction
    const x = Math.PI * distance * scale
    const sinc = x === 0 ? 1 : Math.sin(x) / x
    const edge = Math.abs(distance) / half
    return edge >= 1 ? 0 : sinc * (bessel(beta * Math.sqrt(1 - edge * edge)) / bessel(beta))
  })
  const sum = taps.reduce((all, tap) => all + tap, 0)
  return taps.map((tap) => tap / sum)
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}
