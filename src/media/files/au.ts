import { AudioFileError } from './audio-file.js'
import { type ByteSource, partOf } from './byte-source.js'
import { pushPcm, type SampleEncoding } from './pcm.js'
import type { SoundSink } from './sound-sink.js'

/** Encodings of Sun's <audio/au.h>. */
const encodings: { readonly [code: number]: SampleEncoding } = {
  1: 'mulaw',
  2: 's8',
  3: 's16be',
  4: 's24be',
  5: 's32be',
  6: 'f32be',
  7: 'f64be',
  27: 'alaw',
}

/** Sun and NeXT audio, .au and .snd: PCM of 8 to 32 bits, floats, A-law and mu-law. Throws AudioFileError. */
export function decodeAu(source: ByteSource, sink: SoundSink): void {
  const bytes = source.slice(0, 24)
  if (bytes.length < 24) throw new AudioFileError('AU file that is cut short')
  const dataAt = bytes.readUInt32BE(4)
  const dataBytes = bytes.readUInt32BE(8)
  const code = bytes.readUInt32BE(12)
  const channels = bytes.readUInt32BE(20)
  const encoding = encodings[code]
  if (!encoding) throw new AudioFileError(`AU encoding ${code} is not played`)
  if (dataAt < 24) throw new AudioFileError('AU file whose samples begin in its header')
  sink.begin(bytes.readUInt32BE(16), channels)
  const isUnknown = dataBytes === 0xffff_ffff || dataBytes === 0
  const end = isUnknown ? source.length : dataAt + dataBytes
  pushPcm(partOf(source, dataAt, end), encoding, channels, sink)
}

/** `audio/basic` without a header: mu-law, 8 kHz, mono (RFC 2046 §4.3). Throws AudioFileError. */
export function decodeBasic(source: ByteSource, sink: SoundSink): void {
  sink.begin(8_000, 1)
  pushPcm(source, 'mulaw', 1, sink)
}
