import { createWasmPlane } from '../../src/media/wasm/wasm-plane.js'
import { mediaPlaneSuite } from './suite.js'
import { detectorsSuite } from './suite-detectors.js'
import { mixingSuite } from './suite-mixing.js'
import { peersSuite } from './suite-peers.js'
import { recordingsSuite } from './suite-recordings.js'

mediaPlaneSuite('wasm', createWasmPlane, 31_400)
mixingSuite('wasm', createWasmPlane, 31_600)
detectorsSuite('wasm', createWasmPlane, 32_100)
recordingsSuite('wasm', createWasmPlane, 32_300)
peersSuite('wasm', createWasmPlane, 32_500)
