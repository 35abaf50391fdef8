import { fileURLToPath } from 'node:url'
import { freePort } from './ports.js'
import { type Finished, type Peer, startPeer } from './processes.js'

const scenarios = fileURLToPath(new URL('../sipp/', import.meta.url))

export interface SippOptions {
  /** A file of test/e2e/sipp, without .xml. */
  readonly scenario: string
  readonly cwd: string
  readonly calls?: number
  readonly callsPerSecond?: number
  readonly secondsMax?: number
  readonly localAddress?: string
  readonly parameters?: readonly string[]
}

/** sipp as a caller of `phoneNumber` at our SIP port. */
export async function startSippCaller(
  sipPort: number,
  phoneNumber: string,
  options: SippOptions,
): Promise<Peer> {
  const { calls = 1, callsPerSecond = 10 } = options
  return startSipp(options, [
    ...['-s', phoneNumber, '-m', String(calls), '-r', String(callsPerSecond), '-l', '1000'],
    `127.0.0.1:${sipPort}`,
  ])
}

export interface SippServer extends Peer {
  readonly port: number
}

/** sipp as the one that is called, `calls` times. */
export async function startSippServer(options: SippOptions): Promise<SippServer> {
  const port = await freePort()
  const peer = await startSipp(options, ['-p', String(port), '-m', String(options.calls ?? 1)])
  return { ...peer, port }
}

async function startSipp(options: SippOptions, more: readonly string[]): Promise<Peer> {
  const { scenario, cwd, secondsMax = 60, localAddress = '127.0.0.1', parameters = [] } = options
  const peer = startPeer(
    'sipp',
    [
      ...['-sf', `${scenarios}${scenario}.xml`, '-i', localAddress, '-mi', localAddress],
      ...['-nostdin', '-trace_err', '-error_file', `${cwd}/${scenario}.err`],
      ...['-timeout', `${secondsMax}s`, '-timeout_error'],
      ...parameters,
      ...more,
    ],
    { cwd, env: { ...process.env, TERM: 'dumb' }, secondsMax: secondsMax + 5 },
  )
  return { ...peer, finished: peer.finished }
}

/** What sipp counted, from its last screen. */
export function countsOf({ output }: Finished): { successful: number; failed: number } {
  const last = (name: string) =>
    Number(
      [...output.matchAll(new RegExp(`${name} call *\\| *\\d+ *\\| *(\\d+)`, 'g'))].at(-1)?.[1],
    )
  return { successful: last('Successful'), failed: last('Failed') }
}
