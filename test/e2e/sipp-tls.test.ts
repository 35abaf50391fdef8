import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, connect as tlsConnect } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../net/certificates.js'
import { expectAnswer, fromCaller, ignoreAnswer, pause } from '../sip/sipp-scenario.js'
import { needs } from './harness/needs.js'
import { callWithSipp, countsOf, startSippCaller, startSippServer } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const callCount = 20

/** Debian's sipp knows no TLS: it speaks TCP, and a small hop on the way does the rest. */
describe.skipIf(!needs('sipp', 'openssl'))('sipp over TLS', () => {
  let directory: string
  let certificate: Certificate
  let bed: Testbed
  let ends: (() => void)[] = []
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dialplane-sipp-tls-'))
    certificate = makeCertificate(directory, 'router', 'IP:127.0.0.1,DNS:localhost')
    bed = await startTestbed({
      DIALPLANE_TLS_CERT: certificate.file,
      DIALPLANE_TLS_KEY: certificate.keyFile,
      DIALPLANE_TLS_CA: certificate.file,
    })
  })
  afterEach(() => {
    for (const end of ends) end()
    ends = []
  })
  afterAll(async () => {
    await bed?.close()
    rmSync(directory, { recursive: true })
  })

  /** Takes TCP, and goes on to the router by TLS. */
  const hopToRouter = () =>
    listening(
      createServer((socket) => {
        const secure = tlsConnect({
          host: '127.0.0.1',
          port: bed.router.sipsPort ?? 0,
          ca: certificate.certificate,
        })
        joinSockets(socket, secure)
      }),
    )

  /** Takes TLS from the router, and goes on to `port` by TCP. */
  const hopToPhone = (port: number) =>
    listening(
      createTlsServer({ cert: certificate.certificate, key: certificate.key }, (secure) =>
        joinSockets(secure, tcpConnect(port, '127.0.0.1')),
      ),
    )

  function joinSockets(left: Socket, right: Socket): void {
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const) {
      from.on('error', () => to.destroy())
      from.pipe(to)
      ends.push(() => from.destroy())
    }
  }

  async function listening(server: ReturnType<typeof createServer>): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(() => server.close())
    return (server.address() as AddressInfo).port
  }

  it('calls, over one connection', async () => {
    const number = await bed.number({ '/called': '<Response><Gather timeout="1"/></Response>' })
    const sipp = await startSippCaller(await hopToRouter(), number, {
      scenario: 'caller-that-stays',
      cwd: bed.directory,
      calls: callCount,
      parameters: ['-t', 't1'],
    })
    const finished = await sipp.finished
    expect(countsOf(finished)).toEqual({ successful: callCount, failed: 0 })
    await bed.quiet()
    const calls = await bed.client.calls.list({ to: number, limit: 100 })
    expect(calls.map(({ status }) => status)).toEqual(Array(callCount).fill('completed'))
  })

  it('calls and hangs up', async () => {
    const number = await bed.number({ '/waits': '<Response><Gather timeout="60"/></Response>' })
    await callWithSipp(await hopToRouter(), number, {
      scenario: {
        name: 'hangs-up',
        steps: [
          fromCaller('INVITE', 1, { sdp: true }),
          ignoreAnswer(100),
          ignoreAnswer(180),
          expectAnswer(200, { name: 'Contact', pattern: 'transport=tls' }),
          fromCaller('ACK', 1),
          pause(500),
          fromCaller('BYE', 2),
          expectAnswer(200),
        ],
      },
      cwd: bed.directory,
      parameters: ['-t', 't1'],
    })
    expect((await bed.endedCall(number)).status).toBe('completed')
  })

  it('is called, at a name that its certificate has, and hangs up', async () => {
    const phone = await startSippServer({
      scenario: 'called-hangs-up',
      cwd: bed.directory,
      values: { talkMs: '1000' },
      parameters: ['-t', 't1'],
    })
    const port = await hopToPhone(phone.port)
    const number = await bed.number({
      '/dial': `<Response><Dial action="/dial/done">
        <Sip>sip:phone@localhost:${port};transport=tls</Sip></Dial></Response>`,
      '/dial/done': '<Response><Hangup/></Response>',
    })
    await callWithSipp(bed.router.sipPort, number, {
      scenario: 'caller-that-stays',
      cwd: bed.directory,
    })
    const { code, output } = await phone.finished
    expect(code, output.slice(-4_000)).toBe(0)
    const { parameters } = await bed.app.received('/dial/done')
    expect(parameters).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' })
  })

  it('leaves nothing behind', () => bed.quiet(40))
})
