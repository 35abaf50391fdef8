// What the media benches share: what talkers say, the generator of packets, and what it measured.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { cpuSeconds } from './processes.mjs'

export const seconds = Number(process.env.BENCH_SECONDS ?? 12)
export const firstPort = 10_000
export const echoPorts = 14_000
/** Numbers of the streams of talkers. */
export const speech = { PCMU: 0, G722: 1, opus: 2 }
/** -1: mu-law silence, which the generator has; of Opus, the packet of DTX (RFC 6716 §3.1, §4.1). */
export const silence = { PCMU: -1, opus: 3 }

/** What talkers say, by codec, in the form that the generator reads. */
export function writeStreams(folder, addon) {
  const framed = (payloads) =>
    Buffer.concat(
      payloads.flatMap((bytes) => [Buffer.of(bytes.length & 255, bytes.length >> 8), bytes]),
    )
  const loud = Array.from({ length: 50 }, (_, packet) =>
    Buffer.from(Array.from({ length: 160 }, (_, i) => ((packet * 160 + i) * 37) & 0x9f)),
  )
  const recorded = new Uint8Array(1 << 20)
  const bytes = addon.runConformance('opus_encode', recorded)
  const opus = []
  for (let at = 0; at < bytes; ) {
    const length = recorded[at + 1] | (recorded[at + 2] << 8)
    if (recorded[at] === 1) opus.push(Buffer.from(recorded.slice(at + 3, at + 3 + length)))
    at += 3 + length
  }
  const files = {
    PCMU: [0, 160, loud],
    G722: [9, 160, loud],
    opus: [96, 960, opus],
    opusSilence: [96, 960, [Buffer.of(0x48)]],
  }
  return Object.entries(files).map(([codec, [payloadType, ticks, payloads]]) => {
    const file = join(folder, codec)
    writeFileSync(file, framed(payloads))
    return `${payloadType}:${ticks}:${file}`
  })
}

/** Bound at once, sending when `measure` tells it the remote ports. */
export async function startGenerator(program, legs, streams) {
  const child = spawn(program, [String(firstPort), String(legs), String(seconds), ...streams], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  if ((await lines.next()).value !== 'bound') throw new Error('the generator could not bind')
  return { child, lines }
}

/** CPU seconds per leg-minute of `pid` while the generator runs against its ports. */
export async function measure({ child, lines }, pid, targets) {
  child.stdin.end(`${targets.join('\n')}\n`)
  await delay(2_000)
  const [startCpu, startMs] = [cpuSeconds(pid), performance.now()]
  await delay((seconds - 3) * 1_000)
  const minutes = ((performance.now() - startMs) / 60_000) * targets.length
  const cost = (cpuSeconds(pid) - startCpu) / minutes
  return { ...JSON.parse((await lines.next()).value), cost }
}

/** Lateness that this share of the packets does not exceed [ms]. */
export function percentile({ lateCounts }, share) {
  const limits = [1, 2, 5, 10, 20, 50, Number.POSITIVE_INFINITY]
  const total = lateCounts.reduce((sum, count) => sum + count, 0)
  let sum = 0
  for (const [index, count] of lateCounts.entries()) {
    sum += count
    if (sum >= share * total) return `${limits[index]}`
  }
  return '-'
}

/** The same packets, echoed by a bare process. `says`: the stream of each leg. */
export async function runEcho(says, generatorProgram, echoProgram, streams) {
  const generator = await startGenerator(generatorProgram, says.length, streams)
  const echo = spawn(echoProgram, [String(echoPorts), String(says.length)], { stdio: 'ignore' })
  await delay(300)
  const targets = says.map((stream, i) => `${echoPorts + 2 * i} ${stream}`)
  const result = await measure(generator, echo.pid, targets)
  echo.kill('SIGTERM')
  return result
}
