import { rateHz, type Samples } from './audio.js'

export function rms(samples: Samples): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length)
}

/** Levels of windows one after another. */
export function levels(samples: Samples, windowMs = 20): number[] {
  const length = (rateHz * windowMs) / 1000
  const count = Math.floor(samples.length / length)
  return Array.from({ length: count }, (_, index) =>
    rms(samples.subarray(index * length, (index + 1) * length)),
  )
}

/** How long there is sound [s]. */
export function soundSeconds(samples: Samples, threshold = 300): number {
  return (levels(samples).filter((level) => level > threshold).length * 20) / 1000
}

/** From the first sound to the end of the last one. */
export function trimmed(samples: Samples, threshold = 300): Samples {
  const window = (rateHz * 20) / 1000
  const all = levels(samples)
  const first = all.findIndex((level) => level > threshold)
  const last = all.findLastIndex((level) => level > threshold)
  return first < 0 ? samples.subarray(0, 0) : samples.subarray(first * window, (last + 1) * window)
}

/** The share (0 to 1) of the energy that is at one frequency (Goertzel). */
export function toneShare(samples: Samples, frequencyHz: number, sampleRateHz = rateHz): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz)
  let before = 0
  let last = 0
  let energy = 0
  for (const sample of samples) {
    const next = sample + coefficient * last - before
    before = last
    last = next
    energy += sample * sample
  }
  const power = before * before + last * last - coefficient * before * last
  return energy === 0 ? 0 : (2 * power) / (samples.length * energy)
}

/** Seconds in which one tone has most of the energy. */
export function toneSeconds(samples: Samples, frequencyHz: number, windowMs = 100): number {
  const length = (rateHz * windowMs) / 1000
  let count = 0
  for (let at = 0; at + length <= samples.length; at += length) {
    const window = samples.subarray(at, at + length)
    if (rms(window) > 300 && toneShare(window, frequencyHz) > 0.7) count++
  }
  return (count * windowMs) / 1000
}

/** Seconds in which one tone is heard among others, or, without a tone, anything. */
export function toneAmongSeconds(samples: Samples, frequencyHz?: number): number {
  const length = rateHz / 10
  let count = 0
  for (let at = 0; at + length <= samples.length; at += length) {
    const window = samples.subarray(at, at + length)
    const isLoud = rms(window) > 200
    if (isLoud && (frequencyHz === undefined || toneShare(window, frequencyHz) > 0.15)) count++
  }
  return count / 10
}

/** Where `played` begins in `heard`: the offset with the highest correlation of its first sound. */
export function offsetOf(played: Samples, heard: Samples): number {
  const probe = played.subarray(0, Math.min(played.length, rateHz))
  const coarse = bestOffset(probe, heard, 0, heard.length - probe.length, 2, 8)
  return bestOffset(probe, heard, coarse - 8, coarse + 8, 1, 1)
}

function bestOffset(
  probe: Samples,
  heard: Samples,
  from: number,
  to: number,
  step: number,
  stride: number,
): number {
  let best = -2
  let bestAt = 0
  for (let at = Math.max(0, from); at <= to; at += step) {
    const found = correlation(probe, heard.subarray(at, at + probe.length), stride)
    if (found > best) {
      best = found
      bestAt = at
    }
  }
  return bestAt
}

export function correlation(a: Samples, b: Samples, stride = 1): number {
  const length = Math.min(a.length, b.length)
  let products = 0
  let squaresA = 0
  let squaresB = 0
  for (let index = 0; index < length; index += stride) {
    const [x, y] = [a[index] as number, b[index] as number]
    products += x * y
    squaresA += x * x
    squaresB += y * y
  }
  return squaresA === 0 || squaresB === 0 ? 0 : products / Math.sqrt(squaresA * squaresB)
}

const driftSamplesMax = rateHz / 4

/**
 * The correlation of every second of `played` that has sound with what was heard then. Each second is
 * aligned from where the one before was: a jitter buffer may have shifted what comes after a gap.
 */
export function correlationsBySecond(played: Samples, heard: Samples): number[] {
  let offset = offsetOf(played, heard)
  const found: number[] = []
  for (let at = 0; at + rateHz <= played.length; at += rateHz) {
    const second = played.subarray(at, at + rateHz)
    if (rms(second) < 300) continue
    const near = at + offset
    const coarse = bestOffset(second, heard, near - driftSamplesMax, near + driftSamplesMax, 2, 8)
    const aligned = bestOffset(second, heard, coarse - 8, coarse + 8, 1, 1)
    offset = aligned - at
    found.push(correlation(second, heard.subarray(aligned, aligned + rateHz)))
  }
  return found
}

const pieceSamples = rateHz / 4

/**
 * The share of `wanted`, in pieces of 250 ms that have sound, that was heard as it was. Each piece is
 * aligned by itself: a jitter buffer that waits longer, or less, moves what comes after.
 */
export function shareFound(wanted: Samples, heard: Samples, correlationMin = 0.9): number {
  let offset = offsetOf(wanted, heard)
  let pieces = 0
  let found = 0
  for (let at = 0; at + pieceSamples <= wanted.length; at += pieceSamples) {
    const piece = wanted.subarray(at, at + pieceSamples)
    if (rms(piece) < 300) continue
    const near = at + offset
    const coarse = bestOffset(piece, heard, near - driftSamplesMax, near + driftSamplesMax, 2, 8)
    const aligned = bestOffset(piece, heard, coarse - 8, coarse + 8, 1, 1)
    pieces++
    if (correlation(piece, heard.subarray(aligned, aligned + pieceSamples)) < correlationMin)
      continue
    offset = aligned - at
    found++
  }
  return pieces === 0 ? 0 : found / pieces
}
