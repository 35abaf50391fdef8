import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, startCaller } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { needs } from './harness/needs.js'
import { callWithSipp, type SippOptions, startSippCaller } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const unknown = '+15559999999'

describe.skipIf(!needs('sipp'))('strange callers', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({
      DIALPLANE_RTP_TIMEOUT_SECONDS: '2',
      DIALPLANE_TRUSTED_SIP: '127.0.0.1/32',
    })
    writeFileSync(bed.path('speech.ulaw'), Buffer.alloc(16_000, 0x50))
  })
  afterAll(() => bed?.close())

  const sipp = (number: string, options: Partial<SippOptions> & { scenario: string }) =>
    callWithSipp(bed.router.sipPort, number, {
      cwd: bed.directory,
      ...options,
      values: { payloadTypes: '0', ...options.values },
    })
  const refused = (number: string, status: number, options: Partial<SippOptions> = {}) =>
    sipp(number, {
      ...options,
      scenario: 'refused-caller',
      values: { status: String(status), ...options.values },
    })

  it.concurrent('one that cancels is told so, and leaves a call that nobody answered', async () => {
    // A pause as the first verb delays the answer.
    const number = await bed.number({ '/late': '<Response><Pause length="20"/></Response>' })
    await sipp(number, { scenario: 'caller-that-cancels' })
    expect((await bed.endedCall(number)).status).toBe('no-answer')
  })

  it.concurrent('one that never sends its ACK is hung up after 32 s', {
    timeout: 60_000,
  }, async () => {
    const number = await bed.number({
      '/noack': '<Response><Gather timeout="90"/></Response>',
    })
    const peer = await startSippCaller(bed.router.sipPort, number, {
      scenario: 'caller-that-never-acks',
      cwd: bed.directory,
      values: { payloadTypes: '0' },
    })
    expect((await peer.finished).code).toBe(0)
    expect((await bed.endedCall(number)).status).toBe('completed')
  })

  it.concurrent('one that vanishes without a BYE is noticed by its silence', async () => {
    const number = await bed.number({
      '/vanishing': '<Response><Gather timeout="90"/></Response>',
    })
    await sipp(number, { scenario: 'caller-that-vanishes' })
    const { status, duration } = await bed.endedCall(number)
    expect(status).toBe('completed')
    expect(Number(duration)).toBeLessThan(20)
  })

  it.concurrent('one that dials a number that nobody has gets 404', () => refused(unknown, 404))

  it.concurrent('one without a codec that we have gets 488', async () => {
    const number = await bed.number({ '/codec': '<Response/>' })
    await refused(number, 488, { values: { payloadTypes: '18' } })
    expect(bed.app.to('/codec')).toEqual([])
  })

  it.concurrent('one for a number without a voice URL gets 480', async () => {
    const number = await bed.number({ '/unused': '<Response/>' }, { voiceUrl: '' })
    await refused(number, 480)
    expect((await bed.endedCall(number)).status).toBe('failed')
  })

  it.concurrent('a stranger gets 401, whether or not the number exists', async () => {
    const number = await bed.number({ '/stranger': '<Response/>' })
    await refused(number, 401, { localAddress: '127.0.0.2' })
    await refused(unknown, 401, { localAddress: '127.0.0.2' })
    expect(bed.app.to('/stranger')).toEqual([])
    expect(await bed.client.calls.list({ to: number })).toEqual([])
  })

  it.concurrent('one that sends garbage disturbs nobody', async () => {
    const number = await bed.number({
      '/garbage': '<Response><Gather numDigits="2" action="/garbage/keys"/></Response>',
      '/garbage/keys': '<Response><Hangup/></Response>',
    })
    const caller = startCaller(bed.uriOf(number), { digits: '88', digitsAfter: 2 })
    await bed.app.received('/garbage')
    const ports = Array.from({ length: 40 }, (_, index) => bed.router.mediaPortMin + index)
    await sendGarbage([bed.router.sipPort, ...ports])
    await sendOverTcp(bed.router.sipPort, randomBytes(4_000))
    await sendOverTcp(bed.router.sipPort, Buffer.from(`INVITE ${'a'.repeat(100_000)}`))
    expect((await bed.app.received('/garbage/keys')).parameters.Digits).toBe('88')
    expect((await caller.finished).code).toBe(0)
  })

  it('leave no call, leg or port behind', { timeout: 90_000 }, async () => {
    // BYE to one that is gone is given up after 32 s.
    await bed.quiet(60)
    const number = await bed.number({ '/after': '<Response><Say>Still here.</Say></Response>' })
    expect((await call(bed.uriOf(number))).code).toBe(0)
    await eventually(
      'the last deadline to pass',
      async () => (await bed.router.sizes()).sipQuestions === 0 || undefined,
    )
  })
})

/** Noise, half a message, a message that claims more than it has, and far too much. */
async function sendGarbage(ports: readonly number[]): Promise<void> {
  const socket = createSocket('udp4')
  const garbage = [
    Buffer.alloc(0),
    randomBytes(12),
    randomBytes(1_400),
    Buffer.from('INVITE sip:+15550100000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP'),
    Buffer.from('SIP/2.0 200 OK\r\nContent-Length: 99999999\r\n\r\n'),
    Buffer.from(`OPTIONS sip:a SIP/2.0\r\nX: ${'y'.repeat(60_000)}\r\n\r\n`),
    Buffer.concat([Buffer.from([0x80, 101, 0, 1]), randomBytes(60_000)]),
  ]
  for (const port of ports) {
    for (const bytes of garbage) {
      await new Promise((resolve) => socket.send(bytes, port, '127.0.0.1', resolve))
    }
  }
  await new Promise<void>((resolve) => socket.close(resolve))
}

/** Sends bytes that are no SIP; resolves when the other side has had enough of them, or has them. */
function sendOverTcp(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.end(bytes))
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
  })
}
