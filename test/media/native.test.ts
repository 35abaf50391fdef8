import { createNativePlane } from '../../src/media/native/native-plane.js'
import { mediaPlaneSuite } from './suite.js'
import { mixingSuite } from './suite-mixing.js'

mediaPlaneSuite('native', createNativePlane, 31_000)
mixingSuite('native', createNativePlane, 31_200)
