import { describe, expect, it } from 'vitest'

// @ts-expect-error a script without types
const { problemsOf } = (await import('../../scripts/check-layers.mjs')) as {
  problemsOf: (file: string, text: string) => string[]
}

describe('the layer check', () => {
  it.each([
    ['src/sip/a.ts', "import { x } from '../sdp/b.js'"],
    ['src/verbs/a.ts', "import { x } from '../sip/events.js'"],
    ['src/call/a.ts', "import { x } from '../media/native/native-plane.js'"],
    ['src/api/a.ts', "import { x } from '../router/config.js'"],
    ['src/store/a.ts', "import { x } from '../router.js'"],
    ['src/sip/a.ts', 'const now = Date.now()'],
    ['src/call/a.ts', 'setTimeout(() => {}, 1)'],
    ['src/base/a.ts', 'const seed = Math.random()'],
    ['src/webhook/a.ts', "import { createSocket } from 'node:dgram'"],
    ['src/unknown/a.ts', ''],
  ])('finds the fault in %s: %s', (file, text) => {
    expect(problemsOf(file, text)).not.toEqual([])
  })

  it.each([
    ['src/call/a.ts', "import { x } from '../media/port.js'"],
    ['src/verbs/a.ts', "import { x } from '../twiml/parse.js'"],
    ['src/net/a.ts', "import { createSocket } from 'node:dgram'"],
    ['src/router/a.ts', "import { x } from '../sip/engine.js'"],
    ['src/sip/a.ts', '// Date.now is not for us'],
  ])('lets %s pass: %s', (file, text) => {
    expect(problemsOf(file, text)).toEqual([])
  })
})
