import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Application, startApplication } from './harness/application.js'
import { readWav, syllables, writeWav } from './harness/audio.js'
import { call, startCaller } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { correlationsBySecond } from './harness/measure.js'
import { restClient } from './harness/rest-client.js'
import { type RouterProcess, startRouterProcess } from './harness/router-process.js'

const account = {
  DIALPLANE_ACCOUNT_SID: `AC${'5'.repeat(32)}`,
  DIALPLANE_AUTH_TOKEN: 'a token of the test that is long enough',
}

describe.each(['native', 'wasm'])('SIGKILL (%s media core)', (mediaCore) => {
  let directory: string
  let app: Application
  let router: RouterProcess
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dialplane-e2e-'))
    app = await startApplication(account.DIALPLANE_AUTH_TOKEN)
    router = await start()
  })
  afterEach(async () => {
    await router?.kill()
    await app?.close()
    await rm(directory, { recursive: true, force: true })
  })

  const start = () =>
    startRouterProcess(join(directory, 'data'), { ...account, DIALPLANE_MEDIA_CORE: mediaCore })
  const client = () =>
    restClient(router.baseUrl, account.DIALPLANE_ACCOUNT_SID, account.DIALPLANE_AUTH_TOKEN)

  it('during a recording loses nothing that was there', { timeout: 60_000 }, async () => {
    expect(router.mediaCore).toBe(mediaCore)
    app.on('/short', '<Response><Hangup/></Response>')
    app.on('/long', '<Response><Record playBeep="false" timeout="0"/></Response>')
    app.on('/status', '')
    for (const [phoneNumber, path] of [
      ['+15550500001', '/short'],
      ['+15550500002', '/long'],
    ] as const) {
      await client().incomingPhoneNumbers.create({
        phoneNumber,
        voiceUrl: app.url(path),
        statusCallback: app.url('/status'),
      })
    }
    const uri = (user: string) => `sip:${user}@127.0.0.1:${router.sipPort}`
    await call(uri('+15550500001'))
    const first = await app.received('/status')
    expect(first.parameters.CallStatus).toBe('completed')

    const said = syllables(12)
    const play = writeWav(join(directory, 'said.wav'), said)
    const caller = startCaller(uri('+15550500002'), { play, maxSeconds: 30 })
    await eventually('four seconds to be recorded', async () => {
      const [recording] = await client().recordings.list()
      if (!recording) return undefined
      const bytes = await recordedBytes(
        join(directory, 'data', 'recordings', `${recording.sid}.wav`),
      )
      return bytes > 4 * 16_000 || undefined
    })
    await router.kill()
    await caller.kill()
    router = await start()

    expect(router.accountSid).toBe(account.DIALPLANE_ACCOUNT_SID)
    expect(await client().incomingPhoneNumbers.list()).toHaveLength(2)
    const [interrupted] = await client().calls.list({ to: '+15550500002' })
    expect(interrupted?.status).toBe('failed')
    const [finished] = await client().calls.list({ to: '+15550500001' })
    expect(finished).toMatchObject({ sid: first.parameters.CallSid, status: 'completed' })
    // The callback of the interrupted call is sent by the next process.
    const told = await app.received(
      '/status',
      ({ parameters }) => parameters.CallSid === interrupted?.sid,
    )
    expect(told.parameters.CallStatus).toBe('failed')

    const [recording] = await client().recordings.list({ callSid: interrupted?.sid ?? '' })
    expect(recording?.status).toBe('completed')
    expect(Number(recording?.duration)).toBeGreaterThanOrEqual(4)
    const { samples } = readWav(await media(`${recording?.uri.replace('.json', '.wav')}`))
    const seconds = Math.floor(samples.length / 8_000) - 1
    const correlations = correlationsBySecond(said.subarray(0, seconds * 8_000), samples)
    expect(correlations).toHaveLength(seconds)
    // A packet that comes too late on a busy machine may spoil one second; it is not the matter here.
    const good = correlations.filter((correlation) => correlation > 0.9)
    expect(good.length).toBeGreaterThanOrEqual(seconds - 1)
    await call(uri('+15550500001'))
  })

  it('leaves status callbacks that were not sent to the next process', async () => {
    let refusing = true
    app.on('/later', '<Response><Hangup/></Response>')
    // The first process never gets an answer.
    app.on('/later/status', () => (refusing ? undefined : ''))
    await client().incomingPhoneNumbers.create({
      phoneNumber: '+15550500003',
      voiceUrl: app.url('/later'),
      statusCallback: app.url('/later/status'),
    })
    await call(`sip:+15550500003@127.0.0.1:${router.sipPort}`)
    const before = await app.received('/later/status')
    await router.kill()
    refusing = false
    router = await start()
    const after = await app.received('/later/status', (request) => request !== before)
    expect(after.parameters).toEqual(before.parameters)
    // A receiver tells by this that it is the same one.
    const token = 'i-twilio-idempotency-token'
    expect(after.headers[token]).toBe(before.headers[token])
  })

  async function media(path: string): Promise<Buffer> {
    const { DIALPLANE_ACCOUNT_SID: sid, DIALPLANE_AUTH_TOKEN: token } = account
    const response = await fetch(router.baseUrl + path, {
      headers: { Authorization: `Basic ${btoa(`${sid}:${token}`)}` },
    })
    expect(response.status).toBe(200)
    return Buffer.from(await response.arrayBuffer())
  }
})

async function recordedBytes(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size
}
