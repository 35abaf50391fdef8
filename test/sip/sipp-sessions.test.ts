import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { SipOutput } from '../../src/sip/events.js'
import { freePort, sippIsInstalled } from './sipp-program.js'
import {
  answer,
  expectAnswer,
  expectReliable,
  fromCallee,
  fromCaller,
  ignoreAnswer,
  pause,
  scenario,
  take,
  takeInvite,
} from './sipp-scenario.js'
import { startAgent, type TestAgent, testSdp } from './test-agent.js'

const calls = 5
const prack = fromCaller('PRACK', 2, { headers: ['RAck: [$rseq] 1 INVITE'] })

describe.skipIf(!sippIsInstalled)('sessions with sipp', { timeout: 60_000 }, () => {
  let directory: string
  let agent: TestAgent | undefined
  let child: ChildProcess | undefined
  let runs = 0

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sipp-'))
  })
  afterEach(async () => {
    child?.kill('SIGKILL')
    await agent?.close()
    agent = undefined
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  /** Runs sipp by a scenario until all its calls went by it; throws with what it missed. */
  async function sipp(steps: readonly string[], parameters: readonly string[]): Promise<void> {
    const name = join(directory, `scenario-${runs++}`)
    await writeFile(`${name}.xml`, scenario(steps))
    const common = ['-sf', `${name}.xml`, '-i', '127.0.0.1', '-nostdin', '-m', `${calls}`]
    const limits = ['-timeout', '30s', '-timeout_error', '-trace_err', '-error_file', `${name}.err`]
    child = spawn('sipp', [...common, ...limits, ...parameters], {
      cwd: directory,
      stdio: 'ignore',
    })
    const code = await new Promise((resolve) => child?.once('exit', resolve))
    if (code !== 0) throw new Error(await readFile(`${name}.err`, 'utf8').catch(() => `${code}`))
  }

  async function calledBySipp(
    steps: readonly string[],
    onEvent: Parameters<typeof startAgent>[0],
  ): Promise<readonly SipOutput[]> {
    agent = await startAgent(onEvent)
    await sipp(steps, [`127.0.0.1:${agent.transport.port}`])
    await allOver(agent)
    return agent.events
  }

  async function callingSipp(
    steps: readonly string[],
    onEvent: Parameters<typeof startAgent>[0],
  ): Promise<readonly SipOutput[]> {
    const port = await freePort()
    const done = sipp(steps, ['-p', `${port}`])
    done.catch(() => {})
    agent = await startAgent(onEvent)
    await new Promise((resolve) => setTimeout(resolve, 500))
    for (let index = 0; index < calls; index++) {
      agent.run.handle({
        type: 'invite',
        legId: `leg ${index}`,
        target: `sip:service@127.0.0.1:${port}`,
        from: { uri: 'sip:dialplane@127.0.0.1' },
        sdp: testSdp,
      })
    }
    await done
    await allOver(agent)
    return agent.events
  }

  it('caller requires 100rel, loses the first PRACK, updates and ends', async () => {
    const steps = [
      fromCaller('INVITE', 1, { sdp: true, headers: ['Require: 100rel'] }),
      ignoreAnswer(100),
      expectReliable,
      pause(700),
      prack,
      expectAnswer(200),
      expectAnswer(200),
      fromCaller('ACK', 1),
      fromCaller('UPDATE', 3, { sdp: true }),
      expectAnswer(200, { name: 'Content-Type', pattern: 'application/sdp' }),
      fromCaller('BYE', 4),
      expectAnswer(200),
    ]
    const events = await calledBySipp(steps, (event, { run }) => {
      if (event.type === 'reoffered') run.handle({ ...event, type: 'answerReoffer', sdp: testSdp })
      if (event.type !== 'invited') return
      const { legId } = event
      run.handle({ type: 'progress', legId, status: 183, sdp: testSdp })
      run.handle({ type: 'accept', legId, sdp: testSdp })
    })
    expect(of(events, 'confirmed')).toHaveLength(calls)
    expect(of(events, 'reoffered')).toHaveLength(calls)
  })

  it('callee answers in a reliable 183', async () => {
    const events = await callingSipp(reliableCallee, (event, { run }) => {
      if (event.type === 'answered') run.handle({ type: 'hangUp', legId: event.legId })
    })
    const answered = of(events, 'answered')
    expect(answered).toHaveLength(calls)
    for (const event of answered)
      expect(event).toMatchObject({ sdp: expect.stringContaining('m=') })
  })

  it('callee has a session timer, and sees the refresh', async () => {
    const headers = ['Session-Expires: 4;refresher=uac', 'Allow: INVITE, ACK, BYE, UPDATE']
    const steps = [
      takeInvite,
      answer(200, { tag: true, sdp: true, headers }),
      take('ACK'),
      take('UPDATE'),
      answer(200, { headers }),
      fromCallee('BYE', 1),
      expectAnswer(200),
    ]
    const events = await callingSipp(steps, () => {})
    expect(of(events, 'ended')).toHaveLength(calls)
    for (const event of of(events, 'ended')) expect(event).toMatchObject({ cause: 'bye' })
  })

  it('callee has a session timer without UPDATE, and sees a re-INVITE', async () => {
    const headers = ['Session-Expires: 4;refresher=uac']
    const steps = [
      takeInvite,
      answer(200, { tag: true, sdp: true, headers }),
      take('ACK'),
      takeInvite,
      answer(200, { sdp: true, headers }),
      take('ACK'),
      fromCallee('BYE', 1),
      expectAnswer(200),
    ]
    expect(of(await callingSipp(steps, () => {}), 'ended')).toHaveLength(calls)
  })

  it('caller refreshes the session itself', async () => {
    const headers = ['Supported: timer', 'Session-Expires: 90;refresher=uac']
    const granted = { name: 'Session-Expires', pattern: '90;refresher=uac' }
    const steps = [
      fromCaller('INVITE', 1, { sdp: true, headers }),
      ignoreAnswer(100),
      expectAnswer(200, granted),
      fromCaller('ACK', 1),
      fromCaller('UPDATE', 2, { headers }),
      expectAnswer(200, granted),
      fromCaller('BYE', 3),
      expectAnswer(200),
    ]
    await calledBySipp(steps, (event, { run }) => {
      if (event.type === 'invited') {
        run.handle({ type: 'accept', legId: event.legId, sdp: testSdp })
      }
    })
  })

  it('both send a re-INVITE at once (491), and ours comes again', async () => {
    const steps = [
      fromCaller('INVITE', 1, { sdp: true }),
      ignoreAnswer(100),
      expectAnswer(200),
      fromCaller('ACK', 1),
      takeInvite,
      answer(491),
      take('ACK'),
      takeInvite,
      answer(200, { sdp: true }),
      take('ACK'),
      fromCaller('BYE', 2),
      expectAnswer(200),
    ]
    const events = await calledBySipp(steps, (event, { run }) => {
      const { legId } = event as { legId: string }
      if (event.type === 'invited') run.handle({ type: 'accept', legId, sdp: testSdp })
      if (event.type === 'confirmed') run.handle({ type: 'reoffer', legId, sdp: testSdp })
    })
    for (const event of of(events, 'reanswered')) expect(event).toMatchObject({ status: 200 })
    expect(of(events, 'reanswered')).toHaveLength(calls)
  })
})

