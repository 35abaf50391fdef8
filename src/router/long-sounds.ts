import { mkdirSync, rmSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RouterError } from '../base/router-error.js'
import { streamPieceSamples } from '../call/stream-player.js'
import type { AudioFiles } from '../media/files/decode.js'
import type { PreparedPrompt, SoundStream } from '../verbs/leg.js'

interface LongSound {
  readonly path: string
  readonly unpacking: AbortController
  /** Settles when all of it is there. */
  readonly unpacked: Promise<void>
  handle: FileHandle | undefined
  /** One handle for all, whoever asks first. */
  opening: Promise<FileHandle | undefined> | undefined
  users: number
  isWhole: boolean
  error: unknown
}

const headBytes = 4
/** What is there already is played when it is at least this much. */
const readBytesMin = 3_200
const lookAgainMs = 30
const diskBytesMaxNormal = 1_000_000_000

/**
 * Sounds that are too long to be prompts: unpacked into a file piece by piece, and read from it while it
 * still grows, by as many calls as want it. Memory does not grow with their length; the disk is bounded,
 * and nothing survives a restart.
 */
export class LongSounds {
  readonly #files: AudioFiles
  readonly #directory: string
  readonly #bytesMax: number
  /** Least recently used first. */
  readonly #sounds = new Map<string, LongSound>()
  readonly #bytes = new Map<string, number>()
  #nextId = 1

  constructor(files: AudioFiles, directory: string, bytesMax = diskBytesMaxNormal) {
    this.#files = files
    this.#directory = join(directory, 'long')
    this.#bytesMax = bytesMax
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** A file name that nobody has. */
  newPath(): string {
    // Once: the first call makes it.
    if (this.#nextId === 1) mkdirSync(this.#directory, { recursive: true })
    return join(this.#directory, String(this.#nextId++))
  }

  has(key: string): boolean {
    return this.#sounds.has(key)
  }

  /** Takes the file `source`, unless the sound is there already. */
  async add(key: string, source: string, contentType: string): Promise<void> {
    if (this.#sounds.has(key)) {
      await rm(source, { force: true })
      return
    }
    const path = this.newPath()
    const unpacking = new AbortController()
    const unpacked = this.#files
      .unpack({ source, contentType, target: path }, unpacking.signal)
      .finally(() => rm(source, { force: true }))
    const sound: LongSound = {
      ...{ path, unpacking, unpacked, handle: undefined, opening: undefined },
      ...{ users: 0, isWhole: false, error: undefined },
    }
    this.#sounds.set(key, sound)
    unpacked.then(
      () => this.#whole(key, sound),
      (error) => {
        sound.error = error
        this.#drop(key, sound)
      },
    )
  }

  /** Resolves when its beginning is there. Rejects with AudioFileError for what is no sound. */
  async take(key: string, signal: AbortSignal): Promise<PreparedPrompt> {
    const sound = this.#sounds.get(key)
    if (!sound) throw new RouterError('ERR_SOUND', 13420, 'The sound is no longer there')
    this.#sounds.delete(key)
    this.#sounds.set(key, sound)
    sound.users++
    let isReleased = false
    const release = () => {
      if (isReleased) return
      isReleased = true
      sound.users--
      if (sound.users === 0 && !sound.isWhole) this.#drop(key, sound)
      this.#evict()
    }
    try {
      const head = await this.#begun(sound, signal)
      const sampleRateHz = head === 16_000 ? 16_000 : 8_000
      const bytes = this.#bytes.get(key)
      const durationMs = bytes === undefined ? Infinity : ((bytes - headBytes) * 500) / sampleRateHz
      const stream: SoundStream = {
        sampleRateHz,
        reader: (options) => readerOf(sound, sampleRateHz, options),
      }
      return { promptId: 0, durationMs, stream, release }
    } catch (error) {
      release()
      throw error
    }
  }

  /** The sample rate, once something is there. */
  async #begun(sound: LongSound, signal: AbortSignal): Promise<number> {
    for (;;) {
      if (sound.error) throw sound.error
      const handle = await handleOf(sound)
      const size = (await handle?.stat())?.size ?? 0
      if (handle && size >= headBytes && (sound.isWhole || size > headBytes)) {
        const head = Buffer.alloc(headBytes)
        await handle.read(head, 0, headBytes, 0)
        return head.readUInt32LE(0)
      }
      await sleep(lookAgainMs, undefined, { signal })
    }
  }

  async #whole(key: string, sound: LongSound): Promise<void> {
    const handle = await handleOf(sound)
    if (!handle) {
      sound.error = new RouterError('ERR_SOUND', 13420, 'The unpacked sound cannot be read')
      this.#drop(key, sound)
      return
    }
    const size = (await handle.stat().catch(() => undefined))?.size ?? headBytes
    sound.isWhole = true
    this.#bytes.set(key, size)
    this.#evict()
  }

  #evict(): void {
    let bytes = [...this.#bytes.values()].reduce((sum, one) => sum + one, 0)
    for (const [key, sound] of this.#sounds) {
      if (bytes <= this.#bytesMax) return
      if (!sound.isWhole || sound.users > 0) continue
      bytes -= this.#bytes.get(key) ?? 0
      this.#drop(key, sound)
    }
  }

  #drop(key: string, sound: LongSound): void {
    if (this.#sounds.get(key) === sound) {
      this.#sounds.delete(key)
      this.#bytes.delete(key)
    }
    sound.unpacking.abort(new Error('nobody wants it'))
    void sound.unpacked
      .catch(() => {})
      .then(() => sound.opening)
      .then((handle) => handle?.close())
      .then(() => rm(sound.path, { force: true }))
      .catch(() => {})
  }
}

/** Nothing as long as nothing has been unpacked. */
function handleOf(sound: LongSound): Promise<FileHandle | undefined> {
  sound.opening ??= open(sound.path, 'r').then(
    (handle) => {
      sound.handle = handle
      return handle
    },
    () => {
      sound.opening = undefined
      return undefined
    },
  )
  return sound.opening
}

/** Reads on from where it is; waits for what is not unpacked yet. */
function readerOf(
  sound: LongSound,
  sampleRateHz: number,
  { offsetMs, loops }: { readonly offsetMs: number; readonly loops: number },
) {
  let at = headBytes + 2 * Math.floor((offsetMs * sampleRateHz) / 1000)
  let left = loops === 0 ? Infinity : loops
  return async (signal: AbortSignal): Promise<Int16Array> => {
    for (;;) {
      signal.throwIfAborted()
      if (sound.error) throw sound.error
      const { isWhole, handle } = sound
      const size = (await handle?.stat())?.size ?? 0
      const there = (size - at) & ~1
      if (handle && (there >= readBytesMin || (isWhole && there > 0))) {
        const piece = Buffer.alloc(Math.min(there, 2 * streamPieceSamples))
        const { bytesRead } = await handle.read(piece, 0, piece.length, at)
        at += bytesRead
        return new Int16Array(piece.buffer, piece.byteOffset, bytesRead >> 1)
      }
      if (!isWhole) {
        await sleep(lookAgainMs, undefined, { signal })
        continue
      }
      const whole = (size - headBytes) & ~1
      left -= whole > 0 ? Math.max(1, Math.floor((at - headBytes) / whole)) : left
      if (left <= 0) return new Int16Array(0)
      at = headBytes + ((at - headBytes) % whole)
    }
  }
}
