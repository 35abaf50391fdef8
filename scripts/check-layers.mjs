// Who may import whom, and what pure folders must not touch. See ARCHITECTURE.md.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Folder of src/ → folders or files of src/ that it may import, besides itself. */
export const mayImport = {
  base: [],
  sdp: ['base'],
  sip: ['base'],
  twiml: ['base'],
  webhook: ['base'],
  speech: ['base'],
  store: ['base'],
  net: ['base'],
  telemetry: ['base'],
  media: ['base'],
  message: ['base'],
  call: ['base', 'sip', 'sdp', 'media/port'],
  verbs: ['base', 'twiml', 'call', 'media/port', 'speech'],
  api: ['base', 'call', 'store', 'message'],
}

/** The composition root: may import everything, and nobody else imports it. */
const compositionRoot = ['router', 'router.ts', 'main.ts']

const pure = ['base', 'sdp', 'sip', 'twiml', 'call', 'verbs', 'media/port.ts']
const impure = [
  [/\bDate\.now\b/, 'Date.now'],
  [/\bMath\.random\b/, 'Math.random'],
  [/\bset(Timeout|Interval|Immediate)\b/, 'timers'],
  [/\bprocess\.env\b/, 'process.env'],
  [/(?<![.\w])fetch\(/, 'fetch'],
  [/from 'node:(dgram|net|tls|http|https|fs|dns|child_process|worker_threads)/, 'I/O'],
]
const sockets = /from 'node:(dgram|net|tls)'/
const mayOpenSockets = ['net', 'media/wasm']
/** `isIP` and types of node:net do no I/O. */
const harmlessNet =
  /^import (type )?\{ (isIP|isIPv6|AddressInfo|type AddressInfo)(, (isIP|isIPv6))* \} from 'node:net'/

function listFiles(folder, pattern) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name))
}

function importsOf(text) {
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1])
}

/** Problems of one TypeScript file; `file` is relative to the root of the repository. */
export function problemsOf(file, text) {
  const path = relative('src', file)
  const folder = path.split('/')[0]
  const problems = []
  if (!compositionRoot.includes(folder)) {
    const allowed = mayImport[folder]
    if (!allowed) return [`${file}: folder ${folder} has no layer`]
    for (const specifier of importsOf(text)) {
      const target = relative(resolve('src'), resolve('src', dirname(path), specifier))
      const targetFolder = target.split('/')[0]
      const fits = allowed.some((name) => target === `${name}.js` || target.startsWith(`${name}/`))
      if (targetFolder !== folder && !fits) problems.push(`${file}: may not import ${target}`)
    }
    const opens = text.split('\n').some((line) => sockets.test(line) && !harmlessNet.test(line))
    if (opens && !mayOpenSockets.some((name) => path.startsWith(`${name}/`))) {
      problems.push(`${file}: only ${mayOpenSockets.join(' and ')} may open sockets`)
    }
  }
  if (pure.some((name) => path === name || path.startsWith(`${name}/`))) {
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
    for (const [pattern, what] of impure) {
      if (pattern.test(code)) problems.push(`${file}: a pure folder may not use ${what}`)
    }
  }
  return problems
}

/** Includes of C: core sees only itself, codecs and io also core, addon all. */
function problemsOfC(file, text) {
  const folder = file.split('/')[1]
  const allowed = {
    core: ['core'],
    codecs: ['codecs', 'core'],
    io: ['io', 'codecs', 'core'],
    addon: ['addon', 'io', 'codecs', 'core'],
  }[folder]
  const includes = [...text.matchAll(/#include\s+["<]([^">]+)[">]/g)].map((match) => match[1])
  const problems = []
  for (const include of includes) {
    const own = /^(?:\.\.\/)?(core|codecs|io|addon)\//.exec(include)?.[1]
    const isCodecs = existsSync(join(root, 'native/codecs', include))
    if (isCodecs && !allowed.includes('codecs'))
      problems.push(`${file}: may not include ${include}`)
    if (own && !allowed.includes(own)) problems.push(`${file}: may not include ${include}`)
    const isStandard = /^(stdint|stddef|stdbool|string|limits)\.h$/.test(include)
    const isQuoted = text.includes(`#include "${include}"`)
    if (
      folder === 'core' &&
      !isQuoted &&
      !isStandard &&
      !/[ei]mmintrin|wasm_simd|arm_neon/.test(include)
    ) {
      problems.push(`${file}: the core may not include <${include}>`)
    }
  }
  return problems
}

export function checkLayers() {
  const problems = []
  for (const file of listFiles('src', /(?<!\.test)\.ts$/)) {
    problems.push(...problemsOf(file, readFileSync(join(root, file), 'utf8')))
  }
  for (const folder of ['core', 'codecs', 'io', 'addon']) {
    for (const file of listFiles(`native/${folder}`, /\.(c|h|cc)$/)) {
      problems.push(...problemsOfC(file, readFileSync(join(root, file), 'utf8')))
    }
  }
  return problems
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(root)
  const problems = checkLayers()
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length > 0 ? 1 : 0
}
