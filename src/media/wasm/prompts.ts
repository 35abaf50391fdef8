/** Prompts in linear memory: samples, then both encoded forms, counted by whoever uses them. */
import type { CoreExports, LinearMemory } from './core.js'

interface Prompt {
  readonly at: number
  readonly count: number
  references: number
}

const bytesPerSample = 4 // two of PCM, one of each codec

export class Prompts {
  readonly #core: CoreExports
  readonly #memory: LinearMemory
  readonly #prompts = new Map<number, Prompt>()
  #nextId = 1

  constructor(core: CoreExports, memory: LinearMemory) {
    this.#core = core
    this.#memory = memory
  }

  get count(): number {
    return this.#prompts.size
  }

  load(samples: Int16Array): number {
    const count = samples.length
    const at = this.#memory.take(count * bytesPerSample)
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
    this.#memory.bytes.set(bytes, at)
    this.#core.encode(0, at + 2 * count, at, count)
    this.#core.encode(1, at + 3 * count, at, count)
    const id = this.#nextId++
    this.#prompts.set(id, { at, count, references: 1 })
    return id
  }

  /** Fills a `struct prompt` of the core. */
  acquire(promptId: number, struct: number): number {
    const prompt = this.#prompts.get(promptId)
    if (!prompt) return 0
    prompt.references++
    const { at, count } = prompt
    const view = new DataView(this.#memory.bytes.buffer, struct, 16)
    view.setUint32(0, at, true)
    view.setUint32(4, at + 2 * count, true)
    view.setUint32(8, at + 3 * count, true)
    view.setUint32(12, count, true)
    return 1
  }

  release(promptId: number): void {
    const prompt = this.#prompts.get(promptId)
    if (!prompt || --prompt.references > 0) return
    this.#prompts.delete(promptId)
    this.#memory.giveBack(prompt.at, prompt.count * bytesPerSample)
  }
}
