/**
 * One core, every build: the C binary (plain and with sanitizers), the addon, WASM and WASM with SIMD give
 * the same bytes for the same programs (native/core/conformance.c), and those that are on file. Opus alone
 * may differ a little.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadNativeAddon } from '../../src/media/native/addon.js'
import { packageRoot } from '../../src/media/package-root.js'
import {
  idleHost,
  LinearMemory,
  loadWasmCore,
  type WasmVariant,
  wasmCoreFile,
} from '../../src/media/wasm/core.js'
import { samplesOf, snrDb } from '../codecs/snr.js'

/** `input` is what the buffer holds before. */
type Run = (program: string, input?: Uint8Array) => Uint8Array

const roomBytes = 4 << 20
const root = packageRoot()
const vectors: Record<string, { bytes: number; sha256: string }> = JSON.parse(
  readFileSync(join(root, 'test/conformance/vectors/core.json'), 'utf8'),
)

/** What the first build encodes and hears, for the others to compare with. */
let opus: { packets: Uint8Array; samples: Int16Array } | undefined

/**
 * Opus computes in floating point, with the mathematical functions of each build: its own packets may differ,
 * but what is heard of the same packets, with some of them lost, is within 40 dB.
 */
function checkOpus(run: Run): void {
  const packets = run('opus_encode')
  expect(packets.length).toBeGreaterThan(10_000)
  opus ??= { packets, samples: samplesOf(run('opus_decode', packets)) }
  expect(opus.samples.length).toBe(120_000)
  const samples = samplesOf(run('opus_decode', opus.packets))
  expect(snrDb(opus.samples, samples)).toBeGreaterThanOrEqual(40)
}

function checkAll(load: () => Run): void {
  let run: Run
  beforeAll(() => {
    run = load()
  }, 300_000)
  it('opus', () => checkOpus(run))
  it.each(Object.entries(vectors))('%s', (program, expected) => {
    const bytes = run(program)
    expect(bytes.length).toBe(expected.bytes)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(expected.sha256)
  })
}

/** Forms of the kernels that this processor has; a native build takes the last by itself. */
function processorForms(): string[] {
  const cpuinfo = '/proc/cpuinfo'
  const hasAvx2 = existsSync(cpuinfo) && /\bavx2\b/.test(readFileSync(cpuinfo, 'utf8'))
  return hasAvx2 ? ['portable', 'avx2'] : ['portable']
}

/** The same with every form of the kernels. */
function checkForms(load: () => Run): void {
  let run: Run
  beforeAll(() => {
    run = load()
  }, 300_000)
  it.each(processorForms())('kernels: %s', (form) => {
    for (const [program, expected] of Object.entries(vectors)) {
      const bytes = run(`${form}:${program}`)
      expect(bytes.length, program).toBe(expected.bytes)
      expect(createHash('sha256').update(bytes).digest('hex'), program).toBe(expected.sha256)
    }
  })
}

function loadWasm(variant: WasmVariant): Run {
  const core = loadWasmCore(variant, idleHost)
  const memory = new LinearMemory(core)
  const dst = memory.take(roomBytes)
  const name = memory.take(64)
  return (program, input = new Uint8Array()) => {
    memory.bytes.set(input, dst)
    memory.bytes.set(new TextEncoder().encode(`${program}\0`), name)
    const bytes = core.runConformance(name, dst, roomBytes)
    return memory.bytes.slice(dst, dst + bytes)
  }
}

/** In CI what is missing fails; elsewhere it is skipped, visibly. */
function describeIf(available: boolean, name: string, body: () => void): void {
  // A user's machine may lack a compiler; in CI a build that is missing fails.
  const run = available || process.env.CI ? describe : describe.skip
  run(name, body)
}

const hasCompiler = ['make', 'cc'].every((tool) => !spawnSync(tool, ['--version']).error)

function runBinary(file: string): Run {
  return (program, input) =>
    execFileSync(file, input ? [program, '-'] : [program], {
      maxBuffer: 2 * roomBytes,
      ...(input && { input }),
    })
}

for (const binary of ['conformance', 'conformance-asan']) {
  describeIf(hasCompiler, `core in C: ${binary}`, () => {
    checkAll(() => {
      const native = join(root, 'native')
      execFileSync('make', ['-s', '-C', native, `../build/native-test/${binary}`])
      return runBinary(join(root, 'build/native-test', binary))
    })
    checkForms(() => runBinary(join(root, 'build/native-test', binary)))
  })
}

const addonFile = join(root, 'build/Release/dialplane_media.node')
function runAddon(): Run {
  const addon = loadNativeAddon()
  const dst = new Uint8Array(roomBytes)
  return (program, input = new Uint8Array()) => {
    dst.set(input)
    return dst.slice(0, addon.runConformance(program, dst))
  }
}

describeIf(existsSync(addonFile), 'core in the addon', () => {
  checkAll(runAddon)
  checkForms(runAddon)
})

for (const variant of ['plain', 'simd'] as const) {
  describeIf(existsSync(wasmCoreFile(variant)), `core in WASM: ${variant}`, () => {
    checkAll(() => loadWasm(variant))
  })
}
