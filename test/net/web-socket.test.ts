import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { SipTransportOptions } from '../../src/net/sip-transport.js'
import { openEndpoint, type SipEndpoint } from './sip-endpoint.js'

let server: SipEndpoint
let port: number

async function start(options: Partial<SipTransportOptions> = {}): Promise<void> {
  server = await openEndpoint(options)
  port = await server.listenHttp()
}

afterEach(() => server?.close())

async function client(protocols: string[] = ['sip'], options = {}): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/sip`, protocols, options)
  socket.on('error', () => undefined)
  await new Promise((done) => socket.once('open', done).once('close', done))
  return socket
}

function flow() {
  const [first] = server.received()
  if (!first) throw new Error('nothing came')
  return first.flow
}

describe('SIP over WebSocket', () => {
  it('takes text and binary messages, and answers with text where it can', async () => {
    await start()
    const socket = await client(['chat', 'sip'])
    expect(socket.protocol).toBe('sip')
    expect(socket.extensions).toBe('')
    socket.send('text')
    socket.send(Buffer.from([0xff, 0x00]))
    await expect.poll(() => server.received()).toHaveLength(2)
    expect(server.received().map(({ bytes }) => [...bytes])).toEqual([
      [...Buffer.from('text')],
      [0xff, 0x00],
    ])
    expect(flow()).toMatchObject({ transport: 'ws', localPort: port, connectionId: 1 })
    const answers: [string, boolean][] = []
    socket.on('message', (data, isBinary) => answers.push([`${data}`, isBinary]))
    const target = { transport: 'ws', address: '127.0.0.1', port: flow().remotePort } as const
    const send = { type: 'send', flow: flow(), target } as const
    server.transport.execute({ ...send, sendId: 1, bytes: Buffer.from('é') })
    server.transport.execute({ ...send, sendId: 2, bytes: Buffer.from([0xe9]) })
    await expect.poll(() => answers).toHaveLength(2)
    expect(answers).toEqual([
      ['é', false],
      ['\ufffd', true],
    ])
    socket.close()
    await expect.poll(() => server.inputs.at(-1)).toEqual({ type: 'disconnected', connectionId: 1 })
    // Nobody can connect to it.
    server.transport.execute({ ...send, sendId: 3, bytes: Buffer.from('late') })
    await expect.poll(() => server.failed()).toMatchObject([{ sendId: 3 }])
  })

  it('refuses clients of another protocol', async () => {
    await start()
    for (const protocols of [[], ['sips'], ['chat']]) {
      expect((await client(protocols)).readyState).toBe(WebSocket.CLOSED)
    }
    expect(server.counts).toEqual(['handshakeFailed', 'handshakeFailed', 'handshakeFailed'])
    expect(server.transport.connections).toBe(0)
  })

  it('refuses a handshake that is none', async () => {
    await start()
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(
      'GET /sip HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n',
    )
    const [answer] = await once(socket, 'data')
    expect(`${answer}`).toMatch(/^HTTP\/1.1 400 /)
    await once(socket, 'close')
    expect(server.counts).toEqual(['handshakeFailed'])
  })

  it('ends connections with messages above 64 KiB', async () => {
    await start()
    const socket = await client()
    socket.send(Buffer.alloc(65_536))
    await expect.poll(() => server.received()).toHaveLength(1)
    socket.send(Buffer.alloc(65_537))
    await once(socket, 'close')
    expect(server.received()).toHaveLength(1)
    await expect.poll(() => server.transport.connections).toBe(0)
  })

  it('limits connections, silence and the rate, also where addresses are trusted', async () => {
    await start({
      connectionsPerSourceMax: 2,
      idleTimeoutMs: 300,
      strangerRatePerSecond: 0.001,
      strangerBurst: 3,
      isTrusted: () => true,
    })
    const [loud, silent] = [await client(), await client()]
    expect((await client()).readyState).toBe(WebSocket.CLOSED)
    expect(server.counts).toEqual(['connectionsFull'])
    for (let count = 0; count < 5; count++) loud.send('x')
    await once(loud, 'close')
    expect(server.received()).toHaveLength(3)
    expect(server.counts).toContain('rateLimited')
    await once(silent, 'close')
    expect(server.counts).toContain('idleClosed')
  })

  it('takes no pings for a conversation', async () => {
    await start({ idleTimeoutMs: 300, strangerBurst: 100 })
    const silent = await client()
    const pings = setInterval(() => silent.ping(), 50)
    await once(silent, 'close')
    clearInterval(pings)
    expect(server.counts).toEqual(['idleClosed'])
  })

  it('ends connections of peers that do not answer pings', async () => {
    await start({ pingIntervalMs: 50 })
    const alive = await client()
    const dead = await client(['sip'], { autoPong: false })
    await once(dead, 'close')
    expect(alive.readyState).toBe(WebSocket.OPEN)
    alive.close()
  })
})
