// npm run bench -- documents [part of a name...]: calls that documents connect: pairs by Enqueue and Dial Queue,
// rooms by Dial Conference. CPU of the whole router per call-minute, beside a bare process that echoes the
// same packets in the same run. BENCH_CALLS=300, BENCH_SECONDS=12. See README.md.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { setUp } from '../scripts/setup.mjs'
import {
  firstPort,
  measure,
  percentile,
  runEcho,
  silence,
  speech,
  startGenerator,
  writeStreams,
} from './load.mjs'
import { compile, residentBytes } from './processes.mjs'
import { placeCalls, provision, startRouter } from './router-calls.mjs'

const calls = Number(process.env.BENCH_CALLS ?? 300)
const room = (index, size) =>
  `<Dial><Conference beep="false" waitUrl="" maxParticipants="1000">room-${Math.floor(index / size)}</Conference></Dial>`
const pair = (index) =>
  index % 2 === 0
    ? `<Enqueue waitUrl="">pair-${index >> 1}</Enqueue>`
    : `<Dial timeout="60"><Queue>pair-${index >> 1}</Queue></Dial>`
/** Three of a room speak, one of a room of three. */
const rooms = (size) => ({
  name: size >= calls ? `one room of ${calls}` : `rooms of ${size}`,
  verbs: (index) => room(index, size),
  codec: () => 'PCMU',
  talks: (index) => index % size < (size > 3 ? 3 : 1),
})
const always = () => true
const workloads = [
  { name: 'pairs PCMU', verbs: pair, codec: () => 'PCMU', talks: always },
  { name: 'pairs PCMU-G722', verbs: pair, codec: (i) => (i % 2 ? 'G722' : 'PCMU'), talks: always },
  rooms(3),
  rooms(30),
  rooms(calls),
]

/** One codec, so that it is chosen. */
function offerOf(codec, port) {
  const payloadType = codec === 'G722' ? 9 : 0
  const lines = [
    ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
    ...[`m=audio ${port} RTP/AVP ${payloadType}`, `a=rtpmap:${payloadType} ${codec}/8000`, ''],
  ]
  return lines.join('\r\n')
}

/** Answers each call by the number in the name of its caller. */
async function startApplication(state) {
  const server = createServer((request, reply) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const from = new URLSearchParams(body).get('From') ?? ''
      const index = Number(/bench(\d+)@/.exec(from)?.[1])
      const verbs = state.work.verbs(index)
      reply.writeHead(200, { 'Content-Type': 'text/xml' }).end(`<Response>${verbs}</Response>`)
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${server.address().port}/voice` }
}

async function run(work, router, programs, streams) {
  const indexes = Array.from({ length: calls }, (_, index) => index)
  const says = indexes.map((index) => (work.talks(index) ? speech : silence)[work.codec(index)])
  const before = residentBytes(router.child.pid)
  const generator = await startGenerator(programs.generator, calls, streams)
  const placed = await placeCalls(router, calls, firstPort, (index, port) =>
    offerOf(work.codec(index), port),
  )
  await delay(1_000)
  const targets = placed.ports.map((port, index) => `${port} ${says[index]}`)
  const own = await measure(generator, router.child.pid, targets)
  const bytesPerCall = (residentBytes(router.child.pid) - before) / calls
  await placed.end()
  const floor = await runEcho(says, programs.generator, programs.echo, streams)
  return {
    workload: work.name,
    calls,
    'CPU-s per call-minute': own.cost.toFixed(4),
    floor: floor.cost.toFixed(4),
    times: (own.cost / floor.cost).toFixed(2),
    'late p50/99/99.9 <= ms': [0.5, 0.99, 0.999].map((share) => percentile(own, share)).join('/'),
    'sent/back': `${own.sent}/${own.received}`,
    gaps: own.gaps,
    'kB per call': (bytesPerCall / 1024).toFixed(0),
  }
}

await setUp({ quiet: true })
const { loadNativeAddon } = await import('../dist/media/native/addon.js')
const folder = mkdtempSync(join(tmpdir(), 'dialplane-bench-'))
const programs = { generator: compile('rtp-load'), echo: compile('echo') }
const wanted = process.argv.slice(2)
const state = { work: undefined }
const application = await startApplication(state)
const rows = []
try {
  const streams = writeStreams(folder, loadNativeAddon())
  for (const work of workloads) {
    if (wanted.length > 0 && !wanted.some((name) => work.name.includes(name))) continue
    console.error(`bench: ${work.name}, ${calls} calls`)
    state.work = work
    const directory = mkdtempSync(join(folder, 'store-'))
    const router = await startRouter(directory)
    await provision(router, application.url)
    rows.push(await run(work, router, programs, streams))
    router.child.kill('SIGTERM')
    await new Promise((resolve) => router.child.once('exit', resolve))
  }
} finally {
  application.server.close()
  application.server.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
}
console.table(rows)
process.exit(0)
