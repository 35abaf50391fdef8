import { RouterError } from '../base/router-error.js'
import type { SoundSource } from './conference-options.js'
import type { ConferencePorts, SoundTarget } from './conference-ports.js'

type SoundPorts = Pick<ConferencePorts, 'sounds' | 'events'>
type OneListener = Extract<SoundTarget, { readonly call: unknown }>

/**
 * What one participant hears in the place of the conversation: the wait document, or that of hold. An
 * announcement interrupts it. One program for each who waits, not one for the room: each has a wait
 * document of its own, hears it from the beginning, and is told of by its own CallSid and cookies;
 * what is played is decoded once and kept, so that another listener costs no more than a leg that
 * hears a prompt.
 */
export class ParticipantSound {
  readonly #target: OneListener
  readonly #ports: SoundPorts
  #source: SoundSource | undefined
  #running: AbortController | undefined
  #isInterrupted = false

  constructor(target: OneListener, ports: SoundPorts) {
    this.#target = target
    this.#ports = ports
  }

  /** Resolves when the first document of a source is there and plays; rejects when it cannot be had. */
  async begin(source: SoundSource, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#source = source
    let onAbort = () => {}
    try {
      await new Promise<void>((resolve, reject) => {
        const stop = this.#run(source, resolve, reject)
        onAbort = () => stop.abort()
        signal.addEventListener('abort', onAbort, { once: true })
        // Something else is to be heard by now, or nothing.
        stop.signal.addEventListener('abort', () => resolve(), { once: true })
      })
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    signal.throwIfAborted()
  }

  /** What is to be heard from now on; undefined: nothing. The same one goes on. */
  set(source: SoundSource | undefined): void {
    if (source === this.#source) return
    this.#stop()
    this.#source = source
    if (source && !this.#isInterrupted) this.#run(source)
  }

  interrupt(): void {
    this.#isInterrupted = true
    this.#stop()
  }

  goOn(): void {
    this.#isInterrupted = false
    if (this.#source) this.#run(this.#source)
  }

  #stop(): void {
    this.#running?.abort()
    this.#running = undefined
  }

  #run(
    source: SoundSource,
    onReady: () => void = () => {},
    onFailed: (error: unknown) => void = () => {},
  ): AbortController {
    const stop = new AbortController()
    this.#running = stop
    if (source.type === 'silence') {
      onReady()
      return stop
    }
    const { sounds, events } = this.#ports
    const { sid } = this.#target.call
    sounds.play(source, this.#target, stop.signal, onReady).then(onReady, (error) => {
      if (stop.signal.aborted) return
      if (error instanceof RouterError) {
        events.conferenceFailed(this.#target.conference.sid, sid, error)
      } else events.bug(error, sid)
      onFailed(error)
    })
    return stop
  }
}
