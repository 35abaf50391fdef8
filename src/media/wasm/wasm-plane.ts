import type { CreateMediaPlane } from '../port.js'

export const createWasmPlane: CreateMediaPlane = async () => {
  throw new Error('it is not built: run `node scripts/build-wasm.mjs`')
}
