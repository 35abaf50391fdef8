import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readWav } from './harness/audio.js'
import { call, startCaller } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { soundSeconds } from './harness/measure.js'
import { root } from './harness/router-process.js'

describe('npm start', { timeout: 120_000 }, () => {
  let directory: string
  let started: Started
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dialplane-start-'))
    started = start(directory)
  })
  afterEach(async () => {
    started.signalAll('SIGKILL')
    await started.exited
    await rm(directory, { recursive: true, force: true })
  })

  it('says what to do next; the demo speaks, takes a key, and all of it stops', async () => {
    const uri = await started.demoUri()
    const output = started.output()
    expect(output).toContain('Dialplane is ready.')
    const rest = /REST API: +(\S+)/.exec(output)?.[1] ?? ''
    expect((await fetch(rest)).status).toBe(401)
    expect(output).toContain(`Credentials:    ${join(directory, 'data', 'credentials')}`)

    const record = join(directory, 'out.wav')
    const caller = await call(uri, { digits: '1', digitsAfter: 3, maxSeconds: 8, record })
    expect(caller.output).toContain('answered')
    expect(caller.code).toBe(0)
    await eventually('the menu', () => /\/menu Digits=1 /.test(started.output()) || undefined)
    expect(soundSeconds(readWav(record).samples)).toBeGreaterThan(2)

    // Its requests are signed.
    expect((await fetch(started.demoApplicationUrl(), { method: 'POST' })).status).toBe(403)
    started.signal('SIGTERM')
    expect(await started.exited, started.output().slice(-3_000)).toBe(0)
    await eventually('all of it to be gone', () => started.isGone() || undefined, 5)
    await expect(fetch(started.demoApplicationUrl())).rejects.toThrow()
  })

  // A terminal sends it to each process of the group.
  it('Ctrl-C waits for a live call, and leaves no process', async () => {
    const uri = await started.demoUri()
    const caller = startCaller(uri, { digits: '3', digitsAfter: 1, maxSeconds: 8 })
    await eventually('the menu', () => /\/menu Digits=3 /.test(started.output()) || undefined)
    started.signalAll('SIGINT')
    expect(await started.exited, started.output().slice(-3_000)).toBe(0)
    const { code, output } = await caller.finished
    // The demo has gone on after its music, with speech.
    expect(started.output().match(/\/voice Digits= /g)).toHaveLength(2)
    expect(output).toContain('hanging up after 8 s')
    expect(code).toBe(0)
    await eventually('all of it to be gone', () => started.isGone() || undefined, 5)
    await expect(fetch(started.demoApplicationUrl())).rejects.toThrow()
  })
})

interface Started {
  output(): string
  /** The URI that it prints to call. */
  demoUri(): Promise<string>
  /** Of the demo application, which is in a group of its own. */
  demoApplicationUrl(): string
  signal(signal: NodeJS.Signals): void
  signalAll(signal: NodeJS.Signals): void
  /** No process of its group is left. */
  isGone(): boolean
  readonly exited: Promise<number | null>
}

/** In a process group of its own, as a terminal would start it. */
function start(directory: string): Started {
  const child = spawn(process.execPath, [join(root, 'scripts', 'start.mjs')], {
    cwd: directory,
    detached: true,
    env: {
      PATH: process.env.PATH,
      DIALPLANE_DATA_DIR: join(directory, 'data'),
      DIALPLANE_HTTP_PORT: '0',
      DIALPLANE_SIP_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const take = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return {
    output: () => output,
    demoUri: () =>
      eventually(
        'the next steps',
        () => /dialplane call (sip:\S+) .*Stop: /s.exec(output)?.[1],
        60,
      ).catch((error) => {
        throw new Error(`${error.message}:\n${output}`)
      }),
    demoApplicationUrl: () => /listens at (http:[^"\s]+)/.exec(output)?.[1] ?? 'unknown',
    signal: (signal) => child.kill(signal),
    signalAll: (signal) => toGroup(child, signal),
    isGone: () => !toGroup(child, 0),
    exited,
  }
}

/** False when the group has no process. */
function toGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}
