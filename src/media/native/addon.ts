/** The compiled addon as TypeScript sees it (native/addon/addon.cc). */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { packageRoot } from '../package-root.js'
import type { MediaPlaneConfig, OpenedEndpoint } from '../port.js'

export interface NativeMediaIo {
  /** A string says why it was refused. */
  open(bindAddress: string, near: number): OpenedEndpoint | string
  /** 0: none is free. */
  openMixer(near: number): number
  submit(batch: Uint8Array): void
  /** Copies whole event records into `dst` and returns their bytes. */
  drain(dst: Uint8Array): number
  loadPrompt(samples: Int16Array, sampleRateHz: number): number
  releasePrompt(promptId: number): void
  /** endpoints, prompts, received, sent, dropped, overruns, then the lateness counts. */
  stats(): Float64Array
  stop(): Promise<void>
}

export interface NativeAddon {
  readonly MediaIo: new (config: MediaPlaneConfig, onWake: () => void) => NativeMediaIo
  resample(samples: Int16Array, fromHz: number, toHz: number): Promise<Int16Array>
  runConformance(program: string, dst: Uint8Array): number
}

export function loadNativeAddon(): NativeAddon {
  const file = join(packageRoot(), 'build', 'Release', 'dialplane_media.node')
  if (!existsSync(file)) throw new Error('it is not built: run `node scripts/build-native.mjs`')
  return createRequire(import.meta.url)(file) as NativeAddon
}
