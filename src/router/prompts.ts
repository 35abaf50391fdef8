import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RouterError } from '../base/router-error.js'
import { decodeAudioFile } from '../media/files/decode.js'
import type { MediaPlane } from '../media/port.js'
import type { SpeechProvider } from '../speech/speech.js'
import { espeakVoice } from '../speech/voices.js'
import type { PreparedPrompt } from '../verbs/leg.js'
import type { WebhookResponse } from '../webhook/client.js'

interface Loaded {
  readonly promptId: number
  readonly durationMs: number
  readonly bytes: number
  users: number
}

interface CachedSound {
  readonly key: string
  readonly etag: string | undefined
  readonly freshUntilMs: number
}

/** Requests a sound; answers 304 with no body when `etag` still holds. */
export type FetchSound = (
  url: string,
  etag: string | undefined,
  signal: AbortSignal,
) => Promise<WebhookResponse>

const memoryBytesMax = 256_000_000
const soundsMax = 10_000

/** Speech and sounds as prompts in the media plane, kept by content while there is room. */
export class PromptCache {
  readonly #plane: MediaPlane
  readonly #speech: SpeechProvider | undefined
  readonly #directory: string
  /** Least recently used first. */
  readonly #prompts = new Map<string, Promise<Loaded>>()
  readonly #sounds = new Map<string, CachedSound>()
  #bytes = 0

  constructor(plane: MediaPlane, speech: SpeechProvider | undefined, directory: string) {
    this.#plane = plane
    this.#speech = speech
    this.#directory = directory
  }

  async speech(
    text: string,
    wanted: { readonly voice: string | undefined; readonly language: string | undefined },
  ): Promise<PreparedPrompt> {
    const voice = espeakVoice(wanted.voice, wanted.language)
    return this.#take(hash(`speech\n${voice}\n${text}`), async () => {
      if (!this.#speech) {
        throw new RouterError('ERR_NO_SPEECH', 13520, 'No text-to-speech engine is installed')
      }
      // Not the call's signal: others may wait for the same words.
      return this.#speech.synthesize(text, voice, AbortSignal.timeout(60_000))
    })
  }

  /** `fetch` is called unless a fresh copy is at hand. */
  async sound(
    url: string,
    fetch: FetchSound,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<PreparedPrompt> {
    const cached = this.#sounds.get(url)
    if (cached && cached.freshUntilMs > nowMs && this.#prompts.has(cached.key)) {
      return this.#take(cached.key, () => Promise.reject(new Error('evicted')))
    }
    const usable = cached && this.#prompts.has(cached.key) ? cached : undefined
    const answer = await fetch(url, usable?.etag, signal)
    if (answer.status === 304 && usable) return this.#take(usable.key, () => this.#gone(url))
    if (
      !answer.contentType.startsWith('audio/') &&
      answer.contentType !== 'application/octet-stream'
    ) {
      throw new RouterError(
        'ERR_NOT_AUDIO',
        12300,
        `${url} is ${answer.contentType || 'of no type'}, not audio`,
      )
    }
    const key = hash(answer.body)
    this.#remember(url, {
      key,
      etag: answer.etag,
      freshUntilMs: nowMs + (answer.maxAgeMs ?? 0),
    })
    return this.#take(key, () => decodeAudioFile(answer.body))
  }

  /** Keeps an audio answer on disk; the reference that names it stays valid over a restart. */
  async keep(bytes: Buffer): Promise<string> {
    const name = hash(bytes)
    await mkdir(this.#directory, { recursive: true })
    const path = join(this.#directory, name)
    await writeFile(`${path}.part`, bytes)
    await rename(`${path}.part`, path)
    return `blob:${name}`
  }

  async kept(reference: string): Promise<PreparedPrompt> {
    const name = /^blob:([0-9a-f]{64})$/.exec(reference)?.[1]
    if (name === undefined) throw new RouterError('ERR_BLOB', 13420, 'No such audio is kept')
    return this.#take(name, async () =>
      decodeAudioFile(await readFile(join(this.#directory, name))),
    )
  }

  async #take(
    key: string,
    make: () => Promise<{ readonly samples: Int16Array; readonly sampleRateHz: number }>,
  ): Promise<PreparedPrompt> {
    const loading = this.#prompts.get(key) ?? this.#load(key, make)
    this.#prompts.delete(key)
    this.#prompts.set(key, loading)
    const loaded = await loading
    loaded.users++
    let released = false
    return {
      promptId: loaded.promptId,
      durationMs: loaded.durationMs,
      release: () => {
        if (released) return
        released = true
        loaded.users--
      },
    }
  }

  #load(
    key: string,
    make: () => Promise<{ readonly samples: Int16Array; readonly sampleRateHz: number }>,
  ): Promise<Loaded> {
    const loading = this.#loadInto(make)
    loading.then(
      ({ bytes }) => {
        this.#bytes += bytes
        void this.#evict()
      },
      () => this.#prompts.delete(key),
    )
    return loading
  }

  async #loadInto(
    make: () => Promise<{ readonly samples: Int16Array; readonly sampleRateHz: number }>,
  ): Promise<Loaded> {
    const { samples, sampleRateHz } = await make()
    const at8k =
      sampleRateHz === 8_000 ? samples : await this.#plane.resampleTo8k(samples, sampleRateHz)
    const promptId = await this.#plane.loadPrompt(at8k)
    return { promptId, durationMs: at8k.length / 8, bytes: at8k.byteLength, users: 0 }
  }

  async #evict(): Promise<void> {
    for (const [key, loading] of this.#prompts) {
      if (this.#bytes <= memoryBytesMax) return
      const loaded = await loading.catch(() => undefined)
      if (!loaded || loaded.users > 0) continue
      this.#prompts.delete(key)
      this.#bytes -= loaded.bytes
      this.#plane.releasePrompt(loaded.promptId)
    }
  }

  #remember(url: string, sound: CachedSound): void {
    this.#sounds.delete(url)
    this.#sounds.set(url, sound)
    if (this.#sounds.size <= soundsMax) return
    const [oldest] = this.#sounds.keys()
    if (oldest !== undefined) this.#sounds.delete(oldest)
  }

  #gone(url: string): Promise<never> {
    return Promise.reject(new RouterError('ERR_SOUND', 11200, `${url} is no longer at hand`))
  }
}

function hash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
