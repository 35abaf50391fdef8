import { MPEGDecoderWebWorker } from 'mpg123-decoder'
import { AudioFileError, type DecodedAudio, decodeWav } from './wav.js'

/** Decodes WAV and MP3, told apart by their first bytes; MP3 off the main thread. */
export async function decodeAudioFile(bytes: Buffer): Promise<DecodedAudio> {
  if (bytes.toString('latin1', 0, 4) === 'RIFF') return decodeWav(bytes)
  if (isMp3(bytes)) return decodeMp3(bytes)
  throw new AudioFileError('neither WAV nor MP3')
}

function isMp3(bytes: Buffer): boolean {
  if (bytes.toString('latin1', 0, 3) === 'ID3') return true
  // ISO/IEC 11172-3 §2.4.1.3: eleven bits of sync word.
  return bytes.length > 4 && bytes[0] === 0xff && ((bytes[1] as number) & 0xe0) === 0xe0
}

/** Half a megabyte of MP3 becomes tens of megabytes of floats: pieces keep that small. */
const pieceBytes = 262_144
const secondsMax = 2_400
const decodersMax = 2

/** At most two files are decoded at once; the rest wait for their turn. */
let turns: Promise<unknown>[] = Array.from({ length: decodersMax }, () => Promise.resolve())

async function decodeMp3(bytes: Buffer): Promise<DecodedAudio> {
  const [turn, ...others] = turns as [Promise<unknown>]
  const decoding = turn.then(() => decodePieces(bytes))
  turns = [...others, decoding.catch(() => {})]
  return decoding
}

async function decodePieces(bytes: Buffer): Promise<DecodedAudio> {
  const decoder = new MPEGDecoderWebWorker()
  const pieces: Int16Array[] = []
  let length = 0
  let sampleRateHz = 0
  try {
    await decoder.ready
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      // A copy: the decoder takes the memory of what it is given.
      const piece = Uint8Array.from(bytes.subarray(at, at + pieceBytes))
      const { channelData, samplesDecoded, sampleRate } = await decoder.decode(piece)
      if (samplesDecoded === 0) continue
      pieces.push(mixed(channelData, samplesDecoded))
      length += samplesDecoded
      sampleRateHz = sampleRate
      if (length > secondsMax * sampleRateHz) {
        throw new AudioFileError(`longer than ${secondsMax / 60} minutes`)
      }
    }
    if (length === 0) throw new AudioFileError('MP3 file without samples')
    return { samples: joined(pieces, length), sampleRateHz }
  } catch (cause) {
    if (cause instanceof AudioFileError) throw cause
    throw new AudioFileError('MP3 file that cannot be decoded', { cause })
  } finally {
    await decoder.free()
  }
}

function joined(pieces: readonly Int16Array[], length: number): Int16Array {
  const samples = new Int16Array(length)
  let at = 0
  for (const piece of pieces) {
    samples.set(piece, at)
    at += piece.length
  }
  return samples
}

function mixed(channels: readonly Float32Array[], length: number): Int16Array {
  const samples = new Int16Array(length)
  for (let index = 0; index < length; index++) {
    let sum = 0
    for (const channel of channels) sum += channel[index] as number
    samples[index] = Math.max(-32768, Math.min(32767, Math.round((sum / channels.length) * 32767)))
  }
  return samples
}
