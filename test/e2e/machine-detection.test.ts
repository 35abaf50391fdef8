import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Responder } from './harness/application.js'
import { tones, wavBytes } from './harness/audio.js'
import { call } from './harness/caller.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const greeting = `You have reached the office of Example Limited. We are closed at the moment.
  Please leave your name and number after the tone.`

describe('answering-machine detection', () => {
  let bed: Testbed
  /** Another router: its numbers are answered by people and machines. */
  let outside: Testbed
  beforeAll(async () => {
    outside = await startTestbed()
    bed = await startTestbed({ DIALPLANE_TRUNKS: `+1=sip:127.0.0.1:${outside.router.sipPort}` })
  })
  afterAll(async () => {
    await Promise.all([bed?.close(), outside?.close()])
  })

  const beep: Responder = (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(tones([1_400], 0.4)))
    return undefined
  }
  const says = async (name: string, document: string) =>
    outside.uriOf(
      await outside.number({
        [`/${name}`]: `<Response>${document}<Pause length="20"/></Response>`,
        [`/${name}/beep.wav`]: beep,
      }),
    )
  const person = (name: string) => says(name, '<Say>Hello?</Say>')
  const machine = (name: string) =>
    says(name, `<Say>${greeting}</Say><Play>/${name}/beep.wav</Play>`)
  const create = (to: string, name: string, settings: object) => {
    bed.app.on(`/${name}`, '<Response><Hangup/></Response>')
    const url = bed.app.url(`/${name}`)
    return bed.client.calls.create({ to, from: callerNumber, url, ...settings })
  }
  const duration = (value: string | undefined) => Number(value ?? Number.NaN)

  it.concurrent('a person: the first document waits and is told', async () => {
    const { sid } = await create(await person('hello'), 'person', { machineDetection: 'Enable' })
    const { parameters } = await bed.app.received('/person')
    expect(parameters).toMatchObject({ AnsweredBy: 'human', CallStatus: 'in-progress' })
    expect(duration(parameters.MachineDetectionDuration)).toBeGreaterThan(1_200)
    expect((await bed.client.calls(sid).fetch()).answeredBy).toBe('human')
  })

  it.concurrent('a machine: told while it greets', async () => {
    const to = await machine('greets')
    await create(to, 'machine', { machineDetection: 'Enable' })
    const { parameters } = await bed.app.received('/machine')
    expect(parameters.AnsweredBy).toBe('machine_start')
    expect(duration(parameters.MachineDetectionDuration)).toBeGreaterThan(2_300)
  })

  it.concurrent('a machine: told when it has beeped', async () => {
    const to = await machine('beeps')
    await create(to, 'beeped', { machineDetection: 'DetectMessageEnd' })
    const { parameters } = await bed.app.received('/beeped')
    expect(parameters.AnsweredBy).toBe('machine_end_beep')
    expect(duration(parameters.MachineDetectionDuration)).toBeGreaterThan(5_000)
  })

  it.concurrent('a participant: by a callback, while it is in the room', async () => {
    bed.app.on('/room/amd', '')
    const { callSid } = await bed.client.conferences('machines').participants.create({
      ...{ to: await person('participant'), from: callerNumber, machineDetection: 'Enable' },
      amdStatusCallback: bed.app.url('/room/amd'),
    })
    const { parameters } = await bed.app.received('/room/amd')
    expect(parameters).toMatchObject({ CallSid: callSid, AnsweredBy: 'human' })
    await bed.client.calls(callSid).update({ status: 'completed' })
  })

  it.concurrent('asynchronously: the document comes first, then the callback', async () => {
    const to = await machine('async')
    bed.app.on('/async/amd', '')
    const { sid } = await bed.client.calls.create({
      ...{ to, from: callerNumber, machineDetection: 'Enable', asyncAmd: 'true' },
      twiml: '<Response><Pause length="6"/></Response>',
      asyncAmdStatusCallback: bed.app.url('/async/amd'),
    })
    const { parameters } = await bed.app.received('/async/amd')
    expect(parameters).toMatchObject({ CallSid: sid, AnsweredBy: 'machine_start' })
    expect(parameters).toHaveProperty('AccountSid')
    expect((await bed.client.calls(sid).fetch()).answeredBy).toBe('machine_start')
  })

  it.concurrent('a Number of a Dial: the callback comes while they talk', async () => {
    const to = /\+\d+/.exec(await person('dialled'))?.[0] ?? ''
    const number = await bed.number({
      '/dial': `<Response><Dial action="/dial/done"><Number machineDetection="Enable"
        amdStatusCallback="/dial/amd">${to}</Number></Dial></Response>`,
      '/dial/done': '<Response><Hangup/></Response>',
      '/dial/amd': '',
    })
    const caller = call(bed.uriOf(number), { maxSeconds: 8 })
    const { parameters } = await bed.app.received('/dial/amd')
    expect(parameters.AnsweredBy).toBe('human')
    expect(bed.app.to('/dial/done')).toEqual([])
    const [child] = await bed.client.calls.list({ to })
    expect(child).toMatchObject({ answeredBy: 'human', sid: parameters.CallSid })
    expect((await caller).code).toBe(0)
    expect((await bed.app.received('/dial/done')).parameters.DialCallStatus).toBe('completed')
  })

  it.concurrent('a Sip of a Dial: a machine is told of when it has beeped', async () => {
    const to = await machine('voicemail')
    const number = await bed.number({
      '/sip': `<Response><Dial><Sip machineDetection="DetectMessageEnd" amdStatusCallbackMethod="GET"
        amdStatusCallback="/sip/amd">${to}</Sip></Dial></Response>`,
      '/sip/amd': '',
    })
    const caller = call(bed.uriOf(number), { maxSeconds: 14 })
    const { method, parameters } = await bed.app.received('/sip/amd')
    expect([method, parameters.AnsweredBy]).toEqual(['GET', 'machine_end_beep'])
    expect((await caller).code).toBe(0)
  })

  it('refuses what is out of range, and digits leave nothing to detect', async () => {
    const to = await person('refused')
    const wrong = { machineDetection: 'Enable', machineDetectionTimeout: 61 }
    await expect(create(to, 'wrong', wrong)).rejects.toMatchObject({ status: 400 })
    const what = { machineDetection: 'Maybe' }
    await expect(create(to, 'wrong', what)).rejects.toMatchObject({ status: 400 })
    await create(to, 'digits', { machineDetection: 'Enable', sendDigits: '1' })
    const { parameters } = await bed.app.received('/digits')
    expect(parameters).not.toHaveProperty('AnsweredBy')
  })
})
