import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { SocketTarget } from '../../src/net/sip-flow.js'
import type { SipTransportOptions } from '../../src/net/sip-transport.js'
import { type Certificate, makeCertificate } from './certificates.js'
import { openEndpoint, type SipEndpoint } from './sip-endpoint.js'

let directory: string
let local: Certificate
let named: Certificate
const open: { close(): unknown }[] = []

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'dialplane-tls-'))
  local = makeCertificate(directory, 'local', 'IP:127.0.0.1,DNS:*.wild.example')
  named = makeCertificate(directory, 'named', 'URI:sip:pbx.example,DNS:host.example,IP:127.0.0.1')
})
afterAll(() => rmSync(directory, { recursive: true }))
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function endpoint(
  own: Certificate | undefined,
  options: Partial<SipTransportOptions> = {},
  trusts: Certificate = local,
): Promise<SipEndpoint> {
  const tls = { ...(own ? { own } : {}), authorities: trusts.certificate, port: 0 }
  const made = await openEndpoint({ tls, ...options })
  open.push(made)
  return made
}

const bytes = Buffer.from('OPTIONS')

/** Sends to a TLS listener of another endpoint; resolves with the reason when that failed. */
async function sendTo(to: SipEndpoint, from: SipEndpoint, more: Partial<SocketTarget> = {}) {
  const target: SocketTarget = {
    transport: 'tls',
    address: '127.0.0.1',
    port: to.transport.tlsPort ?? 0,
    ...more,
  }
  const before = to.received().length
  from.transport.execute({ type: 'send', sendId: 1, target, bytes })
  await expect.poll(() => to.received().length > before || from.failed().length > 0).toBe(true)
  return from.failed()[0]
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

describe('SIP over TLS', () => {
  it('passes messages both ways on one connection', async () => {
    const server = await endpoint(local)
    const caller = await endpoint(undefined)
    expect(await sendTo(server, caller)).toBeUndefined()
    expect(await sendTo(server, caller)).toBeUndefined()
    expect([server.transport.connections, caller.transport.connections]).toEqual([1, 1])
    const flow = server.received()[0]?.flow
    if (!flow) throw new Error('nothing came')
    expect(flow).toMatchObject({ transport: 'tls', localPort: server.transport.tlsPort })
    const target = { transport: 'tls', address: '127.0.0.1', port: 9 } as const
    server.transport.execute({ type: 'send', sendId: 2, flow, target, bytes })
    await expect.poll(() => caller.received()).toHaveLength(1)
    expect(caller.received()[0]?.flow).toMatchObject({ transport: 'tls' })
  })

  it('refuses peers whose certificate is not trusted or for another name', async () => {
    const server = await endpoint(local)
    const stranger = await endpoint(undefined, {}, named)
    const failure = await sendTo(server, stranger)
    expect(failure?.reason).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(failure?.target).toMatchObject({ transport: 'tls', address: '127.0.0.1' })
    expect(stranger.counts).toContain('handshakeFailed')
    for (const serverName of ['other.example', 'a.wild.example', 'local']) {
      const caller = await endpoint(undefined)
      expect((await sendTo(server, caller, { serverName }))?.reason).toMatch(/not for/)
    }
    // Not a byte was shown to them.
    expect(server.received()).toEqual([])
  })

  it('takes a wildcard for one label where it is told to (`DIALPLANE_TLS_WILDCARDS`)', async () => {
    const server = await endpoint(local)
    const tls = { authorities: local.certificate, port: 0, wildcards: true }
    const outcome = async (serverName: string) =>
      (await sendTo(server, await endpoint(undefined, { tls }), { serverName }))?.reason
    expect(await outcome('a.wild.example')).toBeUndefined()
    expect(await outcome('a.b.wild.example')).toMatch(/not for/)
    expect(await outcome('wild.example')).toMatch(/not for/)
  })

  it('knows a SIP domain by its URI, and then by nothing else', async () => {
    const server = await endpoint(named)
    const outcome = async (more: Partial<SocketTarget>) =>
      (await sendTo(server, await endpoint(undefined, {}, named), more))?.reason
    expect(await outcome({ serverName: 'PBX.example' })).toBeUndefined()
    expect(await outcome({ serverName: 'host.example' })).toMatch(/not for/)
    expect(await outcome({})).toMatch(/not for/)
  })

  it('keeps connections for different names and transports apart', async () => {
    const server = await endpoint(named)
    const caller = await endpoint(undefined, {}, named)
    await sendTo(server, caller, { serverName: 'pbx.example' })
    expect((await sendTo(server, caller, { serverName: 'host.example' }))?.reason).toMatch(/not/)
    const flow = server.received()[0]?.flow
    if (!flow) throw new Error('nothing came')
    // The peer connected from there; that does not make it who listens there, over TCP or TLS.
    for (const transport of ['tcp', 'tls'] as const) {
      const target = { transport, address: flow.remoteAddress, port: flow.remotePort }
      server.transport.execute({ type: 'send', sendId: 5, target, bytes })
    }
    await expect.poll(() => server.failed()).toHaveLength(2)
    expect(caller.received()).toEqual([])
  })

  it('opens a broken connection again to the same name', async () => {
    const server = await endpoint(named)
    const caller = await endpoint(undefined, {}, named)
    await sendTo(server, caller, { serverName: 'pbx.example' })
    const accepted = server.received()[0]?.flow
    if (!accepted) throw new Error('nothing came')
    const back = { transport: 'tls', address: '127.0.0.1', port: accepted.remotePort } as const
    server.transport.execute({ type: 'send', sendId: 2, flow: accepted, target: back, bytes })
    await expect.poll(() => caller.received()).toHaveLength(1)
    const flow = caller.received()[0]?.flow
    if (!flow) throw new Error('nothing came')
    server.transport.execute({ type: 'disconnect', connectionId: accepted.connectionId ?? 0 })
    await expect.poll(() => caller.transport.connections).toBe(0)
    const target = { transport: 'tls', address: '127.0.0.1', port: flow.remotePort } as const
    caller.transport.execute({ type: 'send', sendId: 3, flow, target, bytes })
    await expect.poll(() => server.received()).toHaveLength(2)
  })

  it('shows its own certificate when it is asked for one', async () => {
    const caller = await endpoint(local)
    let shown = ''
    const { certificate: cert, key } = local
    const asking = createServer({ cert, key, ca: cert, requestCert: true }, (socket) => {
      shown = socket.getPeerCertificate().subject.CN as string
      socket.on('error', () => undefined)
    })
    asking.listen(0, '127.0.0.1')
    await once(asking, 'listening')
    open.push(asking)
    const address = asking.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const target = { transport: 'tls', address: '127.0.0.1', port } as const
    caller.transport.execute({ type: 'send', sendId: 1, target, bytes })
    await expect.poll(() => shown).toBe('local')
    await caller.transport.close()
  })

  it('ends handshakes that are none, or take too long', async () => {
    const server = await endpoint(local, { connectTimeoutMs: 300, halfOpenMax: 2 })
    const { tlsPort = 0 } = server.transport
    const plain = await client(tlsPort)
    plain.write('OPTIONS sip:pbx SIP/2.0\r\n\r\n')
    await once(plain, 'close')
    expect(server.counts).toEqual(['handshakeFailed'])
    const silent = [await client(tlsPort), await client(tlsPort)]
    const tooMany = await client(tlsPort)
    await once(tooMany, 'close')
    expect(server.counts).toContain('connectionsFull')
    await Promise.all(silent.map((socket) => once(socket, 'close')))
    await expect.poll(() => server.transport.connections).toBe(0)
    expect(server.received()).toEqual([])
  })

  it('speaks nothing older than TLS 1.2', async () => {
    const server = await endpoint(local)
    const attempt = (version: 'TLSv1.1' | 'TLSv1.2'): Promise<TLSSocket | Error> =>
      new Promise((done) => {
        const socket = connectTls({
          host: '127.0.0.1',
          port: server.transport.tlsPort,
          ca: local.certificate,
          minVersion: version,
          maxVersion: version,
          ciphers: 'DEFAULT@SECLEVEL=0',
        })
        socket.once('secureConnect', () => done(socket))
        socket.on('error', done)
      })
    expect(await attempt('TLSv1.1')).toBeInstanceOf(Error)
    const socket = (await attempt('TLSv1.2')) as TLSSocket
    expect(socket.getProtocol()).toBe('TLSv1.2')
    socket.destroy()
  })
})
