// npm run bench -- sip-setups: what a call that is set up and ended costs the router, with sipp as both ends:
// INVITE, a webhook whose document dials, the INVITE to the other sipp, and BYE after a second; no media is sent.
// BENCH_RATE calls a second for BENCH_SECONDS. BENCH_MINUTES=30 makes it a soak: each minute it tells
// the heap, and at the end, when all is quiet, what it was before and is now.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setUp } from '../scripts/setup.mjs'
import { cpuSeconds, residentBytes } from './processes.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const rate = Number(process.env.BENCH_RATE ?? 25)
const minutes = Number(process.env.BENCH_MINUTES ?? 0)
const seconds = minutes > 0 ? minutes * 60 : Number(process.env.BENCH_SECONDS ?? 30)
const warmUpSeconds = Math.min(10, seconds)
const number = '+15550109001'
const calledPort = 17_060
const callerPort = 17_080

async function startRouter(directory) {
  const env = {
    PATH: process.env.PATH,
    DIALPLANE_DATA_DIR: directory,
    DIALPLANE_HTTP_PORT: '0',
    DIALPLANE_SIP_PORT: '0',
    DIALPLANE_RTP_PORT_MIN: '20000',
    DIALPLANE_RTP_PORT_MAX: '29999',
    DIALPLANE_RTP_TIMEOUT_SECONDS: '0',
    DIALPLANE_LOG_LEVEL: 'error',
    DIALPLANE_SHUTDOWN_SECONDS: '0',
  }
  const execArgv = ['--expose-gc', '--require', join(root, 'bench', 'collect.cjs')]
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc']
  const child = fork(join(root, 'dist', 'main.js'), ['start'], { env, execArgv, stdio })
  const [ready] = await once(child, 'message')
  return { child, pid: child.pid, ...ready }
}

async function startApplication() {
  const document = `<Response><Dial answerOnBridge="true">
    <Sip>sip:called@127.0.0.1:${calledPort}</Sip></Dial></Response>`
  const server = createServer((request, reply) => {
    request.resume()
    reply.writeHead(200, { 'Content-Type': 'text/xml' }).end(document)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${server.address().port}/` }
}

async function createNumber(router, voiceUrl) {
  const credentials = readFileSync(router.credentialsPath, 'utf8')
  const [, sid, token] = /SID=(\w+)\s+\w+=(\S+)/.exec(credentials)
  const url = `${router.baseUrl}/2010-04-01/Accounts/${sid}/IncomingPhoneNumbers.json`
  const authorization = `Basic ${Buffer.from(`${sid}:${token}`).toString('base64')}`
  const body = new URLSearchParams({ PhoneNumber: number, VoiceUrl: voiceUrl })
  const answer = await fetch(url, { method: 'POST', headers: { authorization }, body })
  if (!answer.ok) throw new Error(await answer.text())
}

function startSipp(directory, parameters) {
  const always = ['-i', '127.0.0.1', '-nostdin', '-trace_stat', '-fd', '5']
  const child = spawn('sipp', [...always, ...parameters], {
    cwd: directory,
    env: { ...process.env, TERM: 'dumb' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (text) => {
    output = (output + text).slice(-20_000)
  })
  const ended = once(child, 'close')
  return { child, ended, output: () => output }
}

/** Calls at the rate for so long; returns how many went well, and how many did not. */
async function call(directory, router, forSeconds, eachMinute = () => {}) {
  const count = Math.round(rate * forSeconds)
  const sipp = startSipp(directory, [
    ...['-sn', 'uac', '-s', number, '-p', String(callerPort), '-mp', '17100', '-d', '1000'],
    ...['-r', String(rate), '-m', String(count), '-l', '10000', `127.0.0.1:${router.sipPort}`],
  ])
  const timer = setInterval(eachMinute, 60_000)
  await sipp.ended
  clearInterval(timer)
  const last = (name) =>
    Number([...sipp.output().matchAll(new RegExp(`${name} call.*\\| *(\\d+)`, 'g'))].at(-1)?.[1])
  return { good: last('Successful'), failed: last('Failed') }
}

/** What the router counts of its own heap [bytes]. */
async function heapBytes(router) {
  const text = await (await fetch(`${router.baseUrl}/metrics`)).text()
  return Number(/^\w*nodejs_heap_size_used_bytes\S* (\S+)/m.exec(text)?.[1])
}

/** When the last transactions are forgotten, and all garbage is collected. */
async function settledHeapBytes(router) {
  await delay(40_000)
  for (let turn = 0; turn < 3; turn++) {
    router.child.kill('SIGUSR2')
    await delay(500)
  }
  return heapBytes(router)
}

const megabytes = (bytes) => `${(bytes / 1_048_576).toFixed(1)} MB`

await setUp({ quiet: true })
const directory = mkdtempSync(join(tmpdir(), 'dialplane-bench-'))
const application = await startApplication()
const router = await startRouter(join(directory, 'data'))
const called = startSipp(directory, ['-sn', 'uas', '-p', String(calledPort), '-mp', '17200'])
try {
  await createNumber(router, application.url)
  await call(directory, router, warmUpSeconds)
  const heapBefore = minutes > 0 ? await settledHeapBytes(router) : 0
  const cpuBefore = cpuSeconds(router.pid)
  const { good, failed } = await call(directory, router, seconds, async () => {
    const heap = megabytes(await heapBytes(router))
    console.error(`heap ${heap}, resident ${megabytes(residentBytes(router.pid))}`)
  })
  const cpu = cpuSeconds(router.pid) - cpuBefore
  const share = (100 * cpu) / seconds
  console.log(
    `${rate} calls/s: ${((1_000 * cpu) / good).toFixed(2)} CPU-s per 1,000 call set-ups (${share.toFixed(0)} % of a core), ${good} calls, ${failed} failed`,
  )
  if (minutes > 0) {
    const heapAfter = await settledHeapBytes(router)
    console.log(`heap: ${megabytes(heapBefore)} before, ${megabytes(heapAfter)} after`)
  }
} finally {
  called.child.kill('SIGKILL')
  router.child.kill('SIGTERM')
  await once(router.child, 'exit')
  application.server.close()
  application.server.closeAllConnections()
  rmSync(directory, { recursive: true, force: true })
}
