import { RouterError } from '../base/router-error.js'

export interface SpokenAudio {
  /** 16-bit linear PCM, mono. */
  readonly samples: Int16Array
  readonly sampleRateHz: number
}

/** A text-to-speech engine. */
export interface SpeechProvider {
  readonly name: string
  /** `markup` is of markup.ts, `voice` the engine's own name (see voices.ts). Rejects with SpeechError. */
  synthesize(markup: string, voice: string, signal: AbortSignal): Promise<SpokenAudio>
  close(): Promise<void>
}

export class SpeechError extends RouterError {
  override readonly name = 'SpeechError'
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SPEECH', 13520, message, options)
  }
}

export const textLengthMax = 4_096
