import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { SipOutput } from '../../src/sip/events.js'
import { freePort } from './sipp-program.js'
import { scenario } from './sipp-scenario.js'
import { startAgent, type TestAgent, testSdp } from './test-agent.js'

type OnEvent = Parameters<typeof startAgent>[0]

/** Calls between an engine on real sockets and sipp, which goes by the steps of a scenario. */
export class SippRuns {
  /** Calls in each run. */
  readonly calls = 5
  #directory: string | undefined
  #agent: TestAgent | undefined
  #child: ChildProcess | undefined
  #runs = 0

  /** Sipp as the caller. `through`: the port that it connects to, for that of the agent. */
  async calledBySipp(
    steps: readonly string[],
    onEvent: OnEvent,
    through: (port: number) => Promise<readonly string[]> = async (port) => [`127.0.0.1:${port}`],
  ): Promise<readonly SipOutput[]> {
    const agent = await startAgent(onEvent)
    this.#agent = agent
    await this.#sipp(steps, await through(agent.transport.port))
    await this.#allOver(agent)
    return agent.events
  }

  /** Sipp as the one that is called. */
  async callingSipp(steps: readonly string[], onEvent: OnEvent): Promise<readonly SipOutput[]> {
    const port = await freePort()
    const done = this.#sipp(steps, ['-p', `${port}`])
    done.catch(() => {})
    const agent = await startAgent(onEvent)
    this.#agent = agent
    await new Promise((resolve) => setTimeout(resolve, 500))
    for (let index = 0; index < this.calls; index++) {
      agent.run.handle({
        type: 'invite',
        legId: `leg ${index}`,
        target: `sip:service@127.0.0.1:${port}`,
        from: { uri: 'sip:dialplane@127.0.0.1' },
        sdp: testSdp,
      })
    }
    await done
    await this.#allOver(agent)
    return agent.events
  }

  /** Ends what the last run has left. */
  async stop(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#agent?.close()
    this.#agent = undefined
  }

  async close(): Promise<void> {
    await this.stop()
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true })
  }

  /** Runs sipp until all its calls went by the scenario; throws with what it missed. */
  async #sipp(steps: readonly string[], parameters: readonly string[]): Promise<void> {
    this.#directory ??= await mkdtemp(join(tmpdir(), 'sipp-'))
    const name = join(this.#directory, `scenario-${this.#runs++}`)
    await writeFile(`${name}.xml`, scenario(steps))
    const common = ['-sf', `${name}.xml`, '-i', '127.0.0.1', '-nostdin', '-m', `${this.calls}`]
    const limits = ['-timeout', '30s', '-timeout_error', '-trace_err', '-error_file', `${name}.err`]
    const child = spawn('sipp', [...common, ...limits, ...parameters], {
      cwd: this.#directory,
      stdio: 'ignore',
    })
    this.#child = child
    const code = await new Promise((resolve) => child.once('exit', resolve))
    if (code !== 0) throw new Error(await readFile(`${name}.err`, 'utf8').catch(() => `${code}`))
  }

  /** Every call has ended, and the engine has forgotten it. */
  async #allOver(agent: TestAgent): Promise<void> {
    const legs = () => agent.engine.sizes.legs
    await expect.poll(legs, { timeout: 10_000 }).toBe(0)
    const begun = agent.events.some(({ type }) => type === 'ended' || type === 'refused')
    expect(begun).toBe(true)
  }
}

export function eventsOf<Type extends SipOutput['type']>(
  events: readonly SipOutput[],
  type: Type,
): Extract<SipOutput, { type: Type }>[] {
  return events.filter((event) => event.type === type) as Extract<SipOutput, { type: Type }>[]
}
