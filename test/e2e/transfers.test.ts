import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  answer,
  expectAnswer,
  expectDialog,
  fromCallee,
  fromCaller,
  ignoreAnswer,
  pause,
  take,
  takeInvite,
} from '../sip/sipp-scenario.js'
import { eventually } from './harness/eventually.js'
import { needs } from './harness/needs.js'
import { callWithSipp, startSippCaller, startSippServer } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const ringing = [ignoreAnswer(100), ignoreAnswer(180)]
const calls = [
  fromCaller('INVITE', 1, { sdp: true }),
  ...ringing,
  expectAnswer(200),
  fromCaller('ACK', 1),
]
const reports = [take('NOTIFY'), answer(200), take('NOTIFY'), answer(200)]
const isHungUp = [take('BYE'), answer(200)]
const answers = [
  takeInvite,
  answer(180, { tag: true }),
  answer(200, { tag: true, sdp: true }),
  take('ACK'),
]
/** A re-INVITE, as its media goes elsewhere. */
const moves = [take('INVITE'), answer(200, { sdp: true }), take('ACK')]

describe.skipIf(!needs('sipp'))('transfers', { timeout: 60_000 }, () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const server = async (name: string, steps: readonly string[]) => {
    const scenario = { name, steps }
    const phone = await startSippServer({ scenario, cwd: bed.directory })
    return { ...phone, uri: `sip:${name}@127.0.0.1:${phone.port}` }
  }
  const finishes = async (peer: { finished: Promise<{ code: number | null; output: string }> }) => {
    const { code, output } = await peer.finished
    if (code !== 0) throw new Error(output.slice(-6_000))
  }
  const refersTo = (target: string) => ({ headers: [`Refer-To: <${target}>`] })
  const caller = (number: string, name: string, steps: readonly string[]) =>
    callWithSipp(bed.router.sipPort, number, {
      scenario: { name, steps },
      cwd: bed.directory,
    })
  const dialing = (name: string, uri: string, more = '') =>
    bed.number({
      [`/${name}`]: `<Response><Dial ${more} action="/${name}/done"><Sip>${uri}</Sip></Dial></Response>`,
      [`/${name}/done`]: '<Response><Hangup/></Response>',
    })

  it('the caller transfers who was dialled: its document decides', async () => {
    const bob = await server('bob', [...answers, ...isHungUp])
    const carol = await server('carol', [
      ...answers,
      pause(500),
      fromCallee('BYE', 1),
      expectAnswer(200),
    ])
    const number = await dialing('blind', bob.uri, 'referUrl="/blind/transfer"')
    bed.app.on('/blind/transfer', `<Response><Dial><Sip>${carol.uri}</Sip></Dial></Response>`)
    await caller(number, 'transfers-callee', [
      ...calls,
      pause(1000),
      fromCaller('REFER', 2, refersTo('sip:carol@example.com')),
      expectAnswer(202),
      ...reports,
      fromCaller('BYE', 3),
      expectAnswer(200),
    ])
    const { parameters } = await bed.app.received('/blind/transfer')
    expect(parameters).toMatchObject({
      ReferTransferTarget: 'sip:carol@example.com',
      Direction: 'outbound-dial',
      To: bob.uri,
    })
    await Promise.all([finishes(bob), finishes(carol)])
    expect((await bed.app.received('/blind/done')).parameters).toMatchObject({
      DialCallStatus: 'completed',
    })
  })

  it('who was dialled transfers the caller', async () => {
    const bob = await server('bob', [
      ...answers,
      pause(500),
      fromCallee('REFER', 1, refersTo('sip:carol@example.com')),
      expectAnswer(202),
      ...reports,
      ...isHungUp,
    ])
    const number = await dialing('back', bob.uri, 'referUrl="/back/transfer"')
    bed.app.on('/back/transfer', '<Response><Hangup/></Response>')
    await caller(number, 'is-transferred', [...calls, ...isHungUp])
    await finishes(bob)
    const { parameters } = await bed.app.received('/back/transfer')
    expect(parameters).toMatchObject({ ReferTransferTarget: 'sip:carol@example.com', To: number })
    expect(bed.app.to('/back/done')).toEqual([])
  })

  it('nobody is transferred where no document decides', async () => {
    const bob = await server('bob', [...answers, ...isHungUp])
    const number = await dialing('stays', bob.uri)
    await caller(number, 'may-not-transfer', [
      ...calls,
      pause(1000),
      fromCaller('REFER', 2, refersTo('sip:carol@example.com')),
      expectAnswer(603),
      fromCaller('BYE', 3),
      expectAnswer(200),
    ])
    await finishes(bob)
  })

  it('two calls of a phone become one (REFER with Replaces)', async () => {
    const bob = await server('bob', [...answers, ...moves, ...isHungUp])
    const carol = await server('carol', [
      ...answers,
      pause(4000),
      fromCallee('BYE', 1),
      expectAnswer(200),
    ])
    const [first, second] = [await dialing('one', bob.uri), await dialing('two', carol.uri)]
    const log = bed.path('second.log')
    const asks = await startSippCaller(bed.router.sipPort, second, {
      scenario: {
        name: 'asks',
        steps: [...calls.slice(0, -2), expectDialog, fromCaller('ACK', 1), ...isHungUp],
      },
      cwd: bed.directory,
      parameters: ['-trace_logs', '-log_file', log],
    })
    const dialog = await replacesIn(log)
    const target = `sip:${second}@127.0.0.1:${bed.router.sipPort}?Replaces=${encodeURIComponent(dialog)}`
    await caller(first, 'attended', [
      ...calls,
      pause(1000),
      fromCaller('REFER', 2, refersTo(target)),
      expectAnswer(202),
      ...reports,
      ...isHungUp,
    ])
    await finishes(asks)
    await Promise.all([finishes(bob), finishes(carol)])
    await bed.quiet()
    const [record] = await bed.client.calls.list({ to: second })
    expect(record?.status).toBe('completed')
  })

  it('another phone takes a call over (INVITE with Replaces)', async () => {
    const number = await bed.number({ '/taken': '<Response><Gather timeout="60"/></Response>' })
    const log = bed.path('taken.log')
    const first = await startSippCaller(bed.router.sipPort, number, {
      scenario: {
        name: 'is-replaced',
        steps: [...calls.slice(0, -2), expectDialog, fromCaller('ACK', 1), ...isHungUp],
      },
      cwd: bed.directory,
      parameters: ['-trace_logs', '-log_file', log],
    })
    const headers = [`Replaces: ${await replacesIn(log)}`, 'Require: replaces']
    await caller(number, 'takes-over', [
      fromCaller('INVITE', 1, { sdp: true, headers }),
      ...ringing,
      expectAnswer(200),
      fromCaller('ACK', 1),
      pause(500),
      fromCaller('BYE', 2),
      expectAnswer(200),
    ])
    await finishes(first)
    const { status } = await bed.endedCall(number)
    expect(status).toBe('completed')
    expect(await bed.client.calls.list({ to: number })).toHaveLength(1)
    await caller(number, 'too-late', [
      fromCaller('INVITE', 1, { sdp: true, headers }),
      ignoreAnswer(100),
      expectAnswer(481),
      fromCaller('ACK', 1),
    ])
  })

  it('a document sends the caller elsewhere (Refer)', async () => {
    const number = await bed.number({
      '/refer':
        '<Response><Refer action="/referred"><Sip>sip:carol@example.com</Sip></Refer></Response>',
      '/referred': '<Response><Hangup/></Response>',
    })
    const event = ['Event: refer', 'Content-Type: message/sipfrag']
    await caller(number, 'is-referred', [
      ...calls,
      take('REFER'),
      answer(202),
      fromCaller('NOTIFY', 2, {
        headers: [...event, 'Subscription-State: active;expires=60'],
        text: 'SIP/2.0 100 Trying',
      }),
      expectAnswer(200),
      fromCaller('NOTIFY', 3, {
        headers: [...event, 'Subscription-State: terminated;reason=noresource'],
        text: 'SIP/2.0 200 OK',
      }),
      expectAnswer(200),
      ...isHungUp,
    ])
    const { parameters } = await bed.app.received('/referred')
    expect(parameters).toMatchObject({
      ReferCallStatus: 'completed',
      ReferSipResponseCode: '202',
      NotifySipResponseCode: '200',
    })
  })

  function replacesIn(log: string): Promise<string> {
    return eventually('the dialog in the log', async () => {
      const text = await readFile(log, 'utf8').catch(() => '')
      return text.trim() || undefined
    })
  }
})
