import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Application, startApplication } from './harness/application.js'
import { readWav, tones, writeWav } from './harness/audio.js'
import { call } from './harness/caller.js'
import { soundSeconds, toneSeconds } from './harness/measure.js'
import { runPeer } from './harness/processes.js'
import { restClient } from './harness/rest-client.js'
import { type RouterProcess, root, startRouterProcess } from './harness/router-process.js'

/** All that is on the PATH of the machine: no C compiler, no make, no python. */
const tools = ['node', 'npm', 'sh', 'env']

const account = {
  DIALPLANE_ACCOUNT_SID: `AC${'7'.repeat(32)}`,
  DIALPLANE_AUTH_TOKEN: 'a token of the test that is long enough',
}

describe('a machine without a compiler', () => {
  let directory: string
  let app: Application
  let router: RouterProcess | undefined
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dialplane-e2e-'))
    app = await startApplication(account.DIALPLANE_AUTH_TOKEN)
    makeMachine(directory)
  })
  afterAll(async () => {
    await router?.kill()
    await app?.close()
    await rm(directory, { recursive: true, force: true })
  })

  const clone = () => join(directory, 'clone')
  const env = () => ({ ...account, HOME: directory, PATH: join(directory, 'bin') })
  const start = () =>
    startRouterProcess(join(directory, 'data'), env(), join(clone(), 'dist', 'main.js'))

  it('is set up with WASM, and says so in one line', { timeout: 180_000 }, async () => {
    const setUp = await runPeer(process.execPath, ['scripts/setup.mjs'], {
      cwd: clone(),
      env: env(),
      secondsMax: 170,
    })
    expect(setUp.output.match(/no C compiler here.*WASM/g)).toHaveLength(1)
    expect(setUp.code).toBe(0)
    expect(existsSync(join(clone(), 'build', 'Release'))).toBe(false)
  })

  it('completes a call, whose records survive SIGKILL', { timeout: 60_000 }, async () => {
    app.on(
      '/voice',
      `<Response><Say>Please speak.</Say>
        <Record action="/done" playBeep="false" maxLength="2"/></Response>`,
    )
    app.on('/done', '<Response><Play digits="7"/><Pause length="1"/></Response>')
    router = await start()
    expect(router.mediaCore).toBe('wasm')
    expect(['node:sqlite', 'node-sqlite3-wasm']).toContain(router.storeEngine)
    const client = () =>
      restClient(router?.baseUrl ?? '', router?.accountSid ?? '', account.DIALPLANE_AUTH_TOKEN)
    const phoneNumber = '+15550600001'
    await client().incomingPhoneNumbers.create({ phoneNumber, voiceUrl: app.url('/voice') })
    const play = writeWav(join(directory, 'said.wav'), tones([600], 10))
    const record = join(directory, 'heard.wav')
    const { output } = await call(`sip:${phoneNumber}@127.0.0.1:${router.sipPort}`, {
      play,
      record,
    })
    expect(output).toContain('heard the digit 7')
    expect(soundSeconds(readWav(record).samples)).toBeGreaterThan(0.4)
    const { parameters } = await app.received('/done')

    await router.kill()
    router = await start()
    const [ended] = await client().calls.list({ to: phoneNumber })
    expect(ended).toMatchObject({ sid: parameters.CallSid, direction: 'inbound' })
    const [recording] = await client().recordings.list()
    expect(recording).toMatchObject({ sid: parameters.RecordingSid, status: 'completed' })
    const path = `/2010-04-01/Accounts/${router.accountSid}/Recordings/${recording?.sid}.wav`
    const response = await fetch(router.baseUrl + path, {
      headers: {
        Authorization: `Basic ${btoa(`${router.accountSid}:${account.DIALPLANE_AUTH_TOKEN}`)}`,
      },
    })
    const { samples } = readWav(Buffer.from(await response.arrayBuffer()))
    expect(toneSeconds(samples, 600)).toBeGreaterThan(1.5)
  })
})

/** A clone with the dependencies that npm installs, and a PATH with nothing to compile with. */
function makeMachine(directory: string): void {
  mkdirSync(join(directory, 'bin'))
  for (const tool of tools) {
    const path = execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim()
    symlinkSync(path, join(directory, 'bin', tool))
  }
  const clone = join(directory, 'clone')
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.split('\n').filter(Boolean)) {
    if (!lstatSync(join(root, file), { throwIfNoEntry: false })?.isFile()) continue
    mkdirSync(dirname(join(clone, file)), { recursive: true })
    cpSync(join(root, file), join(clone, file))
  }
  mkdirSync(join(clone, 'node_modules'))
  for (const name of readdirSync(join(root, 'node_modules'))) {
    // It was compiled there, and would work here.
    if (name === 'better-sqlite3') continue
    symlinkSync(join(root, 'node_modules', name), join(clone, 'node_modules', name))
  }
  const compiler = join(root, 'wasm', 'node_modules')
  if (existsSync(compiler)) symlinkSync(compiler, join(clone, 'wasm', 'node_modules'))
}
