import { FLACDecoder } from '@wasm-audio-decoders/flac'
import { AudioFileError } from './audio-file.js'
import { decodePieces } from './ogg.js'
import type { SoundSink } from './sound-sink.js'

const streamInfoBytes = 34

/**
 * FLAC (RFC 9639) in its own container. Pictures and other metadata are passed over, whatever size they
 * say they have. Throws AudioFileError.
 */
export async function decodeFlac(bytes: Buffer, sink: SoundSink): Promise<void> {
  let streamInfo: Buffer | undefined
  for (let at = 4; at + 4 <= bytes.length; ) {
    const type = bytes[at] as number
    const end = at + 4 + bytes.readUIntBE(at + 1, 3)
    if ((type & 0x7f) === 0) streamInfo = bytes.subarray(at + 4, end)
    at = end
    if ((type & 0x80) === 0) continue
    if (streamInfo?.length !== streamInfoBytes) break
    const head = Buffer.from([...bytes.subarray(0, 4), 0x80, 0, 0, streamInfoBytes])
    const sound = bytes.subarray(at)
    return decodePieces(new FLACDecoder(), Buffer.concat([head, streamInfo, sound]), sink)
  }
  throw new AudioFileError('FLAC file without a format')
}
