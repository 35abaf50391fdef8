/** Chooses the media core: the native one where it is built, else WASM. */
import { createNativePlane } from './native/native-plane.js'
import type {
  CreateMediaPlane,
  MediaCoreName,
  MediaEventListener,
  MediaPlane,
  MediaPlaneConfig,
} from './port.js'
import { createWasmPlane } from './wasm/wasm-plane.js'

const creators: readonly (readonly [MediaCoreName, CreateMediaPlane])[] = [
  ['native', createNativePlane],
  ['wasm', createWasmPlane],
]

const remedies: Record<MediaCoreName, string> = {
  native: 'node scripts/build-native.mjs (needs Linux, python3, make and a C compiler)',
  wasm: 'node scripts/build-wasm.mjs (needs no compiler)',
}

/** Rejects with one message that says, for each core tried, what failed and what to do. */
export async function createMediaPlane(
  choice: 'auto' | MediaCoreName,
  config: MediaPlaneConfig,
  onEvent: MediaEventListener,
): Promise<MediaPlane> {
  const failures: string[] = []
  for (const [name, create] of creators) {
    if (choice !== 'auto' && choice !== name) continue
    try {
      return await create(config, onEvent)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      failures.push(`${name}: ${reason}; build it by ${remedies[name]}`)
    }
  }
  throw new Error(`no media core is available. ${failures.join('. ')}`)
}
