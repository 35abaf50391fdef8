import type { LegAudio } from './leg-audio.js'

interface RingTone {
  readonly frequenciesHz: readonly [number] | readonly [number, number]
  /** On, off, and perhaps on and off again [ms]. */
  readonly cadenceMs: readonly number[]
}

const ring = (frequency: number, onMs = 1_000, offMs = 4_000): RingTone => ({
  frequenciesHz: [frequency],
  cadenceMs: [onMs, offMs],
})
const twice = (first: number, second?: number): RingTone => ({
  frequenciesHz: second === undefined ? [first] : [first, second],
  cadenceMs: [400, 200, 400, 2_000],
})
const both = (first: number, second: number, onMs: number, offMs: number): RingTone => ({
  frequenciesHz: [first, second],
  cadenceMs: [onMs, offMs],
})

/**
 * Ringing tones of countries (ITU-T E.180 supplement 2). A tone that is modulated, like the 400 Hz x 25 of
 * India, is the sum of the two that come of it.
 */
export const ringTones: Readonly<Record<string, RingTone>> = {
  at: ring(420, 1_000, 5_000),
  au: twice(400, 450),
  be: ring(425, 1_000, 3_000),
  bg: ring(425),
  br: ring(425),
  ch: ring(425),
  cl: ring(400, 1_000, 3_000),
  cn: ring(450),
  cz: ring(425),
  de: ring(425),
  dk: ring(425),
  ee: ring(425),
  es: ring(425, 1_500, 3_000),
  fi: ring(425),
  fr: ring(440, 1_500, 3_500),
  gr: ring(425),
  hu: ring(425, 1_250, 3_750),
  il: ring(400, 1_000, 3_000),
  in: twice(375, 425),
  it: ring(425),
  jp: both(384, 416, 1_000, 2_000),
  lt: ring(425),
  mx: ring(425),
  my: twice(425),
  nl: ring(425),
  no: ring(425),
  nz: twice(400, 450),
  ph: both(425, 480, 1_000, 4_000),
  pl: ring(425),
  pt: ring(425, 1_000, 5_000),
  ru: ring(425, 800, 3_200),
  se: ring(425, 1_000, 5_000),
  sg: twice(401, 449),
  th: ring(400),
  tw: both(440, 480, 1_000, 2_000),
  uk: twice(400, 450),
  us: both(440, 480, 2_000, 4_000),
  'us-old': both(380, 460, 2_000, 4_000),
  ve: ring(425),
  za: twice(367, 433),
}

/** Lets a caller hear it ring as in a country, by its code, until `signal` aborts. */
export async function playRingTone(
  audio: LegAudio,
  country: string,
  signal: AbortSignal,
): Promise<void> {
  const { frequenciesHz, cadenceMs } = ringTones[country] ?? (ringTones.us as RingTone)
  const burst = (index: number, loops: number) =>
    audio.tone(
      {
        frequenciesHz,
        onMs: cadenceMs[index] as number,
        offMs: cadenceMs[index + 1] as number,
        loops,
      },
      signal,
    )
  if (cadenceMs.length === 2) return burst(0, 0)
  while (!signal.aborted) {
    for (let index = 0; index < cadenceMs.length; index += 2) await burst(index, 1)
  }
}
