import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { call } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import {
  type GatewayPeer,
  platformRequest,
  startGateway,
  startSilence,
} from './harness/gateways.js'
import { needs } from './harness/needs.js'
import { callWithSipp, type SippOptions } from './harness/sipp.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const from = callerNumber

describe.skipIf(!needs('sipp'))('trunks', () => {
  let bed: Testbed
  const undo: (() => unknown)[] = []
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_TRUNK_SILENCE_SECONDS: '1' })
  })
  afterEach(async () => {
    for (const one of undo.splice(0).reverse()) await one()
  })
  afterAll(() => bed?.close())

  const peer = async (scenario: string, more?: Partial<SippOptions>): Promise<GatewayPeer> => {
    const started = await startGateway(bed, scenario, more)
    undo.push(() => started.kill())
    return started
  }
  /** A gateway that is there until the end of the test. */
  const gateway = async (port: number, form: { [name: string]: string | number }) => {
    const Uri = `sip:127.0.0.1:${port}`
    const { status, body } = await platformRequest(bed, '/Gateways', { Uri, ...form })
    expect(status).toBe(201)
    undo.push(() => platformRequest(bed, `/Gateways/${body.sid}`, undefined, 'DELETE'))
    return body.sid
  }
  const create = (to: string, more: object = {}) =>
    bed.client.calls.create({ to, from, twiml: '<Response><Hangup/></Response>', ...more })
  const metric = async (line: string) => {
    const text = await (await fetch(`${bed.router.baseUrl}/metrics`)).text()
    return Number(
      text
        .split('\n')
        .find((one) => one.startsWith(`${line} `))
        ?.split(' ')[1] ?? 0,
    )
  }

  it('the second gateway gets the call that the first has no room for, and rings once', async () => {
    const refusing = await peer('called-refuses', { values: { status: '503 Full' } })
    const answering = await peer('called-answers')
    await gateway(refusing.port, { Prefix: '+15550401', Priority: 1 })
    await gateway(answering.port, { Prefix: '+15550401', Priority: 2 })
    bed.app.on('/second/status', '')
    const before = await metric('dialplane_gateway_attempts_total{outcome="answered"}')
    await create('+155504010001', {
      statusCallback: bed.app.url('/second/status'),
      statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
    })
    await bed.app.received('/second/status', (one) => one.parameters.CallStatus === 'completed')
    const statuses = bed.app.to('/second/status').map(({ parameters }) => parameters.CallStatus)
    expect(statuses).toEqual(['initiated', 'ringing', 'in-progress', 'completed'])
    expect(await bed.client.calls.list({ to: '+155504010001' })).toHaveLength(1)
    expect([refusing.invites(), answering.invites()].map(({ length }) => length)).toEqual([1, 1])
    expect(await metric('dialplane_gateway_attempts_total{outcome="answered"}')).toBe(before + 1)
  })

  it('who is silent is left for the next one, within the time of a Dial', async () => {
    const silence = await startSilence()
    undo.push(() => silence.close())
    const answering = await peer('called-hangs-up', { values: { talkMs: '200' } })
    await gateway(silence.port, { Prefix: '+15550402', Priority: 1 })
    await gateway(answering.port, { Prefix: '+15550402', Priority: 2 })
    const number = await bed.number({
      '/silent': '<Response><Dial action="/silent/done">+155504020001</Dial></Response>',
      '/silent/done': '<Response><Hangup/></Response>',
    })
    await call(bed.uriOf(number))
    const done = await bed.app.received('/silent/done')
    expect(done.parameters).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' })
    expect(answering.invites()).toEqual([`sip:+155504020001@127.0.0.1:${answering.port}`])
  })

  it('nobody rings twice', async () => {
    const failing = await peer('called-rings-and-refuses', { values: { status: '500 Oops' } })
    const other = await peer('called-answers')
    await gateway(failing.port, { Prefix: '+15550403', Priority: 1 })
    await gateway(other.port, { Prefix: '+15550403', Priority: 2 })
    await create('+155504030001')
    expect((await bed.endedCall('+155504030001')).status).toBe('failed')
    expect([failing.invites().length, other.invites().length]).toEqual([1, 0])
  })

  it('a callee that is busy is busy at every gateway', async () => {
    const busy = await peer('called-refuses', { values: { status: '486 Busy Here' } })
    const other = await peer('called-answers')
    await gateway(busy.port, { Prefix: '+15550404', Priority: 1 })
    await gateway(other.port, { Prefix: '+15550404', Priority: 2 })
    await create('+155504040001')
    expect((await bed.endedCall('+155504040001')).status).toBe('busy')
    expect(other.invites()).toEqual([])
  })

  it('digits are taken away and put before, as the gateway wants them', async () => {
    const peerOf = await peer('called-refuses', { values: { status: '404 Not Found' } })
    await gateway(peerOf.port, { Prefix: '+15550405', Strip: 2, Prepend: '0099' })
    await create('+155504050001')
    expect((await bed.endedCall('+155504050001')).status).toBe('failed')
    expect(peerOf.invites()).toEqual([`sip:009955504050001@127.0.0.1:${peerOf.port}`])
  })

  it('calls are shared by weight', async () => {
    const [heavy, light] = [
      await peer('called-refuses', { values: { status: '486 Busy Here' } }),
      await peer('called-refuses', { values: { status: '486 Busy Here' } }),
    ]
    await gateway(heavy.port, { Prefix: '+15550406', Weight: 3 })
    await gateway(light.port, { Prefix: '+15550406', Weight: 1 })
    const count = 120
    for (let index = 0; index < count; index += 20) {
      await Promise.all(Array.from({ length: 20 }, () => create('+155504060001')))
    }
    const invites = await eventually('all calls', () => {
      const both = [heavy.invites().length, light.invites().length] as const
      return both[0] + both[1] === count ? both : undefined
    })
    // 90 are expected; less than 69 or more than 111 has a chance of one in 100,000.
    expect(invites[0]).toBeGreaterThan(68)
    expect(invites[0]).toBeLessThan(112)
  })

  it('a gateway with as many calls as it takes is passed over', async () => {
    const [small, big] = [await peer('called-answers'), await peer('called-answers')]
    const sid = await gateway(small.port, { Prefix: '+15550407', Priority: 1, CallsMax: 1 })
    await gateway(big.port, { Prefix: '+15550407', Priority: 2 })
    const twiml = '<Response><Pause length="60"/></Response>'
    const talks = async (to: string) => {
      const { sid: callSid } = await create(to, { twiml })
      await eventually('the call to be answered', async () => {
        return (await bed.client.calls(callSid).fetch()).status === 'in-progress' || undefined
      })
      return callSid
    }
    const calls = [await talks('+155504070001'), await talks('+155504070002')]
    expect([small.invites().length, big.invites().length]).toEqual([1, 1])
    expect((await platformRequest(bed, `/Gateways/${sid}`)).body.live_calls).toBe(1)
    for (const callSid of calls) await bed.client.calls(callSid).update({ status: 'completed' })
    await eventually('its place to be free', async () => {
      return (await platformRequest(bed, `/Gateways/${sid}`)).body.live_calls === 0 || undefined
    })
  })

  it('a gateway is used as soon as REST has it, and not after it was disabled', async () => {
    await create('+155504080001')
    expect((await bed.endedCall('+155504080001')).status).toBe('failed')
    const added = await peer('called-answers')
    const sid = await gateway(added.port, { Prefix: '+15550408' })
    await create('+155504080002')
    expect((await bed.endedCall('+155504080002')).status).toBe('completed')
    await platformRequest(bed, `/Gateways/${sid}`, { Enabled: 'false' })
    await create('+155504080003')
    expect((await bed.endedCall('+155504080003')).status).toBe('failed')
    expect(added.invites()).toHaveLength(1)
  })
})

