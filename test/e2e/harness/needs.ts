import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

/**
 * Whether programs of other projects are here. Without them the tests that need them are skipped on a
 * user's machine, which shows, and fail on the machine that decides.
 */
export function needs(...programs: string[]): boolean {
  const missing = programs.filter(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  )
  if (process.env.CI) it(`finds ${programs.join(', ')}`, () => expect(missing).toEqual([]))
  return missing.length === 0
}
