import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { scenario as scenarioOf } from '../../sip/sipp-scenario.js'
import { eventually } from './eventually.js'
import { freePort, isTaken } from './ports.js'
import { type Finished, type Peer, startPeer } from './processes.js'

const scenarios = fileURLToPath(new URL('../sipp/', import.meta.url))

export interface SippOptions {
  /** A file of test/e2e/sipp, without .xml; or steps, with a name for their log. */
  readonly scenario: string | { readonly name: string; readonly steps: readonly string[] }
  /** Where its log goes, and where the files lie that it plays. */
  readonly cwd: string
  /** Put in place of {name} in the scenario. */
  readonly values?: { readonly [name: string]: string }
  readonly calls?: number
  readonly callsPerSecond?: number
  readonly secondsMax?: number
  readonly localAddress?: string
  readonly parameters?: readonly string[]
  /** Where a server listens; else any free port. */
  readonly port?: number
}

/** sipp as a caller of `phoneNumber` at our SIP port. */
export function startSippCaller(
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

/** Calls once by a scenario. Throws with what sipp said when it did not go by the scenario. */
export async function callWithSipp(
  sipPort: number,
  phoneNumber: string,
  options: SippOptions,
): Promise<void> {
  const { finished } = await startSippCaller(sipPort, phoneNumber, options)
  const { code, output } = await finished
  if (code !== 0) throw new Error(`${nameOf(options)} failed (${code}):\n${output.slice(-6_000)}`)
}

export interface SippServer extends Peer {
  readonly port: number
}

/** sipp as the one that is called, `calls` times. Resolves when it listens. */
export async function startSippServer(options: SippOptions): Promise<SippServer> {
  const { calls = 1, localAddress, parameters = [] } = options
  const port = options.port ?? (await freePort())
  const peer = await startSipp(options, ['-p', String(port), '-m', String(calls)])
  const transport = parameters.includes('t1') ? 'tcp' : 'udp'
  await eventually('sipp to listen', () => isTaken(port, localAddress, transport) || undefined)
  return { ...peer, port }
}

let runs = 0

async function startSipp(options: SippOptions, more: readonly string[]): Promise<Peer> {
  const { scenario, cwd, values = {}, secondsMax = 60 } = options
  const { localAddress = '127.0.0.1', parameters = [] } = options
  const template =
    typeof scenario === 'string'
      ? readFileSync(`${scenarios}${scenario}.xml`, 'utf8')
      : scenarioOf(scenario.steps)
  const text = template.replaceAll(/\{(\w+)\}/g, (placeholder, name) => values[name] ?? placeholder)
  const name = `${cwd}/${nameOf(options)}-${runs++}`
  writeFileSync(`${name}.xml`, text)
  return startPeer(
    'sipp',
    [
      ...['-sf', `${name}.xml`, '-i', localAddress, '-mi', localAddress, '-nostdin'],
      ...['-mp', String(await freePort()), '-trace_err', '-error_file', `${name}.err`],
      ...['-timeout', `${secondsMax}s`, '-timeout_error'],
      ...parameters,
      ...more,
    ],
    { cwd, env: { ...process.env, TERM: 'dumb' }, secondsMax: secondsMax + 5 },
  )
}

function nameOf({ scenario }: SippOptions): string {
  return typeof scenario === 'string' ? scenario : scenario.name
}

/** What sipp counted, from its last screen. */
export function countsOf({ output }: Finished): { successful: number; failed: number } {
  const last = (name: string) =>
    Number(
      [...output.matchAll(new RegExp(`${name} call *\\| *\\d+ *\\| *(\\d+)`, 'g'))].at(-1)?.[1],
    )
  return { successful: last('Successful'), failed: last('Failed') }
}
