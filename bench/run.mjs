// npm run bench: what a call costs. 200 calls at once hear a prompt and send audio; beside them, in the
// same run and with the same generator, a bare process that echoes the same packets. `npm run bench -- NAME`
// runs another program of this folder. See README.md.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setUp } from '../scripts/setup.mjs'
import { compile, cpuSeconds, residentBytes } from './processes.mjs'
import { placeCalls, provision, startRouter } from './router-calls.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [named] = process.argv.slice(2)
if (named !== undefined) runNamed(named)

const calls = Number(process.env.BENCH_CALLS ?? 200)
const seconds = Number(process.env.BENCH_SECONDS ?? 20)
const generatorPorts = 10_000
const echoPorts = 14_000

/** Another program of this folder, in place of this one. */
function runNamed(name) {
  const names = [
    'sip-messages',
    'sip-transactions',
    'sip-memory',
    'sip-setups',
    'calls-per-second',
    'documents',
  ]
  if (!names.includes(name)) {
    console.error(`bench: there are ${names.join(', ')}`)
    process.exit(1)
  }
  const file = join(root, 'bench', `${name}.mjs`)
  const more = process.argv.slice(3)
  process.exit(spawnSync(process.execPath, [file, ...more], { stdio: 'inherit' }).status ?? 1)
}

/** The application: plays ten seconds for ever. */
async function startApplication() {
  const wav = promptWav(10)
  const server = createServer((request, reply) => {
    if (request.url === '/prompt.wav') {
      reply.writeHead(200, { 'Content-Type': 'audio/wav', 'Cache-Control': 'max-age=600' }).end(wav)
      return
    }
    request.resume()
    reply
      .writeHead(200, { 'Content-Type': 'text/xml' })
      .end('<Response><Play loop="0">/prompt.wav</Play></Response>')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${server.address().port}/` }
}

function promptWav(length) {
  const samples = new Int16Array(8_000 * length)
  for (let index = 0; index < samples.length; index++) {
    samples[index] = 6_000 * Math.sin(index * 0.31) * Math.sin(index * 0.0011)
  }
  const header = Buffer.alloc(44)
  header.write('RIFF')
  header.writeUInt32LE(36 + samples.byteLength, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8_000, 24)
  header.writeUInt32LE(16_000, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.byteLength, 40)
  return Buffer.concat([header, Buffer.from(samples.buffer)])
}

/** The generator: bound at once, sending when it is told the remote ports. */
async function startGenerator(program) {
  const child = spawn(program, [String(generatorPorts), String(calls), String(seconds)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const { value } = await lines.next()
  if (value !== 'bound') throw new Error('the generator could not bind its ports')
  return {
    run(ports) {
      child.stdin.end(`${ports.join('\n')}\n`)
    },
    async report() {
      return JSON.parse((await lines.next()).value)
    },
  }
}

/** Runs the generator against the ports while the CPU of `pid` is measured. */
async function measure(program, pid, ports) {
  const generator = program.run ? program : await startGenerator(program)
  generator.run(ports)
  await delay(1_000)
  const [startCpu, startMs] = [cpuSeconds(pid), performance.now()]
  await delay((seconds - 2) * 1_000)
  const cpu = cpuSeconds(pid) - startCpu
  const minutes = ((performance.now() - startMs) / 60_000) * calls
  return { ...(await generator.report()), cpuPerCallMinute: cpu / minutes }
}

function row(name, result, bytesPerCall) {
  const total = result.lateCounts.reduce((sum, count) => sum + count, 0)
  const limits = [1, 2, 5, 10, 20, 50, Number.POSITIVE_INFINITY]
  const percentile = (share) => {
    let sum = 0
    for (const [index, count] of result.lateCounts.entries()) {
      sum += count
      if (sum >= share * total) return `<= ${limits[index]} ms`
    }
    return '-'
  }
  const lost = Math.max(0, result.sent - result.received)
  return {
    '': name,
    'CPU-s per call-minute': result.cpuPerCallMinute.toFixed(4),
    'packets sent': result.sent,
    'packets back': result.received,
    'sequence gaps': result.gaps,
    'fewer back than sent': lost,
    'late p50': percentile(0.5),
    'late p99.9': percentile(0.999),
    'kB per call': bytesPerCall === undefined ? '-' : (bytesPerCall / 1024).toFixed(0),
  }
}

await setUp({ quiet: true })
const directory = mkdtempSync(join(tmpdir(), 'dialplane-bench-'))
const generatorProgram = compile('rtp-load')
const echoProgram = compile('echo')
const application = await startApplication()
const router = await startRouter(directory)
let echo
try {
  await provision(router, `${application.url}voice`)
  console.error(`bench: ${calls} calls, ${seconds} s each way, media core ${router.mediaCore}`)
  const before = residentBytes(router.child.pid)
  const generator = await startGenerator(generatorProgram)
  const placed = await placeCalls(router, calls, generatorPorts)
  const bytesPerCall = (residentBytes(router.child.pid) - before) / calls
  const own = await measure(generator, router.child.pid, placed.ports)
  await placed.end()

  echo = spawn(echoProgram, [String(echoPorts), String(calls)], { stdio: 'ignore' })
  await delay(300)
  const ports = Array.from({ length: calls }, (_, index) => echoPorts + 2 * index)
  const floor = await measure(generatorProgram, echo.pid, ports)
  console.table([row('bare UDP echo', floor), row('dialplane', own, bytesPerCall)])
  const ratio = own.cpuPerCallMinute / floor.cpuPerCallMinute
  console.log(`a call costs ${ratio.toFixed(2)} times what the kernel charges for its packets`)
} finally {
  echo?.kill('SIGTERM')
  router.child.kill('SIGTERM')
  application.server.close()
  application.server.closeAllConnections()
  await new Promise((resolve) => router.child.once('exit', resolve))
  rmSync(directory, { recursive: true, force: true })
}
