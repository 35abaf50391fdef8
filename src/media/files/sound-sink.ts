import { AudioFileError, type DecodedAudio, limits } from './audio-file.js'
import { rounded } from './pcm.js'
import { RateStep } from './rate-step.js'

/** What the resampler of the core takes. */
const coreRatesHz = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

/** Takes what a sink gets, piece by piece. */
export interface SoundOutput {
  /** At one of the rates of DecodedAudio; once, before the first samples. */
  begin(sampleRateHz: number): void
  push(samples: Int16Array): void
}

/**
 * Where decoders put what they decode. Mixes to mono, and refuses what no prompt may be: a file that
 * is too long, has too many channels, a rate that nobody uses, or that changes either on the way.
 */
export class SoundSink {
  readonly #output: SoundOutput | undefined
  readonly #secondsMax: number
  readonly #pieces: Int16Array[] = []
  #samples = 0
  #steps: RateStep[] = []
  #fileRateHz = 0
  #channels = 0
  #rateHz = 0
  /** Samples as they come from the file. */
  #taken = 0

  /** Without `output` all of it is kept, for `finish` to return. */
  constructor(output?: SoundOutput, secondsMax: number = limits.seconds) {
    this.#output = output
    this.#secondsMax = secondsMax
  }

  /** Before the first sample. Throws AudioFileError. */
  begin(sampleRateHz: number, channels: number): void {
    if (this.#fileRateHz !== 0) {
      if (sampleRateHz === this.#fileRateHz && channels === this.#channels) return
      throw new AudioFileError('the sample rate or the channels change in the file')
    }
    if (!Number.isInteger(channels) || channels < 1 || channels > limits.channels) {
      throw new AudioFileError(`${channels} channels; 1 to ${limits.channels} are played`)
    }
    const plan = planOf(sampleRateHz)
    if (!plan) throw new AudioFileError(`a sample rate of ${sampleRateHz} Hz is not played`)
    this.#rateHz = plan.rateHz
    this.#steps = plan.steps
    this.#fileRateHz = sampleRateHz
    this.#channels = channels
    this.#output?.begin(plan.rateHz)
  }

  /** Refuses a file by what its header says, before any of it is decoded. Throws AudioFileError. */
  expect(samples: number): void {
    if (this.#taken + samples > this.#secondsMax * this.#fileRateHz) {
      throw new AudioFileError(`longer than ${this.#secondsMax / 60} minutes`)
    }
  }

  /** Mono samples, which the sink keeps. Throws AudioFileError. */
  push(samples: Int16Array): void {
    this.expect(samples.length)
    this.#taken += samples.length
    this.#keep(this.#steps.reduce((piece, step) => step.push(piece), samples))
  }

  /** One array a channel, full scale at 1. Throws AudioFileError. */
  pushPlanes(planes: readonly Float32Array[], count: number): void {
    const scale = 32_768 / planes.length
    const [first, second] = planes
    const samples = new Int16Array(count)
    for (let index = 0; index < count; index++) {
      let sum = (first?.[index] as number) + ((second?.[index] as number | undefined) ?? 0)
      for (let channel = 2; channel < planes.length; channel++)
        sum += planes[channel]?.[index] as number
      samples[index] = rounded(sum * scale)
    }
    this.push(samples)
  }

  /** All of it, which may be nothing. Throws AudioFileError when no decoder found a sound. */
  finish(): DecodedAudio {
    if (this.#fileRateHz === 0) throw new AudioFileError('there is no sound in the file')
    for (const [index, step] of this.#steps.entries()) {
      const rest = this.#steps
        .slice(index + 1)
        .reduce((piece, next) => next.push(piece), step.finish())
      this.#keep(rest)
    }
    const samples = new Int16Array(this.#samples)
    let at = 0
    for (const piece of this.#pieces.splice(0)) {
      samples.set(piece, at)
      at += piece.length
    }
    return { samples, sampleRateHz: this.#rateHz }
  }

  #keep(samples: Int16Array): void {
    if (samples.length === 0) return
    if (this.#output) {
      this.#output.push(samples)
      return
    }
    this.#pieces.push(samples)
    this.#samples += samples.length
  }
}

/** A rate that the core takes, and how to get there. Clocks of old machines were a little off. */
function planOf(sampleRateHz: number) {
  const directions: ('up' | 'down')[] = []
  let hz = sampleRateHz
  while (hz > 48_100 && hz <= 192_000) {
    hz /= 2
    directions.push('down')
  }
  const rateOf = () => coreRatesHz.find((rate) => Math.abs(hz - rate) <= rate * 0.002)
  while (rateOf() === undefined && hz >= 3_900 && hz < 16_000) {
    hz *= 2
    directions.push('up')
  }
  const rateHz = rateOf()
  if (rateHz === undefined) return undefined
  return { rateHz, steps: directions.map((direction) => new RateStep(direction)) }
}
