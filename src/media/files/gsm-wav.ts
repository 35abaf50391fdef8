import type { ByteSource } from './byte-source.js'
import { frameParameters, frameSamples, GsmDecoder } from './gsm-decoder.js'
import { parameterBits } from './gsm-tables.js'
import type { SoundSink } from './sound-sink.js'

/** Two frames of 260 bits, without a signature. */
const blockBytes = 65
const blocksAtOnce = 200

/**
 * GSM full rate as WAV files have it (format 0x31 of RFC 2361): pairs of frames in 65 bytes, the least
 * significant bit first. A block that is cut short is dropped. The sink has begun.
 */
export function pushMsGsm(source: ByteSource, sink: SoundSink): void {
  const blocks = Math.floor(source.length / blockBytes)
  sink.expect(blocks * 2 * frameSamples)
  const decoder = new GsmDecoder()
  const codes = new Uint8Array(frameParameters)
  for (let first = 0; first < blocks; first += blocksAtOnce) {
    const frames = 2 * Math.min(blocksAtOnce, blocks - first)
    const bytes = source.slice(first * blockBytes, (first + frames / 2) * blockBytes)
    const samples = new Int16Array(frames * frameSamples)
    let bit = 0
    for (let frame = 0; frame < frames; frame++) {
      for (const [index, bits] of parameterBits.entries()) {
        let code = 0
        for (let n = 0; n < bits; n++, bit++)
          code |= (((bytes[bit >> 3] as number) >> (bit & 7)) & 1) << n
        codes[index] = code
      }
      decoder.decode(codes, samples, frame * frameSamples)
    }
    sink.push(samples)
  }
}
