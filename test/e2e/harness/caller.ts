import { type Finished, type Peer, startPeer } from './processes.js'
import { mainFile } from './router-process.js'

export interface CallerOptions {
  readonly digits?: string
  readonly digitsAfter?: number
  readonly play?: string
  readonly record?: string
  readonly maxSeconds?: number
  readonly from?: string
  readonly user?: string
  readonly ringSeconds?: number
}

/** `dialplane call`: our own test caller, as a process of its own. */
export function startCaller(uri: string, options: CallerOptions = {}): Peer {
  const { maxSeconds = 20 } = options
  const given = { ...options, maxSeconds }
  const parameters = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${dashed(name)}`, String(value)],
  )
  return startPeer(process.execPath, [mainFile, 'call', uri, ...parameters], {
    secondsMax: maxSeconds + 30,
  })
}

export function call(uri: string, options: CallerOptions = {}): Promise<Finished> {
  return startCaller(uri, options).finished
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
