// npm test: everything that can be tested here. Unit, conformance and end-to-end tests by vitest; the
// C tests plain and under sanitizers; each fuzz target for a few seconds, in CI for a minute. Closes
// with `N passed, N failed, N skipped`.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setUp } from './setup.mjs'
import { buildFuzzTargets, fuzz, fuzzSip, fuzzTargets, whyNoFuzzing } from './test-long.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/**
 * Tests that measure what was heard. They run after the others and one file at a time: a machine that is
 * busy with other tests sends packets late, and late packets are what a listener hears.
 */
const heard = [
  'test/e2e/baresip.test.ts',
  'test/e2e/codecs.test.ts',
  'test/e2e/conference-sound.test.ts',
  'test/e2e/conference.test.ts',
  'test/e2e/devices.test.ts',
  'test/e2e/dial.test.ts',
  'test/e2e/dial-parties.test.ts',
  'test/e2e/early-media.test.ts',
  'test/e2e/echo.test.ts',
  'test/e2e/examples.test.ts',
  'test/e2e/files.test.ts',
  'test/e2e/gather.test.ts',
  'test/e2e/hold.test.ts',
  'test/e2e/packet-times.test.ts',
  'test/e2e/live-recordings.test.ts',
  'test/e2e/queues.test.ts',
  'test/e2e/record.test.ts',
  'test/e2e/rtcp.test.ts',
  'test/e2e/send-digits.test.ts',
  'test/e2e/sigkill.test.ts',
  'test/e2e/silence.test.ts',
  'test/e2e/sipp-codecs.test.ts',
  'test/e2e/sound.test.ts',
  'test/e2e/srtp-suites.test.ts',
  'test/e2e/start.test.ts',
  'test/e2e/static-directory.test.ts',
  'test/e2e/tls.test.ts',
  'test/e2e/transferred-sound.test.ts',
  'test/e2e/wire.test.ts',
  'test/scenarios/scenarios.test.ts',
  'test/media/native.test.ts',
  'test/media/wasm.test.ts',
]

const totals = { passed: 0, failed: 0, skipped: 0 }
/** What failed, and why: said once more at the end, where a reader of a long log looks. */
const failures = []
const failedAtFirst = []

function count(outcome, name) {
  totals[outcome]++
  if (outcome === 'failed') failures.push(name)
  console.log(`${outcome === 'passed' ? 'ok  ' : outcome === 'skipped' ? 'skip' : 'FAIL'} ${name}`)
}

/** The C tests; where no compiler is, a skip that shows, and in CI a failure. */
function testNative() {
  if (spawnSync('cc', ['--version']).status !== 0) {
    count(process.env.CI ? 'failed' : 'skipped', 'C tests: there is no compiler')
    return
  }
  for (const target of ['test', 'asan', 'tsan']) {
    const startedMs = Date.now()
    const { status, stdout, stderr } = spawnSync('make', ['-s', '-C', 'native', target], {
      cwd: root,
      encoding: 'utf8',
    })
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1)
    if (status !== 0) console.error(`${stdout}${stderr}`.slice(-8_000))
    count(status === 0 ? 'passed' : 'failed', `C core and shell: make ${target} (${seconds} s)`)
  }
}

/** Each fuzz target for a while, two at a time; the seed is of the day, so that a run can be repeated. */
async function testFuzz() {
  const why = whyNoFuzzing()
  const trouble = why ?? buildFuzzTargets()
  if (trouble) {
    count(why && !process.env.CI ? 'skipped' : 'failed', `fuzz targets: ${trouble}`)
  }
  const seconds = process.env.CI ? 60 : 5
  const seed = Math.floor(Date.now() / 86_400_000)
  const waiting = trouble ? ['sip'] : [...fuzzTargets, 'sip']
  const work = async () => {
    for (let target = waiting.shift(); target; target = waiting.shift()) {
      const limits = { runs: Infinity, seconds, seed }
      const { executions, finding, report } = await (target === 'sip'
        ? fuzzSip(limits)
        : fuzz(target, limits))
      if (finding !== '') console.error(`${report}\nagain: ${finding}`)
      const name = `fuzz ${target}: ${executions} executions in ${seconds} s, seed ${seed}`
      count(finding === '' ? 'passed' : 'failed', name)
    }
  }
  await Promise.all([work(), work()])
}

/** Runs vitest, shows its report, and returns what became of each file. */
async function runVitest(parameters) {
  const folder = mkdtempSync(join(tmpdir(), 'dialplane-test-'))
  const report = join(folder, 'report.json')
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=./scripts/test-reporter.mjs']
  const status = await new Promise((resolve) => {
    const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...parameters], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, DIALPLANE_TEST_REPORT: report },
    })
    child.on('close', resolve)
  })
  const wrong = (text) => ({ passed: 0, failed: 1, skipped: 0, failures: [text] })
  try {
    const files = JSON.parse(readFileSync(report, 'utf8'))
    const isFine = status === 0 || files.some(({ failed }) => failed > 0)
    return isFine ? files : [...files, wrong(`vitest ended with ${status}, though nothing failed`)]
  } catch (error) {
    return [wrong(`vitest left no report: ${error.message}`)]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function testAll(parameters) {
  addUp(await runVitest(parameters))
}

/**
 * The tests of what was heard, one file at a time. A machine that others use, too, stands still now and then, for
 * longer than a jitter buffer bridges, and nobody can tell that from a fault of ours by one recording: a file that
 * fails is run once more, and that counts. What failed at first is said all the same.
 */
async function testHeard() {
  const alone = '--maxWorkers=1'
  const files = await runVitest([...heard, alone])
  const again = files.filter(({ file, failed }) => file !== undefined && failed > 0)
  if (again.length === 0) {
    addUp(files)
    return
  }
  console.log(`once more: ${again.map(({ file }) => file).join(' ')}`)
  for (const { failures: found } of again) failedAtFirst.push(...found)
  const second = await runVitest([...again.map(({ file }) => relative(root, file)), alone])
  addUp([...files.filter((one) => !again.includes(one)), ...second])
}

function addUp(files) {
  for (const { passed, failed, skipped, failures: found } of files) {
    totals.passed += passed
    totals.failed += failed
    totals.skipped += skipped
    failures.push(...found)
  }
}

const parameters = process.argv.slice(2)
try {
  await setUp({ wasm: true })
  if (parameters.length > 0) {
    await testAll(parameters)
  } else {
    testNative()
    await testFuzz()
    await testAll(heard.flatMap((file) => ['--exclude', file]))
    await testHeard()
  }
} catch (error) {
  totals.failed++
  failures.push(`test: ${error.message}`)
}
for (const failure of failedAtFirst) console.error(`\nfailed at first: ${failure}`)
for (const failure of failures) console.error(`\nFAILED: ${failure}`)
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed > 0 ? 1 : 0
