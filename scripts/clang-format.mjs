// Checks the format of the C and C++ sources; --write repairs it. Does nothing without clang-format.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folders = [
  'native/core',
  'native/codecs',
  'native/io',
  'native/addon',
  'native/test',
  'native/fuzz',
  'test/codecs',
  'test/srtp',
  'wasm',
  'bench',
]

function sourceFiles() {
  return folders.flatMap((folder) => {
    let names = []
    try {
      names = readdirSync(join(root, folder))
    } catch {
      // A folder that is not there has nothing to format.
    }
    return names.filter((name) => /\.(c|cc|h)$/.test(name)).map((name) => join(folder, name))
  })
}

/** Returns the files that are not formatted, or undefined without clang-format. */
export function checkClangFormat({ write = false } = {}) {
  if (spawnSync('clang-format', ['--version']).status !== 0) return undefined
  const mode = write ? ['-i'] : ['--dry-run', '--Werror']
  return sourceFiles().filter(
    (file) => spawnSync('clang-format', [...mode, file], { cwd: root }).status !== 0,
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = checkClangFormat({ write: process.argv.includes('--write') })
  if (wrong === undefined) console.log('clang-format is not installed: C sources not checked')
  for (const file of wrong ?? []) console.error(`not formatted: ${file}`)
  process.exitCode = wrong?.length ? 1 : 0
}
