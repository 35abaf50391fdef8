import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))
export const mainFile = join(root, 'dist', 'main.js')

export interface Sizes {
  readonly calls: number
  readonly legs: number
  readonly endpoints: number
  readonly sipLegs: number
  readonly sipTransactions: number
  readonly sipDeadlines: number
  readonly sipQuestions: number
  readonly sipBindings: number
  readonly sipMessages: number
  readonly storeRequests: number
}

/** The product as a process of its own. */
export interface RouterProcess {
  readonly pid: number
  readonly baseUrl: string
  readonly httpPort: number
  readonly sipPort: number
  /** Set with a certificate. */
  readonly httpsPort: number | undefined
  readonly sipsPort: number | undefined
  readonly mediaPortMin: number
  readonly mediaCore: string
  readonly storeEngine: string
  readonly accountSid: string
  readonly authToken: string
  readonly log: () => string
  sizes(): Promise<Sizes>
  /** Ends it as an operator does; returns its exit code. */
  stop(): Promise<number | null>
  /** SIGKILL. */
  kill(): Promise<void>
}

interface Ready {
  readonly type: 'ready'
  readonly baseUrl: string
  readonly httpPort: number
  readonly sipPort: number
  readonly httpsPort?: number
  readonly sipsPort?: number
  readonly mediaCore: string
  readonly storeEngine: string
}

/** Starts `dialplane start` on free ports with its data in `dataDir`. */
export async function startRouterProcess(
  dataDir: string,
  settings: NodeJS.ProcessEnv = {},
  main = mainFile,
): Promise<RouterProcess> {
  if (!existsSync(main)) throw new Error('dist is missing: run node scripts/setup.mjs')
  const env = {
    PATH: process.env.PATH,
    DIALPLANE_DATA_DIR: dataDir,
    DIALPLANE_HTTP_PORT: '0',
    DIALPLANE_SIP_PORT: '0',
    DIALPLANE_SIPS_PORT: '0',
    DIALPLANE_HTTPS_PORT: '0',
    ...ownPortRange(),
    // Peers that play a scenario expect no OPTIONS.
    DIALPLANE_TRUNK_PROBE_SECONDS: '0',
    DIALPLANE_SHUTDOWN_SECONDS: '0',
    ...settings,
  }
  const child = fork(main, ['start'], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let log = ''
  const take = (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-1_000_000)
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const ready = await Promise.race([readyOf(child), exited])
  if (ready === null || typeof ready === 'number') throw new Error(`router did not start:\n${log}`)
  const { baseUrl, httpPort, sipPort, httpsPort, sipsPort, mediaCore, storeEngine } = ready
  const credentials = await readFile(join(dataDir, 'credentials'), 'utf8')
  return {
    pid: child.pid ?? 0,
    baseUrl,
    httpPort,
    sipPort,
    httpsPort,
    sipsPort,
    mediaPortMin: Number(env.DIALPLANE_RTP_PORT_MIN),
    mediaCore,
    storeEngine,
    accountSid: credential(credentials, 'DIALPLANE_ACCOUNT_SID'),
    authToken: credential(credentials, 'DIALPLANE_AUTH_TOKEN'),
    log: () => log,
    async sizes() {
      const answer = await fetch(`${baseUrl}/readyz`)
      return ((await answer.json()) as { sizes: Sizes }).sizes
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      return exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function readyOf(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve) => {
    child.on('message', (message: Ready) => message.type === 'ready' && resolve(message))
  })
}

/** Test files run side by side: each worker has a thousand media ports of its own. */
function ownPortRange() {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % 9
  return {
    DIALPLANE_RTP_PORT_MIN: String(20_000 + worker * 1_000),
    DIALPLANE_RTP_PORT_MAX: String(20_999 + worker * 1_000),
  }
}

function credential(credentials: string, name: string): string {
  const value = new RegExp(`^${name}=(.+)$`, 'm').exec(credentials)?.[1]
  if (value === undefined) throw new Error(`no ${name} in the credentials file`)
  return value
}
