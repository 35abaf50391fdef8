import { AudioFileError } from './audio-file.js'
import { type ByteSource, partOf } from './byte-source.js'
import { pushPcm, type SampleEncoding, sampleBytes } from './pcm.js'
import type { SoundSink } from './sound-sink.js'

/** compressionType of AIFF-C → encoding, for those whose size does not depend on sampleSize. */
const compressed: { readonly [type: string]: SampleEncoding } = {
  ulaw: 'mulaw',
  ULAW: 'mulaw',
  alaw: 'alaw',
  ALAW: 'alaw',
  fl32: 'f32be',
  FL32: 'f32be',
  fl64: 'f64be',
  FL64: 'f64be',
  in24: 's24be',
  in32: 's32be',
}
const bigEndian: readonly SampleEncoding[] = ['s8', 's16be', 's24be', 's32be']
const littleEndian: readonly SampleEncoding[] = ['s8', 's16le', 's24le', 's32le']

const formatBytesMax = 300

/**
 * AIFF and AIFF-C (Apple, "Audio Interchange File Format" 1.3 and AIFF-C draft of 1991): PCM of 8 to 32
 * bits in either order of bytes, floats, A-law and mu-law. Throws AudioFileError.
 */
export function decodeAiff(source: ByteSource, sink: SoundSink): void {
  const isCompressed = source.slice(8, 12).toString('latin1') === 'AIFC'
  let format: Buffer | undefined
  let sound: ByteSource | undefined
  // COMM and SSND may come in any order.
  for (let at = 12; at + 8 <= source.length && !(format && sound); ) {
    const head = source.slice(at, at + 8)
    const id = head.toString('latin1', 0, 4)
    const size = head.readUInt32BE(4)
    const isUnknown = size === 0xffff_ffff || (id === 'SSND' && size === 0)
    const end = isUnknown ? source.length : at + 8 + size
    if (id === 'COMM') format = source.slice(at + 8, Math.min(end, at + 8 + formatBytesMax))
    if (id === 'SSND') sound = partOf(source, at + 8, end)
    at = end + (size & 1)
  }
  if (!format || format.length < (isCompressed ? 22 : 18)) {
    throw new AudioFileError('AIFF file without a format')
  }
  if (!sound || sound.length < 8) throw new AudioFileError('AIFF file without samples')
  const channels = format.readUInt16BE(0)
  const encoding = encodingOf(
    isCompressed ? format.toString('latin1', 18, 22) : 'NONE',
    format.readUInt16BE(6),
  )
  sink.begin(Math.round(extended(format.subarray(8, 18))), channels)
  const dataAt = 8 + sound.slice(0, 8).readUInt32BE(0)
  const frames = format.readUInt32BE(2)
  // Programs that write into a pipe do not know the number of frames.
  const dataBytes = frames === 0 ? sound.length : frames * channels * sampleBytes(encoding)
  pushPcm(partOf(sound, dataAt, dataAt + dataBytes), encoding, channels, sink)
}

function encodingOf(type: string, bits: number): SampleEncoding {
  const fixed = compressed[type]
  if (fixed) return fixed
  // Samples of odd numbers of bits are at the upper end of whole bytes.
  const index = Math.ceil(bits / 8) - 1
  const encoding =
    type === 'NONE' || type === 'twos'
      ? bigEndian[index]
      : type === 'sowt'
        ? littleEndian[index]
        : type === 'raw ' && bits === 8
          ? 'u8'
          : undefined
  if (encoding) return encoding
  throw new AudioFileError(
    `AIFF compression ${JSON.stringify(type)} with ${bits} bits is not played`,
  )
}

/** An 80-bit number of IEEE 754, as Apple's SANE has it. */
function extended(bytes: Buffer): number {
  const exponent = bytes.readUInt16BE(0) & 0x7fff
  const mantissa = bytes.readUInt32BE(2) * 2 ** 32 + bytes.readUInt32BE(6)
  return mantissa * 2 ** (exponent - 16_383 - 63)
}
