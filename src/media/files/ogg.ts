import { AudioFileError, limits } from './audio-file.js'
import type { ByteSource } from './byte-source.js'
import type { SoundSink } from './sound-sink.js'

/** RFC 3533 §6: the fixed part of a page header. */
const headerBytes = 27
const beginsStream = 2

/** With the table of segments and the first bytes behind it. */
const pageHeadBytes = headerBytes + 255 + 16
/** Read at once. */
const blockBytes = 65_536
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
export async function decodeOgg(source: ByteSource, sink: SoundSink): Promise<void> {
  const heads = streamHeads(source)
  if (heads.some((head) => channelsOf(head) > limits.channels)) {
    throw new AudioFileError(`more than ${limits.channels} channels`)
  }
  if (heads.some(isOpus)) {
    const { OggOpusDecoder } = await import('ogg-opus-decoder')
    await decodePieces(new OggOpusDecoder(), source, sink)
  } else if (heads.some(isVorbis)) {
    const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis')
    await decodePieces(new OggVorbisDecoder(), source, sink)
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
  source: ByteSource,
  sink: SoundSink,
  first = Buffer.alloc(0),
): Promise<void> {
  const push = ({ channelData, samplesDecoded, sampleRate }: DecodedPiece) => {
    if (samplesDecoded <= 0) return
    sink.begin(sampleRate, channelData.length)
    sink.pushPlanes(channelData, samplesDecoded)
  }
  await decoder.ready
  if (first.length > 0) push(await decoder.decode(first))
  for (let at = 0; at < source.length; at += blockBytes) {
    const block = source.slice(at, at + blockBytes)
    for (let start = 0; start < block.length; start += pieceBytes)
      push(await decoder.decode(block.subarray(start, start + pieceBytes)))
  }
  push(await decoder.flush())
  decoder.free()
}

/** The first bytes of each stream in the file. */
function streamHeads(source: ByteSource): Buffer[] {
  const heads: Buffer[] = []
  let at = 0
  while (at >= 0 && at + headerBytes < source.length) {
    const page = source.slice(at, at + pageHeadBytes)
    if (page.toString('latin1', 0, 4) !== 'OggS') {
      // Out of step; the next page may be anywhere.
      at = nextPage(source, at + 1)
      continue
    }
    const segments = page[26] as number
    const table = page.subarray(headerBytes, headerBytes + segments)
    const dataAt = headerBytes + segments
    if ((page[5] as number) & beginsStream) heads.push(page.subarray(dataAt, dataAt + 16))
    at += dataAt + table.reduce((sum, length) => sum + length, 0)
  }
  return heads
}

/** Where the next page begins; -1: nowhere. */
function nextPage(source: ByteSource, from: number): number {
  for (let at = from; at < source.length; at += blockBytes) {
    // A mark may lie across two blocks.
    const found = source.slice(at, at + blockBytes + 3).indexOf('OggS', 0, 'latin1')
    if (found >= 0) return at + found
  }
  return -1
}

const isOpus = (head: Buffer) => head.toString('latin1', 0, 8) === 'OpusHead'
const isVorbis = (head: Buffer) => head.toString('latin1', 0, 7) === '\x01vorbis'

/** RFC 7845 §5.1, Vorbis I §4.2.2. */
function channelsOf(head: Buffer): number {
  return isOpus(head) ? (head[9] ?? 0) : isVorbis(head) ? (head[11] ?? 0) : 0
}
