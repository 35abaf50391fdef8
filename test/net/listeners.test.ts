import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openEndpoint, type SipEndpoint } from './sip-endpoint.js'

let server: SipEndpoint
const peers: Socket[] = []

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close()
  await server?.close()
})

async function peerAt(address: string): Promise<Socket> {
  const peer = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  peer.bind(0, address)
  await once(peer, 'listening')
  peers.push(peer)
  return peer
}

const bytes = Buffer.from('OPTIONS')

describe('several addresses', () => {
  it('answer from the socket that was asked, and ask from the first of the family', async () => {
    server = await openEndpoint({ host: ['127.0.0.1', '127.0.0.2', '::1'] })
    const { port } = server.transport
    for (const [ours, theirs] of [
      ['127.0.0.1', '127.0.0.1'],
      ['127.0.0.2', '127.0.0.1'],
      ['::1', '::1'],
    ] as const) {
      const before = server.received().length
      const peer = await peerAt(theirs)
      peer.send('hello', port, ours)
      await expect.poll(() => server.received()).toHaveLength(before + 1)
      const flow = server.received().at(-1)?.flow
      if (!flow) throw new Error('nothing came')
      expect(flow).toMatchObject({ localAddress: ours, localPort: port, remoteAddress: theirs })
      const target = { transport: 'udp', address: theirs, port: flow.remotePort } as const
      server.transport.execute({ type: 'send', sendId: 1, flow, target, bytes })
      const [, reply] = await once(peer, 'message')
      expect(reply).toMatchObject({ address: ours, port })
      server.transport.execute({ type: 'send', sendId: 2, target, bytes })
      const [, request] = await once(peer, 'message')
      expect(request.address).toBe(theirs.includes(':') ? '::1' : '127.0.0.1')
    }
  })

  it('take connections, and open them from an address of the family', async () => {
    server = await openEndpoint({ host: ['127.0.0.2', '::1'] })
    for (const host of ['127.0.0.2', '::1']) {
      const socket = connect(server.transport.port, host)
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      socket.write('hello')
      await expect.poll(() => server.received().at(-1)?.flow.localAddress).toBe(host)
      socket.destroy()
    }
    const other = await openEndpoint({ host: ['127.0.0.1', '::1'] })
    const { port } = other.transport
    for (const address of ['127.0.0.1', '::1']) {
      const target = { transport: 'tcp', address, port } as const
      server.transport.execute({ type: 'send', sendId: 3, target, bytes })
    }
    await expect.poll(() => other.received()).toHaveLength(2)
    const sources = other.received().map(({ flow }) => flow.remoteAddress)
    expect(sources.sort()).toEqual(['127.0.0.2', '::1'])
    await other.close()
  })

  it('report what none of them can send', async () => {
    server = await openEndpoint({ host: ['127.0.0.1'] })
    const target = { transport: 'udp', address: '::1', port: 9 } as const
    server.transport.execute({ type: 'send', sendId: 4, target, bytes })
    await expect.poll(() => server.failed()).toMatchObject([{ sendId: 4 }])
  })

  it('are any address with both families, also together', async () => {
    for (const host of [['::'], ['0.0.0.0', '::']]) {
      server = await openEndpoint({ host })
      for (const address of ['127.0.0.1', '::1']) {
        const before = server.received().length
        const peer = await peerAt(address)
        peer.send('hello', server.transport.port, address)
        await expect.poll(() => server.received()).toHaveLength(before + 1)
        const flow = server.received().at(-1)?.flow
        if (!flow) throw new Error('nothing came')
        const target = { transport: 'udp', address, port: flow.remotePort } as const
        server.transport.execute({ type: 'send', sendId: 5, flow, target, bytes })
        const [answer] = await once(peer, 'message')
        expect(`${answer}`).toBe('OPTIONS')
      }
      await server.close()
    }
  })
})
