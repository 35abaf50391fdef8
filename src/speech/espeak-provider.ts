import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SpeakReply } from './espeak-protocol.js'
import { SpeechError, type SpeechProvider, type SpokenAudio } from './speech.js'

interface Pending {
  readonly resolve: (audio: SpokenAudio) => void
  readonly reject: (error: SpeechError) => void
}

const pendingMax = 256
const startsMax = 5

/**
 * Speaks with eSpeak NG in a child process, started when first needed and anew when it dies.
 * Requests are answered one after another.
 */
export class EspeakProvider implements SpeechProvider {
  readonly name = 'espeak-ng (embedded)'
  readonly #pending = new Map<number, Pending>()
  #child: Promise<ChildProcess> | undefined
  #running: ChildProcess | undefined
  #nextId = 1
  #starts = 0
  #closed = false

  async synthesize(text: string, voice: string, signal: AbortSignal): Promise<SpokenAudio> {
    signal.throwIfAborted()
    if (this.#pending.size >= pendingMax) throw new SpeechError('Too many texts wait to be spoken')
    const child = await this.#started()
    signal.throwIfAborted()
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const [oldest] = this.#pending.keys()
        this.#pending.delete(id)
        // Texts are spoken in order: a child that took this long for one is stuck.
        if (oldest === id && isTimeout(signal.reason)) child.kill('SIGKILL')
        reject(signal.reason)
      }
      const done = () => signal.removeEventListener('abort', onAbort)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#pending.set(id, {
        resolve: (audio) => {
          done()
          resolve(audio)
        },
        reject: (error) => {
          done()
          reject(error)
        },
      })
      child.send({ id, text, voice }, (error) => error && this.#lost(child))
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const child = await this.#child?.catch(() => undefined)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.kill('SIGKILL')
    })
  }

  #started(): Promise<ChildProcess> {
    if (this.#child) return this.#child
    const starting = this.#start()
    this.#child = starting
    starting.catch(() => {
      if (this.#child === starting) this.#child = undefined
    })
    return starting
  }

  async #start(): Promise<ChildProcess> {
    if (this.#closed || ++this.#starts > startsMax) {
      throw new SpeechError('The embedded text-to-speech engine does not run')
    }
    const child = fork(childPath(), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('exit', () => reject(new SpeechError('The text-to-speech engine did not start')))
      // Stays: an error event without a listener would end the process.
      child.on('error', (cause) => reject(new SpeechError('Text-to-speech failed', { cause })))
    })
    this.#running = child
    child.on('message', (reply: SpeakReply) => this.#settle(reply))
    child.on('exit', () => this.#lost(child))
    // The provider does not keep the process alive.
    child.unref()
    child.channel?.unref()
    return child
  }

  #settle(reply: SpeakReply): void {
    if (reply.type === 'ready') return
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if (reply.type === 'failed') {
      pending?.reject(new SpeechError(reply.message))
      return
    }
    this.#starts = 0
    pending?.resolve({ samples: reply.samples, sampleRateHz: reply.sampleRateHz })
  }

  #lost(child: ChildProcess): void {
    if (child !== this.#running) return
    this.#running = undefined
    this.#child = undefined
    for (const { reject } of this.#pending.values()) {
      reject(new SpeechError('The text-to-speech engine stopped'))
    }
    this.#pending.clear()
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

/** Whether the optional package is installed. */
export function isEspeakInstalled(): boolean {
  try {
    import.meta.resolve('@echogarden/espeak-ng-emscripten')
    return true
  } catch {
    return false
  }
}

function childPath(): string {
  const compiled = import.meta.url.endsWith('.ts') ? '../../dist/speech/' : './'
  return fileURLToPath(new URL(`${compiled}espeak-child.js`, import.meta.url))
}