/** The 200 of the INVITE after a PRACK: its fields have to be kept while the PRACK is answered. */
const reliableCallee = [
  takeInvite.replace(
    '</action>',
    ['Via', 'CSeq', 'To']
      .map(
        (name) =>
          `<ereg regexp=".*" search_in="hdr" header="${name}:" assign_to="${name.toLowerCase()}"/>`,
      )
      .join('')
      .concat('</action>'),
  ),
  answer(183, { tag: true, sdp: true, headers: ['Require: 100rel', 'RSeq: 9'] }),
  take('PRACK'),
  answer(200),
  `<send retrans="500"><![CDATA[
SIP/2.0 200 OK
Via:[$via]
From:[$caller]
To:[$to];tag=[pid]called[call_number]
Call-ID: [call_id]
CSeq:[$cseq]
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
Content-Length: 0

]]></send>`,
  take('ACK'),
  take('BYE'),
  answer(200),
]

function of(events: readonly SipOutput[], type: SipOutput['type']): SipOutput[] {
  return events.filter((event) => event.type === type)
}

/** Every call has ended, and the engine has forgotten it. */
async function allOver(agent: TestAgent): Promise<void> {
  await expect.poll(() => of(agent.events, 'ended').length, { timeout: 10_000 }).toBe(calls)
  expect(agent.engine.sizes.legs).toBe(0)
}
