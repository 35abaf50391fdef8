import { Worker } from 'node:worker_threads'
import { RouterError } from '../../base/router-error.js'
import { AudioFileError } from './audio-file.js'
import type { Answer, Job, JobResults } from './messages.js'

/** The worker always runs compiled, also when this module is run from its source. */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/media/files/worker.js' : './worker.js',
  import.meta.url,
)

export interface JobPoolOptions {
  /** Threads at most; each starts with the first job that finds the others busy. */
  readonly threads: number
  /** Jobs that wait, and the bytes of their files together. More are refused. */
  readonly waitingMax: number
  readonly waitingBytesMax: number
  /** Old space of a thread [MB]; samples are kept outside of it, and bounded by what a file may be. */
  readonly heapMegabytes?: number
}

interface Waiting {
  readonly job: Job
  readonly bytes: number
  readonly timeLimitMs: number
  readonly signal: AbortSignal | undefined
  readonly settle: (outcome: Answer | Error) => void
}

const heapMegabytesNormal = 256

/** The pool has more to do than it may keep waiting. */
export class PoolBusyError extends RouterError {
  override readonly name = 'PoolBusyError'
  constructor() {
    super('ERR_FILES_BUSY', 13420, 'too many files wait to be decoded or encoded')
  }
}

/**
 * Worker threads that do one job each at a time. A job that takes too long, is given up, or crashes its
 * thread ends with the thread; the next job gets a new one. Nothing is started before the first job.
 */
export class JobPool {
  readonly #options: JobPoolOptions
  readonly #waiting: Waiting[] = []
  readonly #idle: Worker[] = []
  /** Also those that are being stopped. */
  readonly #busy = new Set<Worker>()
  readonly #stopping = new Set<Promise<unknown>>()
  #waitingBytes = 0
  #closed = false

  constructor(options: JobPoolOptions) {
    this.#options = options
  }

  /**
   * Runs a job. Rejects with AudioFileError when its file is at fault, PoolBusyError when there is no
   * room to wait, and the reason of `signal` when that aborts. The time limit counts from when a
   * thread begins; `bytes` is what the job keeps in memory while it waits.
   */
  run<Type extends Job['type']>(
    job: Job & { readonly type: Type },
    limits: {
      readonly bytes: number
      readonly timeLimitMs: number
      readonly signal?: AbortSignal | undefined
    },
  ): Promise<JobResults[Type]> {
    const { signal } = limits
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal(limits.bytes, signal)
      if (refusal !== undefined) {
        reject(refusal)
        return
      }
      const settle = (outcome: Answer | Error) => {
        signal?.removeEventListener('abort', giveUp)
        if (outcome instanceof Error) reject(outcome)
        else if (outcome.ok) resolve(outcome.result as JobResults[Type])
        else reject(new AudioFileError(outcome.message))
      }
      const waiting: Waiting = { job, signal, settle, ...limits }
      const giveUp = () => {
        if (this.#drop(waiting)) reject(signal?.reason)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(waiting)
      this.#waitingBytes += waiting.bytes
      this.#next()
    })
  }

  /** Gives up what runs and waits, and stops the threads. */
  async close(): Promise<void> {
    this.#closed = true
    for (const waiting of this.#waiting.splice(0)) waiting.settle(closedError())
    this.#waitingBytes = 0
    for (const worker of [...this.#idle.splice(0), ...this.#busy]) this.#stop(worker)
    await Promise.all(this.#stopping)
  }

  /** Threads that run, and jobs that wait; for tests. */
  get sizes(): { readonly threads: number; readonly waiting: number } {
    return { threads: this.#idle.length + this.#busy.size, waiting: this.#waiting.length }
  }

  #refusal(bytes: number, signal: AbortSignal | undefined): unknown {
    const { waitingMax, waitingBytesMax, threads } = this.#options
    if (this.#closed) return closedError()
    if (signal?.aborted) return signal.reason
    const isFree = this.#waiting.length === 0 && this.#busy.size < threads
    const fits = this.#waiting.length < waitingMax && this.#waitingBytes + bytes <= waitingBytesMax
    if (isFree || fits) return undefined
    return new PoolBusyError()
  }

  #drop(waiting: Waiting): boolean {
    const index = this.#waiting.indexOf(waiting)
    if (index < 0) return false
    this.#waiting.splice(index, 1)
    this.#waitingBytes -= waiting.bytes
    return true
  }

  #next(): void {
    if (this.#closed || this.#busy.size >= this.#options.threads) return
    const waiting = this.#waiting.shift()
    if (!waiting) return
    this.#waitingBytes -= waiting.bytes
    const worker = this.#idle.pop() ?? this.#start()
    this.#busy.add(worker)
    worker.ref()
    this.#work(worker, waiting)
  }

  #start(): Worker {
    const { heapMegabytes = heapMegabytesNormal } = this.#options
    const worker = new Worker(workerUrl, {
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    })
    // One that ends while it has nothing to do is missed by nobody.
    worker.on('error', () => {})
    worker.on('exit', () => {
      const index = this.#idle.indexOf(worker)
      if (index >= 0) this.#idle.splice(index, 1)
    })
    return worker
  }

  #work(worker: Worker, { job, timeLimitMs, signal, settle }: Waiting): void {
    const end = (outcome: Answer | Error, isUsable: boolean) => {
      clearTimeout(timer)
      worker.off('message', answered).off('error', crashed).off('exit', exited)
      signal?.removeEventListener('abort', aborted)
      if (isUsable && !this.#closed) {
        this.#busy.delete(worker)
        // A pool that has nothing to do keeps no process alive.
        worker.unref()
        this.#idle.push(worker)
      } else this.#stop(worker)
      settle(outcome)
      this.#next()
    }
    const answered = (answer: Answer) => end(answer, true)
    const crashed = (error: Error) =>
      end(new AudioFileError('the decoder crashed', { cause: error }), false)
    const exited = () =>
      end(this.#closed ? closedError() : new AudioFileError('the decoder ended'), false)
    const aborted = () => end(asError(signal?.reason), false)
    const late = () => end(new AudioFileError(`not decoded within ${timeLimitMs / 1000} s`), false)
    const timer = setTimeout(late, timeLimitMs)
    worker.on('message', answered).on('error', crashed).on('exit', exited)
    signal?.addEventListener('abort', aborted, { once: true })
    worker.postMessage(job, job.type === 'decode' ? [job.bytes.buffer] : [])
  }

  /** Its place is free once it is gone: a decoder that is stuck keeps its memory until then. */
  #stop(worker: Worker): void {
    const stopping = worker.terminate().finally(() => {
      this.#stopping.delete(stopping)
      this.#busy.delete(worker)
      this.#next()
    })
    this.#stopping.add(stopping)
  }
}

function closedError(): Error {
  return new AudioFileError('the router is stopping')
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('given up', { cause: reason })
}
