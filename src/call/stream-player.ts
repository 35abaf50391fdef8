import { type MediaCommand, MediaRefusedError } from '../media/port.js'

/** The next samples of a sound, at most `streamPieceSamples`; none at its end. */
export type ReadSamples = (signal: AbortSignal) => Promise<Int16Array>

/** Half of what a stream player holds: a full one has told that it runs low before this fits. */
export const streamPieceSamples = 8_192

/** Feeds a stream player as it runs low. */
export class StreamPlayer {
  readonly #playerId: number
  readonly #submit: (command: MediaCommand) => Promise<void>
  #isLow = false
  #ranLow: () => void = () => {}

  constructor(playerId: number, submit: (command: MediaCommand) => Promise<void>) {
    this.#playerId = playerId
    this.#submit = submit
  }

  low(): void {
    this.#isLow = true
    this.#ranLow()
  }

  /** Resolves when all was fed. Rejects with the signal's reason, also when the player has ended. */
  async feedAll(read: ReadSamples, signal: AbortSignal): Promise<void> {
    for (;;) {
      const samples = await read(signal)
      if (samples.length === 0) {
        await this.#submit({ type: 'endStream', playerId: this.#playerId })
        return
      }
      await this.#feed(samples, signal)
    }
  }

  async #feed(samples: Int16Array, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      this.#isLow = false
      try {
        await this.#submit({ type: 'feed', playerId: this.#playerId, samples })
        return
      } catch (error) {
        if (!(error instanceof MediaRefusedError)) throw error
      }
      // Full: it will tell when half of it was played.
      await this.#untilLow(signal)
    }
  }

  #untilLow(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason)
      const done = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      if (this.#isLow) {
        resolve()
        return
      }
      this.#ranLow = done
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}
