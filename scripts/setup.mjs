// Installs and builds what is missing, and nothing that is there: dependencies, the compiled
// TypeScript, the native media plane and SQLite, or WASM where there is no compiler.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const require = createRequire(import.meta.url)
const lowestNode = [20, 18, 1]

/**
 * Brings everything to the state that the sources ask for. `wasm`: also build the WASM core when a
 * native one was built (tests want both). Throws an Error with one clear line.
 */
export async function setUp({ quiet = false, wasm = false } = {}) {
  const log = (line) => {
    if (!quiet || !line.endsWith('up to date')) process.stderr.write(`setup: ${line}\n`)
  }
  checkNode()
  await installDependencies(log)
  const compiler = missingTool()
  if (compiler !== undefined) {
    log(`no ${compiler} here: the media core and SQLite run as WASM (slower, same behaviour)`)
  }
  const native = compiler === undefined
  const results = await Promise.allSettled([
    compileTypeScript(log),
    native ? runScript('build-native.mjs', log) : Promise.reject(new Error('no compiler')),
    native ? buildSqlite(log) : Promise.resolve(),
  ])
  const [typescript, media] = results
  if (typescript.status === 'rejected') throw typescript.reason
  if (media.status === 'rejected' && native) log(media.reason.message)
  if (wasm || media.status === 'rejected') await runScript('build-wasm.mjs', log)
}

function checkNode() {
  const own = process.versions.node.split('.').map(Number)
  for (const [index, lowest] of lowestNode.entries()) {
    if (own[index] > lowest) return
    if (own[index] < lowest) {
      throw new Error(`Node ${lowestNode.join('.')} or newer is needed, this is ${process.version}`)
    }
  }
}

/** npm ci, once for each state of the lock file. */
async function installDependencies(log) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.dialplane-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  log('installing dependencies with npm ci (once, under a minute)')
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], 'npm ci failed')
  writeFileSync(stamp, lock)
}

async function compileTypeScript(log) {
  const hash = createHash('sha256')
  for (const file of listFiles(join(root, 'src'), /\.ts$/))
    hash.update(file).update(readFileSync(file))
  for (const name of ['tsconfig.json', 'tsconfig.package.json', 'scripts/build-package.mjs'])
    hash.update(readFileSync(join(root, name)))
  const digest = hash.digest('hex')
  const stamp = join(root, 'dist', '.hash')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  log('compiling TypeScript')
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
  await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], 'TypeScript does not compile')
  await runScript('build-package.mjs', log)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, digest)
}

/** SQLite comes with newer Nodes; for older ones better-sqlite3 is compiled once. */
async function buildSqlite(log) {
  if (hasNodeSqlite()) return
  const folder = dirname(require.resolve('better-sqlite3/package.json'))
  const stamp = join(folder, 'build', `.abi-${process.versions.modules}`)
  if (existsSync(stamp)) return
  log('compiling SQLite (once, about a minute)')
  const gyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js')
  const prefix = dirname(dirname(process.execPath))
  const args = [
    gyp,
    'rebuild',
    '--release',
    `--nodedir=${prefix}`,
    '--loglevel=error',
    '-C',
    folder,
  ]
  try {
    await run(process.execPath, args, 'SQLite did not compile')
    writeFileSync(stamp, '')
  } catch {
    log('SQLite did not compile: the WASM SQLite is used instead')
  }
}

function hasNodeSqlite() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 13)
}

/** The first tool that a native build needs and that is not on the PATH. */
function missingTool() {
  const has = (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0
  if (!['cc', 'gcc', 'clang'].some(has)) return 'C compiler'
  if (!['g++', 'c++', 'clang++'].some(has)) return 'C++ compiler'
  if (!has('make')) return 'make'
  if (!['python3', 'python'].some(has)) return 'python3'
  return undefined
}

function runScript(name, log) {
  return run(process.execPath, [join(root, 'scripts', name)], `${name} failed`, log)
}

/** Runs a program and passes its lines on; an error carries the first lines of what it said. */
function run(command, parameters, failure, log = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const lines = []
    const take = (chunk) => {
      for (const line of String(chunk).split('\n').filter(Boolean)) {
        // The first lines tell what is wrong; what follows is mostly usage.
        if (lines.length < 20) lines.push(line)
        log(line)
      }
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', (error) => reject(new Error(`${failure}: ${error.message}`)))
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${failure}:\n${lines.join('\n')}`))
    })
  })
}

function listFiles(folder, pattern) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await setUp({ wasm: process.argv.includes('--wasm') })
  } catch (error) {
    process.stderr.write(`setup: ${error.message}\n`)
    process.exitCode = 1
  }
}
