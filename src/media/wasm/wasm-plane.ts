/** The media plane in a worker thread: the core as WASM behind node:dgram. Runs wherever Node does. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { CommandLine } from '../command-line.js'
import {
  type CreateMediaPlane,
  type MediaCommand,
  type MediaEventListener,
  type MediaPlane,
  type MediaPlaneConfig,
  MediaRefusedError,
  type OpenedEndpoint,
  type OpenOptions,
  type PlaneStats,
  type SampleRateHz,
} from '../port.js'
import { wasmCoreFile } from './core.js'
import type { AnswerValue, FromWorker, ToWorker } from './messages.js'

/** The worker always runs compiled, also when this module is run from its source. */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/media/wasm/worker.js' : './worker.js',
  import.meta.url,
)

type Ask = ToWorker & { readonly token: number }
// Omit would merge the members of the union.
type WithoutToken<T> = T extends unknown ? Omit<T, 'token'> : never

interface Waiting {
  readonly resolve: (value: AnswerValue) => void
  readonly reject: (error: Error) => void
}

class WasmPlane implements MediaPlane {
  readonly core = 'wasm'
  readonly #worker: Worker
  readonly #commands: CommandLine
  readonly #waiting = new Map<number, Waiting>()
  #token = 0
  #closing: Promise<void> | undefined

  constructor(worker: Worker, onEvent: MediaEventListener) {
    this.#worker = worker
    this.#commands = new CommandLine((batch) => this.#post({ type: 'commands', batch }), onEvent)
    worker.on('message', (message: FromWorker) => this.#receive(message))
    worker.on('error', (error) => this.#fail(error))
  }

  open(options: OpenOptions): Promise<OpenedEndpoint> {
    return this.#ask<OpenedEndpoint>({ type: 'open', options })
  }

  openMixer(): Promise<number> {
    return this.#ask<number>({ type: 'openMixer' })
  }

  submit(command: MediaCommand): Promise<void> {
    return this.#commands.submit(command)
  }

  loadPrompt(samples: Int16Array, sampleRateHz: SampleRateHz): Promise<number> {
    return this.#ask<number>({ type: 'loadPrompt', samples, sampleRateHz })
  }

  releasePrompt(promptId: number): void {
    this.#commands.flush() // a player that was submitted before still gets it
    this.#post({ type: 'releasePrompt', promptId })
  }

  resample(samples: Int16Array, fromHz: number, toHz: number): Promise<Int16Array> {
    return this.#ask<Int16Array>({ type: 'resample', samples, fromHz, toHz })
  }

  stats(): Promise<PlaneStats> {
    return this.#ask<PlaneStats>({ type: 'stats' })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#commands.flush()
    await this.#request({ type: 'close' })
    await this.#worker.terminate()
    this.#fail(new Error('the media plane is closed'))
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #ask<T extends AnswerValue>(message: WithoutToken<Ask>): Promise<T> {
    if (this.#closing) return Promise.reject(new MediaRefusedError('the media plane is closed'))
    return this.#request(message) as Promise<T>
  }

  #request(message: WithoutToken<Ask>): Promise<AnswerValue> {
    this.#token++
    const token = this.#token
    return new Promise((resolve, reject) => {
      this.#waiting.set(token, { resolve, reject })
      this.#post({ ...message, token } as Ask)
    })
  }

  #receive(message: FromWorker): void {
    if (message.type === 'events') this.#commands.receive(message.batch)
    if (message.type !== 'answer' && message.type !== 'refusal') return
    const waiting = this.#waiting.get(message.token)
    this.#waiting.delete(message.token)
    if (message.type === 'answer') waiting?.resolve(message.value)
    else waiting?.reject(new MediaRefusedError(message.reason))
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(new MediaRefusedError(error.message))
    this.#waiting.clear()
    this.#commands.close()
  }
}

function startWorker(config: MediaPlaneConfig): Promise<Worker> {
  if (!existsSync(wasmCoreFile('plain'))) {
    throw new Error('it is not built: run `node scripts/build-wasm.mjs`')
  }
  if (!existsSync(fileURLToPath(workerUrl))) {
    throw new Error('its worker is not compiled: run `npm run build`')
  }
  const worker = new Worker(workerUrl)
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (message: FromWorker) => {
      worker.removeListener('error', reject)
      if (message.type === 'failed') reject(new Error(message.reason))
      else resolve(worker)
    })
    worker.postMessage({ type: 'start', config } satisfies ToWorker)
  })
}

export const createWasmPlane: CreateMediaPlane = async (config, onEvent) => {
  return new WasmPlane(await startWorker(config), onEvent)
}
