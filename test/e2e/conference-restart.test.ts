import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Application, startApplication } from './harness/application.js'
import { startCaller } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { restClient } from './harness/rest-client.js'
import { type RouterProcess, startRouterProcess } from './harness/router-process.js'

const account = {
  DIALPLANE_ACCOUNT_SID: `AC${'6'.repeat(32)}`,
  DIALPLANE_AUTH_TOKEN: 'a token of the test that is long enough',
}

describe('a conference whose router is killed', () => {
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

  const start = () => startRouterProcess(join(directory, 'data'), account)
  const client = () =>
    restClient(router.baseUrl, account.DIALPLANE_ACCOUNT_SID, account.DIALPLANE_AUTH_TOKEN)

  it('is closed by the next one, which tells that and keeps its recording', async () => {
    app.on('/events', '')
    app.on(
      '/room',
      `<Response><Dial><Conference waitUrl="" record="record-from-start" trim="do-not-trim"
        statusCallback="/events" statusCallbackEvent="start end">room</Conference></Dial></Response>`,
    )
    const phoneNumber = '+15550600001'
    await client().incomingPhoneNumbers.create({ phoneNumber, voiceUrl: app.url('/room') })
    const uri = `sip:${phoneNumber}@127.0.0.1:${router.sipPort}`
    const callers = [1, 2].map(() => startCaller(uri, { maxSeconds: 30 }))
    const started = await app.received('/events')
    expect(started.parameters.StatusCallbackEvent).toBe('conference-start')
    const sid = started.parameters.ConferenceSid ?? ''
    await eventually('the recording', async () => {
      const [recording] = await client().conferences(sid).recordings.list()
      return recording
    })
    await router.kill()
    await Promise.all(callers.map((caller) => caller.kill()))
    router = await start()
    expect(await client().conferences(sid).fetch()).toMatchObject({
      status: 'completed',
      reasonConferenceEnded: 'last-participant-left',
    })
    const ended = await app.received(
      '/events',
      ({ parameters }) => parameters.StatusCallbackEvent === 'conference-end',
    )
    const sequence = ({ parameters }: typeof started) => Number(parameters.SequenceNumber)
    expect(ended.parameters.ConferenceSid).toBe(sid)
    expect(sequence(ended)).toBeGreaterThan(sequence(started))
    const [recording] = await client().conferences(sid).recordings.list()
    expect(['completed', 'absent']).toContain(recording?.status)
    expect(await client().conferences(sid).participants.list()).toEqual([])
  })
})
