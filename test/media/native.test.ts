import { createNativePlane } from '../../src/media/native/native-plane.js'
import { mediaPlaneSuite } from './suite.js'
import { detectorsSuite } from './suite-detectors.js'
import { mixingSuite } from './suite-mixing.js'
import { peersSuite } from './suite-peers.js'
import { recordingsSuite } from './suite-recordings.js'

mediaPlaneSuite('native', createNativePlane, 31_000)
mixingSuite('native', createNativePlane, 31_200)
detectorsSuite('native', createNativePlane, 32_000)
recordingsSuite('native', createNativePlane, 32_200)
peersSuite('native', createNativePlane, 32_400)
