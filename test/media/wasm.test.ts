import { createWasmPlane } from '../../src/media/wasm/wasm-plane.js'
import { mediaPlaneSuite } from './suite.js'

mediaPlaneSuite('wasm', createWasmPlane, 31_400)
