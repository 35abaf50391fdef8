import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { climb } from './ladder.js'
import { readScenario } from './scenario.js'

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.md'))

/** Each ladder of this folder, over real calls of phones that register. */
describe('scenarios', { timeout: 90_000 }, () => {
  it.concurrent.each(files)('%s', (name) => climb(readScenario(join(import.meta.dirname, name))))
})
