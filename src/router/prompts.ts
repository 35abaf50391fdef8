import { createHash, webcrypto } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RouterError } from '../base/router-error.js'
import { type AudioFiles, bareFormatOf } from '../media/files/decode.js'
import type { MediaPlane } from '../media/port.js'
import { espeakMarkup } from '../speech/markup.js'
import type { SpeechProvider } from '../speech/speech.js'
import { espeakVoice } from '../speech/voices.js'
import type { Sentence } from '../twiml/instruction.js'
import type { PreparedPrompt } from '../verbs/leg.js'
import type { WebhookResponse } from '../webhook/client.js'
import type { Spool } from '../webhook/spool.js'
import { LongSounds } from './long-sounds.js'

interface Loaded {
  readonly promptId: number
  readonly durationMs: number
  readonly bytes: number
}

interface Entry {
  readonly loading: Promise<Loaded>
  /** Undefined while it is made. */
  loaded: Loaded | undefined
  /** Calls that wait for it or play it: it is evicted only when there are none. */
  users: number
  /** Stops the work when nobody waits for it any more. */
  readonly unwanted: AbortController
}

interface Sound {
  readonly samples: Int16Array
  readonly sampleRateHz: number
}

type MakeSound = (unwanted: AbortSignal) => Promise<Sound>

interface CachedSound {
  readonly key: string
  readonly validator: string | undefined
  readonly freshUntilMs: number
}

/** Requests a sound; answers 304 with no body when `validator` still holds. */
export type FetchSound = (
  url: string,
  validator: string | undefined,
  signal: AbortSignal,
  /** Takes a large one, if it can be played from a file. */
  spool?: Spool,
) => Promise<WebhookResponse>

const memoryBytesMaxNormal = 256_000_000
const soundsMax = 10_000
/** Of the keys of sounds that are streamed. */
const longPrefix = 'long '
/** Larger files are unpacked to disk and streamed; about a minute of sound. */
const spooled = { beyondBytes: 1_000_000, bytesMax: 800_000_000 }
/** Sounds of file stores that do not know what they keep, and one that is sound in all but its name. */
const bareTypes = ['application/octet-stream', 'binary/octet-stream', 'application/ogg']

/** Speech and sounds as prompts in the media plane, kept by content while there is room. */
export class PromptCache {
  readonly #plane: MediaPlane
  readonly #speech: SpeechProvider | undefined
  readonly #files: AudioFiles
  readonly #directory: string
  readonly #bytesMax: number
  /** Least recently used first. */
  readonly #prompts = new Map<string, Entry>()
  readonly #sounds = new Map<string, CachedSound>()
  readonly #long: LongSounds
  #bytes = 0
  #parts = 0

  constructor(
    plane: MediaPlane,
    speech: SpeechProvider | undefined,
    files: AudioFiles,
    directory: string,
    bytesMax = memoryBytesMaxNormal,
  ) {
    this.#bytesMax = bytesMax
    this.#plane = plane
    this.#speech = speech
    this.#files = files
    this.#directory = directory
    this.#long = new LongSounds(files, directory)
  }

