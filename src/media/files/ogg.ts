import { AudioFileError, limits } from './audio-file.js'
import type { SoundSink } from './sound-sink.js'

/** RFC 3533 §6: the fixed part of a page header. */
const headerBytes = 27
const beginsStream = 2

/** Pieces of little more than a page: one of 1 kB may become 15 MB of floats. */
const pieceBytes = 1_024

interface PieceDecoder {
  readonly ready: Promise<void>
  decode(piece: Uint8Array): DecodedPiece | Promise<DecodedPiece>
  flush(): Promise<DecodedPiece>
  free(): void
}

interface DecodedPiece {
  readonly channelData: Float32Array[]
  readonly samplesDecoded: number
  readonly sampleRate: number
}

/** Ogg with Opus (RFC 7845) or Vorbis, told by the first page of its stream. Throws AudioFileError. */
export async function decodeOgg(bytes: Buffer, sink: SoundSink): Promise<void> {
  const heads = streamHeads(bytes)
  if (heads.some((head) => channelsOf(head) > limits.channels)) {
    throw new AudioFileError(`more than ${limits.channels} channels`)
  }
  if (heads.some(isOpus)) {
    const { OggOpusDecoder } = await import('ogg-opus-decoder')
    await decodePieces(new OggOpusDecoder(), bytes, sink)
  } else if (heads.some(isVorbis)) {
    const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis')
    await decodePieces(new OggVorbisDecoder(), bytes, sink)
  } else {
    throw new AudioFileError('an Ogg file with neither Opus nor Vorbis')
  }
}

/**
 * Feeds a decoder piece by piece, so that what a piece becomes is bounded. Throws AudioFileError; what
 * else the decoder throws is the caller's to translate.
 */
export async function decodePieces(
  decoder: PieceDecoder,
  bytes: Buffer,
  sink: SoundSink,
): Promise<void> {
  const push = ({ channelData, samplesDecoded, sampleRate }: DecodedPiece) => {
    if (samplesDecoded <= 0) return
    sink.begin(sampleRate, channelData.length)
    sink.pushPlanes(channelData, samplesDecoded)
  }
  await decoder.ready
  for (let at = 0; at < bytes.length; at += pieceBytes)
    push(await decoder.decode(bytes.subarray(at, at + pieceBytes)))
  push(await decoder.flush())
  decoder.free()
}

/** The first bytes of each stream in the file. */
function streamHeads(bytes: Buffer): Buffer[] {
  const heads: Buffer[] = []
  let at = 0
  while (at >= 0 && at + headerBytes < bytes.length) {
    if (bytes.toString('latin1', at, at + 4) !== 'OggS') {
      // Out of step; the next page may be anywhere.
      at = bytes.indexOf('OggS', at + 1, 'latin1')
      continue
    }
    const segments = bytes[at + 26] as number
    const table = bytes.subarray(at + headerBytes, at + headerBytes + segments)
    const dataAt = at + headerBytes + segments
    if ((bytes[at + 5] as number) & beginsStream) heads.push(bytes.subarray(dataAt, dataAt + 16))
    at = dataAt + table.reduce((sum, length) => sum + length, 0)
  }
  return heads
}

const isOpus = (head: Buffer) => head.toString('latin1', 0, 8) === 'OpusHead'
const isVorbis = (head: Buffer) => head.toString('latin1', 0, 7) === '\x01vorbis'

/** RFC 7845 §5.1, Vorbis I §4.2.2. */
function channelsOf(head: Buffer): number {
  return isOpus(head) ? (head[9] ?? 0) : isVorbis(head) ? (head[11] ?? 0) : 0
}
