// Compiles what applications import as `dialplane/webhook`: CommonJS, which both require and import take.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
const folder = join(root, 'dist', 'package')

const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.package.json')], {
  stdio: 'inherit',
})
mkdirSync(folder, { recursive: true })
// The package around it has ES modules.
writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
process.exitCode = status ?? 1
