// npm run check: format, lint, types, layers, house rules and unit tests, in under a minute.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setUp } from './setup.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (name) => join(root, 'node_modules', '.bin', name)
let failures = 0

function step(name, work) {
  const startedMs = Date.now()
  const problems = work()
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1)
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) failures++
}

function run(command, parameters) {
  const { status, stdout, stderr } = spawnSync(command, parameters, { cwd: root, encoding: 'utf8' })
  return status === 0 ? [] : [`${stdout}${stderr}`]
}

await setUp({ quiet: true })
const { checkLayers } = await import('./check-layers.mjs')
const { checkTidy } = await import('./check-tidy.mjs')
const { checkClangFormat } = await import('./clang-format.mjs')

process.chdir(root)
step('format and lint', () => run(bin('biome'), ['ci', '--colors=off', '.']))
step('format of C', () => {
  const wrong = checkClangFormat()
  if (wrong !== undefined) return wrong.map((file) => `${file}: not formatted; npm run format`)
  console.log('skip format of C: clang-format is not installed')
  return process.env.CI ? ['clang-format is missing'] : []
})
step('types', () => run(bin('tsc'), ['-p', 'tsconfig.json']))
step('layers', checkLayers)
step('house rules', checkTidy)
step('unit tests', () =>
  run(bin('vitest'), [
    'run',
    '--silent=true',
    '--reporter=dot',
    'src',
    'test/verbs',
    'test/scripts',
  ]),
)
process.exitCode = failures > 0 ? 1 : 0
