import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorCodes } from './error-codes.js'

const src = new URL('..', import.meta.url).pathname

/** The codes that sources name: `12100`, but not numbers with separators or in other words. */
function codesIn(folder: string): number[] {
  return readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) => !name.startsWith('error-codes'))
    .flatMap(
      (name) =>
        readFileSync(join(src, folder, name), 'utf8').match(
          /\b(1[123]\d{3}|2[01]\d{3}|54\d{3})\b/g,
        ) ?? [],
    )
    .map(Number)
}

describe('the page of error codes', () => {
  it('explains every code that the router can answer with', () => {
    const explained = new Set(errorCodes.map(([code]) => code))
    const used = ['api', 'twiml', 'webhook', 'verbs', 'call', 'router'].flatMap(codesIn)
    expect(used.length).toBeGreaterThan(30)
    expect([...new Set(used)].filter((code) => !explained.has(code))).toEqual([])
  })
})
