// npm run test:long: every libFuzzer target (native/fuzz) to ten million executions, twenty million SIP
// messages (test/fuzz/sip.mjs), then an hour of random commands under ThreadSanitizer. Prints how far it is, closes with a table, keeps a log, and
// keeps what a target trips over with the command that repeats it.
//   --runs N  --seconds N (of each target)  --only a,b  --seed N  --jobs N (2)  --tsan-seconds N (3600)
import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const sources = join(root, 'native', 'fuzz')
const built = join(root, 'build', 'fuzz')
const tsan = 'tsan'
const sip = 'sip'
const sipMessages = 20_000_000
/** libFuzzer reports rarely once it has found most: it is begun anew, where it was, this often. */
const chunkSeconds = 25

/** One per target; its settings are in libFuzzer's own form. */
export const fuzzTargets = readdirSync(sources)
  .filter((name) => name.endsWith('.options'))
  .map((name) => name.replace('.options', ''))
  .sort()

/** Why there can be no fuzzing here; undefined: there can be. */
export function whyNoFuzzing() {
  const input = 'int LLVMFuzzerTestOneInput(void) { return 0; }'
  const parameters = ['-fsanitize=fuzzer,address', '-x', 'c', '-', '-o', '/dev/null']
  const { status, error } = spawnSync('clang', parameters, { input })
  if (error) return 'there is no clang'
  return status === 0 ? undefined : 'clang has no libFuzzer (libclang-rt-dev)'
}

/** Returns what the compiler said when it failed. */
export function buildFuzzTargets(jobs = 2) {
  const parameters = ['-s', `-j${jobs}`, '-C', 'native', 'fuzz']
  const { status, stdout, stderr } = spawnSync('make', parameters, { cwd: root, encoding: 'utf8' })
  return status === 0 ? undefined : `${stdout}${stderr}`
}

function optionsOf(target) {
  const lines = readFileSync(join(sources, `${target}.options`), 'utf8').split('\n')
  return lines.filter((line) => line.includes('=')).map((line) => `-${line.replaceAll(' ', '')}`)
}

/** Runs one process to its end; `onLine` is given each line that it prints. */
function run(command, parameters, onLine) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) {
      let rest = ''
      stream.setEncoding('utf8').on('data', (text) => {
        const lines = `${rest}${text}`.split('\n')
        rest = lines.pop()
        for (const line of lines) onLine(line)
      })
    }
    child.on('error', () => resolve(-1))
    child.on('close', (code) => resolve(code ?? -1))
  })
}

/**
 * One target until `runs` executions or `seconds`. What it finds worth keeping stays in
 * build/fuzz/corpus and is where the next run begins.
 */
