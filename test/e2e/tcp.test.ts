import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './harness/eventually.js'
import { needs } from './harness/needs.js'
import { countsOf, startSippCaller } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const callCount = 20

describe('callers over TCP', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_RTP_TIMEOUT_SECONDS: '4' })
  })
  afterAll(() => bed?.close())

  describe.skipIf(!needs('sipp'))('of sipp', () => {
    it.each([
      ['one connection for all', 't1'],
      ['a connection for each', 'tn'],
    ])('twenty calls, %s', async (_what, transport) => {
      const number = await bed.number({
        [`/${transport}`]: '<Response><Gather timeout="1"/></Response>',
      })
      const sipp = await startSippCaller(bed.router.sipPort, number, {
        scenario: 'caller-that-stays',
        cwd: bed.directory,
        calls: callCount,
        parameters: ['-t', transport, '-max_socket', '100'],
      })
      const finished = await sipp.finished
      expect(countsOf(finished)).toEqual({ successful: callCount, failed: 0 })
      expect(finished.code).toBe(0)
      await bed.quiet()
      const calls = await bed.client.calls.list({ to: number, limit: 100 })
      expect(calls.map(({ status }) => status)).toEqual(Array(callCount).fill('completed'))
    })
  })

  it('one whose connection breaks is hung up over a new one', async () => {
    const number = await bed.number({
      '/breaks': '<Response><Gather timeout="2"/></Response>',
    })
    const phone = await startPhone()
    const socket = await phone.call(bed.router.sipPort, number)
    socket.destroy()
    await eventually('the BYE', () => phone.received().find((text) => /^BYE /.test(text)))
    expect((await bed.endedCall(number)).status).toBe('completed')
    await phone.close()
  })

  it('one that is gone for good is noticed by its silence', async () => {
    const number = await bed.number({
      '/gone': '<Response><Gather timeout="60"/></Response>',
    })
    const phone = await startPhone()
    const socket = await phone.call(bed.router.sipPort, number)
    await phone.close()
    socket.resetAndDestroy()
    const { status, duration } = await bed.endedCall(number)
    expect(status).toBe('completed')
    expect(Number(duration)).toBeLessThan(10)
  })

  it('one that breaks its connection before the answer leaves nothing', async () => {
    const number = await bed.number({
      '/early': '<Response><Pause length="2"/><Gather timeout="1"/></Response>',
    })
    const phone = await startPhone()
    const socket = await phone.invite(bed.router.sipPort, number)
    await bed.app.received('/early')
    await phone.close()
    socket.resetAndDestroy()
    const { status } = await bed.endedCall(number, 60)
    expect(['completed', 'no-answer', 'failed']).toContain(status)
  })

  it('leaves nothing behind', { timeout: 90_000 }, async () => {
    await bed.quiet(50)
    await eventually(
      'the last transaction to be forgotten',
      async () => {
        const { sipTransactions, sipDeadlines } = await bed.router.sizes()
        return sipTransactions + sipDeadlines === 0 || undefined
      },
      50,
    )
  })
})

/** A phone that calls over a connection of its own, and takes others where its Contact says. */
async function startPhone() {
  const received: string[] = []
  const sockets = new Set<Socket>()
  const listen = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const text = chunk.toString()
      received.push(text)
      if (!text.startsWith('BYE ')) return
      const copied = text.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line))
      socket.write(['SIP/2.0 200 OK', ...copied, 'Content-Length: 0', '', ''].join('\r\n'))
    })
  }
  const server = createServer(listen)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const request = (method: string, uri: string, to: string, body: readonly string[]) => {
    const sdp = body.map((line) => `${line}\r\n`).join('')
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/TCP 127.0.0.1:${port};branch=z9hG4bK${method}${port}`,
      'Max-Forwards: 70',
      `From: <sip:phone@127.0.0.1:${port}>;tag=phone${port}`,
      `To: ${to}`,
      `Call-ID: call-${port}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:phone@127.0.0.1:${port};transport=tcp>`,
      ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${sdp.length}`,
      '',
      sdp,
    ].join('\r\n')
  }
  const invite = async (routerPort: number, number: string) => {
    const socket = createConnection(routerPort, '127.0.0.1')
    listen(socket)
    const uri = `sip:${number}@127.0.0.1:${routerPort}`
    socket.write(
      request('INVITE', uri, `<${uri}>`, [
        'v=0',
        'o=phone 1 1 IN IP4 127.0.0.1',
        's=-',
        'c=IN IP4 127.0.0.1',
        't=0 0',
        // Nobody listens there.
        'm=audio 9 RTP/AVP 0',
      ]),
    )
    return socket
  }
  return {
    received: () => received,
    invite,
    /** Resolves with the connection when the call is answered. */
    async call(routerPort: number, number: string): Promise<Socket> {
      const socket = await invite(routerPort, number)
      const answer = await eventually(
        'the answer',
        () => received.join('').match(/^SIP\/2\.0 200 OK\r\n.*?\r\n\r\n/ms)?.[0],
      )
      const to = /^To: (.*)\r$/im.exec(answer)?.[1] ?? ''
      const contact = /^Contact: <([^>]+)>/im.exec(answer)?.[1] ?? ''
      socket.write(request('ACK', contact, to, []))
      return socket
    },
    async close(): Promise<void> {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) if (socket.localPort === port) socket.destroy()
      })
    },
  }
}
