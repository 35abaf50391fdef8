// Compiles the media core to WASM, plain and with SIMD, with a compiler that is itself WASM and comes from
// npm (wasm/package.json). Run it, or import buildWasm.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const wasmFolder = join(root, 'wasm')
const output = join(root, 'build', 'wasm')
const variants = { plain: [], simd: ['-msimd128'] }
const libopusHeaders = 'node_modules/@discordjs/opus/deps/opus/include'
const flags = [
  '-std=c11',
  '-Inative/core',
  '-Inative/codecs',
  `-I${libopusHeaders}`,
  '-O3',
  '-ffp-contract=off',
  '-Wall',
  '-Wextra',
  '-Wshadow',
  '-Werror',
]

const linkerFlags = [
  '-mexec-model=reactor',
  '-Wl,--strip-all',
  '-Wl,--export=__heap_base',
  // libopus takes up to 100 kB of it.
  '-Wl,-z,stack-size=262144',
]

/** A list of binding.gyp or codecs.gypi, which have the only ones. */
function listOf(file, name) {
  const list = new RegExp(`'${name}': \\[([^\\]]*)\\]`).exec(read(file))?.[1]
  if (!list) throw new Error(`${file} has no ${name}`)
  return [...list.matchAll(/'([^']+)'/g)].map((match) => match[1])
}

const codecLists = 'native/codecs/codecs.gypi'

function ownSources() {
  return [
    ...listOf('binding.gyp', 'core_sources'),
    ...listOf(codecLists, 'codecs_sources'),
    'wasm/exports.c',
  ]
}

function headers() {
  return ['native/codecs', 'native/core', libopusHeaders].flatMap((folder) => {
    const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.h'))
    return names.sort().map((name) => `${folder}/${name}`)
  })
}

const read = (file) => readFileSync(join(root, file), 'utf8')

function hashOf(...parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}\n`).update(part)
  return hash.digest('hex')
}

function inputHash() {
  const files = [...ownSources(), ...headers(), codecLists]
  const toolchain = read('wasm/package-lock.json')
  const settings = JSON.stringify([flags, variants, linkerFlags, libopusFlags(), libopusVersion()])
  return hashOf(toolchain, settings, ...files.map(read))
}

export function wasmIsBuilt() {
  const stamp = join(output, 'wasm.hash')
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === inputHash()
}

async function loadCompiler(log) {
  const folder = join(wasmFolder, 'node_modules', '@yowasp', 'clang')
  const locked = JSON.parse(readFileSync(join(wasmFolder, 'package-lock.json'), 'utf8'))
  const wanted = locked.packages['node_modules/@yowasp/clang'].version
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).version !== wanted) {
    log('WASM media core: fetching the compiler')
    const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: wasmFolder,
      encoding: 'utf8',
    })
    if (result.status !== 0) {
      log(result.stderr ?? '')
      throw new Error('the WASM compiler could not be installed (npm ci in wasm/ failed)')
    }
  }
  const { exports, main } = JSON.parse(readFileSync(manifest, 'utf8'))
  const entry = exports?.['.']?.default ?? exports?.default ?? main
  return import(pathToFileURL(join(folder, entry)).href)
}

function nested(files) {
  const tree = {}
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split('/')
    let at = tree
    for (const part of parts.slice(0, -1)) {
      at[part] ??= {}
      at = at[part]
    }
    at[parts.at(-1)] = content
  }
  return tree
}

async function run(compiler, args, files) {
  let text = ''
  const decoder = new TextDecoder()
  const collect = (bytes) => {
    if (bytes) text += decoder.decode(bytes)
  }
  try {
    return await compiler.runClang(args, nested(files), {
      stdout: collect,
      stderr: collect,
      fetchProgress: () => {},
    })
  } catch (error) {
    const line = text.split('\n').find((each) => each.includes('error')) ?? error.message
    throw new Error(`the WASM media core did not compile: ${line.trim()}`)
  }
}

async function compile(compiler, source, variantFlags, headerFiles) {
  const content = read(source)
  const hash = hashOf(content, JSON.stringify([flags, variantFlags]), ...Object.values(headerFiles))
  const cached = join(output, 'objects', `${hash}.o`)
  if (existsSync(cached)) return readFileSync(cached)
  const args = ['clang', ...flags, ...variantFlags, '-c', source, '-o', 'out.o']
  const result = await run(compiler, args, { ...headerFiles, [source]: content })
  writeFileSync(cached, result['out.o'])
  return result['out.o']
}

function libopusVersion() {
  return JSON.parse(read('node_modules/@discordjs/opus/package.json')).version
}

function libopusFlags() {
  return [
    '-O2',
    '-w',
    '-ffp-contract=off',
    ...listOf(codecLists, 'libopus_defines').map((name) => `-D${name}`),
    ...listOf(codecLists, 'libopus_folders').map((folder) => `-I${folder}`),
  ]
}

/** The objects of libopus: one run of the compiler, for both variants. */
async function compileLibopus(compiler) {
  const sources = listOf(codecLists, 'libopus_sources')
  const hash = hashOf(libopusVersion(), JSON.stringify([libopusFlags(), sources]))
  const folder = join(output, 'objects', `libopus-${hash}`)
  const names = sources.map((source) => source.replace(/.*\//, '').replace(/\.c$/, '.o'))
  if (!existsSync(folder)) {
    const files = Object.fromEntries(sources.map((source) => [source, read(source)]))
    const folders = [...listOf(codecLists, 'libopus_folders'), ...sources.map(dirname)]
    for (const from of new Set(folders)) {
      for (const name of readdirSync(join(root, from))) {
        if (name.endsWith('.h')) files[`${from}/${name}`] = read(`${from}/${name}`)
      }
    }
    const result = await run(compiler, ['clang', ...libopusFlags(), '-c', ...sources], files)
    const unfinished = `${folder}.unfinished`
    mkdirSync(unfinished, { recursive: true })
    for (const name of names) writeFileSync(join(unfinished, name), result[name])
    renameSync(unfinished, folder)
  }
  return Object.fromEntries(
    names.map((name) => [`libopus-${name}`, readFileSync(join(folder, name))]),
  )
}

async function link(compiler, objects) {
  const args = ['clang', ...linkerFlags, ...Object.keys(objects), '-o', 'core.wasm']
  const result = await run(compiler, args, objects)
  return result['core.wasm']
}

/** Returns whether something was built. Throws an Error with one clear line when it cannot be. */
export async function buildWasm({ log = () => {} } = {}) {
  if (wasmIsBuilt()) {
    log('WASM media core: up to date')
    return false
  }
  const compiler = await loadCompiler(log)
  log('WASM media core: compiling')
  const startedMs = Date.now()
  mkdirSync(join(output, 'objects'), { recursive: true })
  const headerFiles = Object.fromEntries(headers().map((file) => [file, read(file)]))
  const libopus = await compileLibopus(compiler)
  for (const [name, variantFlags] of Object.entries(variants)) {
    const objects = { ...libopus }
    for (const source of ownSources()) {
      const object = source.replace(/.*\//, '').replace(/\.c$/, '.o')
      objects[object] = await compile(compiler, source, variantFlags, headerFiles)
    }
    writeFileSync(join(output, `core-${name}.wasm`), await link(compiler, objects))
  }
  writeFileSync(join(output, 'wasm.hash'), inputHash())
  log(`WASM media core: built in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`)
  return true
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildWasm({ log: (line) => console.log(line) })
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
