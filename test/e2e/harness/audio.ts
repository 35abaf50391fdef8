import { readFileSync, writeFileSync } from 'node:fs'

/** 16-bit mono samples at 8 kHz unless said otherwise. */
export type Samples = Int16Array

export const rateHz = 8_000

export interface Wav {
  readonly sampleRateHz: number
  readonly channels: number
  readonly samples: Samples
}

/** Reads a WAV file of 16-bit PCM. Throws when a size in it is wrong. */
export function readWav(source: string | Buffer): Wav {
  const file = typeof source === 'string' ? readFileSync(source) : source
  if (file.toString('latin1', 0, 4) !== 'RIFF') throw new Error('not a RIFF file')
  if (file.readUInt32LE(4) !== file.length - 8) throw new Error('wrong RIFF size')
  let sampleRateHz = 0
  let channels = 0
  for (let at = 12; at + 8 <= file.length; ) {
    const size = file.readUInt32LE(at + 4)
    const body = file.subarray(at + 8, at + 8 + size)
    if (body.length !== size) throw new Error('a chunk is cut off')
    const id = file.toString('latin1', at, at + 4)
    if (id === 'fmt ') {
      channels = body.readUInt16LE(2)
      sampleRateHz = body.readUInt32LE(4)
    }
    if (id === 'data') {
      const samples = new Int16Array(size / 2)
      for (let index = 0; index < samples.length; index++)
        samples[index] = body.readInt16LE(index * 2)
      return { sampleRateHz, channels, samples }
    }
    at += 8 + size + (size % 2)
  }
  throw new Error('no data in the WAV file')
}

export function wavBytes(samples: Samples, sampleRateHz = rateHz, channels = 1): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.byteLength, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRateHz, 24)
  header.writeUInt32LE(sampleRateHz * 2 * channels, 28)
  header.writeUInt16LE(2 * channels, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.byteLength, 40)
  return Buffer.concat([
    header,
    Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
  ])
}

export function writeWav(
  path: string,
  samples: Samples,
  sampleRateHz = rateHz,
  channels = 1,
): string {
  writeFileSync(path, wavBytes(samples, sampleRateHz, channels))
  return path
}

export function silence(seconds: number): Samples {
  return new Int16Array(Math.round(seconds * rateHz))
}

/** Sines of equal level, together. */
export function tones(frequenciesHz: readonly number[], seconds: number, peak = 10_000): Samples {
  return silence(seconds).map((_, index) => {
    const waves = frequenciesHz.map((hz) => Math.sin((2 * Math.PI * hz * index) / rateHz))
    return (peak / frequenciesHz.length) * waves.reduce((sum, wave) => sum + wave, 0)
  })
}

/** Noise that is the same each time, with the rhythm of syllables: easy to align. */
export function syllables(seconds: number, seed = 1): Samples {
  let state = seed
  return silence(seconds).map((_, index) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    const pitchHz = 200 + 60 * Math.floor((state >>> 16) % 2) + 400 * Math.sin(index / 3_100 + seed)
    const envelope = Math.abs(Math.sin((Math.PI * index) / 2_000))
    const wave = Math.sin((2 * Math.PI * pitchHz * index) / rateHz)
    return envelope * (7_000 * wave + 3_000 * ((state >>> 16) / 32_768 - 1))
  })
}

/** Notes with overtones, never twice the same: easy to align, and nothing that a voice codec would spoil. */
export function melody(seconds: number, seed = 1): Samples {
  const noteSamples = rateHz / 8
  let state = seed
  let phase = 0
  let pitchHz = 0
  return silence(seconds).map((_, index) => {
    if (index % noteSamples === 0) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      pitchHz = 150 + ((state >>> 16) % 250)
    }
    phase += (2 * Math.PI * pitchHz) / rateHz
    const envelope = Math.sin((Math.PI * (index % noteSamples)) / noteSamples)
    const waves = Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(3 * phase)
    return 6_000 * envelope * waves
  })
}

export function join(...parts: readonly Samples[]): Samples {
  const joined = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

const dtmfRowsHz = [697, 770, 852, 941]
const dtmfColumnsHz = [1209, 1336, 1477, 1633]
const dtmfKeys = '123A456B789C*0#D'

/** Keys as tones in the speech path. */
export function dtmf(digits: string, onSeconds = 0.1, offSeconds = 0.1): Samples {
  return join(
    ...[...digits].flatMap((digit) => {
      const key = dtmfKeys.indexOf(digit)
      const pair = [dtmfRowsHz[key >> 2] as number, dtmfColumnsHz[key & 3] as number]
      return [tones(pair, onSeconds, 16_000), silence(offSeconds)]
    }),
  )
}
