import { MPEGDecoder } from 'mpg123-decoder'
import { AudioFileError } from './audio-file.js'
import type { ByteSource } from './byte-source.js'
import type { SoundSink } from './sound-sink.js'

/** A piece of 8 kbit/s becomes 200 times as many bytes of floats. */
const pieceBytes = 65_536

/** MPEG 1, 2 and 2.5 audio, with or without ID3 tags, by mpg123. Throws AudioFileError. */
export async function decodeMp3(source: ByteSource, sink: SoundSink): Promise<void> {
  const decoder = new MPEGDecoder()
  await decoder.ready
  for (let at = 0; at < source.length; at += pieceBytes) {
    const { channelData, samplesDecoded, sampleRate } = decoder.decode(
      source.slice(at, at + pieceBytes),
    )
    if (samplesDecoded === 0) continue
    if (channelData.length === 0) throw new AudioFileError('MP3 file without channels')
    sink.begin(sampleRate, channelData.length)
    sink.pushPlanes(channelData, samplesDecoded)
  }
  decoder.free()
}
