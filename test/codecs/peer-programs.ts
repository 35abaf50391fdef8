/** C programs that compare the core with libraries of others; native/Makefile builds them. */
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe } from 'vitest'
import { packageRoot } from '../../src/media/package-root.js'

const root = packageRoot()
const hasCompiler = ['make', 'cc'].every((tool) => !spawnSync(tool, ['--version']).error)

/** In CI a peer that is missing fails; elsewhere it is skipped, visibly. */
export function describePeer(header: string, name: string, body: () => void): void {
  const parameters = ['-E', '-x', 'c', '-include', header, '/dev/null']
  const available = hasCompiler && spawnSync('cc', parameters).status === 0
  // A user's machine may lack the peer's library or a compiler; in CI that fails.
  const run = available || process.env.CI ? describe : describe.skip
  run(name, body)
}

export function build(program: string): string {
  const file = join(root, 'build/native-test', program)
  execFileSync('make', ['-s', '-C', join(root, 'native'), `../build/native-test/${program}`])
  return file
}
