import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { localAddressTo } from './local-address.js'
import type { SocketCounter, SocketInput } from './sip-flow.js'
import { createSipTransport, type SipTransport, type SipTransportOptions } from './sip-transport.js'
import { TokenBuckets } from './token-buckets.js'

let transport: SipTransport
let inputs: SocketInput[]
let counts: SocketCounter[]

async function open(options: Partial<SipTransportOptions> = {}): Promise<SipTransport> {
  inputs = []
  counts = []
  transport = await createSipTransport(
    { host: '127.0.0.1', port: 0, onCount: (counter) => counts.push(counter), ...options },
    (input) => inputs.push(input),
  )
  return transport
}

afterEach(() => transport?.close())

const received = () => inputs.flatMap((input) => (input.type === 'received' ? [input] : []))
const bytes = Buffer.from('OPTIONS')

async function client(): Promise<Socket> {
  const socket = connect(transport.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

describe('the SIP transport', () => {
  it('passes datagrams both ways', async () => {
    await open()
    const peer = createSocket('udp4')
    peer.bind(0, '127.0.0.1')
    await once(peer, 'listening')
    peer.send('hello', transport.port, '127.0.0.1')
    await expect.poll(received).toHaveLength(1)
    const [input] = received()
    expect(input?.flow).toMatchObject({ transport: 'udp', remotePort: peer.address().port })
    const target = { transport: 'udp', address: '127.0.0.1', port: peer.address().port } as const
    transport.execute({ type: 'send', sendId: 1, target, bytes })
    const [answer] = await once(peer, 'message')
    expect(`${answer}`).toBe('OPTIONS')
    peer.close()
  })

  it('answers on the connection that a request came by, and opens others when needed', async () => {
    await open()
    const socket = await client()
    socket.write('hello')
    await expect.poll(received).toHaveLength(1)
    const flow = received()[0]?.flow
    if (!flow) throw new Error('nothing came')
    const wrong = { transport: 'tcp', address: '127.0.0.1', port: 9 } as const
    transport.execute({ type: 'send', sendId: 1, flow, target: wrong, bytes })
    const [answer] = await once(socket, 'data')
    expect(`${answer}`).toBe('OPTIONS')
    socket.destroy()
    await expect.poll(() => inputs.at(-1)).toMatchObject({ type: 'disconnected' })

    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const target = { transport: 'tcp', address: '127.0.0.1', port } as const
    // The flow is gone: the target is used, one connection for both.
    transport.execute({ type: 'send', sendId: 2, flow, target, bytes })
    transport.execute({ type: 'send', sendId: 3, target, bytes })
    const [accepted] = (await once(server, 'connection')) as [Socket]
    let text = ''
    accepted.on('data', (data) => {
      text += data
    })
    await expect.poll(() => text).toBe('OPTIONSOPTIONS')
    expect(transport.connections).toBe(1)
    accepted.destroy()
    server.close()
  })

  it('reports what could not be sent', async () => {
    await open()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    server.close()
    await once(server, 'close')
    const target = { transport: 'tcp', address: '127.0.0.1', port } as const
    transport.execute({ type: 'send', sendId: 7, target, bytes })
    await expect
      .poll(() => inputs)
      .toContainEqual(expect.objectContaining({ type: 'sendFailed', sendId: 7 }))
  })

  it('limits connections, their backlog and their silence', async () => {
    await open({ connectionsPerSourceMax: 1, idleTimeoutMs: 300, pendingBytesMax: 100 })
    const first = await client()
    const second = await client()
    await once(second, 'close')
    expect(counts).toContain('connectionsFull')
    first.write('x')
    await expect.poll(received).toHaveLength(1)
    const flow = received()[0]?.flow
    if (!flow) throw new Error('nothing came')
    const target = { transport: 'tcp', address: '127.0.0.1', port: flow.remotePort } as const
    await once(first, 'close')
    expect(counts).toContain('idleClosed')
    const third = await client()
    third.write('x')
    await expect.poll(received).toHaveLength(2)
    const now = received()[1]?.flow
    if (!now) throw new Error('nothing came')
    transport.execute({ type: 'send', sendId: 9, flow: now, target, bytes: Buffer.alloc(200) })
    await once(third, 'close')
    expect(counts).toContain('backlogClosed')
    await expect.poll(() => transport.connections).toBe(0)
  })

  it('limits the rate of strangers only', async () => {
    const flood = async (): Promise<void> => {
      const peer = createSocket('udp4')
      for (let count = 0; count < 30; count++) peer.send('hello', transport.port, '127.0.0.1')
      await expect.poll(() => received().length + counts.length).toBe(30)
      peer.close()
    }
    await open({ strangerRatePerSecond: 0.001, strangerBurst: 5 })
    await flood()
    expect(received()).toHaveLength(5)
    await transport.close()
    await open({ strangerRatePerSecond: 0.001, strangerBurst: 5, isTrusted: () => true })
    await flood()
    expect(received()).toHaveLength(30)
  })

  it('closes everything and frees its port', async () => {
    await open()
    const { port } = transport
    const socket = await client()
    await transport.close()
    await once(socket, 'close')
    await open({ port })
    expect(transport.port).toBe(port)
  })
})

describe('TokenBuckets', () => {
  it('refill with time and forget the longest unseen source', () => {
    const buckets = new TokenBuckets(1, 2, 2)
    const taken = [0, 0, 0, 1000, 1000].map((nowMs) => buckets.take('a', nowMs))
    expect(taken).toEqual([true, true, false, true, false])
    buckets.take('b', 1000)
    buckets.take('c', 1000)
    expect(buckets.size).toBe(2)
  })
})

describe('localAddressTo', () => {
  it('names our end of the route', async () => {
    expect(await localAddressTo('127.0.0.1')).toBe('127.0.0.1')
  })
})
