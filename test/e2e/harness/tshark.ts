import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { eventually } from './eventually.js'
import { runPeer, startPeer } from './processes.js'

/** What tshark says of an RTP stream. */
export interface RtpStream {
  readonly packets: number
  readonly lost: number
  readonly meanDeltaMs: number
  readonly maxDeltaMs: number
  /** Whether it finds anything wrong with the order of the numbers, the timestamps or the type. */
  readonly hasProblems: boolean
}

export interface Capture {
  /** Ends it; all that was captured is in the file then. */
  stop(): Promise<void>
  streams(): Promise<RtpStream[]>
  /** From each RTP packet to the next. */
  steps(): Promise<{ readonly sequence: number; readonly deltaMs: number }[]>
}

/**
 * Why packets cannot be captured here: it takes a program and a privilege. On the machine that decides
 * that is a failure.
 */
export function whyNoCapture(): string | undefined {
  const once = ['-i', 'lo', '-c', '1', '-a', 'duration:1', '-w', '/dev/null']
  const { status, stderr, error } = spawnSync('dumpcap', once, { encoding: 'utf8' })
  const reason = status === 0 ? undefined : (error?.message ?? stderr.trim().split('\n').at(-1))
  if (process.env.CI) it('may capture packets', () => expect(reason).toBe(undefined))
  return reason
}

/** Captures on the loopback interface what a filter chooses. */
export async function startCapture(file: string, filter: string): Promise<Capture> {
  const parameters = ['-i', 'lo', '-f', filter, '-P', '-w', file]
  const dumpcap = startPeer('dumpcap', parameters, { secondsMax: 120 })
  await eventually('dumpcap to listen', () => /^File: /m.test(dumpcap.output()) || undefined)
  const read = async (...more: string[]) => {
    const decoded = ['-n', '-r', file, '-o', 'rtp.heuristic_rtp:TRUE', ...more]
    const { code, output } = await runPeer('tshark', decoded, { secondsMax: 30 })
    if (code !== 0) throw new Error(`tshark failed (${code}):\n${output}`)
    return output.split('\n')
  }
  return {
    stop: () => dumpcap.interrupt(),
    async streams() {
      const lines = await read('-q', '-z', 'rtp,streams')
      return lines.flatMap((line) => streamOf(line) ?? [])
    },
    async steps() {
      const fields = ['-e', 'rtp.seq', '-e', 'frame.time_epoch']
      const lines = await read('-Y', 'rtp', '-T', 'fields', ...fields)
      const packets = lines
        .filter((line) => /^\d+\t[\d.]+$/.test(line))
        .map((line) => line.split('\t').map(Number) as [number, number])
      return packets.slice(1).map(([sequence, seconds], index) => {
        const [before, secondsBefore] = packets[index] as [number, number]
        const deltaMs = (seconds - secondsBefore) * 1000
        return { sequence: (sequence - before) & 0xffff, deltaMs }
      })
    },
  }
}

/** Times, addresses, SSRC, payload, packets, lost (percent), deltas and jitters, each least, mean and most. */
function streamOf(line: string): RtpStream | undefined {
  const found = / 0x[0-9A-F]{8} +\S+ +(\d+) +(-?\d+) \(\S+%\) +(.+)$/.exec(line)
  if (!found) return undefined
  const [, packets, lost, rest = ''] = found
  const figures = rest.trim().split(/ +/)
  return {
    packets: Number(packets),
    lost: Number(lost),
    meanDeltaMs: Number(figures[1]),
    maxDeltaMs: Number(figures[2]),
    hasProblems: figures.length > 6,
  }
}
