import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { createMp3Encoder } from 'wasm-media-encoders'
import { AudioFileError } from './audio-file.js'
import type { CopyJob } from './messages.js'
import { wavLayout } from './wav.js'

const headBytes = 4_096
const pieceFrames = 65_536

/** Turns frames of one array a channel, full scale at 1, into bytes of a file. */
interface Encoder {
  encode(planes: Float32Array[]): Uint8Array
  finish(): Uint8Array
}

/**
 * Writes a copy of a recording: WAV or MP3, its channels as they are, or mixed to one. The copy is
 * there whole or not at all. Throws AudioFileError when the recording is none.
 */
export async function copyRecording(job: CopyJob): Promise<undefined> {
  const part = `${job.target}.part`
  const source = await open(job.source)
  try {
    const target = await open(part, 'w', 0o600)
    try {
      await copy(source, target, job)
    } finally {
      await target.close()
    }
    await rename(part, job.target)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  } finally {
    await source.close()
  }
}

async function copy(source: FileHandle, target: FileHandle, job: CopyJob): Promise<void> {
  const { size } = await source.stat()
  const head = Buffer.alloc(headBytes)
  const { bytesRead } = await source.read(head, 0, headBytes, 0)
  const layout = wavLayout(head.subarray(0, bytesRead), size)
  const { code, bits, channels, sampleRateHz, dataAt, dataBytes } = layout
  if (code !== 1 || bits !== 16 || channels < job.channels || channels > 2) {
    throw new AudioFileError('not a recording of ours')
  }
  const frameBytes = 2 * channels
  const frames = Math.floor(dataBytes / frameBytes)
  const encoder =
    job.format === 'mp3'
      ? await mp3Encoder(sampleRateHz, job.channels)
      : wavEncoder(sampleRateHz, job.channels, frames)
  const bytes = Buffer.alloc(pieceFrames * frameBytes)
  for (let first = 0; first < frames; first += pieceFrames) {
    const wanted = Math.min(pieceFrames, frames - first) * frameBytes
    const { bytesRead } = await source.read(bytes, 0, wanted, dataAt + first * frameBytes)
    if (bytesRead === 0) break
    const planes = planesOf(bytes.subarray(0, bytesRead), channels)
    await target.write(encoder.encode(job.channels === channels ? planes : [mixed(planes)]))
  }
  await target.write(encoder.finish())
}

function planesOf(bytes: Buffer, channels: number): Float32Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const frames = Math.floor(bytes.length / (2 * channels))
  const planes = Array.from({ length: channels }, () => new Float32Array(frames))
  for (const [channel, plane] of planes.entries())
    for (let frame = 0, at = 2 * channel; frame < frames; frame++, at += 2 * channels)
      plane[frame] = view.getInt16(at, true) / 32_768
  return planes
}

/** Both sides together, at full level: in a call mostly one of them speaks. */
function mixed(planes: readonly Float32Array[]): Float32Array {
  const [left = new Float32Array(), right = left] = planes
  return left.map((sample, index) => sample + (right[index] as number))
}

/** Constant bitrates of LAME that leave speech as it is. */
const bitrates = { narrow: { 1: 32, 2: 64 }, wide: { 1: 48, 2: 96 } } as const

async function mp3Encoder(sampleRateHz: number, channels: 1 | 2): Promise<Encoder> {
  const encoder = await createMp3Encoder()
  const bitrate = bitrates[sampleRateHz > 8_000 ? 'wide' : 'narrow'][channels]
  encoder.configure({
    sampleRate: sampleRateHz,
    outputSampleRate: rateOf(sampleRateHz),
    channels,
    bitrate,
  })
  return { encode: (planes) => encoder.encode(planes), finish: () => encoder.finalize() }
}

/** LAME would choose a rate of its own. */
function rateOf(sampleRateHz: number): 8_000 | 16_000 {
  if (sampleRateHz === 8_000 || sampleRateHz === 16_000) return sampleRateHz
  throw new AudioFileError('not a recording of ours')
}

function wavEncoder(sampleRateHz: number, channels: 1 | 2, frames: number): Encoder {
  const dataBytes = frames * 2 * channels
  let header = wavHeader(sampleRateHz, channels, dataBytes)
  return {
    encode(planes) {
      const [first = new Float32Array()] = planes
      const bytes = Buffer.alloc(first.length * 2 * channels)
      for (let frame = 0, at = 0; frame < first.length; frame++)
        for (const plane of planes) {
          const sample = Math.round((plane[frame] as number) * 32_768)
          at = bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, sample)), at)
        }
      const begun = header
      header = Buffer.alloc(0)
      return Buffer.concat([begun, bytes])
    },
    finish: () => header,
  }
}

function wavHeader(sampleRateHz: number, channels: number, dataBytes: number): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF')
  header.writeUInt32LE(36 + dataBytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRateHz, 24)
  header.writeUInt32LE(sampleRateHz * 2 * channels, 28)
  header.writeUInt16LE(2 * channels, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(dataBytes, 40)
  return header
}
