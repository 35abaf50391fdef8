import {
  type MediaCommand,
  type MediaEvent,
  type MediaPlane,
  MediaRefusedError,
  type OpenedEndpoint,
  type OpenOptions,
} from '../media/port.js'
import { type ReadSamples, StreamPlayer } from './stream-player.js'

type EndedPlayer = MediaEvent & { type: 'playerEnded' }
type EndedRecorder = MediaEvent & { type: 'recorderEnded' }
type EndpointListener = (event: MediaEvent) => void
type VoiceListener = (event: MediaEvent & { type: 'voice' }) => void

/** Gives each event of the media plane to the one that waits for it. */
export class MediaHub {
  readonly #plane: MediaPlane
  readonly #endpoints = new Map<number, EndpointListener>()
  readonly #mixers = new Map<number, VoiceListener>()
  readonly #players = new Map<number, (event: EndedPlayer) => void>()
  readonly #streams = new Map<number, StreamPlayer>()
  readonly #recorders = new Map<number, (event: EndedRecorder) => void>()
  #nextId = 1

  constructor(plane: MediaPlane) {
    this.#plane = plane
  }

  get endpointCount(): number {
    return this.#endpoints.size
  }

  get mixerCount(): number {
    return this.#mixers.size
  }

  handle(event: MediaEvent): void {
    if (event.type === 'playerEnded') {
      this.#players.get(event.playerId)?.(event)
      this.#players.delete(event.playerId)
      return
    }
    if (event.type === 'streamLow') {
      this.#streams.get(event.playerId)?.low()
      return
    }
    if (event.type === 'recorderEnded') {
      this.#recorders.get(event.recorderId)?.(event)
      this.#recorders.delete(event.recorderId)
      return
    }
    if (event.type === 'mixerClosed') {
      this.#mixers.delete(event.mixerId)
      return
    }
    if (event.type === 'voice') {
      this.#mixers.get(event.mixerId)?.(event)
      return
    }
    this.#endpoints.get(event.endpointId)?.(event)
    if (event.type === 'closed') this.#endpoints.delete(event.endpointId)
  }

  async open(options: OpenOptions, listener: EndpointListener): Promise<OpenedEndpoint> {
    const endpoint = await this.#plane.open(options)
    this.#endpoints.set(endpoint.endpointId, listener)
    return endpoint
  }

  /** A mixer on the shard of this endpoint; `listener` hears who speaks, where that is reported. */
  async openMixer(near: number, listener: VoiceListener): Promise<number> {
    const mixerId = await this.#plane.openMixer({ near })
    this.#mixers.set(mixerId, listener)
    return mixerId
  }

  async closeMixer(mixerId: number): Promise<void> {
    await this.#plane.submit({ type: 'closeMixer', mixerId })
  }

  submit(command: MediaCommand): Promise<void> {
    return this.#plane.submit(command)
  }

  /** Starts a player; resolves when it has ended. `start` makes the command for the id. */
  async play(start: (playerId: number) => MediaCommand, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const playerId = this.#newId()
    const ended = new Promise<EndedPlayer>((resolve) => this.#players.set(playerId, resolve))
    const stop = () => void this.#plane.submit({ type: 'stopPlayer', playerId }).catch(() => {})
    try {
      await this.#plane.submit(start(playerId))
      await untilAborted(ended, signal)
    } catch (error) {
      this.#players.delete(playerId)
      if (signal.aborted) stop()
      throw error
    }
  }

  /** Starts a stream player and feeds it with what `read` gives; resolves when all has been played. */
  async stream(
    start: (playerId: number) => MediaCommand,
    read: ReadSamples,
    signal: AbortSignal,
  ): Promise<void> {
    const over = new AbortController()
    const until = AbortSignal.any([signal, over.signal])
    const failed = new AbortController()
    const playing = this.play(
      (playerId) => {
        const player = new StreamPlayer(playerId, (command) => this.#plane.submit(command))
        this.#streams.set(playerId, player)
        over.signal.addEventListener('abort', () => this.#streams.delete(playerId), { once: true })
        // The stream is there by then: commands keep their order.
        const feeding = Promise.resolve().then(() => player.feedAll(read, until))
        feeding.catch((error) => failed.abort(error))
        return start(playerId)
      },
      AbortSignal.any([signal, failed.signal]),
    )
    await playing.finally(() => over.abort(new MediaRefusedError('the player has ended')))
  }

  /** Starts a recorder; `stop` ends it, and the promise always settles with what was recorded. */
  async record(
    start: (recorderId: number) => MediaCommand,
    stop: AbortSignal,
  ): Promise<EndedRecorder> {
    const recorderId = this.#newId()
    const ended = new Promise<EndedRecorder>((resolve) => this.#recorders.set(recorderId, resolve))
    const onStop = () =>
      void this.#plane.submit({ type: 'stopRecorder', recorderId }).catch(() => {})
    try {
      await this.#plane.submit(start(recorderId))
      if (stop.aborted) onStop()
      stop.addEventListener('abort', onStop, { once: true })
      return await ended
    } catch (error) {
      this.#recorders.delete(recorderId)
      throw error
    } finally {
      stop.removeEventListener('abort', onStop)
    }
  }

  #newId(): number {
    const id = this.#nextId
    this.#nextId = (this.#nextId % 0xffff_fffe) + 1
    return id
  }
}

/** The promise, or a rejection with the signal's reason, whichever comes first. */
export function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