describe.skipIf(!needs('sipp'))('an account', () => {
  let bed: Testbed
  let carrier: GatewayPeer
  beforeAll(async () => {
    bed = await startTestbed({
      // One in four seconds.
      DIALPLANE_ACCOUNT_CALLS_PER_SECOND: '0.25',
      DIALPLANE_ACCOUNT_CALLS_QUEUED_MAX: '2',
      DIALPLANE_ACCOUNT_CALLS_PER_HOUR: '4',
      DIALPLANE_ALLOW_NUMBERS: '+1555',
    })
    carrier = await startGateway(bed, 'called-answers')
    const Uri = `sip:127.0.0.1:${carrier.port}`
    await platformRequest(bed, '/Gateways', { Uri })
  })
  afterAll(async () => {
    await carrier?.kill()
    await bed?.close()
  })

  const create = (to: string) =>
    bed.client.calls.create({ to, from, twiml: '<Response><Hangup/></Response>' })
  const refusalOf = (made: Promise<unknown>) =>
    made.then(
      () => undefined,
      ({ status, code }) => ({ status, code }),
    )

  it('begins calls at its rate, cancels those that wait, and calls nobody it may not', async () => {
    expect(await refusalOf(create('+882160000000'))).toEqual({ status: 400, code: 21215 })
    const to = ['+15550411001', '+15550411002', '+15550411003']
    const made = await Promise.all(to.map(create))
    expect(made.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued'])
    // Two wait: there is no room for another one.
    expect(await refusalOf(create('+15550411004'))).toEqual({ status: 429, code: 20429 })
    const waiting = await eventually('two to wait for their turn', async () => {
      const queued = await bed.client.calls.list({ status: 'queued' })
      return queued.length === 2 ? queued : undefined
    })
    const canceled = await bed.client.calls(waiting[0]?.sid ?? '').update({ status: 'canceled' })
    expect(canceled.status).toBe('canceled')
    const statuses = await Promise.all(
      to.map(async (number) => (await bed.endedCall(number)).status),
    )
    expect(statuses.sort()).toEqual(['canceled', 'completed', 'completed'])
    const completed = await bed.client.calls.list({ status: 'completed' })
    const [later = 0, earlier = 0] = completed.map(({ startTime }) => startTime.getTime())
    // REST tells whole seconds.
    expect(Math.abs(later - earlier)).toBeGreaterThanOrEqual(3_000)
    expect(carrier.invites()).toHaveLength(2)
    const number = await bed.number({
      '/premium': '<Response><Dial action="/premium/done">+882160000000</Dial></Response>',
      '/premium/done': '<Response><Hangup/></Response>',
    })
    await call(bed.uriOf(number))
    const done = await bed.app.received('/premium/done')
    expect(done.parameters).toMatchObject({ DialCallStatus: 'failed', DialBridged: 'false' })
    expect(await bed.client.calls.list({ to: '+882160000000' })).toHaveLength(1)
    expect(carrier.invites()).toHaveLength(2)
    // Three of this hour were counted, the canceled one, too.
    await create('+15550411005')
    expect(await refusalOf(create('+15550411006'))).toEqual({ status: 429, code: 20429 })
    expect((await bed.endedCall('+15550411005')).status).toBe('completed')
    const metrics = await (await fetch(`${bed.router.baseUrl}/metrics`)).text()
    for (const [why, count] of Object.entries({ destination: 2, queue: 1, hour: 1 })) {
      expect(metrics).toContain(`dialplane_calls_blocked_total{why="${why}"} ${count}\n`)
    }
  })
})

describe.skipIf(!needs('sipp'))('callers', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({
      // Nobody who calls here comes from there.
      DIALPLANE_TRUSTED_SIP: '192.0.2.0/24',
      DIALPLANE_TRUNKS: '+1=sip:trunk:secret@127.0.0.3:5999',
    })
  })
  afterAll(() => bed?.close())

  const callFrom = (localAddress: string, number: string, status: string) =>
    callWithSipp(bed.router.sipPort, number, {
      scenario: 'refused-caller',
      values: { status, payloadTypes: '0' },
      cwd: bed.directory,
      localAddress,
    })

  it('from the address of a gateway are let in, strangers who forge it in From are not', async () => {
    const number = await bed.number({ '/in': '<Response><Reject reason="busy"/></Response>' })
    await callFrom('127.0.0.4', number, '401')
    expect(bed.app.to('/in')).toEqual([])
    await callFrom('127.0.0.3', number, '486')
    expect(bed.app.to('/in')).toHaveLength(1)
    const form = { Uri: 'sip:127.0.0.4', Name: 'new' }
    const { body } = await platformRequest(bed, '/Gateways', form)
    await callFrom('127.0.0.4', number, '486')
    await platformRequest(bed, `/Gateways/${body.sid}`, undefined, 'DELETE')
    await callFrom('127.0.0.4', number, '401')
  })

  it('who prove to be a gateway are let in', async () => {
    const number = await bed.number({ '/proven': '<Response><Gather timeout="1"/></Response>' })
    const { code, output } = await call(bed.uriOf(number), { user: 'trunk:secret' })
    expect(output).toContain('answered')
    expect(code).toBe(0)
    expect(await call(bed.uriOf(number), { user: 'trunk:wrong' })).toMatchObject({ code: 1 })
  })
})
