import type { MediaPlane } from '../media/port.js'

const rateHz = 16_000
const beatSeconds = 0.75

/** Chords of the loop, each for four beats: C, A minor, F and G, as semitones above A4. */
const chords = [
  [-21, -5, -2, 3],
  [-24, -8, -5, 0],
  [-28, -9, -4, 3],
  [-26, -7, -2, 2],
] as const

/** Which note of the chord each beat plucks, over the bass. */
const pattern = [1, 3, 2, 3] as const

/**
 * The product's own music for who waits: a slow arpeggio, made by arithmetic. It loops without a seam,
 * as what still sounds at the end goes on at the beginning. 16-bit mono at 16 kHz, 24 s.
 */
export function makeHoldMusic(): Int16Array {
  const beatSamples = Math.round(beatSeconds * rateHz)
  const bars = [...chords, ...chords]
  const mixed = new Float32Array(bars.length * 4 * beatSamples)
  for (const [bar, chord] of bars.entries()) {
    pluck(mixed, bar * 4 * beatSamples, chord[0], 0.5)
    for (const [beat, note] of pattern.entries()) {
      // The second time through, the notes come the other way round.
      const voice = bar < chords.length ? note : (pattern[3 - beat] ?? note)
      pluck(mixed, (bar * 4 + beat) * beatSamples, chord[voice] ?? 0, 0.35)
    }
  }
  return Int16Array.from(mixed, (sample) => Math.round(sample * 6_000))
}

/** Adds a string that dies away, from `at` on and over the end into the beginning. */
function pluck(mixed: Float32Array, at: number, semitones: number, gain: number): void {
  const hz = 440 * 2 ** (semitones / 12)
  const samples = 2.4 * rateHz
  for (let index = 0; index < samples; index++) {
    const seconds = index / rateHz
    const angle = 2 * Math.PI * hz * seconds
    const attack = Math.min(1, index / 160)
    const end = Math.min(1, (samples - index) / 800)
    const wave = Math.sin(angle) + 0.3 * Math.sin(2 * angle) + 0.1 * Math.sin(3 * angle)
    const place = (at + index) % mixed.length
    mixed[place] = (mixed[place] ?? 0) + gain * attack * end * Math.exp(-2 * seconds) * wave
  }
}

/** The music as a prompt of the media plane: made when first needed, and kept. */
export class HoldMusic {
  readonly #plane: Pick<MediaPlane, 'loadPrompt'>
  #prompt: Promise<number> | undefined

  constructor(plane: Pick<MediaPlane, 'loadPrompt'>) {
    this.#plane = plane
  }

  promptId(): Promise<number> {
    this.#prompt ??= this.#plane.loadPrompt(makeHoldMusic(), rateHz)
    return this.#prompt
  }
}