export async function fuzz(target, { runs, seconds, seed, log = () => {}, state = {} }) {
  const corpus = join(built, 'corpus', target)
  const seeds = join(sources, 'corpus', target)
  const findings = join(built, 'findings')
  for (const folder of [corpus, findings]) mkdirSync(folder, { recursive: true })
  if (existsSync(seeds)) cpSync(seeds, corpus, { recursive: true })
  Object.assign(state, { target, seed, executions: 0, seconds: 0, coverage: 0, finding: '' })
  const startedMs = Date.now()
  for (let chunk = 0; state.finding === ''; chunk++) {
    const leftSeconds = Math.ceil(seconds - (Date.now() - startedMs) / 1000)
    if (state.executions >= runs || leftSeconds <= 0) break
    const parameters = [
      `-seed=${seed + chunk}`,
      `-max_total_time=${Math.min(leftSeconds, chunkSeconds)}`,
      ...(runs === Infinity ? [] : [`-runs=${runs - state.executions}`]),
      ...optionsOf(target),
      '-timeout=10',
      '-detect_leaks=0',
      '-print_final_stats=1',
      `-artifact_prefix=${relative(root, findings)}/${target}-`,
      corpus,
    ]
    const command = relative(root, join(built, target))
    let executions = 0
    const report = []
    log(`${command} ${parameters.join(' ')}`)
    const code = await run(command, parameters, (line) => {
      log(line)
      executions = Number(/^#(\d+)/.exec(line)?.[1] ?? executions)
      state.now = state.executions + executions
      state.coverage = Number(/ cov: (\d+)/.exec(line)?.[1] ?? state.coverage)
      state.file = /Test unit written to (.*)/.exec(line)?.[1] ?? state.file
      if (/ERROR|runtime error|must be:|^ {4}#[0-9] /.test(line) && report.length < 20)
        report.push(line)
      executions = Number(/number_of_executed_units: (\d+)/.exec(line)?.[1] ?? executions)
    })
    state.executions += executions
    state.seconds = (Date.now() - startedMs) / 1000
    if (code !== 0) {
      state.report = report.join('\n')
      state.finding = state.file ? `${command} ${state.file}` : `${command}: exit code ${code}`
    }
  }
  state.done = true
  return state
}

/** The SIP engine with a peer that says anything; needs what `npm run build` makes. */
export async function fuzzSip({ runs, seconds, seed, log = () => {}, state = {} }) {
  Object.assign(state, { target: sip, seed, executions: 0, coverage: 0, finding: '' })
  const startedMs = Date.now()
  const parameters = ['test/fuzz/sip.mjs', `--seed=${seed}`, `--messages=${runs}`]
  const report = []
  const code = await run(process.execPath, [...parameters, `--seconds=${seconds}`], (line) => {
    state.executions = Number(/^#(\d+)/.exec(line)?.[1] ?? state.executions)
    if (line.startsWith('#')) return
    log(line)
    if (report.length < 20) report.push(line)
    state.finding = /^again: (.*)/.exec(line)?.[1] ?? state.finding
  })
  state.seconds = (Date.now() - startedMs) / 1000
  state.report = report.join('\n')
  if (code !== 0) state.finding ||= `exit code ${code}`
  state.done = true
  return state
}

/** The shell and the core under ThreadSanitizer. */
async function stress({ seconds, seed, log, state }) {
  const startedMs = Date.now()
  const command = 'build/native-test/tsan'
  Object.assign(state, { target: tsan, seed, executions: 0, coverage: 0, finding: '' })
  const made = await run('make', ['-s', '-C', 'native', '../build/native-test/tsan'], log)
  const code =
    made === 0
      ? await run(command, [`${seconds}`, `${seed}`], (line) => {
          log(line)
          state.executions = Number(/^commands (\d+)/.exec(line)?.[1] ?? state.executions)
        })
      : made
  state.seconds = (Date.now() - startedMs) / 1000
  if (code !== 0) state.finding = `${command} ${seconds} ${seed}`
  state.done = true
}

function describe(state) {
  const { target, now = 0, executions = 0, coverage = 0 } = state
  if (target === tsan) return 'tsan: random commands under ThreadSanitizer'
  const speed = Math.round(Math.max(now, executions) / ((Date.now() - state.startedMs) / 1000))
  return `${target}: ${Math.max(now, executions)} executions, ${speed}/s, ${coverage} edges`
}

function printTable(states) {
  console.log(
    '\n| target | seed | executions | seconds | edges | finding |\n|---|---|---|---|---|---|',
  )
  for (const { target, seed, executions, seconds = 0, coverage, finding } of states) {
    const what = finding === '' ? 'none' : finding
    console.log(
      `| ${target} | ${seed} | ${executions} | ${seconds.toFixed(0)} | ${coverage || ''} | ${what} |`,
    )
  }
}

/** Builds what is wanted; returns what stands against it. */
function whyNotAll(wanted, jobs) {
  if (wanted.includes(sip)) {
    const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, encoding: 'utf8' })
    if (built.status !== 0) return `${built.stdout}${built.stderr}`
  }
  const needsClang = wanted.some((name) => fuzzTargets.includes(name))
  return needsClang ? (whyNoFuzzing() ?? buildFuzzTargets(jobs)) : undefined
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string' },
      seed: { type: 'string' },
      jobs: { type: 'string', default: '2' },
      'tsan-seconds': { type: 'string', default: '3600' },
    },
  })
  const seconds = Number(values.seconds ?? Infinity)
  return {
    seconds,
    runs: Number(values.runs ?? (values.seconds ? Infinity : 10_000_000)),
    sipRuns: Number(values.runs ?? (values.seconds ? Infinity : sipMessages)),
    seed: Number(values.seed ?? Math.floor(Date.now() / 1000) % 1_000_000),
    jobs: Number(values.jobs),
    tsanSeconds: Number(values['tsan-seconds']),
    wanted: values.only ? values.only.split(',') : [...fuzzTargets, sip, tsan],
  }
}

async function main() {
  const { seconds, runs, sipRuns, seed, jobs, tsanSeconds, wanted } = readArguments()
  const unknown = wanted.find((name) => ![...fuzzTargets, sip, tsan].includes(name))
  const trouble = unknown ? `no such target: ${unknown}` : whyNotAll(wanted, jobs)
  if (trouble) throw new Error(trouble)
  mkdirSync(join(built, 'log'), { recursive: true })
  const path = join(built, 'log', `${new Date().toISOString().replaceAll(':', '-')}.log`)
  const file = createWriteStream(path)
  const states = wanted.map((target) => ({ target, seed }))
  const waiting = [...states]
  const work = async () => {
    for (let state = waiting.shift(); state; state = waiting.shift()) {
      state.startedMs = Date.now()
      const log = (line) => file.write(`${state.target}: ${line}\n`)
      if (state.target === tsan) await stress({ seconds: tsanSeconds, seed, log, state })
      else if (state.target === sip) {
        await fuzzSip({ runs: sipRuns, seconds, seed, log, state })
      } else await fuzz(state.target, { runs, seconds, seed, log, state })
      const result = state.finding === '' ? 'no finding' : `FINDING: ${state.finding}`
      console.log(`${describe(state)}: ${result}\n${state.report ?? ''}`.trimEnd())
    }
  }
  const progress = setInterval(() => {
    for (const state of states) {
      if (state.startedMs && !state.done) console.log(describe(state))
    }
  }, 30_000)
  await Promise.all(Array.from({ length: jobs }, work))
  clearInterval(progress)
  file.end()
  printTable(states)
  console.log(`log: ${relative(root, path)}`)
  process.exitCode = states.some(({ finding }) => finding !== '') ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error) => {
    console.error(`test:long: ${error.message}`)
    process.exitCode = 1
  })
}
