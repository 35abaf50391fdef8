import { AudioFileError, type DecodedAudio } from './audio-file.js'
import { type ByteSource, memoryBytes, partOf } from './byte-source.js'
import { pushMsGsm } from './gsm-wav.js'
import { pushPcm, type SampleEncoding, sampleBytes } from './pcm.js'
import { SoundSink } from './sound-sink.js'

export interface WavLayout {
  readonly code: number
  readonly channels: number
  readonly sampleRateHz: number
  readonly bits: number
  /** Where the samples are in the file. */
  readonly dataAt: number
  readonly dataBytes: number
}

/** wFormatTag of RFC 2361. */
const formatCodes = { pcm: 1, float: 3, aLaw: 6, muLaw: 7, msGsm: 0x31, extensible: 0xfffe }
/** Chunks in front of the samples are shorter, but for pictures that somebody put there. */
const headBytes = 4_000_000
/** What programs write that cannot go back to correct the sizes. */
const unknownSizes = [0, 0xffff_ffff]

/**
 * RIFF/WAVE: PCM of 8 to 32 bits, floats of 32 and 64, A-law, mu-law and GSM 06.10. What is there of a
 * file that was cut short is decoded. Throws AudioFileError.
 */
export function decodeWav(source: ByteSource, sink: SoundSink): void {
  const layout = wavLayout(source.slice(0, headBytes), source.length)
  const { code, channels, sampleRateHz, dataAt, dataBytes } = layout
  const samples = partOf(source, dataAt, dataAt + dataBytes)
  sink.begin(sampleRateHz, channels)
  if (code === formatCodes.msGsm) {
    if (channels !== 1) throw new AudioFileError('GSM in a WAV file has one channel')
    pushMsGsm(samples, sink)
    return
  }
  pushPcm(samples, encodingOf(layout), channels, sink)
}

/** A short WAV file of our own making, decoded where one is. Throws AudioFileError. */
export function wavSound(bytes: Buffer): DecodedAudio {
  const sink = new SoundSink()
  decodeWav(memoryBytes(bytes), sink)
  return sink.finish()
}

/**
 * Reads the chunks in front of the samples. `head` is the beginning of a file of `fileBytes`.
 * Throws AudioFileError.
 */
export function wavLayout(head: Buffer, fileBytes: number): WavLayout {
  if (head.length < 12 || head.toString('latin1', 8, 12) !== 'WAVE') {
    throw new AudioFileError('not a WAV file')
  }
  const isStream = unknownSizes.includes(head.readUInt32LE(4))
  let format: Omit<WavLayout, 'dataAt' | 'dataBytes'> | undefined
  for (let at = 12; at + 8 <= head.length; ) {
    const id = head.toString('latin1', at, at + 4)
    const size = head.readUInt32LE(at + 4)
    const dataAt = at + 8
    if (id === 'fmt ') format = parseFormat(head.subarray(dataAt, dataAt + size))
    if (id === 'data') {
      if (!format) throw new AudioFileError('WAV file without a format')
      const left = fileBytes - dataAt
      const isUnknown = size === 0xffff_ffff || (size === 0 && isStream)
      return { ...format, dataAt, dataBytes: isUnknown ? left : Math.min(size, left) }
    }
    // Chunks begin at even bytes.
    at = dataAt + size + (size & 1)
  }
  throw new AudioFileError('WAV file without samples')
}

function parseFormat(chunk: Buffer): Omit<WavLayout, 'dataAt' | 'dataBytes'> {
  if (chunk.length < 16) throw new AudioFileError('WAV format is cut short')
  const code = chunk.readUInt16LE(0)
  const isExtensible = code === formatCodes.extensible && chunk.length >= 26
  return {
    code: isExtensible ? chunk.readUInt16LE(24) : code,
    channels: chunk.readUInt16LE(2),
    sampleRateHz: chunk.readUInt32LE(4),
    bits: chunk.readUInt16LE(14),
  }
}

function encodingOf({ code, bits }: WavLayout): SampleEncoding {
  const encoding = wavEncodings.find(
    ([of, one]) => of === code && sampleBytes(one) === Math.ceil(bits / 8),
  )?.[1]
  if (encoding) return encoding
  throw new AudioFileError(`WAV format ${code} with ${bits} bits is not played`)
}

/** Samples of odd numbers of bits are at the upper end of whole bytes. */
const wavEncodings: readonly (readonly [code: number, SampleEncoding])[] = [
  [formatCodes.pcm, 'u8'],
  [formatCodes.pcm, 's16le'],
  [formatCodes.pcm, 's24le'],
  [formatCodes.pcm, 's32le'],
  [formatCodes.float, 'f32le'],
  [formatCodes.float, 'f64le'],
  [formatCodes.aLaw, 'alaw'],
  [formatCodes.muLaw, 'mulaw'],
]
