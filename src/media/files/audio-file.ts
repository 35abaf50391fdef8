import { RouterError } from '../../base/router-error.js'

/** A whole sound, ready for the resampler of the core. */
export interface DecodedAudio {
  /** Mono, 16-bit. */
  readonly samples: Int16Array
  /** One of 8, 11.025, 16, 22.05, 24, 32, 44.1 and 48 kHz. */
  readonly sampleRateHz: number
}

/** A file that is not audio we can play. */
export class AudioFileError extends RouterError {
  override readonly name = 'AudioFileError'
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_AUDIO_FILE', 13420, message, options)
  }
}

/** What a file may ask for. Longer ones drop the call elsewhere too (contract 2A, Play). */
export const limits = {
  fileBytes: 64_000_000,
  seconds: 2_400,
  /** Of one that is not decoded before it is played. */
  longSeconds: 14_400,
  channels: 8,
} as const
