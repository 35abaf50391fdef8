import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { prune } from './prune.js'

it('keeps what was written last, as much as fits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dialplane-prune-'))
  for (const [index, name] of ['oldest', 'older', 'new'].entries()) {
    writeFileSync(join(folder, name), Buffer.alloc(100))
    utimesSync(join(folder, name), 1_000 + index, 1_000 + index)
  }
  prune(folder, 200)
  expect(readdirSync(folder).sort()).toEqual(['new', 'older'])
  rmSync(folder, { recursive: true })
})
