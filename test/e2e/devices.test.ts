import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readWav, tones, writeWav } from './harness/audio.js'
import { type Baresip, type BaresipOptions, startBaresip } from './harness/baresip.js'
import { call, startCaller } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { toneSeconds } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { startRouterProcess } from './harness/router-process.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const hangup = '<Response><Hangup/></Response>'
describe.skipIf(!needs('baresip'))('devices', () => {
  let bed: Testbed
  let phones: Baresip[] = []
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterEach(async () => {
    await Promise.all(phones.map((phone) => phone.kill()))
    phones = []
  })
  afterAll(() => bed?.close())

  /** A baresip that has registered; from where it is, nobody asks for its password. */
  const phone = async (name: string, user: string, options: BaresipOptions = {}) => {
    const registers = `${user}:secret@127.0.0.1:${bed.router.sipPort}`
    const started = await startBaresip(bed.path(name), { ...options, registers })
    phones.push(started)
    await started.registered()
    return started
  }

  /** A number that dials; its action is at /{name}/done. */
  const dialing = (name: string, noun: string) =>
    bed.number({
      [`/${name}`]: `<Response><Dial action="/${name}/done">${noun}</Dial></Response>`,
      [`/${name}/done`]: hangup,
    })
  const outcome = async (name: string) => (await bed.app.received(`/${name}/done`)).parameters

  it('register, are called, hear and are heard, and leave', { timeout: 60_000 }, async () => {
    const says = writeWav(bed.path('says.wav'), tones([500], 12))
    const alice = await phone('alice', 'alice', { says, account: 'answermode=auto' })
    const number = await dialing('talk', '<Client>alice</Client>')
    const play = writeWav(bed.path('talk-in.wav'), tones([700], 5))
    const record = bed.path('talk-out.wav')
    await call(bed.uriOf(number), { play, record, maxSeconds: 5 })
    expect(await outcome('talk')).toMatchObject({
      DialCallStatus: 'completed',
      DialBridged: 'true',
    })
    expect(toneSeconds(readWav(record).samples, 500)).toBeGreaterThan(2)
    await alice.event('CALL_CLOSED')
    const [child] = await bed.client.calls.list({ to: 'client:alice' })
    expect(child).toMatchObject({ direction: 'outbound-dial', status: 'completed' })

    alice.quit()
    const gone = await dialing('gone', '<Client>alice</Client>')
    await eventually('the registration to end', async () => {
      await call(bed.uriOf(gone))
      const last = bed.app.to('/gone/done').at(-1)?.parameters
      return last?.DialCallStatus === 'no-answer' || undefined
    })
    await alice.kill()
    expect(toneSeconds(readWav(alice.heardFile()).samples, 700)).toBeGreaterThan(2)
  })

  it('of one user ring at once; the first that answers has the call', async () => {
    const both = [await phone('bob-1', 'bob'), await phone('bob-2', 'bob')]
    const number = await dialing('both', `<Sip>sip:bob@127.0.0.1:${bed.router.sipPort}</Sip>`)
    const dialed = startCaller(bed.uriOf(number), { maxSeconds: 12 })
    await Promise.all(both.map((one) => one.event('CALL_INCOMING')))
    both[1]?.accept()
    await both[1]?.event('CALL_ESTABLISHED')
    await both[0]?.event('CALL_CLOSED')
    both[1]?.hangUp()
    expect(await outcome('both')).toMatchObject({ DialCallStatus: 'completed' })
    await dialed.finished
    await bed.quiet()
  })

  it('of strangers register by password', { timeout: 60_000 }, async () => {
    const guarded = await startTestbed({
      DIALPLANE_TRUSTED_SIP: '192.0.2.0/24',
      DIALPLANE_SIP_USERS: 'dave:secret',
      // baresip of Debian 12 gives up where SHA-256 is offered beside it.
      DIALPLANE_SIP_DIGEST: 'MD5',
    })
    try {
      const registers = `dave:secret@127.0.0.1:${guarded.router.sipPort}`
      const dave = await startBaresip(guarded.path('dave'), {
        registers,
        account: 'answermode=auto',
      })
      phones.push(dave)
      await dave.registered()
      await guarded.client.calls.create({
        to: 'client:dave',
        from: callerNumber,
        twiml: '<Response><Pause length="1"/></Response>',
      })
      await dave.event('CALL_CLOSED')
    } finally {
      await guarded.close()
    }
  })

  it('are called by REST', async () => {
    const carol = await phone('carol', 'carol', { account: 'answermode=auto' })
    const { sid } = await bed.client.calls.create({
      to: 'client:carol',
      from: callerNumber,
      twiml: '<Response><Pause length="1"/></Response>',
    })
    await carol.event('CALL_CLOSED')
    const { to, status } = await eventually('the call to end', async () => {
      const one = await bed.client.calls(sid).fetch()
      return one.status === 'completed' ? one : undefined
    })
    expect({ to, status }).toEqual({ to: 'client:carol', status: 'completed' })
  })

  it('are known again after a restart of the router', { timeout: 60_000 }, async () => {
    const dave = await phone('dave', 'dave', { account: 'answermode=auto' })
    const number = await dialing('again', '<Client>dave</Client>')
    const { sipPort } = bed.router
    await bed.router.stop()
    const restarted = await startRouterProcess(bed.dataDir, {
      DIALPLANE_SIP_PORT: String(sipPort),
    })
    try {
      await call(`sip:${number}@127.0.0.1:${sipPort}`, { maxSeconds: 3 })
      await dave.event('CALL_ESTABLISHED')
      expect(await outcome('again')).toMatchObject({ DialCallStatus: 'completed' })
    } finally {
      await restarted.stop()
    }
  })
})
