import { RouterError } from '../../base/router-error.js'

export interface DecodedAudio {
  /** Mono, 16-bit. */
  readonly samples: Int16Array
  readonly sampleRateHz: number
}

/** A file that is not audio we can play. */
export class AudioFileError extends RouterError {
  override readonly name = 'AudioFileError'
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_AUDIO_FILE', 13420, message, options)
  }
}

interface Format {
  readonly code: number
  readonly channels: number
  readonly sampleRateHz: number
  readonly bits: number
}

const formatCodes = { pcm: 1, float: 3, aLaw: 6, muLaw: 7, extensible: 0xfffe }

/** Decodes RIFF/WAVE: PCM of 8 to 32 bits, 32-bit float, A-law and mu-law; channels are averaged. */
export function decodeWav(bytes: Buffer): DecodedAudio {
  if (bytes.length < 12 || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new AudioFileError('not a WAV file')
  }
  let format: Format | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = bytes.toString('latin1', at, at + 4)
    const size = bytes.readUInt32LE(at + 4)
    const chunk = bytes.subarray(at + 8, Math.min(at + 8 + size, bytes.length))
    if (id === 'fmt ') format = parseFormat(chunk)
    if (id === 'data') {
      if (!format) throw new AudioFileError('WAV file without a format')
      return { samples: decodeSamples(chunk, format), sampleRateHz: format.sampleRateHz }
    }
    at += 8 + size + (size & 1)
  }
  throw new AudioFileError('WAV file without samples')
}

function parseFormat(chunk: Buffer): Format {
  if (chunk.length < 16) throw new AudioFileError('WAV format is cut short')
  const code = chunk.readUInt16LE(0)
  const format = {
    code: code === formatCodes.extensible && chunk.length >= 26 ? chunk.readUInt16LE(24) : code,
    channels: chunk.readUInt16LE(2),
    sampleRateHz: chunk.readUInt32LE(4),
    bits: chunk.readUInt16LE(14),
  }
  if (format.channels < 1 || format.channels > 8)
    throw new AudioFileError('WAV file of no channels')
  return format
}

function decodeSamples(chunk: Buffer, format: Format): Int16Array {
  const read = reader(format)
  const frameBytes = (format.bits / 8) * format.channels
  const frames = Math.floor(chunk.length / frameBytes)
  const samples = new Int16Array(frames)
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0
    for (let channel = 0; channel < format.channels; channel++) {
      sum += read(chunk, frame * frameBytes + (channel * format.bits) / 8)
    }
    samples[frame] = Math.trunc(sum / format.channels)
  }
  return samples
}

function reader({ code, bits }: Format): (chunk: Buffer, at: number) => number {
  if (code === formatCodes.muLaw && bits === 8)
    return (chunk, at) => muLawSample(chunk[at] as number)
  if (code === formatCodes.aLaw && bits === 8) return (chunk, at) => aLawSample(chunk[at] as number)
  if (code === formatCodes.float && bits === 32) {
    return (chunk, at) =>
      Math.max(-32768, Math.min(32767, Math.round(chunk.readFloatLE(at) * 32767)))
  }
  if (code === formatCodes.pcm && bits === 8)
    return (chunk, at) => ((chunk[at] as number) - 128) << 8
  if (code === formatCodes.pcm && bits === 16) return (chunk, at) => chunk.readInt16LE(at)
  if (code === formatCodes.pcm && bits === 24) return (chunk, at) => chunk.readIntLE(at, 3) >> 8
  if (code === formatCodes.pcm && bits === 32) return (chunk, at) => chunk.readInt32LE(at) >> 16
  throw new AudioFileError(`WAV format ${code} with ${bits} bits is not supported`)
}

/** ITU-T G.711 */
function muLawSample(code: number): number {
  const bits = ~code & 0xff
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)
  return bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84
}

function aLawSample(code: number): number {
  const bits = code ^ 0x55
  const exponent = (bits & 0x70) >> 4
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return bits & 0x80 ? magnitude : -magnitude
}
