// npm run bench:media: what the media plane alone costs, workload by workload, beside a bare process that
// echoes the same packets, in the same run. One media thread. See README.md.
import { execFileSync, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
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
import { compile, compileWithOpus, residentBytes } from './processes.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const scale = Number(process.env.BENCH_SCALE ?? 1)

const many = (count) => Math.max(2, Math.round(count * scale))
const legsOf = (codec, count) => Array.from({ length: count }, () => codec)
const pairsOf = (a, b, count) => Array.from({ length: 2 * count }, (_, i) => (i % 2 ? b : a))
/** Three members speak, or one of a room of three. */
function room(name, codec, size, count) {
  const talks = (i) => i % size < (size > 3 ? 3 : 1)
  return { name, graph: 'rooms', roomSize: size, codecs: legsOf(codec, size * count), talks }
}

const always = () => true
const workloads = [
  { name: 'prompt', graph: 'prompts', codecs: legsOf('PCMU', many(1_000)), talks: always },
  { name: 'relay', graph: 'pairs', codecs: pairsOf('PCMU', 'PCMU', many(500)), talks: always },
  { name: 'PCMU-G722', graph: 'pairs', codecs: pairsOf('PCMU', 'G722', many(250)), talks: always },
  { name: 'PCMU-opus', graph: 'pairs', codecs: pairsOf('PCMU', 'opus', many(50)), talks: always },
  room('rooms of 3', 'PCMU', 3, many(100)),
  room('rooms of 50', 'PCMU', 50, many(10)),
  room('room of 1000', 'PCMU', many(1_000), 1),
  room('opus room of 500', 'opus', many(500), 1),
]

/** The number of the stream that a leg says. */
function saidBy(work, index) {
  const codec = work.codecs[index]
  return (work.talks(index) ? speech : silence)[codec]
}

async function runPlane(work, generatorProgram, streams) {
  const { talks, ...plain } = work
  const generator = await startGenerator(generatorProgram, work.codecs.length, streams)
  const argument = JSON.stringify({ ...plain, firstPort })
  const server = fork(join(root, 'bench/media-server.mjs'), [argument])
  const { ports, residentBefore } = await new Promise((resolve, reject) => {
    server.once('message', resolve)
    server.once('exit', () => reject(new Error('the media server ended')))
  })
  const targets = ports.map((port, i) => `${port} ${saidBy(work, i)}`)
  const result = await measure(generator, server.pid, targets)
  const grown = residentBytes(server.pid) - residentBefore
  server.send('close')
  await new Promise((resolve) => server.once('exit', resolve))
  return { ...result, bytesPerLeg: grown / ports.length }
}

/** CPU seconds per leg-minute of the codec alone, where nothing but a library can be the floor. */
function libopusCost(work, folder) {
  const program = compileWithOpus('opus-alone')
  const pairs = String(work.codecs.length / 2)
  const files = [join(folder, 'PCMU'), join(folder, 'opus')]
  return Number(execFileSync(program, [...files, pairs, '10'], { encoding: 'utf8' }))
}

function row(work, own, floor, codecCost) {
  const late = (result) => [0.5, 0.99, 0.999].map((share) => percentile(result, share)).join('/')
  return {
    workload: work.name,
    legs: work.codecs.length,
    'CPU-s per leg-minute': own.cost.toFixed(4),
    floor: floor.cost.toFixed(4),
    times: (own.cost / floor.cost).toFixed(2),
    'times floor and libopus': codecCost
      ? (own.cost / (floor.cost + codecCost)).toFixed(2)
      : undefined,
    'late p50/99/99.9 <= ms': late(own),
    'floor late': late(floor),
    'sent/back': `${own.sent}/${own.received}`,
    gaps: own.gaps,
    'kB per leg': (own.bytesPerLeg / 1024).toFixed(0),
  }
}

await setUp({ quiet: true })
const { loadNativeAddon } = await import('../dist/media/native/addon.js')
const folder = mkdtempSync(join(tmpdir(), 'dialplane-bench-'))
const [generatorProgram, echoProgram] = [compile('rtp-load'), compile('echo')]
const wanted = process.argv.slice(2)
const rows = []
try {
  const streams = writeStreams(folder, loadNativeAddon())
  for (const work of workloads) {
    if (wanted.length > 0 && !wanted.some((name) => work.name.includes(name))) continue
    console.error(`bench: ${work.name}, ${work.codecs.length} legs`)
    const own = await runPlane(work, generatorProgram, streams)
    const says = work.codecs.map((_, i) => saidBy(work, i))
    const floor = await runEcho(says, generatorProgram, echoProgram, streams)
    const transcodesOpus = work.graph === 'pairs' && work.codecs.includes('opus')
    rows.push(row(work, own, floor, transcodesOpus ? libopusCost(work, folder) : undefined))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.table(rows)
