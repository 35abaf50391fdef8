import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { JobPool } from './job-pool.js'

export interface RecordingCopy {
  readonly path: string
  readonly bytes: number
}

/** What is made of a recording: its container, and whether its channels are mixed. */
export interface CopyForm {
  readonly format: 'wav' | 'mp3'
  readonly channels: 1 | 2
}

const waitingMax = 32
/** Four hours are encoded in half a minute, on a machine that has nothing else to do. */
const timeLimitMs = 300_000

/**
 * Copies of recordings in other forms, made off the main thread when they are first asked for and kept
 * in a folder while there is room. Copies that were made before the process began are used again.
 */
export class RecordingCopies {
  readonly #directory: string
  readonly #bytesMax: number
  readonly #pool = new JobPool({ threads: 1, waitingMax, waitingBytesMax: 0 })
  readonly #making = new Map<string, Promise<RecordingCopy>>()

  constructor(directory: string, bytesMax: number) {
    this.#directory = directory
    this.#bytesMax = bytesMax
  }

  /**
   * A copy of the recording `sid`, which is complete and lies at `source`. Those who ask at once share
   * the work. Rejects with AudioFileError when the file is broken, PoolBusyError when too many wait.
   */
  async copyOf(sid: string, source: string, form: CopyForm): Promise<RecordingCopy> {
    const path = this.#pathOf(sid, form)
    const making = this.#making.get(path) ?? this.#make(path, source, form)
    this.#making.set(path, making)
    try {
      return await making
    } finally {
      if (this.#making.get(path) === making) this.#making.delete(path)
    }
  }

  /** Removes what was made of a recording that is deleted. */
  async forget(sid: string): Promise<void> {
    for (const format of ['wav', 'mp3'] as const) {
      for (const channels of [1, 2] as const) {
        const path = this.#pathOf(sid, { format, channels })
        await this.#making.get(path)?.catch(() => {})
        await rm(path, { force: true })
      }
    }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  #pathOf(sid: string, { format, channels }: CopyForm): string {
    return join(this.#directory, `${sid}-${channels}.${format}`)
  }

  async #make(path: string, source: string, form: CopyForm): Promise<RecordingCopy> {
    const known = await stat(path).catch(() => undefined)
    if (known) {
      // Used again: it is not among the first to go.
      await utimes(path, new Date(), new Date())
      return { path, bytes: known.size }
    }
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const job = { type: 'copy', source, target: path, ...form } as const
    await this.#pool.run(job, { bytes: 0, timeLimitMs })
    const { size } = await stat(path)
    await this.#prune(path)
    return { path, bytes: size }
  }

  /** Removes what was not used for longest until the rest fits; never the latest. */
  async #prune(latest: string): Promise<void> {
    const names = await readdir(this.#directory)
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#directory, name)
        const found = await stat(path).catch(() => undefined)
        return { path, bytes: found?.size ?? 0, ms: found?.mtimeMs ?? 0 }
      }),
    )
    files.sort((a, b) => b.ms - a.ms)
    let bytes = 0
    for (const file of files) {
      bytes += file.bytes
      if (bytes > this.#bytesMax && file.path !== latest) await rm(file.path, { force: true })
    }
  }
}
