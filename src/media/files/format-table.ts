import { AudioFileError, type DecodedAudio, limits } from './audio-file.js'
import { type ByteSource, memoryBytes, partOf } from './byte-source.js'
import { looksLikeGsm } from './gsm.js'
import { looksLikeMp3, skipId3 } from './mp3-frames.js'
import { SoundSink } from './sound-sink.js'

type Decode = (source: ByteSource, sink: SoundSink) => void | Promise<void>

interface AudioFormat {
  readonly name: string
  /** Whether the bytes are of this format; none for formats that are bare samples. */
  sniff?(bytes: Buffer): boolean
  /** Media types that decide when no bytes do. */
  readonly types: readonly string[]
  load(): Promise<Decode>
}

/** Enough to see two frames of any format. */
const sniffedBytes = 8_192

const tag = (bytes: Buffer, at: number, text: string) =>
  bytes.toString('latin1', at, at + text.length) === text

/** The formats that are played. The first whose bytes fit is it; then the media type decides. */
const formats: readonly AudioFormat[] = [
  {
    name: 'wav',
    sniff: (bytes) => tag(bytes, 0, 'RIFF') && tag(bytes, 8, 'WAVE'),
    types: [],
    load: async () => (await import('./wav.js')).decodeWav,
  },
  {
    name: 'aiff',
    sniff: (bytes) => tag(bytes, 0, 'FORM') && (tag(bytes, 8, 'AIFF') || tag(bytes, 8, 'AIFC')),
    types: [],
    load: async () => (await import('./aiff.js')).decodeAiff,
  },
  {
    name: 'au',
    sniff: (bytes) => tag(bytes, 0, '.snd'),
    types: [],
    load: async () => (await import('./au.js')).decodeAu,
  },
  {
    name: 'ogg',
    sniff: (bytes) => tag(bytes, 0, 'OggS'),
    types: [],
    load: async () => (await import('./ogg.js')).decodeOgg,
  },
  {
    name: 'flac',
    sniff: (bytes) => tag(bytes, 0, 'fLaC'),
    types: [],
    load: async () => (await import('./flac.js')).decodeFlac,
  },
  {
    name: 'gsm',
    // Four bits a frame: one in a million files that are something else.
    sniff: (bytes) => looksLikeGsm(bytes, 5),
    types: ['audio/gsm', 'audio/x-gsm'],
    load: async () => (await import('./gsm.js')).decodeGsm,
  },
  {
    name: 'mulaw',
    types: [
      'audio/basic',
      'audio/ulaw',
      'audio/x-ulaw',
      'audio/mulaw',
      'audio/x-mulaw',
      'audio/pcmu',
    ],
    load: async () => (await import('./au.js')).decodeBasic,
  },
  {
    name: 'mp3',
    sniff: looksLikeMp3,
    types: [
      'audio/mpeg',
      'audio/mp3',
      'audio/x-mp3',
      'audio/mpeg3',
      'audio/x-mpeg',
      'audio/x-mpeg-3',
    ],
    load: async () => (await import('./mp3.js')).decodeMp3,
  },
]

/**
 * The format of bare samples or frames that `contentType` names, '' for any other type. Bytes of one
 * format may be played as another when this differs, so a cache by content keeps them apart.
 */
export function bareFormatOf(contentType: string): string {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return formats.find(({ types }) => types.includes(type))?.name ?? ''
}

/**
 * Decodes a whole file: mono, at a rate that the resampler of the core takes. Throws AudioFileError,
 * and for some broken files what the decoder of the format throws.
 */
export async function decodeSound(file: Buffer, contentType: string): Promise<DecodedAudio> {
  if (file.length > limits.fileBytes) {
    throw new AudioFileError(`larger than ${limits.fileBytes / 1_000_000} MB`)
  }
  const sink = new SoundSink()
  await decodeInto(memoryBytes(file), contentType, sink)
  return sink.finish()
}

/** As `decodeSound`, but into a sink that is not finished, and of any length that the sink takes. */
export async function decodeInto(
  file: ByteSource,
  contentType: string,
  sink: SoundSink,
): Promise<void> {
  // Tags of ID3 stand in front of any format, not only of MP3.
  const source = partOf(file, skipId3(file.slice(0, 10)), file.length)
  const isTagged = source.length < file.length
  const format = formatOf(source.slice(0, sniffedBytes), contentType, isTagged)
  if (!format) {
    throw new AudioFileError('none of WAV, MP3, Ogg Opus, Ogg Vorbis, FLAC, AIFF, AU and GSM')
  }
  const decode = await format.load()
  await decode(source, sink)
}

function formatOf(bytes: Buffer, contentType: string, isTagged: boolean): AudioFormat | undefined {
  const bare = bareFormatOf(contentType)
  // Silence in mu-law is a row of ones, which a frame of MP3 begins with.
  const fits = ({ name, sniff }: AudioFormat) =>
    !(bare === 'mulaw' && name === 'mp3') && sniff?.(bytes)
  return (
    formats.find(fits) ??
    formats.find(({ name }) => name === (bare === '' && isTagged ? 'mp3' : bare))
  )
}
