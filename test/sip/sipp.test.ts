import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { SipOutput } from '../../src/sip/events.js'
import { freePort, sippIsInstalled } from './sipp-program.js'
import { startAgent, type TestAgent, testSdp } from './test-agent.js'

const run = promisify(execFile)
const callCount = 50

if (process.env.CI)
  it('finds sipp on the machine that decides', () => expect(sippIsInstalled).toBe(true))

describe.skipIf(!sippIsInstalled)('calls with sipp', () => {
  let directory: string
  let agent: TestAgent | undefined
  let child: ChildProcess | undefined

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sipp-'))
  })
  afterEach(async () => {
    child?.kill('SIGKILL')
    await agent?.close()
    agent = undefined
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  const common = (mode: string) => ['-i', '127.0.0.1', '-t', mode, '-nostdin']

  it.each(['u1', 't1'])('are answered when sipp calls (%s)', { timeout: 60_000 }, async (mode) => {
    agent = await startAgent((event, { run: engine }) => {
      if (event.type !== 'invited') return
      const { legId } = event
      engine.handle({ type: 'progress', legId, status: 180 })
      engine.handle({ type: 'accept', legId, sdp: testSdp })
    })
    const remote = `127.0.0.1:${agent.transport.port}`
    const calls = ['-sn', 'uac', '-m', `${callCount}`, '-r', '50', '-d', '50', '-timeout', '30']
    // Exit code 0: every call went by the scenario.
    await run('sipp', [...calls, ...common(mode), remote], { cwd: directory })
    expect(of(agent.events, 'confirmed')).toHaveLength(callCount)
    await expect.poll(() => of(agent?.events ?? [], 'ended').length).toBe(callCount)
    expect(agent.engine.sizes.legs).toBe(0)
  })

  it.each(['u1', 't1'])('are made to sipp (%s)', { timeout: 60_000 }, async (mode) => {
    const port = await freePort()
    const calls = ['-sn', 'uas', '-m', `${callCount}`, '-p', `${port}`, '-timeout', '30']
    child = spawn('sipp', [...calls, ...common(mode)], { cwd: directory, stdio: 'ignore' })
    const done = new Promise((resolve) => child?.once('exit', resolve))
    agent = await startAgent((event, { run: engine }) => {
      if (event.type === 'answered') engine.handle({ type: 'hangUp', legId: event.legId })
      // sipp may not be listening yet.
      if (event.type === 'refused' && event.status === 503) {
        setTimeout(() => call(`${event.legId}+`), 100)
      }
    })
    const { run: engine } = agent
    const transport = mode === 't1' ? ';transport=tcp' : ''
    const call = (legId: string) =>
      engine.handle({
        type: 'invite',
        legId,
        target: `sip:service@127.0.0.1:${port}${transport}`,
        from: { uri: 'sip:dialplane@127.0.0.1' },
        sdp: testSdp,
      })
    for (let index = 0; index < callCount; index++) call(`leg ${index}`)
    await expect.poll(() => of(agent?.events ?? [], 'ended').length, { timeout: 50_000 }).toBe(50)
    expect(of(agent.events, 'answered')).toHaveLength(callCount)
    expect(agent.engine.sizes.legs).toBe(0)
    expect(await done).toBe(0)
  })
})

function of(events: readonly SipOutput[], type: SipOutput['type']): SipOutput[] {
  return events.filter((event) => event.type === type)
}
