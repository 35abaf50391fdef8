import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

it('docs/verbs-reference.md says what the schema says', async () => {
  const script = new URL('../../scripts/verbs-reference.mjs', import.meta.url).href
  const { verbsReference } = await import(script)
  const page = readFileSync(new URL('../../docs/verbs-reference.md', import.meta.url), 'utf8')
  expect(page).toBe(verbsReference())
})
