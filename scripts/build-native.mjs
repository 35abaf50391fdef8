// Builds the native media plane with node-gyp. Run it, or import buildNative.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const output = join(root, 'build', 'Release', 'dialplane_media.node')
const stampFile = join(root, 'build', 'native.hash')

function sourceFiles() {
  const files = ['binding.gyp', 'scripts/build-native.mjs']
  for (const folder of ['native/core', 'native/codecs', 'native/io', 'native/addon']) {
    for (const name of readdirSync(join(root, folder)).sort()) files.push(`${folder}/${name}`)
  }
  return files
}

function contentHash() {
  const hash = createHash('sha256')
  hash.update(`${process.version.split('.')[0]} ${process.versions.napi} ${process.arch}\n`)
  for (const file of sourceFiles()) {
    hash.update(`${file}\n`)
    hash.update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/** The prefix of node's own headers, so that node-gyp downloads nothing. */
function headersPrefix() {
  const prefix = dirname(dirname(process.execPath))
  if (existsSync(join(prefix, 'include', 'node', 'node_api.h'))) return prefix
  throw new Error(
    `the headers of Node are missing (looked for ${join(prefix, 'include/node/node_api.h')})`,
  )
}

export function nativeIsBuilt() {
  return (
    existsSync(output) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === contentHash()
  )
}

/** Returns whether something was built. Throws an Error with one clear line when it cannot be. */
export async function buildNative({ log = () => {} } = {}) {
  if (process.platform !== 'linux') throw new Error('the native media plane needs Linux')
  if (nativeIsBuilt()) {
    log('native media plane: up to date')
    return false
  }
  const gyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js')
  log('native media plane: compiling')
  const startedMs = Date.now()
  for (const step of ['configure', 'build']) {
    const args = [gyp, step, `--nodedir=${headersPrefix()}`, '--loglevel=error']
    const result = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    if (result.status === 0) continue
    const text = `${result.stderr ?? ''}${result.error?.message ?? ''}`
    const line = text.split('\n').find((each) => /error|not found|could not/i.test(each))
    log(text)
    throw new Error(`the native media plane did not compile: ${line?.trim() ?? 'see the log'}`)
  }
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, contentHash())
  log(`native media plane: built in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`)
  return true
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildNative({ log: (line) => console.log(line) })
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
