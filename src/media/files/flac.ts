import { FLACDecoder } from '@wasm-audio-decoders/flac'
import { AudioFileError } from './audio-file.js'
import { type ByteSource, partOf } from './byte-source.js'
import { decodePieces } from './ogg.js'
import type { SoundSink } from './sound-sink.js'

const streamInfoBytes = 34

/**
 * FLAC (RFC 9639) in its own container. Pictures and other metadata are passed over, whatever size they
 * say they have. Throws AudioFileError.
 */
export async function decodeFlac(source: ByteSource, sink: SoundSink): Promise<void> {
  let streamInfo: Buffer | undefined
  for (let at = 4; at + 4 <= source.length; ) {
    const block = source.slice(at, at + 4)
    const type = block[0] as number
    const end = at + 4 + block.readUIntBE(1, 3)
    // One that is longer than it may be is not taken, and need not be read.
    if ((type & 0x7f) === 0) streamInfo = source.slice(at + 4, Math.min(end, at + 64))
    at = end
    if ((type & 0x80) === 0) continue
    if (streamInfo?.length !== streamInfoBytes) break
    const head = Buffer.from([...source.slice(0, 4), 0x80, 0, 0, streamInfoBytes, ...streamInfo])
    return decodePieces(new FLACDecoder(), partOf(source, at, source.length), sink, head)
  }
  throw new AudioFileError('FLAC file without a format')
}
