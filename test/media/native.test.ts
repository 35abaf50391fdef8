import { createNativePlane } from '../../src/media/native/native-plane.js'
import { mediaPlaneSuite } from './suite.js'

mediaPlaneSuite('native', createNativePlane, 31_000)
