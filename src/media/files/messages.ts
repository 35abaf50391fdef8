/** What crosses between the pool and a worker: one job at a time, each with one answer. */
import type { DecodedAudio } from './audio-file.js'

export interface DecodeJob {
  readonly type: 'decode'
  /** Moved, not copied. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly contentType: string
}

/** A copy of a recording in another format. */
export interface CopyJob {
  readonly type: 'copy'
  /** A WAV file of 16-bit PCM with one or two channels. */
  readonly source: string
  readonly target: string
  readonly format: 'wav' | 'mp3'
  readonly channels: 1 | 2
}

/** Writes the samples of a file of any length into another, piece by piece. */
export interface UnpackJob {
  readonly type: 'unpack'
  readonly source: string
  readonly contentType: string
  /** Gets the sample rate in 4 bytes, little-endian, then mono samples of 16 bits at 8 or 16 kHz. */
  readonly target: string
}

export type Job = DecodeJob | CopyJob | UnpackJob

/** What the answer to each kind of job is. */
export interface JobResults {
  readonly decode: DecodedAudio
  readonly copy: undefined
  readonly unpack: undefined
}

export type Answer =
  | { readonly ok: true; readonly result: JobResults[Job['type']] }
  /** The file cannot be decoded, which is not our fault. */
  | { readonly ok: false; readonly message: string }
