/** A sound that can be computed at any rate, the programs that make files of it, and how alike two are. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wavBytes } from '../e2e/harness/audio.js'

/** Runs a program of the test peers; its standard output. Throws with what it complained of. */
export function run(program: string, parameters: readonly string[]): Buffer {
  return execFileSync(program, parameters, {
    maxBuffer: 100_000_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), 'dialplane-files-'))
}

/** Below 3 kHz, never the same twice, and different on either side [full scale at 1]. */
export function voice(seconds: number, side: 0 | 1): number {
  const syllable = Math.sin(Math.PI * (2.7 + side) * seconds + side) ** 2
  const harmonics = [1, 2, 3, 5, 8, 13].map((harmonic) => {
    const hz = (110 + 70 * side) * harmonic
    const glide = 2.5 * harmonic * Math.sin(2 * Math.PI * (0.7 + 0.2 * side) * seconds)
    return Math.sin(2 * Math.PI * hz * seconds + glide) / Math.sqrt(harmonic)
  })
  return 0.15 * syllable * harmonics.reduce((sum, one) => sum + one, 0)
}

const to16 = (value: number) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)))

/** 16-bit samples, interleaved. */
export function voices(seconds: number, rateHz: number, channels: 1 | 2): Int16Array {
  const samples = new Int16Array(Math.round(seconds * rateHz) * channels)
  for (let index = 0; index < samples.length; index++) {
    const side = (index % channels) as 0 | 1
    samples[index] = to16(voice(Math.floor(index / channels) / rateHz, side))
  }
  return samples
}

export function voicesWav(seconds: number, rateHz: number, channels: 1 | 2): Buffer {
  return wavBytes(voices(seconds, rateHz, channels), rateHz, channels)
}

/** What a file of `channels` mixes to. */
export function mixedVoice(seconds: number, rateHz: number, channels: 1 | 2): Float64Array {
  return Float64Array.from({ length: Math.round(seconds * rateHz) }, (_, index) => {
    const at = index / rateHz
    const sum = channels === 1 ? voice(at, 0) : (voice(at, 0) + voice(at, 1)) / 2
    return sum * 32_768
  })
}

export interface Likeness {
  /** How much later the sound is than what it should be [samples]. */
  readonly delay: number
  /** Of what it should be to what is left of the sound when that is taken away, levels matched [dB]. */
  readonly snrDb: number
}

/** Compares a sound with what it should be, `delayMax` samples earlier or later. */
export function likeness(
  wanted: ArrayLike<number>,
  heard: ArrayLike<number>,
  delayMax: number,
): Likeness {
  const coarse = bestShift(wanted, heard, -delayMax, delayMax, 29)
  const delay = bestShift(wanted, heard, coarse - 20, coarse + 20, 1)
  const { product, wantedSquares, heardSquares } = sums(wanted, heard, delay, 1)
  const explained = product ** 2 / (wantedSquares * heardSquares)
  return { delay, snrDb: 10 * Math.log10(explained / Math.max(1e-12, 1 - explained)) }
}

function bestShift(
  wanted: ArrayLike<number>,
  heard: ArrayLike<number>,
  from: number,
  to: number,
  stride: number,
): number {
  let found = 0
  let best = -Infinity
  for (let shift = from; shift <= to; shift++) {
    const { product } = sums(wanted, heard, shift, stride)
    if (product > best) {
      best = product
      found = shift
    }
  }
  return found
}

function sums(a: ArrayLike<number>, b: ArrayLike<number>, shift: number, stride: number) {
  let [product, wantedSquares, heardSquares] = [0, 0, 0]
  const first = Math.max(0, -shift)
  const end = Math.min(a.length, b.length - shift)
  for (let index = first; index < end; index += stride) {
    const [x, y] = [a[index] as number, b[index + shift] as number]
    product += x * y
    wantedSquares += x * x
    heardSquares += y * y
  }
  return { product, wantedSquares, heardSquares }
}
