import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'

export interface Finished {
  readonly code: number | null
  readonly output: string
}

/** A program of another project that runs in its own process group and is bounded in time. */
export interface Peer {
  readonly output: () => string
  /** Resolves when it has ended by itself. Rejects when it had to be killed after its time. */
  readonly finished: Promise<Finished>
  kill(): Promise<void>
  /** Asks it to end, as control-C does. */
  interrupt(): Promise<void>
}

export interface PeerOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly secondsMax: number
}

const outputCharactersMax = 200_000

export function startPeer(
  command: string,
  parameters: readonly string[],
  { secondsMax, ...rest }: PeerOptions,
): Peer {
  const options: SpawnOptions = { ...rest, detached: true, stdio: ['ignore', 'pipe', 'pipe'] }
  const child = spawn(command, parameters, options)
  let output = ''
  const take = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-outputCharactersMax)
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  let killedLate = false
  const timer = setTimeout(() => {
    killedLate = true
    killGroup(child)
  }, secondsMax * 1000)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).finally(() => clearTimeout(timer))
  const finished = ended.then((code) => {
    if (killedLate) throw new Error(`${command} did not end in ${secondsMax} s:\n${output}`)
    return { code, output }
  })
  // A test that kills its peer does not look at the outcome.
  finished.catch(() => {})
  return {
    output: () => output,
    finished,
    async kill() {
      killGroup(child)
      await ended.catch(() => {})
    },
    async interrupt() {
      killGroup(child, 'SIGINT')
      await ended.catch(() => {})
    },
  }
}

/** Runs a program to its end. */
export function runPeer(
  command: string,
  parameters: readonly string[],
  options: PeerOptions,
): Promise<Finished> {
  return startPeer(command, parameters, options).finished
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended already.
  }
}
