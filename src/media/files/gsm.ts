import { AudioFileError } from './audio-file.js'
import type { ByteSource } from './byte-source.js'
import { frameParameters, frameSamples, GsmDecoder } from './gsm-decoder.js'
import { parameterBits } from './gsm-tables.js'
import type { SoundSink } from './sound-sink.js'

const frameBytes = 33
/** RFC 3551 §4.5.8.1: the upper four bits of each frame. */
const signature = 0xd
const framesAtOnce = 400

/** Frames of GSM full rate of 33 bytes, one after another, 8 kHz mono (RFC 3551 §4.5.8). Throws AudioFileError. */
export function decodeGsm(source: ByteSource, sink: SoundSink): void {
  sink.begin(8_000, 1)
  const frames = Math.floor(source.length / frameBytes)
  sink.expect(frames * frameSamples)
  if (!looksLikeGsm(source.slice(0, 50 * frameBytes), 1))
    throw new AudioFileError('not GSM full rate')
  const decoder = new GsmDecoder()
  const codes = new Uint8Array(frameParameters)
  for (let first = 0; first < frames; first += framesAtOnce) {
    const count = Math.min(framesAtOnce, frames - first)
    const samples = new Int16Array(count * frameSamples)
    const bytes = source.slice(first * frameBytes, (first + count) * frameBytes)
    for (let index = 0; index < count; index++) {
      const at = index * frameBytes
      unpack(bytes.subarray(at, at + frameBytes), codes)
      decoder.decode(codes, samples, index * frameSamples)
    }
    sink.push(samples)
  }
}

/** Whether all of the first frames, at least `framesMin` of them, have the signature. */
export function looksLikeGsm(bytes: Uint8Array, framesMin: number): boolean {
  const frames = Math.min(Math.floor(bytes.length / frameBytes), 50)
  for (let frame = 0; frame < frames; frame++)
    if ((bytes[frame * frameBytes] as number) >> 4 !== signature) return false
  return frames >= framesMin
}

/** RFC 3551 §4.5.8.1, table 3: the most significant bit first, after the signature. */
function unpack(frame: Uint8Array, codes: Uint8Array): void {
  let bit = 4
  for (const [index, bits] of parameterBits.entries()) {
    let code = 0
    for (let n = 0; n < bits; n++, bit++)
      code = (code << 1) | (((frame[bit >> 3] as number) >> (7 - (bit & 7))) & 1)
    codes[index] = code
  }
}
