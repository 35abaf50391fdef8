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

async function decodeMp3(bytes: Buffer): Promise<DecodedAudio> {
  const decoder = new MPEGDecoderWebWorker()
  try {
    await decoder.ready
    const { channelData, samplesDecoded, sampleRate } = await decoder.decode(new Uint8Array(bytes))
    if (samplesDecoded === 0) throw new AudioFileError('MP3 file without samples')
    return { samples: mixed(channelData, samplesDecoded), sampleRateHz: sampleRate }
  } catch (cause) {
    if (cause instanceof AudioFileError) throw cause
    throw new AudioFileError('MP3 file that cannot be decoded', { cause })
  } finally {
    await decoder.free()
  }
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
