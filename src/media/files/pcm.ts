import type { ByteSource } from './byte-source.js'
import { aLawSample, muLawSample } from './g711.js'
import type { SoundSink } from './sound-sink.js'

/** How a sample is written: its type, bits, and the order of its bytes. */
export type SampleEncoding =
  | 'u8'
  | 's8'
  | `s${16 | 24 | 32}${'le' | 'be'}`
  | `f${32 | 64}${'le' | 'be'}`
  | 'mulaw'
  | 'alaw'

interface SampleReader {
  readonly bytes: number
  /** The sample at a byte, in units of 16-bit samples. */
  read(view: DataView, at: number): number
}

const readers: { readonly [encoding in SampleEncoding]: SampleReader } = {
  u8: { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) * 256 },
  s8: { bytes: 1, read: (view, at) => view.getInt8(at) * 256 },
  s16le: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  s16be: { bytes: 2, read: (view, at) => view.getInt16(at) },
  s24le: { bytes: 3, read: (view, at) => view.getInt16(at + 1, true) + view.getUint8(at) / 256 },
  s24be: { bytes: 3, read: (view, at) => view.getInt16(at) + view.getUint8(at + 2) / 256 },
  s32le: { bytes: 4, read: (view, at) => view.getInt32(at, true) / 65_536 },
  s32be: { bytes: 4, read: (view, at) => view.getInt32(at) / 65_536 },
  f32le: { bytes: 4, read: (view, at) => view.getFloat32(at, true) * 32_768 },
  f32be: { bytes: 4, read: (view, at) => view.getFloat32(at) * 32_768 },
  f64le: { bytes: 8, read: (view, at) => view.getFloat64(at, true) * 32_768 },
  f64be: { bytes: 8, read: (view, at) => view.getFloat64(at) * 32_768 },
  mulaw: { bytes: 1, read: (view, at) => muLawSample(view.getUint8(at)) },
  alaw: { bytes: 1, read: (view, at) => aLawSample(view.getUint8(at)) },
}

const pieceFrames = 65_536

/** Bytes of one sample. */
export function sampleBytes(encoding: SampleEncoding): number {
  return readers[encoding].bytes
}

/**
 * Gives interleaved samples to a sink that has begun, the channels averaged. What is left at the end
 * and is no whole sample of each channel is dropped.
 */
export function pushPcm(
  source: ByteSource,
  encoding: SampleEncoding,
  channels: number,
  sink: SoundSink,
): void {
  const { bytes: size, read } = readers[encoding]
  const frames = Math.floor(source.length / (size * channels))
  sink.expect(frames)
  for (let first = 0; first < frames; first += pieceFrames) {
    const count = Math.min(pieceFrames, frames - first)
    const start = first * size * channels
    const piece = source.slice(start, start + count * size * channels)
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
    const samples = new Int16Array(count)
    let at = 0
    for (let index = 0; index < samples.length; index++) {
      let sum = 0
      for (let channel = 0; channel < channels; channel++, at += size) sum += read(view, at)
      samples[index] = rounded(sum / channels)
    }
    sink.push(samples)
  }
}

/** To the nearest 16-bit sample; what is louder than full scale is cut. */
export function rounded(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value)))
}
