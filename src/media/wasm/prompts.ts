/** Prompts in linear memory: samples, then both encoded forms (8 kHz), counted by whoever uses them. */
import type { CoreExports, LinearMemory } from './core.js'

interface Prompt {
  readonly at: number
  readonly count: number
  readonly rateHz: number
  readonly bytes: number
  references: number
}

const encodedHz = 8000

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

  load(samples: Int16Array, rateHz: number): number {
    const count = samples.length
    const encoded = encodedBytes(count, rateHz)
    const size = 2 * count + 2 * encoded
    const at = this.#memory.take(size)
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
    this.#memory.bytes.set(bytes, at)
    const pcmu = at + 2 * count
    this.#core.promptEncode(pcmu, pcmu + encoded, at, count, rateHz)
    const id = this.#nextId++
    this.#prompts.set(id, { at, count, rateHz, bytes: size, references: 1 })
    return id
  }

  /** Fills a `struct prompt` of the core. */
  acquire(promptId: number, struct: number): number {
    const prompt = this.#prompts.get(promptId)
    if (!prompt) return 0
    prompt.references++
    const { at, count, rateHz } = prompt
    const view = new DataView(this.#memory.bytes.buffer, struct, 20)
    view.setUint32(0, at, true)
    view.setUint32(4, at + 2 * count, true)
    view.setUint32(8, at + 2 * count + encodedBytes(count, rateHz), true)
    view.setUint32(12, count, true)
    view.setUint32(16, rateHz, true)
    return 1
  }

  release(promptId: number): void {
    const prompt = this.#prompts.get(promptId)
    if (!prompt || --prompt.references > 0) return
    this.#prompts.delete(promptId)
    this.#memory.giveBack(prompt.at, prompt.bytes)
  }
}

function encodedBytes(count: number, rateHz: number): number {
  return Math.floor(count / (rateHz / encodedHz))
}
