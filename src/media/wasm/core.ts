/**
 * The WASM build of the media core (wasm/exports.c): loads it and lends out its linear memory, where
 * prompts and the plane live. Knows no sockets.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../package-root.js'

export type WasmVariant = 'plain' | 'simd'

export interface CoreExports {
  readonly memory: WebAssembly.Memory
  readonly __heap_base: WebAssembly.Global
  _initialize(): void
  planeBytes(endpointsMax: number): number
  planeInit(at: number, endpointsMax: number, epochMs: number, nowMs: number): void
  packetIn(): number
  commandsIn(): number
  addressIn(): number
  planeOpen(endpointId: number, nowMs: number): number
  planeOpenMixer(mixerId: number, nowMs: number): number
  planeCommands(bytes: number, nowMs: number): void
  planeReceive(
    endpointId: number,
    rtcp: number,
    family: number,
    port: number,
    bytes: number,
    nowMs: number,
  ): void
  planeTick(nowMs: number): void
  planeNextDueMs(): number
  planeCounts(): number
  promptEncode(pcmu: number, pcma: number, samples: number, count: number, rateHz: number): void
  resamplerOutputCount(count: number, fromHz: number, toHz: number): number
  resample(
    dst: number,
    first: number,
    dstCount: number,
    src: number,
    srcCount: number,
    fromHz: number,
    toHz: number,
  ): void
  runConformance(program: number, dst: number, room: number): number
}

/** What the core calls; the addresses are offsets into linear memory. */
export interface CoreHost {
  send(
    endpointId: number,
    rtcp: number,
    family: number,
    port: number,
    ip: number,
    packet: number,
    bytes: number,
  ): void
  event(record: number, bytes: number): void
  promptAcquire(promptId: number, prompt: number): number
  promptRelease(promptId: number): void
  recordingOpen(
    slot: number,
    recorderId: number,
    endpointId: number,
    channels: number,
    rateHz: number,
    path: number,
    pathBytes: number,
  ): number
  recordingWrite(slot: number, samples: number, count: number): void
  recordingEnd(slot: number, reason: number, frames: number): void
  cryptoKeySet(slot: number, key: number, macKey: number): number
  cryptoKeyClear(slot: number): void
  cryptoCtr(slot: number, iv: number, data: number, bytes: number): void
  cryptoMac(
    slot: number,
    data: number,
    bytes: number,
    more: number,
    moreBytes: number,
    mac: number,
  ): void
  cryptoGcm(
    slot: number,
    seal: number,
    nonce: number,
    aad: number,
    aadBytes: number,
    data: number,
    bytes: number,
    tag: number,
  ): number
}

/** For uses of the core without a plane. */
export const idleHost: CoreHost = {
  send: () => {},
  event: () => {},
  promptAcquire: () => 0,
  promptRelease: () => {},
  recordingOpen: () => 0,
  recordingWrite: () => {},
  recordingEnd: () => {},
  cryptoKeySet: () => 0,
  cryptoKeyClear: () => {},
  cryptoCtr: () => {},
  cryptoMac: () => {},
  cryptoGcm: () => 0,
}

export function wasmCoreFile(variant: WasmVariant): string {
  return join(packageRoot(), 'build', 'wasm', `core-${variant}.wasm`)
}

export function loadWasmCore(variant: WasmVariant, host: CoreHost): CoreExports {
  const file = wasmCoreFile(variant)
  if (!existsSync(file)) throw new Error('it is not built: run `node scripts/build-wasm.mjs`')
  const module = new WebAssembly.Module(readFileSync(file))
  const { exports } = new WebAssembly.Instance(module, { host: { ...host } })
  const core = exports as unknown as CoreExports
  core._initialize()
  return core
}

/** SIMD where the engine has it. */
export function loadBestWasmCore(host: CoreHost): CoreExports {
  try {
    return loadWasmCore('simd', host)
  } catch {
    return loadWasmCore('plain', host)
  }
}

const pageBytes = 65_536
const alignment = 16

/** Blocks of linear memory above what the core uses itself; first fit, joined when they come back. */
export class LinearMemory {
  readonly #memory: WebAssembly.Memory
  #top: number
  #free: { at: number; bytes: number }[] = []
  #bytes = new Uint8Array(0)

  constructor(core: CoreExports) {
    this.#memory = core.memory
    this.#top = align(Number(core.__heap_base.value))
  }

  /** The whole of it; a view that is taken anew after the memory has grown. */
  get bytes(): Uint8Array {
    if (this.#bytes.buffer !== this.#memory.buffer)
      this.#bytes = new Uint8Array(this.#memory.buffer)
    return this.#bytes
  }

  /** Throws RangeError when there is no more memory. */
  take(size: number): number {
    const bytes = align(Math.max(size, 1))
    const index = this.#free.findIndex((block) => block.bytes >= bytes)
    const block = this.#free[index]
    if (block) {
      const at = block.at
      block.at += bytes
      block.bytes -= bytes
      if (block.bytes === 0) this.#free.splice(index, 1)
      return at
    }
    const at = this.#top
    const missing = at + bytes - this.#memory.buffer.byteLength
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes))
    this.#top += bytes
    return at
  }

  giveBack(at: number, size: number): void {
    this.#free.push({ at, bytes: align(Math.max(size, 1)) })
    this.#free.sort((a, b) => a.at - b.at)
    const joined: { at: number; bytes: number }[] = []
    for (const block of this.#free) {
      const last = joined.at(-1)
      if (last && last.at + last.bytes === block.at) last.bytes += block.bytes
      else joined.push(block)
    }
    this.#free = joined
  }
}

function align(value: number): number {
  return Math.ceil(value / alignment) * alignment
}