  async speech(
    { runs, pauseMs, language }: Sentence,
    wanted: { readonly voice: string | undefined; readonly language: string | undefined },
  ): Promise<PreparedPrompt> {
    const voice = espeakVoice(wanted.voice, language ?? wanted.language)
    const markup = espeakMarkup(runs)
    return this.#take(hash(`speech\n${voice}\n${pauseMs}\n${markup}`), async () => {
      if (markup === '') return { samples: new Int16Array(pauseMs * 8), sampleRateHz: 8_000 }
      if (!this.#speech) {
        throw new RouterError('ERR_NO_SPEECH', 13520, 'No text-to-speech engine is installed')
      }
      // Not the call's signal: others may wait for the same words.
      const until = AbortSignal.timeout(60_000)
      return withPause(await this.#speech.synthesize(markup, voice, until), pauseMs)
    })
  }

  /**
   * `fetch` is called unless a fresh copy is at hand. Accounts share nothing here: what one may fetch
   * with its signature another may not.
   */
  async sound(
    accountSid: string,
    url: string,
    fetch: FetchSound,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<PreparedPrompt> {
    const name = `${accountSid} ${url}`
    const cached = this.#sounds.get(name)
    const usable = cached && this.#has(cached.key) ? cached : undefined
    if (usable && usable.freshUntilMs > nowMs) return this.#again(usable.key, url, signal)
    const spool = { path: this.#long.newPath(), ...spooled }
    const answer = await fetch(url, usable?.validator, signal, spool)
    if (answer.status === 304 && usable) {
      if (this.#has(usable.key)) return this.#again(usable.key, url, signal)
      // Evicted while the application was asked: ask for all of it.
      this.#sounds.delete(name)
      return this.sound(accountSid, url, fetch, nowMs, signal)
    }
    const { body, contentType, file } = answer
    if (!contentType.startsWith('audio/') && !bareTypes.includes(contentType)) {
      if (file) await rm(file.path, { force: true })
      throw new RouterError(
        'ERR_NOT_AUDIO',
        12300,
        `${url} is ${contentType || 'of no type'}, not audio`,
      )
    }
    const content = contentKey(file?.sha256 ?? (await hashOff(body)), contentType)
    const key = file ? `${longPrefix}${content}` : content
    this.#remember(name, {
      key,
      validator: answer.validator,
      freshUntilMs: nowMs + (answer.maxAgeMs ?? 0),
    })
    if (file) {
      await this.#long.add(key, file.path, contentType)
      return this.#long.take(key, signal)
    }
    return this.#take(key, (unwanted) => this.#files.decode(body, contentType, unwanted), signal)
  }

  #has(key: string): boolean {
    return key.startsWith(longPrefix) ? this.#long.has(key) : this.#prompts.has(key)
  }

  #again(key: string, url: string, signal: AbortSignal): Promise<PreparedPrompt> {
    if (key.startsWith(longPrefix)) return this.#long.take(key, signal)
    return this.#take(key, () => this.#gone(url))
  }

  /** Keeps an audio answer on disk; the reference that names it stays valid over a restart. */
  async keep(bytes: Buffer, contentType: string): Promise<string> {
    const name = await hashOff(bytes)
    await mkdir(this.#directory, { recursive: true })
    const path = join(this.#directory, name)
    // Two calls may keep the same sound at once.
    const part = `${path}.${++this.#parts}.part`
    await writeFile(part, bytes)
    await rename(part, path)
    return `blob:${contentKey(name, contentType)}`
  }

  async kept(reference: string, signal: AbortSignal): Promise<PreparedPrompt> {
    const [, key, name, bare] = /^blob:(([0-9a-f]{64})(?:\.(\w+))?)$/.exec(reference) ?? []
    if (!key || !name) throw new RouterError('ERR_BLOB', 13420, 'No such audio is kept')
    return this.#take(
      key,
      async (unwanted) => {
        const bytes = await readFile(join(this.#directory, name)).catch((cause) => {
          throw new RouterError('ERR_BLOB', 13420, 'No such audio is kept', { cause })
        })
        return this.#files.decode(bytes, bare && `audio/${bare}`, unwanted)
      },
      signal,
    )
  }

  async #take(key: string, make: MakeSound, signal?: AbortSignal): Promise<PreparedPrompt> {
    const entry = this.#prompts.get(key) ?? this.#load(key, make)
    // The latest used comes last. In use from now on, not when it is loaded: it might be evicted before.
    this.#prompts.delete(key)
    this.#prompts.set(key, entry)
    entry.users++
    let released = false
    const release = () => {
      if (released) return
      released = true
      entry.users--
      if (entry.users === 0 && !entry.loaded) this.#abandon(key, entry)
      this.#evict()
    }
    signal?.addEventListener('abort', release, { once: true })
    try {
      const { promptId, durationMs } = await entry.loading
      return { promptId, durationMs, release }
    } catch (error) {
      if (this.#prompts.get(key) === entry) this.#prompts.delete(key)
      throw error
    } finally {
      signal?.removeEventListener('abort', release)
    }
  }

  #load(key: string, make: MakeSound): Entry {
    const unwanted = new AbortController()
    const loading = this.#loadInto(() => make(unwanted.signal))
    const entry: Entry = { loading, loaded: undefined, users: 0, unwanted }
    entry.loading.then(
      (loaded) => {
        if (unwanted.signal.aborted) {
          this.#plane.releasePrompt(loaded.promptId)
          return
        }
        entry.loaded = loaded
        this.#bytes += loaded.bytes
        this.#evict()
      },
      () => this.#prompts.get(key) === entry && this.#prompts.delete(key),
    )
    return entry
  }

  /** Who asks from now on begins anew: this one may be half undone already. */
  #abandon(key: string, entry: Entry): void {
    if (this.#prompts.get(key) === entry) this.#prompts.delete(key)
    entry.unwanted.abort()
  }

  async #loadInto(make: () => Promise<Sound>): Promise<Loaded> {
    const { samples, sampleRateHz } = await make()
    // Wideband is kept for the callers that can hear it; nobody speaks above 8 kHz.
    const rateHz = sampleRateHz < 16_000 ? 8_000 : 16_000
    const kept =
      sampleRateHz === rateHz ? samples : await this.#plane.resample(samples, sampleRateHz, rateHz)
    const promptId = await this.#plane.loadPrompt(kept, rateHz)
    return { promptId, durationMs: (kept.length * 1000) / rateHz, bytes: kept.byteLength }
  }

  #evict(): void {
    for (const [key, { loaded, users }] of this.#prompts) {
      if (this.#bytes <= this.#bytesMax) return
      if (!loaded || users > 0) continue
      this.#prompts.delete(key)
      this.#bytes -= loaded.bytes
      this.#plane.releasePrompt(loaded.promptId)
    }
  }

  #remember(name: string, sound: CachedSound): void {
    this.#sounds.delete(name)
    this.#sounds.set(name, sound)
    if (this.#sounds.size <= soundsMax) return
    const [oldest] = this.#sounds.keys()
    if (oldest !== undefined) this.#sounds.delete(oldest)
  }

  #gone(url: string): Promise<never> {
    return Promise.reject(new RouterError('ERR_SOUND', 11200, `${url} is no longer at hand`))
  }
}

function withPause({ samples, sampleRateHz }: Sound, pauseMs: number): Sound {
  if (pauseMs === 0) return { samples, sampleRateHz }
  const longer = new Int16Array(samples.length + Math.round((pauseMs * sampleRateHz) / 1000))
  longer.set(samples)
  return { samples: longer, sampleRateHz }
}

/** The content, and how to read it where its bytes do not say. */
function contentKey(sha256: string, contentType: string): string {
  const bare = bareFormatOf(contentType)
  return bare === '' ? sha256 : `${sha256}.${bare}`
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** A file may have 64 MB: not on this thread. */
async function hashOff(bytes: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex')
}
